// On the embedded database: see audit.ts.
import { describeAudit } from './audit.ts';
import { openTestHub } from './test-hub.ts';

describeAudit('PGlite', openTestHub);
