// On the embedded database: see purposes.ts.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testPurposes } from './purposes.ts';

testPurposes('PGlite', openTestHub);
