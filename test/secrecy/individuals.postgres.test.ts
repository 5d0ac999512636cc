// On PostgreSQL: see purposes.ts.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testIndividuals } from './individuals.ts';

testIndividuals('PostgreSQL', openTestHubOnPostgres);
