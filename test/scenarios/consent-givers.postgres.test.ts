// On PostgreSQL: see consent-givers.ts.
import { describeConsentGivers } from './consent-givers.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeConsentGivers('PostgreSQL', openTestHubOnPostgres);
