// On PostgreSQL: see export.ts.
import { describeExport } from './export.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeExport('PostgreSQL', openTestHubOnPostgres);
