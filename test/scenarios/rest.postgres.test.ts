// On PostgreSQL: see rest.ts.
import { describeRest } from './rest.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeRest('PostgreSQL', openTestHubOnPostgres);
