// On the embedded database: see purposes.ts.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testIndividuals } from './individuals.ts';

testIndividuals('PGlite', openTestHub);
