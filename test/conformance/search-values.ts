// Search over values written by hand: what each parameter kind, prefix and modifier finds, on one small set of resources.
// https://hl7.org/fhir/R4/search.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenDatabase } from '../contract/store-world.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { openSearchWorld, type SearchWorld } from './search-world.ts';

const ucum = 'http://unitsofmeasure.org';
const loinc = 'http://loinc.org';
const concept = (system: string, code: string, more: object = {}): object => ({ coding: [{ system, code, ...more }] });
const quantity = (value: number, code: string, more: object = {}): object => ({
  value,
  unit: code,
  system: ucum,
  code,
  ...more,
});

/** Longer than what of a text stands in an index, and alike as far as that. */
const long = `Omfattning: ${'åtta '.repeat(60)}`;

const resources: readonly (FhirResource & { readonly id: string })[] = [
  {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: concept(loinc, 'w'),
    valueQuantity: quantity(5.4, 'mg'),
  },
  {
    resourceType: 'Observation',
    id: 'o2',
    status: 'final',
    code: concept(loinc, 'w'),
    valueQuantity: quantity(5.44, 'g'),
  },
  {
    resourceType: 'Observation',
    id: 'o3',
    status: 'final',
    code: concept(loinc, 'v'),
    valueQuantity: quantity(100, 'mg', { comparator: '>' }),
  },
  {
    resourceType: 'Observation',
    id: 'o4',
    status: 'final',
    code: concept(loinc, 'bp'),
    component: [
      { code: concept(loinc, 'sys'), valueQuantity: quantity(120, 'mm') },
      { code: concept(loinc, 'dia'), valueQuantity: quantity(80, 'mm') },
    ],
  },
  {
    resourceType: 'Observation',
    id: 'o5',
    status: 'final',
    code: { text: 'Längd i centimeter' },
    valueString: 'Ganska lång',
  },
  {
    resourceType: 'Observation',
    id: 'o6',
    status: 'final',
    code: concept(loinc, 'w', { display: 'Vikt i dag' }),
    valueCodeableConcept: concept('urn:x', 'y'),
  },
  {
    resourceType: 'RiskAssessment',
    id: 'r1',
    status: 'final',
    prediction: [{ probabilityDecimal: 0.8 }, { probabilityDecimal: 0.1 }],
  },
  { resourceType: 'RiskAssessment', id: 'r2', status: 'final', prediction: [{ probabilityDecimal: 100 }] },
  { resourceType: 'RiskAssessment', id: 'r3', status: 'final' },
  { resourceType: 'ValueSet', id: 'v1', status: 'active', url: 'http://acme.org/fhir/ValueSet/1' },
  { resourceType: 'ValueSet', id: 'v2', status: 'draft', url: 'http://acme.org/fhir/ValueSet/12' },
  { resourceType: 'ValueSet', id: 'v3', status: 'active', url: 'http://acme.org/fhir' },
  { resourceType: 'ValueSet', id: 'v4', status: 'active', url: 'urn:oid:1.2.3' },
  {
    resourceType: 'Library',
    id: 'lib1',
    status: 'active',
    description: `${long}Först`,
    type: { text: `${long}Först` },
  },
  { resourceType: 'Library', id: 'lib2', status: 'active', description: `${long}Sist`, type: { text: `${long}Sist` } },
  { resourceType: 'Library', id: 'lib3', status: 'active', description: '😀'.repeat(150), type: { text: 'kort' } },
  {
    resourceType: 'Observation',
    id: 'o7',
    status: 'final',
    code: concept(loinc, 'long'),
    valueString: `${long}Först`,
  },
  {
    resourceType: 'Encounter',
    id: 'e1',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'ACUTE' },
    identifier: [
      { type: concept('urn:types', 'MR'), system: 'urn:a', value: '1' },
      { system: 'urn:b', value: '2' },
    ],
    subject: { reference: 'Patient/p1' },
    serviceProvider: { identifier: { system: 'urn:org', value: 'o-1' } },
    meta: {
      tag: [{ system: 'urn:tags', code: 'a', display: 'Röd flagg' }],
      profile: ['http://p.example/x'],
      security: [{ code: 's' }],
      source: 'urn:src',
    },
    text: {
      status: 'generated',
      div: '<div xmlns="http://www.w3.org/1999/xhtml">Kvinnan <b>flyttade</b> hem efter frakturen</div>',
    },
  },
  {
    resourceType: 'Encounter',
    id: 'e2',
    status: 'planned',
    class: { code: 'IMP', system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode' },
  },
  {
    resourceType: 'Encounter',
    id: 'e3',
    language: 'en',
    status: 'planned',
    reasonCode: [{ text: 'Broken bones' }],
    period: { start: '2026-10-01' },
  },
  {
    resourceType: 'Patient',
    id: 'p1',
    gender: 'female',
    name: [{ family: 'Öberg' }],
    birthDate: '1950-09-07',
    managingOrganization: { reference: 'Organization/org1' },
  },
  { resourceType: 'Organization', id: 'org1', name: 'Vården', partOf: { reference: 'Organization/org0' } },
  { resourceType: 'Organization', id: 'org0', name: 'Regionen' },
  {
    resourceType: 'Task',
    id: 't1',
    status: 'requested',
    for: { reference: 'Patient/p1' },
    focus: { reference: 'Encounter/e1' },
    basedOn: [{ reference: 'Task/t2' }],
  },
  {
    resourceType: 'Task',
    id: 't2',
    status: 'draft',
    for: { reference: 'Patient/p1' },
    focus: { reference: 'Encounter/e2' },
  },
  { resourceType: 'Task', id: 't3', status: 'draft', focus: { reference: '#x', display: 'inside' } },
  {
    resourceType: 'List',
    id: 'l1',
    status: 'current',
    mode: 'working',
    entry: [{ item: { reference: 'Encounter/e1' } }],
  },
  { resourceType: 'Provenance', id: 'pr1', recorded: '2026-11-02T12:00:00Z', target: [{ reference: 'Task/t1' }] },
];

