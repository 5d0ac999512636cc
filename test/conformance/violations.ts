// Breaks one constraint in a copy of a valid instance, and tells at which element the hub must refuse it.
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import type { Definitions } from '../../src/fhir/definitions.ts';
import type { Constraint } from './constraints.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';
import { findExpected, findParents, findPlaces } from './places.ts';
import type { Place } from './places.ts';
import { ruleBreakers } from './rule-breakers.ts';

export interface Violation {
  readonly resource: Json;
  /** The finding's expression starts with this. */
  readonly expression: string;
}

export interface Seed {
  readonly name: string;
  readonly profile: string;
  readonly resource: Json;
}

/** A violating instance made from the first seed that has the place; undefined when none has. */
export function findViolation(
  constraint: Constraint,
  seeds: readonly Seed[],
  definitions: Definitions,
): Violation | undefined {
  for (const seed of seeds) {
    if (constraint.kind === 'invariant') {
      const found = breakRule(constraint, seed);
      if (found !== undefined) return found;
      continue;
    }
    const resource = structuredClone(seed.resource);
    for (const from of findRoots(constraint.profile, { seed, resource })) {
      const expression = breakers[constraint.kind](constraint, { from, definitions, resource });
      if (expression !== undefined) return { resource, expression };
    }
  }
  return undefined;
}

interface Root {
  readonly root: Json;
  readonly at: string;
}

/** The resource itself, or for an extension's definition each place where the seed has that extension. */
function findRoots(
  profile: StructureDefinition,
  at: { readonly seed: Seed; readonly resource: Json },
): readonly Root[] {
  const type = String(at.resource['resourceType']);
  if (profile.type !== 'Extension') return at.seed.profile === profile.id ? [{ root: at.resource, at: type }] : [];
  const extensions = Array.isArray(at.resource['extension']) ? at.resource['extension'].filter(isRecord) : [];
  return extensions.flatMap((root, index) =>
    root['url'] === profile.url ? [{ root, at: `${type}.extension[${index}]` }] : [],
  );
}

interface Scene {
  readonly from: Root;
  readonly definitions: Definitions;
  readonly resource: Json;
}

type Breaker = (constraint: Constraint, scene: Scene) => string | undefined;

const breakers: Readonly<Record<Exclude<Constraint['kind'], 'invariant'>, Breaker>> = {
  min: ({ profile, element }, { from }) => {
    const [parent] = findParents(profile, element.id ?? '', from);
    if (parent === undefined || !isRecord(parent.value)) return undefined;
    const places = findPlaces(profile, element.id ?? '', from).filter((place) => place.parent === parent.value);
    const [first] = places;
    if (first === undefined) return undefined;
    const indexes = new Set(places.map((place) => place.index));
    const kept = Array.isArray(first.parent[first.key])
      ? (first.parent[first.key] as unknown[]).filter((_, index) => !indexes.has(index))
      : [];
    if (kept.length === 0) delete first.parent[first.key];
    else first.parent[first.key] = kept;
    return keepFilled(first, parent) ?? first.list;
  },
  max: ({ profile, element }, { from, definitions }) => {
    const [place] = findPlaces(profile, element.id ?? '', from);
    if (element.max === '0') return prohibit(element, { from, definitions, profile });
    const list = place?.parent[place.key];
    if (place === undefined || !Array.isArray(list)) return undefined;
    list.push(structuredClone(place.value));
    return place.list;
  },
  fixed: ({ profile, element }, { from }) => {
    const [place] = findPlaces(profile, element.id ?? '', from);
    if (place === undefined) return undefined;
    replace(place, spoil(place.value, findExpected(element)?.expected));
    // A part of an extension with another url is a part that the extension does not have, and the one it must have is missing.
    const isPartUrl = element.path.endsWith('.extension.url');
    const isSlice = element.sliceName !== undefined;
    return isPartUrl
      ? place.expression.slice(0, place.expression.lastIndexOf('['))
      : isSlice
        ? place.list
        : place.expression;
  },
  binding: ({ profile, element }, { from }) => {
    const [place] = findPlaces(profile, element.id ?? '', from);
    if (place === undefined) return undefined;
    replace(place, withOtherCode(place.value));
    return place.expression;
  },
  choice: ({ profile, element }, { from, definitions }) => {
    const [place] = findPlaces(profile, element.id ?? '', from);
    const allowed = new Set((element.type ?? []).map((type) => type.code));
    const other = baseTypes(element, definitions).find(
      (type) => !allowed.has(type) && sampleValues[type] !== undefined,
    );
    if (place === undefined || other === undefined) return undefined;
    delete place.parent[place.key];
    place.parent[
      place.expression.slice(place.expression.lastIndexOf('.') + 1) + other.slice(0, 1).toUpperCase() + other.slice(1)
    ] = sampleValues[other];
    return place.expression;
  },
  target: ({ profile, element }, { from, definitions }) => {
    const [place] = findPlaces(profile, element.id ?? '', from);
    const allowed = new Set(
      (element.type ?? [])
        .flatMap((type) => type.targetProfile ?? [])
        .map((canonical) => definitions.structure(canonical)?.type),
    );
    const other = ['Device', 'Group', 'Organization', 'Practitioner', 'Patient', 'Basic'].find(
      (type) => !allowed.has(type as never),
    );
    if (place === undefined || other === undefined) return undefined;
    replace(place, { reference: `${other}/x` });
    return place.expression;
  },
  context: ({ profile }, { from, resource }) => {
    const meta = isRecord(resource['meta']) ? resource['meta'] : {};
    meta['extension'] = [structuredClone(from.root)];
    resource['meta'] = meta;
    return profile.type === 'Extension' ? `${String(resource['resourceType'])}.meta.extension[0]` : undefined;
  },
};

