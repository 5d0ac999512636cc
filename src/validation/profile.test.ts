// What the SIP profiles do not use: the kinds of slicing, ranges, profiles on types and targets, maximum value sets.
import type { ElementDefinition, StructureDefinition, ValueSet } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../fhir/definitions.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { createCodes } from '../terminology/codes.ts';
import { createValidator } from './create-validator.ts';

const base = loadDefinitions([]);

/** A profile whose snapshot is the base with changed and added elements (an id that the base lacks is put after its parent). */
function profileOf(
  type: string,
  changes: readonly (Partial<ElementDefinition> & { readonly id: string })[],
  url = `urn:profile:${type}`,
): StructureDefinition {
  const elements: ElementDefinition[] = structuredClone(base.typeStructure(type)?.snapshot?.element ?? []);
  for (const change of changes) {
    const at = elements.findIndex((element) => element.id === change.id);
    const path = change.path ?? change.id.replace(/:[^.]+/g, '');
    if (at >= 0) elements[at] = { ...(elements[at] as ElementDefinition), ...change };
    else elements.push({ path, min: 0, max: '*', ...change });
  }
  return {
    resourceType: 'StructureDefinition',
    url,
    name: type,
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type,
    derivation: 'constraint',
    snapshot: { element: elements },
  };
}

function check(
  profile: StructureDefinition,
  resource: Record<string, unknown>,
  more: { readonly profiles?: readonly StructureDefinition[]; readonly valueSets?: readonly ValueSet[] } = {},
): readonly string[] {
  const own = new Map([profile, ...(more.profiles ?? [])].map((item) => [item.url, item]));
  const sets = new Map((more.valueSets ?? []).map((item) => [item.url, item]));
  const definitions = {
    ...base,
    structure: (canonical: string) => own.get(canonical) ?? base.structure(canonical),
    valueSet: (canonical: string) => sets.get(canonical) ?? base.valueSet(canonical),
  };
  const validator = createValidator({ definitions, codes: createCodes(definitions), sipProfiles: () => [] });
  return validator
    .validate(resource as unknown as FhirResource, { profiles: [profile.url ?? ''] })
    .map(
      (finding) => `${finding.severity === 'error' ? '' : `${finding.severity} `}${finding.code} ${finding.expression}`,
    );
}

const patient = (more: Record<string, unknown>): Record<string, unknown> => ({ resourceType: 'Patient', ...more });
const observation = (more: Record<string, unknown>): Record<string, unknown> => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'a' },
  ...more,
});

const sliced = (rules: 'open' | 'closed' | 'openAtEnd') =>
  profileOf('Patient', [
    { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules } },
    { id: 'Patient.identifier:a', sliceName: 'a', min: 1, max: '1' },
    { id: 'Patient.identifier:a.system', fixedUri: 'urn:a', min: 1, max: '1' },
    { id: 'Patient.identifier:a.value', min: 1, max: '1', base: { path: 'Identifier.value', min: 0, max: '1' } },
  ]);
const a = { system: 'urn:a', value: '1' };
const b = { system: 'urn:b', value: '1' };

