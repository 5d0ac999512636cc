// On PostgreSQL: see interactions.ts.
import { describeInteractions } from './interactions.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeInteractions('PostgreSQL', openTestHubOnPostgres);
