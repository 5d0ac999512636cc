// On the embedded database: see interactions.ts.
import { describeInteractions } from './interactions.ts';
import { openTestHub } from './test-hub.ts';

describeInteractions('PGlite', openTestHub);
