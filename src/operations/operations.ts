// The closed list of operations. The CapabilityStatement is made from it.
import type { Operation } from '../interactions/operation.ts';

export const operations: readonly Operation[] = [];
