import { embedded } from '../contract/open-databases.ts';
import { describeSearchValues } from './search-values.ts';

describeSearchValues('PGlite', embedded);
