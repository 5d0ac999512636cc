// On PostgreSQL: see explain-access.ts.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testExplainAccess } from './explain-access.ts';

testExplainAccess('PostgreSQL', openTestHubOnPostgres);