/** Type, query, and the ids found; `refused` where that is what happens. */
const cases: readonly (readonly [type: string, query: string, found: string])[] = [
  // number
  ['RiskAssessment', 'probability=0.8', 'r1'],
  ['RiskAssessment', 'probability=0.80', 'r1'],
  ['RiskAssessment', 'probability=0.9', ''],
  ['RiskAssessment', 'probability=100', 'r2'],
  ['RiskAssessment', 'probability=1e2', 'r2'],
  ['RiskAssessment', 'probability=104e0', ''],
  ['RiskAssessment', 'probability=100.00', 'r2'],
  ['RiskAssessment', 'probability=99.9', ''],
  ['RiskAssessment', 'probability=ne100', 'r1'],
  ['RiskAssessment', 'probability=gt0.8', 'r2'],
  ['RiskAssessment', 'probability=ge0.8', 'r1 r2'],
  ['RiskAssessment', 'probability=lt0.1', ''],
  ['RiskAssessment', 'probability=le0.1', 'r1'],
  ['RiskAssessment', 'probability=sa0.8', 'r2'],
  ['RiskAssessment', 'probability=eb0.1', ''],
  ['RiskAssessment', 'probability=eb0.2', 'r1'],
  ['RiskAssessment', 'probability=ap92', 'r2'],
  ['RiskAssessment', 'probability=ap90', ''],
  ['RiskAssessment', 'probability:missing=true', 'r3'],
  ['RiskAssessment', 'probability:missing=false', 'r1 r2'],
  ['RiskAssessment', 'probability=-0.8', ''],
  ['RiskAssessment', 'probability=x', 'refused'],
  ['RiskAssessment', 'probability=1.', 'refused'],
  ['RiskAssessment', 'probability:exact=1', 'refused'],
  // quantity
  ['Observation', 'value-quantity=5.4', 'o1 o2'],
  ['Observation', 'value-quantity=5.40', 'o1'],
  [`Observation`, `value-quantity=5.4|${ucum}|mg`, 'o1'],
  ['Observation', 'value-quantity=5.4||g', 'o2'],
  ['Observation', 'value-quantity=5.4|urn:other|mg', ''],
  ['Observation', `value-quantity=gt5.4|${ucum}|mg`, 'o3'],
  ['Observation', 'value-quantity=sa99', 'o3'],
  ['Observation', 'value-quantity=lt100', 'o1 o2'],
  ['Observation', 'value-quantity=100', ''],
  ['Observation', 'value-quantity=ap5', 'o1 o2'],
  ['Observation', 'value-quantity=5|a', 'refused'],
  ['Observation', 'value-quantity:missing=true', 'o4 o5 o6 o7'],
  ['Observation', 'component-value-quantity=80', 'o4'],
  // composite
  ['Observation', `code-value-quantity=${loinc}|w$5.4`, 'o1 o2'],
  ['Observation', `code-value-quantity=w$gt5.4||g`, 'o2'],
  ['Observation', `code-value-quantity=${loinc}|v$5.4`, ''],
  ['Observation', 'component-code-value-quantity=sys$120', 'o4'],
  ['Observation', 'component-code-value-quantity=sys$80', ''],
  ['Observation', 'component-code-value-quantity=sys$80,dia$80', 'o4'],
  ['Observation', 'combo-code-value-quantity=dia$lt90', 'o4'],
  ['Observation', 'combo-code-value-quantity=w$lt5.42', 'o1'],
  ['Observation', 'code-value-concept=w$urn:x|y', 'o6'],
  ['Observation', 'code-value-concept=v$urn:x|y', ''],
  ['Observation', 'code-value-quantity=w', 'refused'],
  ['Observation', 'code-value-quantity=w$5$6', 'refused'],
  ['Observation', 'code-value-quantity:missing=false', 'o1 o2 o3'],
  // uri
  ['ValueSet', 'url=http://acme.org/fhir/ValueSet/1', 'v1'],
  ['ValueSet', 'url=http://acme.org/fhir/ValueSet', ''],
  ['ValueSet', 'url:below=http://acme.org/fhir/ValueSet', 'v1 v2'],
  ['ValueSet', 'url:below=http://acme.org/fhir/', 'v1 v2 v3'],
  ['ValueSet', 'url:below=http://acme.org/fhir/ValueSet/1', 'v1'],
  ['ValueSet', 'url:above=http://acme.org/fhir/ValueSet/1', 'v1 v3'],
  ['ValueSet', 'url:above=http://acme.org/fhir/ValueSet/1/_history/2', 'v1 v3'],
  ['ValueSet', 'url:below=urn:oid:1.2', 'refused'],
  ['ValueSet', 'url=urn:oid:1.2.3', 'v4'],
  ['ValueSet', 'url:missing=true', ''],
  ['ValueSet', 'status=active&url:below=http://acme.org', 'v1 v3'],
  ['Encounter', '_profile=http://p.example/x', 'e1'],
  ['Encounter', '_source=urn:src', 'e1'],
  // token
  ['Encounter', 'status:not=finished', 'e2 e3'],
  ['Encounter', 'class:not=ACUTE', 'e2 e3'],
  ['Encounter', 'class:missing=true', 'e3'],
  ['Encounter', 'class:not=ACUTE,IMP', 'e3'],
  ['Encounter', 'identifier:of-type=urn:types|MR|1', 'e1'],
  ['Encounter', 'identifier:of-type=urn:types|MR|2', ''],
  ['Encounter', 'identifier:of-type=MR|1', 'refused'],
  ['Encounter', 'class:below=http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP', 'e1 e2'],
  ['Encounter', 'class:above=http://terminology.hl7.org/CodeSystem/v3-ActCode|ACUTE', 'e1 e2'],
  ['Encounter', 'class:above=http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP', 'e2'],
  ['Encounter', 'class:below=IMP', 'refused'],
  ['Encounter', 'class:below=urn:unheld|IMP', 'refused'],
  ['Encounter', 'status:in=http://hl7.org/fhir/ValueSet/encounter-status', 'e1 e2 e3'],
  ['Encounter', 'status:not-in=http://hl7.org/fhir/ValueSet/encounter-status', ''],
  ['Encounter', 'status:in=http://hl7.org/fhir/ValueSet/administrative-gender', ''],
  ['Encounter', 'status:not-in=http://hl7.org/fhir/ValueSet/administrative-gender', 'e1 e2 e3'],
  ['Encounter', 'status:in=http://unheld.example/ValueSet/x', 'refused'],
  ['Observation', 'code:text=längd', 'o5'],
  ['Observation', 'code:text=centimeter', ''],
  ['Observation', 'code:text=vikt', 'o6'],
  ['Observation', 'code:missing=true', ''],
  ['Encounter', '_tag=urn:tags|a', 'e1'],
  ['Encounter', '_tag:text=röd', 'e1'],
  ['Encounter', '_security=s', 'e1'],
  ['Encounter', '_security:missing=true', 'e2 e3'],
  ['Encounter', '_id:not=e1', 'e2 e3'],
  ['Encounter', '_id:missing=false', 'e1 e2 e3'],
  ['Encounter', '_id:missing=true', ''],
  ['Encounter', '_id:exact=e1', 'refused'],
  // text
  ['Encounter', '_text=flyttar', 'e1'],
  ['Encounter', '_text=bones', ''],
  ['Encounter', '_content=bone', 'e3'],
  ['Encounter', '_content=fraktur', 'e1'],
  ['Encounter', '_content="hem efter"', 'e1'],
  ['Encounter', '_content=stol or bone', 'e3'],
  ['Encounter', '_content=fraktur -hem', ''],
  ['Encounter', '_text=!', 'refused'],
  ['Encounter', '_text:missing=true', 'refused'],
  // reference
  ['Encounter', 'service-provider:identifier=urn:org|o-1', 'e1'],
  ['Encounter', 'service-provider:identifier=urn:org|o-2', ''],
  ['Encounter', 'service-provider:missing=false', 'e1'],
  ['Task', 'focus:missing=true', ''],
  ['Task', 'patient:missing=true', 't3'],
  ['Task', 'patient:missing=maybe', 'refused'],
  ['Encounter', 'patient.name=öb', 'e1'],
  ['Encounter', 'patient.organization.name=vården', 'e1'],
  ['Encounter', 'patient.organization.partof.name=reg', 'e1'],
  ['Encounter', 'patient.organization.partof.name=vården', ''],
  ['Encounter', 'patient.organization:Organization.partof:Organization.name:contains=gion', 'e1'],
  ['Encounter', 'patient.name=x,öb', 'e1'],
  ['Task', 'focus:Encounter.patient.organization.name=vården', 't1'],
  ['Task', 'focus:Encounter.status:not=finished', 't2'],
  // reverse chains
  ['Encounter', '_has:Task:focus:status=requested', 'e1'],
  ['Encounter', '_has:Task:focus:status=draft', 'e2'],
  ['Encounter', '_has:Task:focus:status=requested,draft', 'e1 e2'],
  ['Encounter', '_has:Task:focus:_id=t1', 'e1'],
  ['Encounter', '_has:Task:focus:_has:Provenance:target:_id=pr1', 'e1'],
  ['Encounter', '_has:Task:focus:_has:Provenance:target:_id=pr2', ''],
  ['Encounter', 'status=planned&_has:Task:focus:_id=t1,t2', 'e2'],
  ['Patient', '_has:Encounter:patient:_has:Task:focus:status=requested', 'p1'],
  ['Organization', '_has:Patient:organization:_has:Encounter:patient:status=finished', 'org1'],
  ['Encounter', 'patient._has:Task:patient:status=requested', 'e1'],
  ['Encounter', '_has:Task:focus:owner.name=x', ''],
  ['Encounter', '_has:Nonsense:focus:status=requested', 'refused'],
  ['Encounter', '_has:Task:status:status=requested', 'refused'],
  ['Encounter', '_has:Goal:patient:lifecycle-status=active', 'refused'],
  ['Encounter', '_list=l1', 'e1'],
  ['Encounter', '_list=l2', ''],
  ['Encounter', '_list=$current-problems', 'refused'],
  // date
  ['Patient', 'birthdate:missing=false', 'p1'],
  ['Encounter', 'date=ap2026-10-02', 'e3'],
  ['Encounter', 'date=ap2026-09-29', 'e3'],
  ['Encounter', 'date=ap2026-09-01', ''],
  ['Patient', 'birthdate=ap1955', 'p1'],
  ['Patient', 'birthdate=ap1990', ''],
  // string
  ['Patient', 'family:missing=true', ''],
  ['Patient', 'family:exact=Öberg', 'p1'],
  ['Patient', 'family:contains=ber', 'p1'],
  ['Patient', 'family:text=x', 'refused'],
  ['Observation', 'value-string=ganska', 'o5'],
  ['Observation', 'code-value-string=w$ganska', ''],
  // string, further on than the index goes
  ['Library', `description=${long.slice(0, 200)}`, 'lib1 lib2'],
  ['Library', `description=${long}`, 'lib1 lib2'],
  ['Library', `description=${long}förs`, 'lib1'],
  ['Library', `description=${long}förs,${long}sist`, 'lib1 lib2'],
  ['Library', `description=${long}annat`, ''],
  ['Library', 'description:contains=först', 'lib1'],
  ['Library', `description:contains=${long}s`, 'lib2'],
  ['Library', `description:contains=${long}${long}`, ''],
  ['Library', `description:exact=${long}Sist`, 'lib2'],
  ['Library', `description=${'😀'.repeat(120)}`, 'lib3'],
  ['Library', `description=${'😀'.repeat(99)}x`, ''],
  ['Library', `type:text=${long}förs`, 'lib1'],
  ['Observation', `value-string=${long}först`, 'o7'],
  ['Observation', `value-string=${long}sist`, ''],
  ['Observation', `code-value-string=long$${long}`, 'o7'],
  ['Observation', `code-value-string=long$${long}först`, 'o7'],
  ['Observation', `code-value-string=long$${long}sist`, ''],
];

