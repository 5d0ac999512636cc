// On PostgreSQL: see rate-limits.ts.
import { describeRateLimits } from './rate-limits.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeRateLimits('PostgreSQL', openTestHubOnPostgres);
