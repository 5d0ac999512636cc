// On PostgreSQL: see matrix.ts.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testMatrix } from './matrix.ts';

testMatrix('PostgreSQL', openTestHubOnPostgres);
