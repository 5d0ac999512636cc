// On PostgreSQL: see purposes.ts.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testPurposes } from './purposes.ts';

testPurposes('PostgreSQL', openTestHubOnPostgres);
