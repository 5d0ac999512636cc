// On PostgreSQL: see search.ts.
import { describeSearch } from './search.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeSearch('PostgreSQL', openTestHubOnPostgres);
