// On the embedded database: see log-lines.ts.
import { describeLogLines } from './log-lines.ts';
import { openTestHub } from './test-hub.ts';

describeLogLines('PGlite', openTestHub);
