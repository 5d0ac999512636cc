// On the embedded database: see plain-mode.ts.
import { describePlainMode } from './plain-mode.ts';
import { openTestHub } from './test-hub.ts';

describePlainMode('PGlite', openTestHub);
