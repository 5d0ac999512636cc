// On the embedded database: see examples.ts.
import { describeExamples } from './examples.ts';
import { openTestHub } from './test-hub.ts';

describeExamples('PGlite', openTestHub);
