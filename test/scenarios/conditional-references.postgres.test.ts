// On PostgreSQL: see conditional-references.ts.
import { describeConditionalReferences } from './conditional-references.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeConditionalReferences('PostgreSQL', openTestHubOnPostgres);
