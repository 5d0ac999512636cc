// On PostgreSQL: see log-in.ts.
import { describeLogIn } from './log-in.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeLogIn('PostgreSQL', openTestHubOnPostgres);
