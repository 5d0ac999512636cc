// Consent against the model, on PostgreSQL with row-level security.
import { type OpenHub, openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testModel } from './model.ts';

/** Each connection plans every statement once; a few serve this play as well as many. */
const openHub: OpenHub = (settings) => openTestHubOnPostgres({ databasePoolSize: 4, ...settings });

// As many as fit into a check; MODEL_STEPS=100000 plays for some three minutes on two free processors.
testModel('PostgreSQL', openHub, { seed: 17, steps: 30_000 });
