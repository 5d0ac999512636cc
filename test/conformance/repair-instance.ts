// Makes a generated instance valid: takes out, or puts in, one element at a time where a rule between elements is broken.
// A greedy search that takes whatever lessens the faults. Gives up, and the instance fails its test by name.
import type { Finding } from '../../src/core/problem.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';

export type Judge = (resource: Json) => readonly Finding[];

export interface RepairOptions {
  /** Has elements that may be put in. */
  readonly donor?: Json | undefined;
  /** Which of several repairs is taken: 0 keeps the most. So of two elements that exclude each other, each stays once. */
  readonly variant?: number;
}

/** A valid instance near the given one, or the nearest that was found. */
export function repairInstance(start: Json, judge: Judge, { donor, variant = 0 }: RepairOptions = {}): Json {
  let best = start;
  let faults = judge(best);
  for (let round = 0; round < 60 && faults.length > 0; round += 1) {
    const better = findBetter(best, { faults, judge, donor, variant });
    if (better === undefined) return best;
    best = better;
    faults = judge(best);
  }
  return best;
}

interface Search extends Required<Pick<RepairOptions, 'variant'>> {
  readonly faults: readonly Finding[];
  readonly judge: Judge;
  readonly donor: Json | undefined;
}

function findBetter(current: Json, { faults, judge, donor, variant }: Search): Json | undefined {
  const places = [...new Set(faults.map(({ expression }) => expression ?? ''))];
  const better = places
    .flatMap((place) => [...variantsAt(current, place, donor)])
    .filter((resource) => judge(resource).length < faults.length)
    .map((resource) => ({ resource, size: JSON.stringify(resource).length }))
    .toSorted((one, other) => other.size - one.size);
  return better[variant % Math.min(better.length, 3)]?.resource;
}

type Path = readonly (string | number)[];

/** `Patient.contact[0].name` to the JSON keys that lead there; a choice is found by its step. */
export function toPath(resource: Json, expression: string): Path | undefined {
  const path: (string | number)[] = [];
  let at: unknown = resource;
  for (const [, name = '', index] of expression
    .split('.')
    .slice(1)
    .join('.')
    .matchAll(/([A-Za-z]+)(?:\[(\d+)\])?/g)) {
    if (!isRecord(at)) return path;
    const holder = at;
    const key =
      name in holder
        ? name
        : Object.keys(holder).find(
            (candidate) => candidate.startsWith(name) && /^[A-Z]/.test(candidate.slice(name.length)),
          );
    if (key === undefined) return path;
    path.push(key);
    at = holder[key];
    if (index !== undefined && Array.isArray(at)) {
      path.push(Number(index));
      at = at[Number(index)] as unknown;
    }
  }
  return path;
}

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (Array.isArray(at) ? (at[key as number] as unknown) : isRecord(at) ? at[key] : undefined),
    root,
  );
}

/** Copies with one thing changed at or right below the place: a key gone, a key borrowed, the value itself gone. */
export function* variantsAt(resource: Json, expression: string, donor: Json | undefined): Generator<Json> {
  const path = toPath(resource, expression);
  if (path === undefined) return;
  const value = valueAt(resource, path);
  if (isRecord(value)) {
    yield* withoutEach(resource, path, value);
    const lender = donor === undefined ? undefined : valueAt(donor, path);
    if (isRecord(lender))
      for (const key of Object.keys(lender))
        if (!(key in value)) yield change(resource, path, (at) => (at[key] = structuredClone(lender[key])));
  }
  if (path.length > 0) yield without(resource, path);
}

function* withoutEach(resource: Json, path: Path, value: Json): Generator<Json> {
  for (const [key, child] of Object.entries(value)) {
    if (key === 'resourceType') continue;
    yield change(resource, path, (at) => delete at[key]);
    const items: readonly unknown[] = Array.isArray(child) ? child : [child];
    for (const [index, item] of items.entries()) {
      if (!isRecord(item)) continue;
      const inner = Array.isArray(child) ? [...path, key, index] : [...path, key];
      for (const name of Object.keys(item))
        if (name !== 'resourceType' && Object.keys(item).length > 1)
          yield change(resource, inner, (at) => delete at[name]);
    }
  }
}

function change(resource: Json, path: Path, edit: (at: Json) => void): Json {
  const copy = structuredClone(resource);
  const at = valueAt(copy, path);
  if (isRecord(at)) edit(at);
  return copy;
}

/** Without the value at the path; a list or object that this leaves empty goes as well. */
function without(resource: Json, path: Path): Json {
  const copy = structuredClone(resource);
  const key = path.at(-1);
  const holder = valueAt(copy, path.slice(0, -1));
  if (Array.isArray(holder)) {
    holder.splice(Number(key), 1);
    if (holder.length === 0) return without(copy, path.slice(0, -1));
  } else if (isRecord(holder) && key !== undefined) {
    delete holder[key];
    if (Object.keys(holder).length === 0 && path.length > 1) return without(copy, path.slice(0, -1));
  }
  return copy;
}
