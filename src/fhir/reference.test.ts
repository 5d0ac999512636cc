import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberSources, parseJson, stringifyJson } from './json.ts';
import { forEachReference, parseReference, rewriteReferences, typeOfReference } from './reference.ts';
import type { FhirResource } from './resource.ts';

const base = 'http://127.0.0.1:8080/fhir';

describe('parseReference', () => {
  it.each([
    ['Patient/1', { kind: 'local', type: 'Patient', id: '1', versionId: undefined }],
    ['Patient/1/_history/v-2', { kind: 'local', type: 'Patient', id: '1', versionId: 'v-2' }],
    [`${base}/Patient/1`, { kind: 'local', type: 'Patient', id: '1', versionId: undefined }],
    [`${base}/Patient/1/_history/2`, { kind: 'local', type: 'Patient', id: '1', versionId: '2' }],
    [`${base}x/Patient/1`, { kind: 'external', url: `${base}x/Patient/1` }],
    ['https://example.org/fhir/Patient/1', { kind: 'external', url: 'https://example.org/fhir/Patient/1' }],
    [
      'urn:uuid:6f1b9c0e-8a57-4d2e-9b0d-1f0a2b3c4d5e',
      { kind: 'urn', urn: 'urn:uuid:6f1b9c0e-8a57-4d2e-9b0d-1f0a2b3c4d5e' },
    ],
    ['urn:oid:1.2.752', { kind: 'urn', urn: 'urn:oid:1.2.752' }],
    ['urn:uuid:nonsense', { kind: 'invalid' }],
    ['#org', { kind: 'contained', id: 'org' }],
    ['#', { kind: 'contained', id: '' }],
    ['Patient?identifier=a|b', { kind: 'conditional', type: 'Patient', query: 'identifier=a|b' }],
    ['Patient', { kind: 'invalid' }],
    ['Patient/', { kind: 'invalid' }],
    ['patient/1', { kind: 'invalid' }],
    ['Patient/1/2', { kind: 'invalid' }],
    ['../Patient/1', { kind: 'invalid' }],
    ['', { kind: 'invalid' }],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text, base)).toEqual(expected);
  });

  it('gives an answer to any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof parseReference(text, base).kind).toBe('string');
      }),
    );
  });
});

it.each([
  ['Patient/1', 'Patient'],
  ['https://example.org/fhir/Patient/1/_history/2', 'Patient'],
  ['Patient?identifier=1', 'Patient'],
  ['urn:oid:1.2.3', undefined],
  ['#Patient', undefined],
])('the type that %s names is %s', (text, type) => {
  expect(typeOfReference(text)).toBe(type);
});

const plan: FhirResource = {
  resourceType: 'CarePlan',
  contained: [{ resourceType: 'Goal', subject: { reference: 'Patient/1' } }],
  identifier: [{ assigner: { reference: 'Organization/1' } }],
  subject: { reference: 'Patient/1', display: 'A' },
  author: { identifier: { value: 'x' } },
  goal: [{ reference: 'Goal/1' }, { reference: 'Goal/2' }],
  activity: [{ reference: { reference: 'ServiceRequest/1' } }],
  extension: [
    { url: 'u', valueReference: { reference: 'Organization/2' } },
    { url: 'e', valueExpression: { language: 'text/cql', reference: 'http://x' } },
  ],
};

describe('forEachReference', () => {
  it('finds every literal Reference in document order, with its place', () => {
    const found: string[] = [];
    forEachReference(plan, ({ reference }, expression) => found.push(`${expression} ${reference}`));
    expect(found).toEqual([
      'CarePlan.contained[0].subject Patient/1',
      'CarePlan.identifier[0].assigner Organization/1',
      'CarePlan.subject Patient/1',
      'CarePlan.goal[0] Goal/1',
      'CarePlan.goal[1] Goal/2',
      'CarePlan.activity[0].reference ServiceRequest/1',
      'CarePlan.extension[0].valueReference Organization/2',
    ]);
  });

  it('leaves alone the uris that R4 also names reference', () => {
    const found: string[] = [];
    const note = (resource: FhirResource): void =>
      forEachReference(resource, (_, expression) => found.push(expression));
    note({ resourceType: 'DetectedIssue', reference: 'http://x' });
    note({ resourceType: 'Immunization', education: [{ reference: 'http://x' }] });
    expect(found).toEqual([]);
  });
});

describe('rewriteReferences', () => {
  it('gives the same object when nothing changes', () => {
    expect(rewriteReferences(plan, () => undefined)).toBe(plan);
    expect(rewriteReferences(plan, ({ reference }) => reference)).toBe(plan);
  });

  it('changes the text, keeps the rest, and leaves the original as it was', () => {
    const before = structuredClone(plan);
    const next = rewriteReferences(plan, ({ reference }) => (reference === 'Patient/1' ? 'Patient/2' : undefined));
    expect(next['subject']).toEqual({ reference: 'Patient/2', display: 'A' });
    expect(next['contained']).toEqual([{ resourceType: 'Goal', subject: { reference: 'Patient/2' } }]);
    expect(next['goal']).toBe(plan['goal']);
    expect(plan).toEqual(before);
  });

  it('takes a reference out, and what that leaves empty', () => {
    const next = rewriteReferences(plan, (_, expression) =>
      /goal\[0\]|activity|assigner|extension/.test(expression) ? null : undefined,
    );
    expect(next['goal']).toEqual([{ reference: 'Goal/2' }]);
    expect('activity' in next).toBe(false);
    expect('identifier' in next).toBe(false);
    expect(next['extension']).toHaveLength(1);
  });

  it('keeps the digits of numbers beside a changed reference', () => {
    const text =
      '{"resourceType":"Observation","subject":{"reference":"Patient/1"},"valueQuantity":{"value":1.00},"x":2.50}';
    const resource = parseJson(text, { maxDepth: 9 }) as FhirResource;
    expect(numberSources in resource).toBe(true);
    expect(stringifyJson(rewriteReferences(resource, () => 'Patient/2'))).toBe(text.replace('Patient/1', 'Patient/2'));
  });
});
