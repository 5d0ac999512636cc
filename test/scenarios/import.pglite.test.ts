// On the embedded database: see import.ts.
import { describeImport } from './import.ts';
import { openTestHub } from './test-hub.ts';

describeImport('PGlite', openTestHub);
