// On the embedded database: see matrix.ts.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testMatrix } from './matrix.ts';

testMatrix('PGlite', openTestHub);
