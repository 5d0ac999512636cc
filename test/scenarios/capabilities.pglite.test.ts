// On the embedded database: see capabilities.ts. What is claimed does not depend on the database, so once is enough.
import { describeCapabilities } from './capabilities.ts';
import { openTestHub } from './test-hub.ts';

describeCapabilities('PGlite', openTestHub);
