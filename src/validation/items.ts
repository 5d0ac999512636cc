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
  /** `_name`, for primitives alone. */
  readonly sibling: string | undefined;
  readonly type: string | undefined;
}

const noChildren: JsonObject = {};

/** The names of one element. */
export interface ItemNames {
  readonly all: readonly ItemName[];
  /** For choices, by name and by `_name`: R4 has fifty types that `value[x]` may take, an object has few keys. */
  readonly byKey: ReadonlyMap<string, ItemName> | undefined;
}

/** What stands under the names, in order. */
export function itemsOf(parent: JsonObject, names: ItemNames): readonly Item[] {
  const [only] = names.all;
  if (names.byKey === undefined) return only === undefined ? noItems : itemsUnder(parent, only);
  let found: ItemName | undefined;
  // A second type of a choice has been refused by the structure check.
  for (const key in parent) found ??= names.byKey.get(key);
  return found === undefined ? noItems : itemsUnder(parent, found);
}

function itemsUnder(parent: JsonObject, { name, sibling: siblingName, type }: ItemName): readonly Item[] {
  const value = parent[name];
  const sibling = siblingName === undefined ? undefined : parent[siblingName];
  if (value === undefined && sibling === undefined) return noItems;
  if (!Array.isArray(value) && !Array.isArray(sibling))
    return [{ value, children: childrenOf(value, sibling), index: undefined, type }];
  const values = Array.isArray(value) ? value : [];
  const siblings = Array.isArray(sibling) ? sibling : [];
  const items: Item[] = [];
  for (let index = 0; index < Math.max(values.length, siblings.length); index += 1) {
    items.push({
      value: values[index] ?? undefined,
      children: childrenOf(values[index], siblings[index]),
      index,
      type,
    });
  }
  return items;
}

const noItems: readonly Item[] = [];

function childrenOf(value: unknown, sibling: unknown): JsonObject {
  return isObject(value) ? value : isObject(sibling) ? sibling : noChildren;
}

/** The names under which an element stands: one, or for a choice one per type. */
export function namesOf(name: string, types: readonly string[]): ItemNames {
  if (!name.endsWith('[x]'))
    return {
      all: [
        {
          name,
          sibling: types.some(isPrimitive) ? `_${name}` : undefined,
          type: types.length === 1 ? types[0] : undefined,
        },
      ],
      byKey: undefined,
    };
  const step = name.slice(0, -3);
  const all = types.map((type) => {
    const full = step + type.slice(0, 1).toUpperCase() + type.slice(1);
    return { name: full, sibling: isPrimitive(type) ? `_${full}` : undefined, type };
  });
  return {
    all,
    byKey: new Map(
      all.flatMap((item) => [
        [item.name, item] as const,
        ...(item.sibling === undefined ? [] : [[item.sibling, item] as const]),
      ]),
    ),
  };
}

/** Primitive types are written small, or as types of FHIRPath. */
const isPrimitive = (type: string): boolean => /^(?:[a-z]|http:)/.test(type);

/** The values of a step in a FHIRPath such as a discriminator's, where `value` may be written `valueCoding`. */
export function itemsAtStep(parent: JsonObject, step: string): readonly Item[] {
  const direct = itemsUnder(parent, { name: step, sibling: `_${step}`, type: undefined });
  if (direct.length > 0) return direct;
  const choices = Object.keys(parent).filter((key) => key.startsWith(step) && /^[A-Z]/.test(key.slice(step.length)));
  return choices.flatMap((name) => itemsUnder(parent, { name, sibling: `_${name}`, type: name.slice(step.length) }));
}
