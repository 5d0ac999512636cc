// On the embedded database: see consent-givers.ts.
import { describeConsentGivers } from './consent-givers.ts';
import { openTestHub } from './test-hub.ts';

describeConsentGivers('PGlite', openTestHub);
