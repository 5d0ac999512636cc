// Joint consents, on PostgreSQL with row-level security.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testJointConsents } from './joint-consents.ts';

testJointConsents('PostgreSQL', openTestHubOnPostgres);
