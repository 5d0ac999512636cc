// On the embedded database: see export.ts.
import { describeExport } from './export.ts';
import { openTestHub } from './test-hub.ts';

describeExport('PGlite', openTestHub);
