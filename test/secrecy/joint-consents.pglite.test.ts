// Joint consents, on the embedded database.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testJointConsents } from './joint-consents.ts';

testJointConsents('PGlite', openTestHub);
