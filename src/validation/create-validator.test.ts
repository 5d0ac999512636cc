import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../core/problem.ts';
import { loadDefinitions } from '../fhir/definitions.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { createCodes } from '../terminology/codes.ts';
import { createValidator } from './create-validator.ts';
import { createSipProfiles } from './sip-profiles.ts';

const repository = join(import.meta.dirname, '../..');
const swedishFolder = join(repository, 'profiles/hl7se.fhir.base-1.1.0');
const definitions = loadDefinitions([
  join(repository, 'profiles/json'),
  join(repository, 'terminology/json'),
  swedishFolder,
]);
const validator = createValidator({
  definitions,
  codes: createCodes(definitions),
  sipProfiles: createSipProfiles('https://siphub.se/fhir'),
});

const check = (resource: Record<string, unknown>): readonly Finding[] =>
  validator.validate(resource as unknown as FhirResource, { profiles: [] });
const errors = (resource: Record<string, unknown>): readonly string[] =>
  check(resource)
    .filter((finding) => finding.severity === 'error')
    .map((finding) => `${finding.code} ${finding.expression}`);

const plan = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  resourceType: 'CarePlan',
  status: 'active',
  intent: 'plan',
  subject: { reference: 'Patient/a' },
  ...more,
});

describe('structure', () => {
  it('takes a plain resource', () => {
    expect(check(plan())).toEqual([]);
  });

  it('takes text of white space only with a warning, as R4 says SHOULD', () => {
    expect(
      check(plan({ title: ' \n', note: [{ text: ' ' }] })).map(({ code, severity, expression }) => [
        code,
        severity,
        expression,
      ]),
    ).toEqual([
      ['invalid-value', 'warning', 'CarePlan.title'],
      ['invalid-value', 'warning', 'CarePlan.note[0].text'],
    ]);
  });

  it('takes one id in several resources, and in a snapshot and its differential', () => {
    const element = [{ id: 'Patient', path: 'Patient' }];
    const named = (id: string): unknown => ({
      resourceType: 'Organization',
      id,
      identifier: [{ id: 'a', value: '1' }],
    });
    const contained = {
      resourceType: 'Patient',
      contained: [named('o')],
      contact: [
        { id: 'a', gender: 'other' },
        { id: 'o', organization: { reference: '#o' } },
      ],
    };
    const entry = [contained, named('a')].map((resource, index) => ({ id: `${index}`, resource }));
    const structure = { resourceType: 'StructureDefinition', snapshot: { element }, differential: { element } };
    const repeated = [contained, { resourceType: 'Bundle', type: 'collection', entry }, structure].flatMap((resource) =>
      check(resource).filter(({ code }) => code === 'element-id-repeated'),
    );
    expect(repeated).toEqual([]);
  });

  it.each([
    ['an unknown element', plan({ colour: 'red' }), 'unknown-element CarePlan.colour'],
    [
      'an unknown element deep down',
      plan({ activity: [{ detail: { status: 'in-progress', colour: 'red' } }] }),
      'unknown-element CarePlan.activity[0].detail.colour',
    ],
    [
      'resourceType in an inner object',
      plan({ period: { resourceType: 'Period', start: '2026' } }),
      'unknown-element CarePlan.period.resourceType',
    ],
    ['a list that is no list', plan({ category: { text: 'a' } }), 'wrong-type CarePlan.category'],
    ['a value that is a list', plan({ status: ['active'] }), 'wrong-type CarePlan.status'],
    ['null', plan({ title: null }), 'wrong-type CarePlan.title'],
    ['a number for a string', plan({ title: 1 }), 'wrong-type CarePlan.title'],
    ['a string for a boolean', { resourceType: 'Patient', active: 'true' }, 'wrong-type Patient.active'],
    ['a string for an object', plan({ period: '2026' }), 'wrong-type CarePlan.period'],
    ['an empty list', plan({ category: [] }), 'empty-element CarePlan.category'],
    ['an empty object', plan({ period: {} }), 'empty-element CarePlan.period'],
    ['an empty string', plan({ title: '' }), 'invalid-value CarePlan.title'],
    ['a day that does not exist', plan({ period: { start: '2026-02-30' } }), 'invalid-value CarePlan.period.start'],
    [
      'a missing element',
      { resourceType: 'CarePlan', intent: 'plan', subject: { reference: 'Patient/a' } },
      'element-required CarePlan.status',
    ],
    [
      'a missing element deep down',
      plan({ activity: [{ detail: { kind: 'Task' } }] }),
      'element-required CarePlan.activity[0].detail.status',
    ],
    [
      'two types of one choice',
      { resourceType: 'Patient', deceasedBoolean: true, deceasedDateTime: '2026' },
      'too-many Patient.deceased',
    ],
    [
      'a type that the choice does not have',
      { resourceType: 'Patient', deceasedString: 'yes' },
      'unknown-element Patient.deceasedString',
    ],
    ['a code that is not bound', plan({ status: 'activ' }), 'code-not-in-value-set CarePlan.status'],
    [
      'a code in a repeated element',
      { resourceType: 'HealthcareService', availableTime: [{ daysOfWeek: ['mon', 'monday'] }] },
      'code-not-in-value-set HealthcareService.availableTime[0].daysOfWeek[1]',
    ],
    ['a wrong target', plan({ subject: { reference: 'Practitioner/a' } }), 'reference-target CarePlan.subject'],
    [
      'a wrong target by type',
      plan({ subject: { type: 'Practitioner', display: 'a' } }),
      'reference-target CarePlan.subject',
    ],
    [
      'a wrong target at another server',
      plan({ subject: { reference: 'https://example.org/fhir/Practitioner/a' } }),
      'reference-target CarePlan.subject',
    ],
    [
      'an id that another element has',
      {
        resourceType: 'Patient',
        id: 'a',
        name: [
          { id: 'a', text: 'A' },
          { id: 'a', text: 'B' },
        ],
      },
      'element-id-repeated Patient.name[1].id',
    ],
    [
      'an id that a primitive value has',
      { resourceType: 'Patient', name: [{ id: 'a', text: 'A' }], birthDate: '2000', _birthDate: { id: 'a' } },
      'element-id-repeated Patient.birthDate.id',
    ],
    [
      'an id that another contained resource has',
      {
        resourceType: 'Patient',
        contained: [
          { resourceType: 'Organization', id: 'o', name: 'A' },
          { resourceType: 'Organization', id: 'o', name: 'B' },
        ],
        managingOrganization: { reference: '#o' },
      },
      'element-id-repeated Patient.contained[1].id',
    ],
    ['a reference of no form', plan({ subject: { reference: 'a' } }), 'invalid-value CarePlan.subject.reference'],
    ['a reference to nothing contained', plan({ author: { reference: '#a' } }), 'invariant-failed CarePlan.author'],
    [
      'a rule of an inner element',
      plan({ activity: [{ reference: { reference: 'Task/a' }, detail: { status: 'in-progress' } }] }),
      'invariant-failed CarePlan.activity[0]',
    ],
    [
      'a period that ends before it starts',
      plan({ period: { start: '2026-02-01', end: '2026-01-01' } }),
      'invariant-failed CarePlan.period',
    ],
    ['an unknown type', { resourceType: 'Plan' }, 'resource-type-unknown Resource.resourceType'],
    [
      'a comparator in a simple quantity',
      {
        resourceType: 'Goal',
        lifecycleStatus: 'active',
        description: { text: 'a' },
        subject: { reference: 'Patient/a' },
        target: [{ measure: { text: 'a' }, detailRange: { low: { value: 1, comparator: '<' } } }],
      },
      'element-prohibited Goal.target[0].detail.low.comparator',
    ],
    [
      'a linkId used twice',
      {
        resourceType: 'Questionnaire',
        status: 'active',
        item: [
          { linkId: '1', type: 'string' },
          { linkId: '1', type: 'string' },
        ],
      },
      'invariant-failed Questionnaire',
    ],
    [
      'a fault behind a contentReference',
      {
        resourceType: 'Questionnaire',
        status: 'active',
        item: [{ linkId: '1', type: 'group', item: [{ linkId: '2', type: 'text', colour: 'a' }] }],
      },
      'unknown-element Questionnaire.item[0].item[0].colour',
    ],
    [
      'script in a narrative',
      plan({
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>a</script></div>' },
      }),
      'narrative-unsafe CarePlan.text.div',
    ],
    [
      'a wrong check digit',
      {
        resourceType: 'RelatedPerson',
        patient: { reference: 'Patient/a' },
        identifier: [{ system: 'https://terminology.hl7.se/sid/se-personnummer', value: '195009072554' }],
      },
      'identifier-invalid RelatedPerson.identifier[0].value',
    ],
    [
      'a wrong check digit in a reference',
      plan({
        subject: {
          identifier: { system: 'http://electronichealth.se/identifier/personnummer', value: '195009072554' },
        },
      }),
      'identifier-invalid CarePlan.subject.identifier.value',
    ],
    [
      'a code that our own system does not have',
      plan({ category: [{ coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-goal-kind', code: 'none' }] }] }),
      'code-unknown CarePlan.category[0].coding[0].code',
    ],
  ])('refuses %s', (_, resource, expected) => {
    expect(errors(resource)).toContain(expected);
  });

  it.each([
    ['urn:uuid references', plan({ subject: { reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' } })],
    ['a conditional reference', plan({ subject: { reference: 'Patient?identifier=a|b' } })],
    ['a reference by identifier', plan({ subject: { identifier: { system: 'https://example.org', value: '1' } } })],
    [
      'a contained resource that is used',
      plan({ contained: [{ resourceType: 'Organization', id: 'a', name: 'A' }], author: { reference: '#a' } }),
    ],
    ['a code of an unknown system', plan({ category: [{ coding: [{ system: 'https://example.org', code: 'a' }] }] })],
    ['unknown extensions', plan({ extension: [{ url: 'https://example.org/a', valueString: 'a' }] })],
    ['an unknown profile', plan({ meta: { profile: ['https://example.org/p'] } })],
    [
      'extensions of a primitive',
      {
        resourceType: 'Patient',
        birthDate: '1950',
        _birthDate: {
          extension: [
            { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: '1950-01-01T10:00:00Z' },
          ],
        },
      },
    ],
    [
      'a primitive that is an extension alone',
      {
        resourceType: 'Patient',
        _birthDate: {
          extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
        },
      },
    ],
    [
      'a required primitive that is an extension alone',
      {
        resourceType: 'CarePlan',
        _status: {
          extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
        },
        intent: 'plan',
        subject: { reference: 'Patient/a' },
      },
    ],
    [
      'a list with a place for an extension',
      {
        resourceType: 'Patient',
        name: [
          { given: ['A', null], _given: [null, { extension: [{ url: 'https://example.org/a', valueString: 'a' }] }] },
        ],
      },
    ],
  ])('takes %s', (_, resource) => {
    expect(errors(resource)).toEqual([]);
  });

  it.each([
    [
      'of other length than its values',
      { given: ['A'], _given: [null, { id: 'a' }] },
      'wrong-type Patient.name[0].given',
    ],
    [
      'with nothing on either side',
      { given: ['A', null], _given: [{ id: 'a' }, null] },
      'wrong-type Patient.name[0].given[1]',
    ],
    ['that are no list', { given: ['A'], _given: { id: 'a' } }, 'wrong-type Patient.name[0].given'],
    ['of an element that is no primitive', { _period: { id: 'a' } }, 'unknown-element Patient.name[0]._period'],
    ['that are text', { _family: 'y' }, 'wrong-type Patient.name[0].family'],
    ['with an element of its own', { _family: { value: 'a' } }, 'unknown-element Patient.name[0].family.value'],
  ])('refuses extensions of primitives %s', (_, name, expected) => {
    expect(errors({ resourceType: 'Patient', name: [name] })).toContain(expected);
  });

  it('checks contained resources by their own type and entries by theirs', () => {
    expect(
      errors(plan({ contained: [{ resourceType: 'Organization', id: 'a', nme: 'A' }], author: { reference: '#a' } })),
    ).toContain('unknown-element CarePlan.contained[0].nme');
    expect(
      errors({
        resourceType: 'Bundle',
        type: 'collection',
        entry: [{ resource: { resourceType: 'Patient', gender: 'x' } }],
      }),
    ).toEqual(['code-not-in-value-set Bundle.entry[0].resource.gender']);
    expect(errors(plan({ contained: [{ resourceType: 'Organization', id: 'a', name: 'A' }] }))).toEqual([
      'invariant-failed CarePlan',
    ]);
  });

  it('never repeats a personal number', () => {
    const findings = check({
      resourceType: 'Patient',
      identifier: [{ system: 'http://electronichealth.se/identifier/personnummer', value: '195009072554' }],
      gender: '195009072553',
      '195009072553': 1,
      birthDate: '195009072553',
    });
    expect(findings.length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(findings)).not.toMatch(/19500907255/);
  });
});

describe('extensions', () => {
  it('refuses a modifier it does not know, and keeps an unknown extension', () => {
    expect(errors(plan({ modifierExtension: [{ url: 'https://example.org/a', valueBoolean: true }] }))).toEqual([
      'modifier-extension-unknown CarePlan.modifierExtension[0]',
    ]);
    expect(
      errors(
        plan({
          activity: [
            {
              modifierExtension: [{ url: 'https://example.org/a', valueBoolean: true }],
              reference: { reference: 'Task/a' },
            },
          ],
        }),
      ),
    ).toEqual(['modifier-extension-unknown CarePlan.activity[0].modifierExtension[0]']);
  });

  it('refuses a known extension at the wrong place, of the wrong type, or with a part it does not have', () => {
    const birthPlace = {
      url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
      valueAddress: { city: 'Örebro' },
    };
    expect(errors({ resourceType: 'Patient', extension: [birthPlace] })).toEqual([]);
    expect(errors(plan({ extension: [birthPlace] }))).toEqual(['extension-context CarePlan.extension[0]']);
    expect(errors({ resourceType: 'Patient', extension: [{ url: birthPlace.url, valueString: 'Örebro' }] })).toEqual([
      'type-not-allowed Patient.extension[0].value',
    ]);
    expect(
      errors(
        plan({
          extension: [
            {
              url: 'https://siphub.se/fhir/StructureDefinition/sip-need',
              extension: [
                { url: 'text', valueString: 'a' },
                { url: 'colour', valueString: 'a' },
              ],
            },
          ],
        }),
      ),
    ).toEqual(['slice-not-allowed CarePlan.extension[0].extension[1]']);
  });

  it('refuses one with neither value nor parts, with both, or with a relative url', () => {
    expect(errors(plan({ extension: [{ url: 'https://example.org/a' }] }))).toEqual([
      'invariant-failed CarePlan.extension[0]',
    ]);
    expect(
      errors(
        plan({
          extension: [{ url: 'https://example.org/a', valueString: 'a', extension: [{ url: 'b', valueString: 'b' }] }],
        }),
      ),
    ).toEqual(['invariant-failed CarePlan.extension[0]']);
    expect(errors(plan({ extension: [{ url: 'a', valueString: 'a' }] }))).toEqual([
      'invalid-value CarePlan.extension[0].url',
    ]);
  });

  it('knows the place of an extension on a data type and on a primitive', () => {
    const qualifier = { url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier', valueCode: 'AC' };
    expect(errors({ resourceType: 'Patient', name: [{ family: 'A', _family: { extension: [qualifier] } }] })).toEqual(
      [],
    );
    expect(errors({ resourceType: 'Patient', extension: [qualifier] })).toEqual([
      'extension-context Patient.extension[0]',
    ]);
  });
});

describe('profiles', () => {
  it('holds a resource to a profile it claims and rejects one of another type', () => {
    expect(errors(plan({ meta: { profile: ['https://siphub.se/fhir/StructureDefinition/SipCarePlan'] } }))).toContain(
      'element-required CarePlan.title',
    );
    expect(errors(plan({ meta: { profile: ['https://siphub.se/fhir/StructureDefinition/SipPatient'] } }))).toEqual([
      'type-not-allowed CarePlan.meta.profile',
    ]);
  });

  it('takes the profile from the table unless told otherwise', () => {
    expect(validator.validate(plan() as unknown as FhirResource).map((finding) => finding.expression)).toContain(
      'CarePlan.careTeam',
    );
  });

  it('reports all faults of content at once, and faults of form before them', () => {
    expect(validator.validate(plan() as unknown as FhirResource).length).toBeGreaterThan(3);
    expect(
      new Set(validator.validate(plan({ colour: 1 }) as unknown as FhirResource).map((finding) => finding.code)),
    ).toEqual(new Set(['unknown-element']));
  });

  it('takes the search parameters that R4 publishes', () => {
    const refused = definitions
      .searchParameters()
      .filter((parameter) => errors(parameter as unknown as Record<string, unknown>).length > 0);
    expect(refused.map((parameter) => parameter.id)).toEqual([]);
  });

  it.each(readdirSync(swedishFolder).filter((file) => /^(?:Patient|Organization|Practitioner)-/.test(file)))(
    'takes the example %s of HL7 Sweden',
    (file) => {
      expect(errors(JSON.parse(readFileSync(join(swedishFolder, file), 'utf8')) as Record<string, unknown>)).toEqual(
        [],
      );
    },
  );
});

describe('any input', () => {
  it('gets findings, never an exception', () => {
    const key = fc.oneof(
      fc.constantFrom(
        'resourceType',
        'id',
        'meta',
        'extension',
        'contained',
        'subject',
        'reference',
        'url',
        'category',
        'coding',
        'activity',
        '_status',
        'status',
        'name',
        '_given',
        'given',
        'identifier',
        'text',
        'div',
        'valueString',
        'constructor',
        '__proto__',
      ),
      fc.string(),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.constantFrom(
          'CarePlan',
          'Patient',
          '#a',
          'Patient/a',
          'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
          'https://siphub.se/fhir/StructureDefinition/SipCarePlan',
        ),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
      ),
    }));
    const types = fc.constantFrom(
      'CarePlan',
      'Patient',
      'Goal',
      'Consent',
      'Bundle',
      'Questionnaire',
      'Appointment',
      'Parameters',
    );
    fc.assert(
      fc.property(types, fc.dictionary(key, tree, { maxKeys: 8 }), (resourceType, body) => {
        const findings = validator.validate({ ...body, resourceType });
        for (const finding of findings) expect(finding.expression).toMatch(/^[A-Z]/);
      }),
      { numRuns: 500 },
    );
    for (const value of [null, 1, 'a', [], {}])
      expect(validator.validate(value as unknown as FhirResource)[0]?.code).toBe('resource-type-unknown');
  });

  it('stays sound when parts of a valid plan are put elsewhere', () => {
    const seed = JSON.parse(
      readFileSync(join(repository, 'test/conformance/seeds/SipCarePlan.json'), 'utf8'),
    ) as Record<string, unknown>;
    const keys = Object.keys(seed);
    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.constantFrom(...keys),
        fc.anything({ maxDepth: 2 }),
        (from, to, other) => {
          const mixed = {
            ...seed,
            resourceType: 'CarePlan',
            [to]: seed[from],
            [from]: JSON.parse(JSON.stringify(other) ?? 'null') as unknown,
            ...(from === 'resourceType' || to === 'resourceType' ? { resourceType: 'CarePlan' } : {}),
          };
          expect(Array.isArray(validator.validate(mixed as unknown as FhirResource))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
