// On the embedded database: see rest.ts.
import { describeRest } from './rest.ts';
import { openTestHub } from './test-hub.ts';

describeRest('PGlite', openTestHub);
