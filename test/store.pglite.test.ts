import { describeStore } from './contract/store-suite.ts';
import { embedded } from './contract/open-databases.ts';

describeStore('PGlite', embedded);
