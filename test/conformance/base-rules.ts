// Finds an instance that breaks one rule (invariant) of R4's definitions, by small changes where the rule stands.
import type { ElementDefinitionConstraint } from '@medplum/fhirtypes';
import type { Finding } from '../../src/core/problem.ts';
import type { BasePlace } from './base-places.ts';
import { breakerOf } from './base-rule-breakers.ts';
import { variants } from './base-seeds.ts';
import { generateResource } from './generate-instance.ts';
import type { GeneratorSources } from './generate-instance.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';
import { toPath, valueAt, variantsAt } from './repair-instance.ts';

export interface RulePlace {
  readonly resource: Json;
  readonly place: BasePlace;
  /** Instances of the same type with every element, also those that exclude each other. */
  readonly donors: readonly Json[];
}

/** Rules that nothing can break, or that are asked elsewhere. */
const unasked: Readonly<Record<string, string>> = {
  'ele-1': 'part of the structure check: nothing may be empty (create-validator.test.ts)',
  'txt-1': 'the narrative check (narrative.test.ts)',
  'txt-2': 'the narrative check (narrative.test.ts)',
  'eld-11': 'select(…).exists() of a list that is not empty: always true as R4 writes it',
};

const mostTries = 400;

export const isBroken = (findings: readonly Finding[], key: string): boolean =>
  findings.some((finding) => finding.code === 'invariant-failed' && finding.diagnostics?.includes(`(${key})`) === true);

/** An instance that breaks the rule, or undefined where no small change does. */
function findRuleBreak(
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

/** An instance with the places in it. */
export interface SeenInstance {
  readonly resource: Json;
  readonly places: readonly BasePlace[];
}

export interface BaseRule {
  readonly constraint: ElementDefinitionConstraint;
  readonly type: string;
  readonly places: RulePlace[];
}

/** Every rule of severity error, with a few places where it stands. Two types may give one key to different rules. */
export function listBaseRules(seen: readonly SeenInstance[], sources: GeneratorSources): readonly BaseRule[] {
  const { definitions } = sources;
  const rules = new Map<string, BaseRule>();
  const donors = new Map<string, readonly Json[]>();
  const donorsOf = (type: string): readonly Json[] => {
    const made =
      donors.get(type) ?? variants.map((variant) => generateResource(type, sources, { isFull: true, variant }));
    donors.set(type, made);
    return made;
  };
  const bySize = seen
    .map((seed) => ({ ...seed, size: JSON.stringify(seed.resource).length }))
    .toSorted((one, other) => one.size - other.size);
  for (const { resource, places } of bySize) {
    for (const place of places) {
      const ofType = definitions.typeStructure(place.type)?.snapshot?.element[0]?.constraint ?? [];
      for (const constraint of [...(place.element.constraint ?? []), ...ofType]) {
        const { key = '', severity, expression } = constraint;
        if (severity !== 'error' || unasked[key] !== undefined) continue;
        const id = `${key} ${expression}`;
        const rule = rules.get(id) ?? { constraint, type: place.element.path.split('.')[0] ?? '', places: [] };
        if (rule.places.length < 4)
          rule.places.push({ resource, place, donors: donorsOf(String(resource['resourceType'])) });
        rules.set(id, rule);
      }
    }
  }
  return [...rules.values()];
}

/** An instance that breaks the rule: one by hand, else one found; undefined where neither is there. */
export function breakRule(
  { constraint, type, places }: BaseRule,
  judge: (resource: Json) => readonly Finding[],
): Json | undefined {
  const { key = '' } = constraint;
  return breakerOf(type, key) ?? findRuleBreak(key, places, judge);
}
