// Consent against the model, on the embedded database.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testModel } from './model.ts';

testModel('PGlite', openTestHub, { seed: 20_261_102, steps: 5000 });
