// On the embedded database: see conditional-references.ts.
import { describeConditionalReferences } from './conditional-references.ts';
import { openTestHub } from './test-hub.ts';

describeConditionalReferences('PGlite', openTestHub);