describe('slices', () => {
  it('count their own members and check below them', () => {
    expect(check(sliced('open'), patient({ identifier: [b, a] }))).toEqual([]);
    expect(check(sliced('open'), patient({ identifier: [b] }))).toEqual(['element-required Patient.identifier']);
    expect(check(sliced('open'), patient({ identifier: [a, b, a] }))).toEqual(['too-many Patient.identifier[2]']);
    expect(check(sliced('open'), patient({ identifier: [b, { system: 'urn:a' }] }))).toEqual([
      'element-required Patient.identifier[1].value',
    ]);
  });

  it('keep others out when closed, and behind them when open at the end', () => {
    expect(check(sliced('closed'), patient({ identifier: [a, b] }))).toEqual([
      'slice-not-allowed Patient.identifier[1]',
    ]);
    expect(check(sliced('openAtEnd'), patient({ identifier: [a, b] }))).toEqual([]);
    expect(check(sliced('openAtEnd'), patient({ identifier: [b, a] }))).toEqual([
      'slice-not-allowed Patient.identifier[1]',
    ]);
  });

  it('are told apart by a pattern on what holds the discriminator', () => {
    const profile = profileOf('Patient', [
      {
        id: 'Patient.maritalStatus.coding',
        path: 'Patient.maritalStatus.coding',
        slicing: { discriminator: [{ type: 'pattern', path: 'code' }], rules: 'open' },
      },
      {
        id: 'Patient.maritalStatus.coding:m',
        sliceName: 'm',
        min: 1,
        max: '1',
        patternCoding: { system: 'urn:m', code: 'M' },
      },
    ]);
    expect(
      check(
        profile,
        patient({
          maritalStatus: {
            coding: [
              { system: 'urn:x', code: 'X' },
              { system: 'urn:m', code: 'M' },
            ],
          },
        }),
      ),
    ).toEqual([]);
    expect(check(profile, patient({ maritalStatus: { coding: [{ system: 'urn:x', code: 'X' }] } }))).toContain(
      'element-required Patient.maritalStatus.coding',
    );
  });

  it('are told apart by type', () => {
    const profile = profileOf('Observation', [
      { id: 'Observation.value[x]', slicing: { discriminator: [{ type: 'type', path: '$this' }], rules: 'closed' } },
      {
        id: 'Observation.value[x]:valueQuantity',
        sliceName: 'valueQuantity',
        min: 0,
        max: '1',
        type: [{ code: 'Quantity' }],
      },
      {
        id: 'Observation.value[x]:valueQuantity.unit',
        min: 1,
        max: '1',
        base: { path: 'Quantity.unit', min: 0, max: '1' },
      },
    ]);
    expect(check(profile, observation({ valueQuantity: { value: 1, unit: 'mg' } }))).toEqual([]);
    expect(check(profile, observation({ valueQuantity: { value: 1 } }))).toEqual([
      'element-required Observation.value.unit',
    ]);
    expect(check(profile, observation({ valueString: 'a' }))).toEqual(['slice-not-allowed Observation.value']);
  });

  it('are told apart by the type a reference resolves to', () => {
    const profile = profileOf('Observation', [
      { id: 'Observation.performer', slicing: { discriminator: [{ type: 'type', path: 'resolve()' }], rules: 'open' } },
      { id: 'Observation.performer:person', sliceName: 'person', min: 1, max: '1', type: [{ code: 'Practitioner' }] },
    ]);
    expect(
      check(profile, observation({ performer: [{ reference: 'Organization/a' }, { reference: 'Practitioner/a' }] })),
    ).toEqual([]);
    expect(check(profile, observation({ performer: [{ reference: 'Organization/a' }] }))).toEqual([
      'element-required Observation.performer',
    ]);
  });

  it('are told apart by what exists', () => {
    const profile = profileOf('Patient', [
      { id: 'Patient.telecom', slicing: { discriminator: [{ type: 'exists', path: 'period' }], rules: 'open' } },
      { id: 'Patient.telecom:past', sliceName: 'past', min: 0, max: '1' },
      { id: 'Patient.telecom:past.period', min: 1, max: '1', base: { path: 'ContactPoint.period', min: 0, max: '1' } },
    ]);
    expect(
      check(
        profile,
        patient({
          telecom: [
            { value: '1', system: 'phone', period: { start: '2020' } },
            { value: '1', system: 'phone' },
            { value: '1', system: 'phone' },
          ],
        }),
      ),
    ).toEqual([]);
    expect(
      check(
        profile,
        patient({
          telecom: [
            { value: '1', system: 'phone', period: { start: '2020' } },
            { value: '2', system: 'phone', period: { start: '2020' } },
          ],
        }),
      ),
    ).toEqual(['too-many Patient.telecom[1]']);
  });

  it('are told apart by a profile', () => {
    const official = profileOf(
      'HumanName',
      [{ id: 'HumanName.use', min: 1, patternCode: 'official' }],
      'urn:profile:official',
    );
    const profile = profileOf('Patient', [
      { id: 'Patient.name', slicing: { discriminator: [{ type: 'profile', path: '$this' }], rules: 'open' } },
      {
        id: 'Patient.name:official',
        sliceName: 'official',
        min: 1,
        max: '1',
        type: [{ code: 'HumanName', profile: ['urn:profile:official'] }],
      },
    ]);
    expect(
      check(profile, patient({ name: [{ family: 'A' }, { use: 'official', family: 'B' }] }), { profiles: [official] }),
    ).toEqual([]);
    expect(check(profile, patient({ name: [{ family: 'A' }] }), { profiles: [official] })).toEqual([
      'element-required Patient.name',
    ]);
  });

  it('can be sliced again', () => {
    const profile = profileOf('Patient', [
      { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' } },
      {
        id: 'Patient.identifier:a',
        sliceName: 'a',
        min: 0,
        max: '*',
        slicing: { discriminator: [{ type: 'value', path: 'use' }], rules: 'open' },
      },
      { id: 'Patient.identifier:a.system', fixedUri: 'urn:a' },
      { id: 'Patient.identifier:a/official', sliceName: 'a/official', min: 1, max: '1' },
      { id: 'Patient.identifier:a/official.use', fixedCode: 'official', min: 1, max: '1' },
    ]);
    expect(check(profile, patient({ identifier: [a, { ...a, use: 'official' }] }))).toEqual([]);
    expect(check(profile, patient({ identifier: [a, { ...b, use: 'official' }] }))).toEqual([
      'element-required Patient.identifier',
    ]);
  });

  it('with a discriminator that says nothing match no item', () => {
    const profile = profileOf('Patient', [
      { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' } },
      { id: 'Patient.identifier:a', sliceName: 'a', min: 0, max: '1' },
    ]);
    expect(check(profile, patient({ identifier: [a, b] }))).toEqual([]);
  });
});

describe('elements', () => {
  it('hold fixed values exactly and patterns in part', () => {
    const fixed = profileOf('Patient', [{ id: 'Patient.maritalStatus', fixedCodeableConcept: { text: 'a' } }]);
    const pattern = profileOf('Patient', [{ id: 'Patient.maritalStatus', patternCodeableConcept: { text: 'a' } }]);
    const both = patient({ maritalStatus: { text: 'a', id: 'x' } });
    expect(check(fixed, patient({ maritalStatus: { text: 'a' } }))).toEqual([]);
    expect(check(fixed, both)).toEqual(['fixed-value Patient.maritalStatus']);
    expect(check(pattern, both)).toEqual([]);
    expect(check(pattern, patient({ maritalStatus: { text: 'b' } }))).toEqual(['fixed-value Patient.maritalStatus']);
  });

  it('keep to length and range', () => {
    expect(
      check(
        profileOf('Observation', [{ id: 'Observation.value[x]', maxLength: 3 }]),
        observation({ valueString: 'abcd' }),
      ),
    ).toEqual(['invalid-value Observation.value']);
    const range = profileOf('Patient', [{ id: 'Patient.multipleBirth[x]', minValueInteger: 1, maxValueInteger: 6 }]);
    expect(check(range, patient({ multipleBirthInteger: 6 }))).toEqual([]);
    expect(check(range, patient({ multipleBirthInteger: 7 }))).toEqual(['fixed-value Patient.multipleBirth']);
    expect(check(range, patient({ multipleBirthInteger: 0 }))).toEqual(['fixed-value Patient.multipleBirth']);
  });

  it('meet the profile of their type, one of several, and the profile of what is contained', () => {
    const withFamily = profileOf('HumanName', [{ id: 'HumanName.family', min: 1 }], 'urn:profile:family');
    const withText = profileOf('HumanName', [{ id: 'HumanName.text', min: 1 }], 'urn:profile:text');
    const one = profileOf('Patient', [
      { id: 'Patient.name', type: [{ code: 'HumanName', profile: ['urn:profile:family'] }] },
    ]);
    const either = profileOf('Patient', [
      { id: 'Patient.name', type: [{ code: 'HumanName', profile: ['urn:profile:family', 'urn:profile:text'] }] },
    ]);
    const more = { profiles: [withFamily, withText] };
    expect(check(one, patient({ name: [{ text: 'a' }] }), more)).toEqual(['element-required Patient.name[0].family']);
    expect(check(either, patient({ name: [{ text: 'a' }] }), more)).toEqual([]);
    expect(check(either, patient({ name: [{ given: ['a'] }] }), more)).toEqual(['type-not-allowed Patient.name[0]']);
    const named = profileOf('Organization', [{ id: 'Organization.alias', min: 1 }], 'urn:profile:org');
    const target = profileOf('Patient', [
      { id: 'Patient.managingOrganization', type: [{ code: 'Reference', targetProfile: ['urn:profile:org'] }] },
    ]);
    const inside = (alias: Record<string, unknown>) =>
      patient({
        contained: [{ resourceType: 'Organization', id: 'o', name: 'a', ...alias }],
        managingOrganization: { reference: '#o' },
      });
    expect(check(target, inside({ alias: ['b'] }), { profiles: [named] })).toEqual([]);
    expect(check(target, inside({}), { profiles: [named] })).toEqual(['reference-target Patient.managingOrganization']);
  });

  const valueSet: ValueSet = {
    resourceType: 'ValueSet',
    url: 'urn:vs',
    status: 'draft',
    compose: { include: [{ system: 'http://hl7.org/fhir/administrative-gender' }] },
  };
  const bound = (
    strength: 'required' | 'extensible' | 'preferred' | 'example',
    more: Partial<ElementDefinition> = {},
  ) => profileOf('Patient', [{ id: 'Patient.maritalStatus', binding: { strength, valueSet: 'urn:vs' }, ...more }]);
  const status = (coding: Record<string, unknown>[]) => patient({ maritalStatus: { coding } });

  it('refuse by a required binding, and warn by a weaker one where the system is taken whole', () => {
    const sets = { valueSets: [valueSet] };
    const wrong = status([{ system: 'http://hl7.org/fhir/administrative-gender', code: 'x' }]);
    expect(check(bound('required'), wrong, sets)).toContain('code-not-in-value-set Patient.maritalStatus');
    expect(check(bound('extensible'), wrong, sets)).toContain('warning code-not-in-value-set Patient.maritalStatus');
    expect(check(bound('preferred'), wrong, sets)).toContain('warning code-not-in-value-set Patient.maritalStatus');
    expect(check(bound('example'), wrong, sets)).not.toContain('warning code-not-in-value-set Patient.maritalStatus');
    expect(check(bound('extensible'), status([{ system: 'urn:local', code: 'x' }]), sets)).toEqual([]);
    expect(
      check(
        bound('required'),
        status([
          { system: 'urn:local', code: 'x' },
          { system: 'http://hl7.org/fhir/administrative-gender', code: 'male' },
        ]),
        sets,
      ),
    ).toEqual([]);
    expect(check(bound('required'), status([{ code: 'male' }]), sets)).toEqual([
      'code-not-in-value-set Patient.maritalStatus',
    ]);
    expect(check(bound('required'), patient({ maritalStatus: { text: 'gift' } }), sets)).toEqual([
      'code-not-in-value-set Patient.maritalStatus',
    ]);
    expect(check(bound('extensible'), patient({ maritalStatus: { text: 'gift' } }), sets)).toEqual([]);
  });

  it('refuse what is outside a maximum value set', () => {
    const extension = [
      { url: 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet', valueCanonical: 'urn:vs' },
    ];
    const profile = bound('preferred', {
      binding: { strength: 'preferred', valueSet: 'http://hl7.org/fhir/ValueSet/marital-status', extension },
    });
    expect(check(profile, status([{ system: 'urn:local', code: 'x' }]), { valueSets: [valueSet] })).toEqual([
      'code-not-in-value-set Patient.maritalStatus',
    ]);
  });

  it('tell of a rule that cannot be evaluated, and refuse nobody for it', () => {
    const rule = profileOf('Patient', [
      {
        id: 'Patient',
        constraint: [{ key: 'own-2', severity: 'error', human: 'A', expression: "name.memberOf('urn:vs')" }],
      },
    ]);
    expect(check(rule, patient({ name: [{ text: 'a' }] }))).toEqual(['warning invariant-failed Patient']);
  });

  it('tell an invariant of severity warning as a warning', () => {
    const rule = (severity: 'error' | 'warning') =>
      profileOf('Patient', [
        { id: 'Patient', constraint: [{ key: 'own-1', severity, human: 'A name.', expression: 'name.exists()' }] },
      ]);
    expect(check(rule('error'), patient({ active: true }))).toEqual(['invariant-failed Patient']);
    expect(check(rule('warning'), patient({ active: true }))).toEqual(['warning invariant-failed Patient']);
    expect(check(rule('error'), patient({ name: [{ text: 'a' }] }))).toEqual([]);
  });
});
