// Finds an instance that breaks one rule (invariant) of R4's definitions, by small changes where the rule stands.
import type { Finding } from '../../src/core/problem.ts';
import type { BasePlace } from './base-places.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';
import { toPath, valueAt, variantsAt } from './repair-instance.ts';

export interface RulePlace {
  readonly resource: Json;
  readonly place: BasePlace;
  /** Instances of the same type with every element, also those that exclude each other. */
  readonly donors: readonly Json[];
}

const mostTries = 400;

export const isBroken = (findings: readonly Finding[], key: string): boolean =>
  findings.some((finding) => finding.code === 'invariant-failed' && finding.diagnostics?.includes(`(${key})`) === true);

/** An instance that breaks the rule, or undefined where no small change does. */
export function findRuleBreak(
  key: string,
  places: readonly RulePlace[],
  judge: (resource: Json) => readonly Finding[],
): Json | undefined {
  let tries = 0;
  for (const { resource, place, donors } of places) {
    for (const changed of changesAt(resource, place.expression, donors)) {
      tries += 1;
      if (isBroken(judge(changed), key)) return changed;
      if (tries > mostTries) return undefined;
    }
  }
  return undefined;
}

function* changesAt(resource: Json, expression: string, donors: readonly Json[]): Generator<Json> {
  for (const donor of donors) yield* variantsAt(resource, expression, donor);
  const path = toPath(resource, expression);
  if (path === undefined) return;
  yield* keepingFew(resource, path);
  yield* valueChanges(resource, path, 3);
}

/** The object with one of its parts alone: breaks what asks for one of several. */
function* keepingFew(resource: Json, path: readonly (string | number)[]): Generator<Json> {
  const value = valueAt(resource, path);
  if (!isRecord(value)) return;
  const { resourceType } = value;
  for (const [key, member] of Object.entries(value))
    yield withValue(resource, path, { ...(resourceType === undefined ? {} : { resourceType }), [key]: member });
}

const otherStrings = ['other', '2031-01-01', '1', 'a b', 'http://example.org/a#b|c', 'draft', 'temp', '*'];
const otherNumbers = [-1, 0, 1, 99];

/** Each value at and below the path becomes another of its kind; lists get their items twice, objects lose each part. */
function* valueChanges(resource: Json, path: readonly (string | number)[], depth: number): Generator<Json> {
  const value = valueAt(resource, path);
  for (const other of othersOf(value)) yield withValue(resource, path, other);
  if (depth === 0) return;
  if (Array.isArray(value)) for (const index of value.keys()) yield* valueChanges(resource, [...path, index], depth);
  if (!isRecord(value)) return;
  for (const key of Object.keys(value)) {
    if (key === 'resourceType') continue;
    const { [key]: _gone, ...rest } = value;
    if (Object.keys(rest).length > 0) yield withValue(resource, path, rest);
    yield* valueChanges(resource, [...path, key], depth - 1);
  }
}

function othersOf(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return otherStrings.filter((other) => other !== value);
  if (typeof value === 'number') return otherNumbers.filter((other) => other !== value);
  if (typeof value === 'boolean') return [!value];
  if (Array.isArray(value)) return [[...value, ...(value as unknown[])]];
  return [];
}

function withValue(resource: Json, path: readonly (string | number)[], value: unknown): Json {
  if (path.length === 0) return value as Json;
  const copy = structuredClone(resource);
  const holder = valueAt(copy, path.slice(0, -1));
  const key = path.at(-1);
  if (Array.isArray(holder) && typeof key === 'number') holder[key] = value;
  else if (isRecord(holder) && key !== undefined) holder[key] = value;
  return copy;
}
