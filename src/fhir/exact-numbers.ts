// A resource taken apart for patching: a tree whose parts can be moved, in which a number takes its digits with it.
// fhir/json.ts keeps the text of `1.00` beside the number, under the place where it stands; that place changes when parts move.
import { numberSources } from './json.ts';

/** Any value of a JSON document that may be changed in place. Numbers with text of their own are ExactNumbers. */
export type Tree = string | number | boolean | null | ExactNumber | TreeArray | TreeObject;
export type TreeArray = Tree[];
export interface TreeObject {
  [key: string]: Tree;
}

const exactText: unique symbol = Symbol('exactText');

/** A number as it was written. */
export interface ExactNumber {
  readonly [exactText]: string;
}

interface NumberHolder {
  [numberSources]?: Map<string, string>;
}

export function isExactNumber(value: Tree): value is ExactNumber {
  return typeof value === 'object' && value !== null && exactText in value;
}

export function isTreeArray(value: Tree | undefined): value is TreeArray {
  return Array.isArray(value);
}

export function isTreeObject(value: Tree | undefined): value is TreeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** A copy to change, of what `parseJson` gave. */
export function toTree(value: unknown): Tree {
  if (typeof value !== 'object' || value === null) return value as Tree;
  const sources = (value as NumberHolder)[numberSources];
  const convert = (member: unknown, key: string): Tree => {
    const source = typeof member === 'number' ? sources?.get(key) : undefined;
    return source === undefined ? toTree(member) : { [exactText]: source };
  };
  if (Array.isArray(value)) return value.map((item, index) => convert(item, String(index)));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, convert(member, key)]));
}

/** The plain value again, with the texts of its numbers where `stringifyJson` looks for them. A copy. */
export function fromTree(tree: Tree): unknown {
  if (isExactNumber(tree)) return Number(tree[exactText]);
  if (typeof tree !== 'object' || tree === null) return tree;
  const sources = new Map<string, string>();
  const convert = (member: Tree, key: string): unknown => {
    if (isExactNumber(member)) sources.set(key, member[exactText]);
    return fromTree(member);
  };
  const plain: object = isTreeArray(tree)
    ? tree.map((item, index) => convert(item, String(index)))
    : Object.fromEntries(Object.entries(tree).map(([key, member]) => [key, convert(member, key)]));
  if (sources.size > 0) (plain as NumberHolder)[numberSources] = sources;
  return plain;
}

/** A deep copy. */
export function copyTree(tree: Tree): Tree {
  if (isTreeArray(tree)) return tree.map(copyTree);
  if (!isTreeObject(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, member]) => [key, copyTree(member)]));
}

/** As JSON values: members in any order, numbers by what they mean. https://www.rfc-editor.org/rfc/rfc6902#section-4.6 */
export function isSameTree(one: Tree, other: Tree): boolean {
  if (isTreeArray(one)) {
    return (
      isTreeArray(other) && one.length === other.length && one.every((item, at) => isSameTree(item, other[at] ?? null))
    );
  }
  if (isTreeObject(one)) {
    if (!isTreeObject(other)) return false;
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length &&
      keys.every((key) => Object.hasOwn(other, key) && isSameTree(one[key] ?? null, other[key] ?? null))
    );
  }
  return toScalar(one) === toScalar(other);
}

function toScalar(tree: Tree): unknown {
  return isExactNumber(tree) ? Number(tree[exactText]) : tree;
}

/** How many values the tree holds, and how many levels. */
export function measureTree(tree: Tree): { readonly values: number; readonly depth: number } {
  if (!isTreeArray(tree) && !isTreeObject(tree)) return { values: 1, depth: 0 };
  let values = 1;
  let depth = 0;
  for (const member of isTreeArray(tree) ? tree : Object.values(tree)) {
    const inner = measureTree(member);
    values += inner.values;
    depth = Math.max(depth, inner.depth);
  }
  return { values, depth: depth + 1 };
}
