// On the embedded database: see hierarchies.ts.
import { describeHierarchies } from './hierarchies.ts';
import { openTestHub } from './test-hub.ts';

describeHierarchies('PGlite', openTestHub);
