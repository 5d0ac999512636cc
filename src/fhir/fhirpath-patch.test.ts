import { describe, expect, test } from 'vitest';
import { Problem } from '../core/problem.ts';
import { loadDefinitions } from './definitions.ts';
import { createFindShapes } from './element-shapes.ts';
import { fromTree, toTree, type TreeObject } from './exact-numbers.ts';
import { applyFhirPathPatch } from './fhirpath-patch.ts';
import { parseJson, stringifyJson } from './json.ts';
import { parseFhirPathPatch } from './parse-fhirpath-patch.ts';

const shapes = createFindShapes(loadDefinitions([]).typeStructure);
const limits = { patchOperations: 50, jsonDepth: 20 };

type Part = Readonly<Record<string, unknown>>;

const operation = (type: string, path: string, ...parts: readonly Part[]): Part => ({
  name: 'operation',
  part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...parts],
});
const named = (name: string): Part => ({ name: 'name', valueString: name });
const at = (index: number): Part => ({ name: 'index', valueInteger: index });
const value = (member: Readonly<Record<string, unknown>>): Part => ({ name: 'value', ...member });

function patchText(document: string, ...operations: readonly Part[]): string {
  const parsed = parseFhirPathPatch(
    parseJson(JSON.stringify({ resourceType: 'Parameters', parameter: operations }), { maxDepth: 64 }),
    limits,
  );
  const tree = toTree(parseJson(document, { maxDepth: 64 })) as TreeObject;
  applyFhirPathPatch(tree, parsed, { shapes, limits });
  return stringifyJson(fromTree(tree));
}

const patch = (document: unknown, ...operations: readonly Part[]): unknown =>
  JSON.parse(patchText(JSON.stringify(document), ...operations));

const patient = {
  resourceType: 'Patient',
  identifier: [
    { system: 'urn:a', value: '1' },
    { system: 'urn:b', value: '2' },
    { system: 'urn:a', value: '3' },
  ],
  birthDate: '1950-01-01',
  name: [{ given: ['A', 'B'], _given: [null, { id: 'b' }] }],
  contact: [{ gender: 'male' }, { gender: 'female', telecom: [{ system: 'phone', value: '1' }] }],
};

