// Hidden ≡ absent, and no withdrawal too late, on the embedded database (sip.md §4–5).
import { openTestHub } from '../scenarios/test-hub.ts';
import { testLeaks } from './leaks.ts';

testLeaks('PGlite', openTestHub);
