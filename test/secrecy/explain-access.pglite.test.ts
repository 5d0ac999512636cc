// On the embedded database: see explain-access.ts.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testExplainAccess } from './explain-access.ts';

testExplainAccess('PGlite', openTestHub);
