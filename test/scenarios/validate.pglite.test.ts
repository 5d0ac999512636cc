// On the embedded database: see validate.ts.
import { openTestHub } from './test-hub.ts';
import { describeValidate } from './validate.ts';

describeValidate('PGlite', openTestHub);
