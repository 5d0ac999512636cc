// On the embedded database: see search.ts.
import { describeSearch } from './search.ts';
import { openTestHub } from './test-hub.ts';

describeSearch('PGlite', openTestHub);
