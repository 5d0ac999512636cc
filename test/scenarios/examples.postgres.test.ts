// On PostgreSQL: see examples.ts.
import { describeExamples } from './examples.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeExamples('PostgreSQL', openTestHubOnPostgres);
