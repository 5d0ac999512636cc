// What a Consent denies, on PostgreSQL with row-level security.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testExclusions } from './exclusions.ts';

testExclusions('PostgreSQL', openTestHubOnPostgres);
