// What a Consent denies, on the embedded database.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testExclusions } from './exclusions.ts';

testExclusions('PGlite', openTestHub);
