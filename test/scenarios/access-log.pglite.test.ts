// On the embedded database: see access-log.ts.
import { openTestHub } from './test-hub.ts';
import { testAccessLog } from './access-log.ts';

testAccessLog('PGlite', openTestHub);
