// On PostgreSQL: see access-log.ts.
import { openTestHubOnPostgres } from './test-hub.ts';
import { testAccessLog } from './access-log.ts';

testAccessLog('PostgreSQL', openTestHubOnPostgres);
