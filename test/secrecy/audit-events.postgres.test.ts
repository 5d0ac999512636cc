// On PostgreSQL: see audit-events.ts.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testAuditEvents } from './audit-events.ts';

testAuditEvents('PostgreSQL', openTestHubOnPostgres);
