// On the embedded database: see operations.ts.
import { describeOperations } from './operations.ts';
import { openTestHub } from './test-hub.ts';

describeOperations('PGlite', openTestHub);
