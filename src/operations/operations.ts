// The closed list of operations. The CapabilityStatement is made from it.
import type { Operation } from '../interactions/operation.ts';
import { everything } from './everything.ts';
import { meta } from './meta.ts';
import { metaAdd } from './meta-add.ts';
import { metaDelete } from './meta-delete.ts';
import { validate } from './validate.ts';

export const operations: readonly Operation[] = [everything, meta, metaAdd, metaDelete, validate];
