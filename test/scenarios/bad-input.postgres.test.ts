// On PostgreSQL: see bad-input.ts.
import { describeBadInput } from './bad-input.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeBadInput('PostgreSQL', openTestHubOnPostgres);