function breakRule({ key, profile }: Constraint, seed: Seed): Violation | undefined {
  const breaker = ruleBreakers[key];
  if (
    breaker === undefined ||
    seed.profile !== profile.id ||
    (breaker.seed !== undefined && breaker.seed !== seed.name)
  )
    return undefined;
  const resource = structuredClone(seed.resource);
  breaker.change(resource);
  return { resource, expression: String(resource['resourceType']) };
}

/** An object must not be left empty: that would be another fault. A neutral element takes the place of what went. */
function keepFilled(gone: Place, parent: Place): string | undefined {
  if (Object.keys(gone.parent).length === 0) gone.parent['id'] = 'left';
  return parent.value === gone.parent
    ? `${parent.expression}.${gone.list.slice(gone.list.lastIndexOf('.') + 1)}`
    : undefined;
}

function prohibit(
  element: ElementDefinition,
  at: { readonly from: Root; readonly profile: StructureDefinition; readonly definitions: Definitions },
): string | undefined {
  const [parent] =
    element.path.split('.').length === 2
      ? [{ value: at.from.root, expression: at.from.at }]
      : findParents(at.profile, element.id ?? '', at.from);
  const type = element.type?.[0];
  const name = element.path.slice(element.path.lastIndexOf('.') + 1);
  if (parent === undefined || !isRecord(parent.value) || type?.code === undefined) return undefined;
  const target = type.targetProfile?.[0];
  const sample =
    element.path === 'CarePlan.activity.detail'
      ? { status: 'in-progress' }
      : type.code === 'Reference'
        ? {
            reference: `${target === undefined || target.endsWith('/Resource') ? 'Basic' : target.slice(target.lastIndexOf('/') + 1)}/x`,
          }
        : sampleValues[type.code];
  if (sample === undefined) return undefined;
  const key = name.endsWith('[x]')
    ? name.slice(0, -3) + type.code.slice(0, 1).toUpperCase() + type.code.slice(1)
    : name;
  parent.value[key] = element.base?.max === '1' ? sample : [sample];
  return `${parent.expression}.${name.replace('[x]', '')}`;
}

function replace(place: Place, value: unknown): void {
  const list = place.parent[place.key];
  if (place.index !== undefined && Array.isArray(list)) list[place.index] = value;
  else place.parent[place.key] = value;
}

/** A value of the same kind that no longer is what it must be; other codes stay codes of the same system where there is one. */
function spoil(value: unknown, expected: unknown): unknown {
  if (typeof value === 'string')
    return value === 'permit'
      ? 'deny'
      : value === 'deny'
        ? 'permit'
        : value === 'instance'
          ? 'related'
          : value === 'plan'
            ? 'order'
            : value === 'order'
              ? 'plan'
              : value === 'completed'
                ? 'in-progress'
                : value === 'summary'
                  ? 'subject-list'
                  : `${value}x`;
  if (isRecord(expected) && Array.isArray(expected['coding']))
    return { coding: [{ system: 'https://example.org/other', code: 'other' }] };
  if (isRecord(expected) && 'code' in expected) return { system: 'https://example.org/other', code: 'other' };
  return typeof value === 'boolean' ? !value : value;
}

function withOtherCode(value: unknown): unknown {
  if (typeof value === 'string') return 'no-such-code';
  if (!isRecord(value)) return value;
  if (!Array.isArray(value['coding'])) return { ...value, code: 'no-such-code' };
  return { ...value, coding: value['coding'].map((coding) => ({ ...(coding as Json), code: 'no-such-code' })) };
}

function baseTypes(element: ElementDefinition, definitions: Definitions): readonly string[] {
  const path = element.base?.path ?? '';
  const base = definitions
    .typeStructure(path.split('.')[0] ?? '')
    ?.snapshot?.element.find((candidate) => candidate.path === path);
  return (base?.type ?? []).map((type) => type.code ?? '');
}

const sampleValues: Readonly<Record<string, unknown>> = {
  string: 'text',
  boolean: true,
  integer: 1,
  date: '2026-01-01',
  dateTime: '2026-01-01',
  uri: 'urn:x',
  base64Binary: 'AAAA',
  Extension: { url: 'https://example.org/extension', valueString: 'text' },
  Duration: { value: 1, system: 'http://unitsofmeasure.org', code: 'd' },
  Identifier: { system: 'https://example.org/id', value: '1' },
  CodeableConcept: { text: 'text' },
  Period: { start: '2026-01-01' },
  Range: { low: { value: 1 } },
};