describe('FHIRPath Patch', () => {
  test.each<[string, unknown, Part, unknown]>([
    [
      'adds a single element',
      { resourceType: 'Patient' },
      operation('add', 'Patient', named('birthDate'), value({ valueDate: '1930-01-01' })),
      { resourceType: 'Patient', birthDate: '1930-01-01' },
    ],
    [
      'adds to the end of a list',
      { resourceType: 'Patient', name: [{ text: 'a' }] },
      operation('add', 'Patient', named('name'), value({ valueHumanName: { text: 'b' } })),
      { resourceType: 'Patient', name: [{ text: 'a' }, { text: 'b' }] },
    ],
    [
      'begins a list',
      { resourceType: 'Patient', name: [{ text: 'a' }] },
      operation('add', 'Patient.name[0]', named('given'), value({ valueString: 'g' })),
      { resourceType: 'Patient', name: [{ text: 'a', given: ['g'] }] },
    ],
    [
      'adds an inner element made of parts',
      { resourceType: 'Patient' },
      operation('add', 'Patient', named('contact'), {
        name: 'value',
        part: [
          { name: 'name', valueHumanName: { text: 'n' } },
          { name: 'gender', valueCode: 'male' },
          { name: 'telecom', valueContactPoint: { value: '1' } },
        ],
      }),
      { resourceType: 'Patient', contact: [{ name: { text: 'n' }, gender: 'male', telecom: [{ value: '1' }] }] },
    ],
    [
      'adds a choice under the name of its type',
      { resourceType: 'Observation', status: 'final' },
      operation('add', 'Observation', named('value'), value({ valueQuantity: { value: 1 } })),
      { resourceType: 'Observation', status: 'final', valueQuantity: { value: 1 } },
    ],
    [
      'replaces a choice by one of another type',
      { resourceType: 'Observation', valueString: 'x', _valueString: { id: 'y' } },
      operation('replace', 'Observation.value', value({ valueBoolean: true })),
      { resourceType: 'Observation', valueBoolean: true },
    ],
    [
      'replaces one of several by a criterion',
      patient,
      operation('replace', "Patient.identifier.where(system = 'urn:b').value", value({ valueString: '9' })),
      {
        ...patient,
        identifier: [
          { system: 'urn:a', value: '1' },
          { system: 'urn:b', value: '9' },
          { system: 'urn:a', value: '3' },
        ],
      },
    ],
    [
      'replaces by an index in a filtered list',
      patient,
      operation('replace', "Patient.identifier.where(system = 'urn:a')[1].value", value({ valueString: '9' })),
      {
        ...patient,
        identifier: [
          { system: 'urn:a', value: '1' },
          { system: 'urn:b', value: '2' },
          { system: 'urn:a', value: '9' },
        ],
      },
    ],
    [
      'reaches inner lists through a criterion',
      patient,
      operation(
        'replace',
        'Patient.contact.where(telecom.exists()).telecom.first().value',
        value({ valueString: '9' }),
      ),
      { ...patient, contact: [{ gender: 'male' }, { gender: 'female', telecom: [{ system: 'phone', value: '9' }] }] },
    ],
    [
      'starts at the root without its name',
      patient,
      operation('replace', 'birthDate', value({ valueDate: '1951' })),
      { ...patient, birthDate: '1951' },
    ],
    [
      'inserts in a list of primitives with what stands beside them',
      patient,
      operation('insert', 'Patient.name[0].given', at(1), value({ valueString: 'C' })),
      { ...patient, name: [{ given: ['A', 'C', 'B'], _given: [null, null, { id: 'b' }] }] },
    ],
    [
      'inserts in a list that is not there',
      { resourceType: 'Patient' },
      operation('insert', 'Patient.identifier', at(0), value({ valueIdentifier: { value: '1' } })),
      { resourceType: 'Patient', identifier: [{ value: '1' }] },
    ],
    [
      'moves within a list',
      patient,
      operation(
        'move',
        'Patient.identifier',
        { name: 'source', valueInteger: 2 },
        { name: 'destination', valueInteger: 0 },
      ),
      {
        ...patient,
        identifier: [
          { system: 'urn:a', value: '3' },
          { system: 'urn:a', value: '1' },
          { system: 'urn:b', value: '2' },
        ],
      },
    ],
    [
      'moves a primitive with what stands beside it',
      patient,
      operation(
        'move',
        'Patient.name[0].given',
        { name: 'source', valueInteger: 1 },
        { name: 'destination', valueInteger: 0 },
      ),
      { ...patient, name: [{ given: ['B', 'A'], _given: [{ id: 'b' }, null] }] },
    ],
    [
      'deletes one item and what stands beside it',
      patient,
      operation('delete', 'Patient.name[0].given[1]'),
      { ...patient, name: [{ given: ['A'] }] },
    ],
    [
      'deletes a whole list with its last item',
      { resourceType: 'Patient', name: [{ text: 'a' }] },
      operation('delete', 'Patient.name[0]'),
      { resourceType: 'Patient' },
    ],
    [
      'deletes a primitive and its extensions',
      { resourceType: 'Patient', birthDate: '1950', _birthDate: { id: 'x' } },
      operation('delete', 'Patient.birthDate'),
      { resourceType: 'Patient' },
    ],
    [
      'does nothing where there is nothing to delete',
      { resourceType: 'Patient' },
      operation('delete', "Patient.name.where(use = 'old')"),
      { resourceType: 'Patient' },
    ],
    [
      'finds extensions by URL and choices by type',
      {
        resourceType: 'Patient',
        extension: [
          { url: 'http://x', valueCode: 'a' },
          { url: 'http://y', valueCode: 'b' },
        ],
      },
      operation('replace', "Patient.extension('http://y').value.ofType(code)", value({ valueCode: 'c' })),
      {
        resourceType: 'Patient',
        extension: [
          { url: 'http://x', valueCode: 'a' },
          { url: 'http://y', valueCode: 'c' },
        ],
      },
    ],
    [
      'puts an extension on a primitive',
      { resourceType: 'Patient', birthDate: '1950' },
      operation(
        'add',
        'Patient.birthDate',
        named('extension'),
        value({ valueExtension: { url: 'http://x', valueCode: 'a' } }),
      ),
      { resourceType: 'Patient', birthDate: '1950', _birthDate: { extension: [{ url: 'http://x', valueCode: 'a' }] } },
    ],
    [
      'puts a primitive in place with the extension that came with it',
      { resourceType: 'Patient' },
      operation('add', 'Patient', named('birthDate'), value({ valueDate: '1950', _valueDate: { id: 'x' } })),
      { resourceType: 'Patient', birthDate: '1950', _birthDate: { id: 'x' } },
    ],
    [
      'reaches into contained resources',
      { resourceType: 'Patient', contained: [{ resourceType: 'Organization', id: 'o', name: 'a' }] },
      operation('replace', "Patient.contained.where(id = 'o').name", value({ valueString: 'b' })),
      { resourceType: 'Patient', contained: [{ resourceType: 'Organization', id: 'o', name: 'b' }] },
    ],
  ])('%s', (_name, document, part, expected) => {
    expect(patch(document, part)).toEqual(expected);
  });

  test('keeps the digits of numbers', () => {
    const document =
      '{"resourceType":"Observation","valueQuantity":{"value":1.00},"component":[{"valueQuantity":{"value":2.50}}]}';
    expect(patchText(document, operation('delete', 'Observation.value'))).toBe(
      '{"resourceType":"Observation","component":[{"valueQuantity":{"value":2.50}}]}',
    );
    expect(
      patchText(
        document,
        operation('replace', 'Observation.component.where(value.value = 2.5).value.value', value({ valueDecimal: 3 })),
      ),
    ).toContain('"value":1.00');
  });

  test('stops where its paths take too long to follow', () => {
    const long = { resourceType: 'Patient', identifier: Array.from({ length: 3000 }, (_, n) => ({ value: `${n}` })) };
    const look = operation('delete', "Patient.identifier.where(value = 'none')");
    expect(() => patch(long, ...Array.from({ length: 20 }, () => look))).toThrow(/take too long/);
    expect(patch(long, look)).toEqual(long);
  });

  test.each<[string, Part, string, RegExp]>([
    [
      'several elements where one is asked for',
      operation('replace', 'Patient.identifier', value({ valueIdentifier: {} })),
      'patch-failed',
      /^Operation 0 \(replace\): .*several/,
    ],
    [
      'nothing where one is asked for',
      operation('replace', 'Patient.gender', value({ valueCode: 'male' })),
      'patch-failed',
      /nothing/,
    ],
    [
      'adding what is there',
      operation('add', 'Patient', named('birthDate'), value({ valueDate: '1950' })),
      'patch-failed',
      /there already/,
    ],
    [
      'an element that the type does not have',
      operation('add', 'Patient', named('birthdate'), value({ valueDate: '1950' })),
      'patch-failed',
      /no element of this name/,
    ],
    [
      'a step that the type does not have',
      operation('delete', 'Patient.identifier[0].colour'),
      'patch-failed',
      /Identifier has no element colour/,
    ],
    [
      'a place outside a list',
      operation('insert', 'Patient.identifier', at(4), value({ valueIdentifier: {} })),
      'patch-failed',
      /has 3 items/,
    ],
    [
      'a move outside a list',
      operation(
        'move',
        'Patient.identifier',
        { name: 'source', valueInteger: 3 },
        { name: 'destination', valueInteger: 0 },
      ),
      'patch-failed',
      /has 3 items/,
    ],
    [
      'an insertion where there is no list',
      operation('insert', 'Patient.birthDate', at(0), value({ valueDate: '1950' })),
      'patch-failed',
      /must name a list/,
    ],
    ['deleting the whole resource', operation('delete', 'Patient'), 'patch-failed', /whole resource/],
    ['deleting several', operation('delete', 'Patient.identifier'), 'patch-failed', /several/],
    [
      'what cannot be located',
      operation('delete', 'Patient.name.given.first() | Patient.birthDate'),
      'patch-failed',
      /goes along elements/,
    ],
    [
      'functions that take long',
      operation('delete', "Patient.name.where(text.matches('(a+)+$'))"),
      'patch-malformed',
      /matches\(\) cannot/,
    ],
    [
      'criteria that look outside their element',
      operation('delete', 'Patient.identifier.where(value = %resource.id)'),
      'patch-malformed',
      /without variables/,
    ],
    [
      'functions that leave the resource',
      operation('delete', 'Patient.managingOrganization.resolve()'),
      'patch-malformed',
      /resolve\(\) cannot/,
    ],
    ['what is no FHIRPath', operation('delete', 'Patient..'), 'patch-malformed', /not FHIRPath/],
    ['an unknown type', operation('merge', 'Patient'), 'patch-malformed', /type must be/],
    ['a missing value', operation('replace', 'Patient.birthDate'), 'patch-malformed', /part value/],
    [
      'two values',
      operation('replace', 'Patient.birthDate', value({ valueDate: '1950', valueString: '1950' })),
      'patch-malformed',
      /one value/,
    ],
    [
      'a missing path',
      { name: 'operation', part: [{ name: 'type', valueCode: 'delete' }] },
      'patch-malformed',
      /part path/,
    ],
    [
      'a negative index',
      operation('insert', 'Patient.name', at(-1), value({ valueHumanName: {} })),
      'patch-malformed',
      /part index/,
    ],
    ['a parameter that is no operation', { name: 'other' }, 'patch-malformed', /named operation/],
  ])('refuses %s', (_name, part, code, words) => {
    let found: Problem | undefined;
    try {
      patch(patient, part);
    } catch (error) {
      if (error instanceof Problem) found = error;
      else throw error;
    }
    expect(found?.findings[0].code).toBe(code);
    expect(found?.findings[0].diagnostics).toMatch(words);
  });
});
