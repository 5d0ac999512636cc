// On PostgreSQL: see validate.ts.
import { openTestHubOnPostgres } from './test-hub.ts';
import { describeValidate } from './validate.ts';

describeValidate('PostgreSQL', openTestHubOnPostgres);
