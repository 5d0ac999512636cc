// On PostgreSQL: see audit.ts.
import { describeAudit } from './audit.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeAudit('PostgreSQL', openTestHubOnPostgres);
