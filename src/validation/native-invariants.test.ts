// Plain code and FHIRPath must say the same of every instance that the structure check lets through.
import { evalFhirPathTyped, loadDataType, parseFhirPath } from '@medplum/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../fhir/definitions.ts';
import { findNativeInvariant, nativeInvariants } from './native-invariants.ts';
import type { JsonObject } from './walk.ts';

const definitions = loadDefinitions([]);
const types = [
  'Element',
  'Extension',
  'Coding',
  'CodeableConcept',
  'Reference',
  'Period',
  'Quantity',
  'ContactPoint',
  'Attachment',
  'Address',
  'Patient',
  'CarePlan',
  'Organization',
  'Appointment',
  'AppointmentResponse',
  'Goal',
  'ServiceRequest',
  'Task',
  'Consent',
  'CareTeam',
  'Questionnaire',
  'Meta',
  'Identifier',
];
for (const type of types) {
  const structure = definitions.typeStructure(type);
  if (structure !== undefined) loadDataType(structure);
}

/** The constraint as R4 states it, and the element that bears it. */
function findConstraint(key: string): { readonly expression: string; readonly path: string } {
  for (const type of types) {
    for (const element of definitions.typeStructure(type)?.snapshot?.element ?? []) {
      const found = element.constraint?.find((constraint) => constraint.key === key);
      if (found?.expression !== undefined) return { expression: found.expression, path: element.path };
    }
  }
  throw new Error(`R4 has no constraint ${key}.`);
}

