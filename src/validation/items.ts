// The values of one element in an instance, with what FHIR's JSON spreads over several names put together again.
// https://hl7.org/fhir/R4/json.html#primitive
import type { JsonObject } from './walk.ts';
import { isObject } from './walk.ts';

export interface Item {
  readonly value: unknown;
  /** Where children are: the object itself; for a primitive its `_x` object, or an empty one. */
  readonly children: JsonObject;
  /** Position in a list; undefined for a single value. */
  readonly index: number | undefined;
  /** Data type, known for choices. */
  readonly type: string | undefined;
}

/** One JSON name under which an element may stand. */
export interface ItemName {
  readonly name: string;
  readonly type: string | undefined;
}

const noChildren: JsonObject = {};

/** What stands under the names, in order. */
export function itemsOf(parent: JsonObject, names: readonly ItemName[]): readonly Item[] {
  let items: Item[] | undefined;
  for (const { name, type } of names) {
    const value = parent[name];
    const sibling = parent[`_${name}`];
    if (value === undefined && sibling === undefined) continue;
    items ??= [];
    if (Array.isArray(value) || Array.isArray(sibling)) {
      const values = Array.isArray(value) ? value : [];
      const siblings = Array.isArray(sibling) ? sibling : [];
      for (let index = 0; index < Math.max(values.length, siblings.length); index += 1) {
        items.push({ value: values[index] ?? undefined, children: childrenOf(values[index], siblings[index]), index, type });
      }
    } else items.push({ value, children: childrenOf(value, sibling), index: undefined, type });
  }
  return items ?? [];
}

function childrenOf(value: unknown, sibling: unknown): JsonObject {
  return isObject(value) ? value : isObject(sibling) ? sibling : noChildren;
}

/** The names under which an element stands: one, or for a choice one per type. */
export function namesOf(name: string, types: readonly string[]): readonly ItemName[] {
  if (!name.endsWith('[x]')) return [{ name, type: types.length === 1 ? types[0] : undefined }];
  const step = name.slice(0, -3);
  return types.map((type) => ({ name: step + type.slice(0, 1).toUpperCase() + type.slice(1), type }));
}

/** The values of a step in a FHIRPath such as a discriminator's, where `value` may be written `valueCoding`. */
export function itemsAtStep(parent: JsonObject, step: string): readonly Item[] {
  const direct = itemsOf(parent, [{ name: step, type: undefined }]);
  if (direct.length > 0) return direct;
  const choices = Object.keys(parent).filter((key) => key.startsWith(step) && /^[A-Z]/.test(key.slice(step.length)));
  return itemsOf(parent, choices.map((name) => ({ name, type: name.slice(step.length) })));
}
