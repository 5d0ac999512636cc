// On PostgreSQL: see operations.ts.
import { describeOperations } from './operations.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeOperations('PostgreSQL', openTestHubOnPostgres);