const text = fc.constantFrom('a', 'b');
const reference = fc.record(
  { reference: fc.constantFrom('#a', '#b', '#c', 'Patient/a') },
  { requiredKeys: ['reference'] },
);
const period = fc.record(
  {
    start: fc.constantFrom('2026-01-01', '2026-02-01', '2026-02-02'),
    end: fc.constantFrom('2026-01-01', '2026-02-01'),
  },
  { requiredKeys: [] },
);
const coding = fc.record(
  {
    system: fc.constantFrom('something', 'other'),
    code: fc.constantFrom('patient-privacy', 'research', 'adr', 'treatment'),
  },
  { requiredKeys: [] },
);
const contained = fc.record(
  {
    resourceType: fc.constant('Organization'),
    id: fc.constantFrom('a', 'b'),
    contained: fc.constant([{ resourceType: 'Patient' }]),
    meta: fc.record(
      { versionId: text, lastUpdated: text, security: fc.constant([{ code: 'a' }]) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['resourceType', 'id'] },
);
const optional = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject> =>
  fc.record(fields, { requiredKeys: [] });
const domainResource = optional({
  contained: fc.array(contained, { minLength: 1, maxLength: 2 }),
  subject: reference,
}).map((fields): JsonObject => ({ resourceType: 'CarePlan', ...fields }));

/** Instances that reach both answers of each rule. */
const instances: Readonly<Record<string, { readonly type: string; readonly values: fc.Arbitrary<JsonObject> }>> = {
  'dom-2': { type: 'CarePlan', values: domainResource },
  'dom-4': { type: 'CarePlan', values: domainResource },
  'dom-5': { type: 'CarePlan', values: domainResource },
  'ref-1': { type: 'Reference', values: reference },
  'per-1': { type: 'Period', values: period },
  'ext-1': {
    type: 'Extension',
    values: optional({ valueString: text, extension: fc.constant([{ url: 'a', valueString: 'a' }]) }),
  },
  'qty-3': { type: 'Quantity', values: optional({ code: text, system: text, value: fc.constant(1) }) },
  'cpt-2': { type: 'ContactPoint', values: optional({ value: text, system: text }) },
  'att-1': { type: 'Attachment', values: optional({ data: fc.constant('AAAA'), contentType: text }) },
  'cpl-3': {
    type: 'CarePlanActivity',
    values: optional({ detail: fc.constant({ status: 'in-progress' }), reference }),
  },
  'pat-1': {
    type: 'PatientContact',
    values: fc
      .subarray(['name', 'telecom', 'address', 'organization', 'gender'], { maxLength: 2 })
      .map((names): JsonObject => Object.fromEntries(names.map((name) => [name, { id: 'a' }]))),
  },
  'org-1': {
    type: 'Organization',
    values: optional({ identifier: fc.constant([{ value: 'a' }]), name: text, active: fc.constant(true) }),
  },
  'org-2': { type: 'Address', values: optional({ use: fc.constantFrom('home', 'work') }) },
  'org-3': { type: 'ContactPoint', values: optional({ use: fc.constantFrom('home', 'work') }) },
  'app-1': {
    type: 'AppointmentParticipant',
    values: optional({ type: fc.constant([{ text: 'a' }]), actor: reference, status: text }),
  },
  'app-2': {
    type: 'Appointment',
    values: optional({ start: fc.constant('2026-01-01T00:00:00Z'), end: fc.constant('2026-01-01T01:00:00Z') }),
  },
  'app-3': {
    type: 'Appointment',
    values: optional({ start: fc.constant('2026-01-01T00:00:00Z'), end: fc.constant('2026-01-01T01:00:00Z') }).chain(
      (fields) => fc.constantFrom('proposed', 'booked').map((status): JsonObject => ({ ...fields, status })),
    ),
  },
  'app-4': {
    type: 'Appointment',
    values: optional({ cancelationReason: fc.constant({ text: 'a' }) }).chain((fields) =>
      fc
        .constantFrom('noshow', 'cancelled', 'booked')
        .map((status): JsonObject => ({ resourceType: 'Appointment', ...fields, status })),
    ),
  },
  'apr-1': {
    type: 'AppointmentResponse',
    values: optional({ participantType: fc.constant([{ text: 'a' }]), actor: reference }),
  },
  'gol-1': { type: 'GoalTarget', values: optional({ detailString: text, measure: fc.constant({ text: 'a' }) }) },
  'inv-1': {
    type: 'Task',
    values: optional({
      authoredOn: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      lastModified: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    }),
  },
  'ppc-1': {
    type: 'Consent',
    values: optional({ policy: fc.constant([{ uri: 'a' }]), policyRule: fc.constant({ text: 'a' }) }),
  },
  'ppc-2': {
    type: 'Consent',
    values: optional({
      patient: reference,
      scope: fc.record({ coding: fc.array(coding, { minLength: 1, maxLength: 2 }) }),
    }),
  },
  'ppc-3': {
    type: 'Consent',
    values: optional({
      patient: reference,
      scope: fc.record({ coding: fc.array(coding, { minLength: 1, maxLength: 2 }) }),
    }),
  },
  'ppc-4': {
    type: 'Consent',
    values: optional({
      patient: reference,
      scope: fc.record({ coding: fc.array(coding, { minLength: 1, maxLength: 2 }) }),
    }),
  },
  'ppc-5': {
    type: 'Consent',
    values: optional({
      patient: reference,
      scope: fc.record({ coding: fc.array(coding, { minLength: 1, maxLength: 2 }) }),
    }),
  },
  'prr-1': {
    type: 'ServiceRequest',
    values: optional({ orderDetail: fc.constant([{ text: 'a' }]), code: fc.constant({ text: 'a' }) }),
  },
};

/** FHIRPath that the library cannot run (`descendants()`, `resolve()`, `children()`, `intersect()` of objects): compared with worked examples below instead. */
const withoutFhirPath = ['dom-3', 'csd-1', 'que-2', 'ctm-1', 'obs-7', 'sdf-9'];

const root: JsonObject = { resourceType: 'CarePlan', contained: [{ resourceType: 'Organization', id: 'a' }] };

describe('nativeInvariants', () => {
  it('has instances or worked examples for each of its rules', () => {
    expect([...Object.keys(instances), ...withoutFhirPath].toSorted()).toEqual([...nativeInvariants.keys()].toSorted());
  });

  it.each(Object.entries(instances))(
    '%s agrees with its FHIRPath, and both say yes and no',
    (key, { type, values }) => {
      const { expression } = findConstraint(key);
      const parsed = parseFhirPath(expression);
      const native = nativeInvariants.get(key);
      const answers = new Set<boolean>();
      fc.assert(
        fc.property(values, (value) => {
          const result = evalFhirPathTyped(parsed, [{ type, value }], {
            '%rootResource': { type: 'CarePlan', value: root },
            '%resource': { type: 'CarePlan', value: root },
          });
          const expected = result.length > 0 && result.every((item) => item.value === true);
          answers.add(expected);
          expect(native?.(value, { root })).toBe(expected);
        }),
        { numRuns: 300 },
      );
      expect(answers.size).toBe(2);
    },
  );

  it('leaves rules of other types with the same key to FHIRPath', () => {
    expect(findNativeInvariant('inv-1', 'lastModified >= authoredOn')).toBeDefined();
    expect(findNativeInvariant('inv-1', 'operation.exists() xor assert.exists()')).toBeUndefined();
    expect(findNativeInvariant('per-1', 'start <= end')).toBeDefined();
  });

  it('per-1 does not judge what differs in precision', () => {
    const native = nativeInvariants.get('per-1');
    expect(native?.({ start: '2026-03-15', end: '2026-03' }, { root })).toBe(true);
    expect(native?.({ start: '2026-04', end: '2026-03-15' }, { root })).toBe(false);
    expect(native?.({ start: '2026-03-15T10:00:00+01:00', end: '2026-03-15T09:30:00Z' }, { root })).toBe(true);
    expect(native?.({ start: '2026-03-15T11:00:00+01:00', end: '2026-03-15T09:30:00Z' }, { root })).toBe(false);
  });

  it.each([
    ['dom-3', { contained: [{ id: 'a' }], subject: { reference: '#a' } }, true],
    ['dom-3', { contained: [{ id: 'a' }], subject: { reference: '#b' } }, false],
    ['dom-3', { contained: [{ id: 'a', partOf: { reference: '#' } }] }, true],
    ['dom-3', {}, true],
    ['csd-1', { concept: [{ code: 'a', concept: [{ code: 'b', concept: [{ code: 'c' }] }] }, { code: 'd' }] }, true],
    ['csd-1', { concept: [{ code: 'a' }, { code: 'a' }] }, false],
    ['csd-1', { concept: [{ code: 'a', concept: [{ code: 'b', concept: [{ code: 'a' }] }] }] }, false],
    ['que-2', { item: [{ linkId: '1', item: [{ linkId: '2' }] }] }, true],
    ['que-2', { item: [{ linkId: '1', item: [{ linkId: '1' }] }] }, false],
    ['ctm-1', { onBehalfOf: { reference: 'Organization/a' }, member: { reference: 'Practitioner/a' } }, true],
    ['ctm-1', { onBehalfOf: { reference: 'Organization/a' }, member: { reference: 'Patient/a' } }, false],
    [
      'ctm-1',
      {
        onBehalfOf: { reference: 'Organization/a' },
        member: { reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' },
      },
      true,
    ],
    [
      'obs-7',
      { valueString: 'a', code: { coding: [{ code: 'a' }] }, component: [{ code: { coding: [{ code: 'a' }] } }] },
      false,
    ],
    [
      'obs-7',
      { valueString: 'a', code: { coding: [{ code: 'a' }] }, component: [{ code: { coding: [{ code: 'b' }] } }] },
      true,
    ],
    ['obs-7', { code: { coding: [{ code: 'a' }] }, component: [{ code: { coding: [{ code: 'a' }] } }] }, true],
    ['sdf-9', { snapshot: { element: [{ path: 'Task', label: 'a' }] } }, false],
    ['sdf-9', { differential: { element: [{ path: 'Task' }, { path: 'Task.code', code: [{ code: 'a' }] }] } }, true],
    ['ctm-1', { member: { reference: 'Patient/a' } }, true],
    ['ref-1', { reference: '#' }, true],
  ] as const)('%s of %j is %s', (key, value, expected) => {
    expect(nativeInvariants.get(key)?.(value as JsonObject, { root })).toBe(expected);
  });
});
