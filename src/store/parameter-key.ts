// The number that stands for a search parameter in the index tables: 48 bits of a hash of `Type.code`. Needs no table, no
// look-up and no agreement between processes; parameter-key.test.ts shows that no two parameters of R4 share one.
import { createHash } from 'node:crypto';

const known = new Map<string, number>();

/** Parameters come from definitions, not from callers; the bound is for the case that this ever changes. */
const mostKnown = 20_000;

/** The key of the parameter `code` of resources of this type. */
export function toParameterKey(type: string, code: string): number {
  const text = `${type}.${code}`;
  const found = known.get(text);
  if (found !== undefined) return found;
  const key = createHash('sha256').update(text).digest().readUIntBE(0, 6);
  if (known.size < mostKnown) known.set(text, key);
  return key;
}
