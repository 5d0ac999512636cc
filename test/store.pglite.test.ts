import { describeStore } from './contract/store-suite.ts';
import { inMemory } from './contract/open-databases.ts';

describeStore('PGlite', inMemory);
