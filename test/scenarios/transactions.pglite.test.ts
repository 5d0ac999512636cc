// On the embedded database: see transactions.ts.
import { describeTransactions } from './transactions.ts';
import { openTestHub } from './test-hub.ts';

describeTransactions('PGlite', openTestHub);
