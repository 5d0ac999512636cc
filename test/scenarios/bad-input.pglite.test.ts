// On the embedded database: see bad-input.ts.
import { describeBadInput } from './bad-input.ts';
import { openTestHub } from './test-hub.ts';

describeBadInput('PGlite', openTestHub);
