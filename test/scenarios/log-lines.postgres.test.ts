// On PostgreSQL: see log-lines.ts.
import { describeLogLines } from './log-lines.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeLogLines('PostgreSQL', openTestHubOnPostgres);
