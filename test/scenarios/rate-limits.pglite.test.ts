// On the embedded database: see rate-limits.ts.
import { describeRateLimits } from './rate-limits.ts';
import { openTestHub } from './test-hub.ts';

describeRateLimits('PGlite', openTestHub);
