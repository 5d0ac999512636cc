// On the embedded database: see audit-events.ts.
import { openTestHub } from '../scenarios/test-hub.ts';
import { testAuditEvents } from './audit-events.ts';

testAuditEvents('PGlite', openTestHub);
