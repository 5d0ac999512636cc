// Consent against the model, on PostgreSQL with row-level security.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testModel } from './model.ts';

testModel('PostgreSQL', openTestHubOnPostgres, { seed: 17, steps: 2500 });
