// On the embedded database: see log-in.ts.
import { describeLogIn } from './log-in.ts';
import { openTestHub } from './test-hub.ts';

describeLogIn('PGlite', openTestHub);
