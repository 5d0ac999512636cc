import { describe, expect, test } from 'vitest';
import type { FhirResource } from '../fhir/resource.ts';
import { isProtectedIdentity, withoutPlaces } from './protected-identity.ts';

const subsetted = expect.objectContaining({ tag: [expect.objectContaining({ code: 'SUBSETTED' })] });

describe('isProtectedIdentity', () => {
  const labelled = (resourceType: string, ...security: readonly unknown[]): boolean =>
    isProtectedIdentity({ resourceType, meta: { security } } as unknown as FhirResource);

  test.each([
    { system: 'http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel', code: 'sekretessmarkering' },
    { code: 'skyddadFolkbokforing' },
    { system: 'https://hl7.se/other', code: 'skyddadFolkbokforing' },
  ])('takes the label whatever its system is called: %o', (label) => {
    expect(labelled('Patient', null, label)).toBe(true);
  });

  test('is of registrations alone, and of no other label', () => {
    expect(labelled('Goal', { code: 'sekretessmarkering' })).toBe(false);
    expect(labelled('Patient', { code: 'R' })).toBe(false);
    expect(labelled('Patient')).toBe(false);
  });
});

describe('withoutPlaces', () => {
  const left = (resource: object): object => {
    const { resourceType: _type, meta: _meta, ...rest } = withoutPlaces({ resourceType: 'X', ...resource });
    return rest;
  };

  test('says that something was taken out', () => {
    expect(withoutPlaces({ resourceType: 'Patient', id: '1' })).toEqual({
      resourceType: 'Patient',
      id: '1',
      meta: subsetted,
    });
  });

  test.each<[string, object]>([
    [
      'what says where somebody lives',
      { address: [{ city: 'x' }], telecom: [{ value: 'x' }], contact: [{}], photo: [{}] },
    ],
    ['the like in an extension', { extension: [{ url: 'u', valueAddress: { city: 'x' } }] }],
    ['what was added to it', { _address: [{ extension: [] }] }],
    ['narrative', { text: { status: 'generated', div: '<div/>' } }],
    [
      'narrative of what is contained',
      { contained: [{ resourceType: 'Composition', section: [{ text: { status: 'generated', div: '<div/>' } }] }] },
    ],
    ['a place by its address', { actor: { reference: 'Location/1' } }],
    ['a place of another server', { actor: { reference: 'https://other.example/fhir/Location/1' } }],
    ['a place by its type', { actor: { type: 'Location', identifier: { value: 'x' } } }],
    [
      'a place by the address of its type',
      { actor: { type: 'http://hl7.org/fhir/StructureDefinition/Location', identifier: { value: 'x' } } },
    ],
    ['what may be a place', { actor: { identifier: { value: 'x' } } }],
    ['an address that may be of a place', { actor: { reference: 'urn:oid:1.2.3' } }],
    ['a place inside', { contained: [{ resourceType: 'Location', id: 'l' }], actor: { reference: '#l' } }],
    ['a unit inside', { contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] }],
    ['an address in an extension', { extension: [{ url: 'u', valueUri: 'Location/1' }] }],
    [
      'where a stay began and goes on',
      { hospitalization: { origin: { reference: 'Organization/1' }, destination: { reference: 'Organization/2' } } },
    ],
  ])('leaves out %s', (_name, resource) => {
    expect(JSON.stringify(left(resource))).not.toMatch(/x"|Location|urn:oid|div|Organization/);
  });

  test.each<[string, object]>([
    ['a person by the name', { subject: { reference: 'Patient/1', display: 'Bo' } }],
    ['what a code is called', { code: { coding: [{ system: 's', code: 'c', display: 'gå' }], text: 'gå' } }],
    ['an organization without its name', { performer: { reference: 'Organization/1' } }],
    ['a unit by identifier', { performer: { type: 'Organization', identifier: { system: 's', value: 'v' } } }],
    ['free text', { description: { text: 'Hon vill bo kvar.' } }],
  ])('keeps %s', (_name, resource) => {
    expect(left(resource)).toEqual(resource);
  });

  test('takes the name of a unit from what refers to it', () => {
    expect(left({ performer: { reference: 'Organization/1', display: 'Hemtjänst Söder' } })).toEqual({
      performer: { reference: 'Organization/1' },
    });
  });
});
