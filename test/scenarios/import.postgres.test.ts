// On PostgreSQL: see import.ts.
import { describeImport } from './import.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeImport('PostgreSQL', openTestHubOnPostgres);
