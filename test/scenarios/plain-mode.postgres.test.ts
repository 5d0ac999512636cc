// On PostgreSQL: see plain-mode.ts.
import { describePlainMode } from './plain-mode.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describePlainMode('PostgreSQL', openTestHubOnPostgres);