export function describeSearchValues(name: string, open: OpenDatabase): void {
  describe(`what is found on ${name}`, () => {
    let search: SearchWorld;
    beforeAll(async () => {
      search = await openSearchWorld(open);
      await search.write(resources);
    }, 120_000);
    afterAll(() => search.close());

    test.each(cases)('%s?%s finds "%s"', async (type, query, expected) => {
      const found = await search.find(type, query.replaceAll('+', '%2B'));
      if (expected === 'refused') expect(found).toMatch(/^(search-|too-costly)/);
      else expect(found).toEqual(expected === '' ? [] : expected.split(' '));
    });

    // A second criterion makes another filter lead, so the one in question is asked row by row; and so does a sort.
    test.each(cases.filter(([, , expected]) => expected !== 'refused'))(
      '%s?%s finds the same row by row',
      async (type, query, expected) => {
        const ids = resources.filter((one) => one.resourceType === type).map(({ id }) => id);
        const found = await search.find(type, `${query}&_id=${ids.join(',')}&_sort=_id`);
        expect(found).toEqual(expected === '' ? [] : expected.split(' '));
      },
    );

    test.each([
      ['Encounter', '_id=e1&_include=Encounter:patient', 'e1 +p1'],
      ['Encounter', '_id=e1&_include=Encounter:patient:Patient&_include:iterate=Patient:organization', 'e1 +org1 +p1'],
      ['Encounter', '_id=e1&_include=Encounter:patient&_include=Encounter:service-provider', 'e1 +p1'],
      [
        'Encounter',
        '_id=e1&_include:iterate=Encounter:patient&_include:iterate=Patient:organization&_include:iterate=Organization:partof',
        'e1 +org0 +org1 +p1',
      ],
      ['Task', '_id=t1&_include=*', 't1 +e1 +p1 +t2'],
      ['Task', '_id=t1&_include=Task:*', 't1 +e1 +p1 +t2'],
      ['Task', '_id=t1&_include:iterate=*', 't1 +e1 +e2 +org0 +org1 +p1 +t2'],
      ['Task', '_id=t1&_include=Task:based-on&_include:iterate=Task:focus', 't1 +e1 +e2 +t2'],
      ['Task', '_id=t1&_include:iterate=Encounter:patient', 't1'],
      ['Encounter', '_id=e1&_revinclude=Task:focus', 'e1 +t1'],
      ['Encounter', '_id=e1&_revinclude=Task:focus:Encounter&_revinclude:iterate=Provenance:target', 'e1 +pr1 +t1'],
      ['Encounter', '_id=e1&_revinclude=Task:*', 'e1 +t1'],
      ['Encounter', '_id=e1&_revinclude=*', 'e1 +l1 +t1'],
      ['Encounter', '_id=e1&_revinclude=Task:focus&_include:iterate=Task:based-on', 'e1 +t1 +t2'],
      ['Task', '_sort=_id&_include=Task:based-on', 't1 t2 t3'],
      ['Observation', '_sort=value-quantity', 'o1 o2 o3 o4 o5 o6 o7'],
      ['Observation', '_sort=-value-quantity', 'o3 o2 o1 o4 o5 o6 o7'],
      ['RiskAssessment', '_sort=probability', 'r1 r2 r3'],
      ['RiskAssessment', '_sort=-probability', 'r2 r1 r3'],
      ['ValueSet', '_sort=-url', 'v4 v2 v1 v3'],
    ])('%s?%s gives "%s"', async (type, query, expected) => {
      expect(await search.list(type, query)).toBe(expected);
    });
  });
}
