// HL7 Sweden's base profiles: each constraint that they add is broken once, and refused. https://hl7.se/fhir/ig/base
// What cannot be broken is listed with the reason; profiles.test.ts does the same for the hub's own profiles.
import { join } from 'node:path';
import type { StructureDefinition } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../src/core/problem.ts';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';
import { listConstraints } from './constraints.ts';
import type { Json } from './json.ts';

const definitions = loadDefinitions([join(import.meta.dirname, '../../profiles/hl7se.fhir.base-1.1.0')]);
const validator = createValidator({ definitions, codes: createCodes(definitions), sipProfiles: () => [] });
const base = 'http://hl7.se/fhir/ig/base/StructureDefinition';
const profiles = definitions.project
  .filter(({ resourceType }) => resourceType === 'StructureDefinition')
  .map((artifact) => artifact as unknown as StructureDefinition);

const electronic = 'http://electronichealth.se/identifier';
const identifierType = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const typed = (code: string): Json => ({ coding: [{ system: identifierType, code }] });
const middleName = { url: `${base}/SEBaseMiddleNameExtension`, valueString: 'Johansson' };
const ownFamily = { url: `${base}/SEBaseOwnFamilyExtension`, valueString: 'Goode' };
const qualifier = (valueCode: string): Json => ({
  url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier',
  valueCode,
});
const addressType = {
  url: `${base}/SEBaseAddressPersonExtension`,
  valueCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', code: '63401000052101' }] },
};
const part = [{ url: 'https://example.org/part', valueString: 'text' }];
const nameOf = (...extension: readonly Json[]): Json => ({ family: 'Goode', given: ['John'], extension });
const given = (...extension: readonly Json[]): Json => ({ given: ['John'], _given: [{ extension }] });
const { url: middleNameUrl } = middleName;

const personnummer = { system: `${electronic}/personnummer`, value: '195009072553' };
const samordningsnummer = { system: `${electronic}/samordningsnummer`, value: '196109732393' };
const reserve = { system: `${electronic}/nationelltReservnummer`, value: '20210325K069' };
const hsaId = { system: 'urn:oid:1.2.752.29.4.19', value: 'SE2321000131-P000000123456', type: typed('PRN') };
const organizationNumber = { system: 'urn:oid:2.5.4.97', value: '2321000131', type: typed('XX') };
const patient = (values: Json): Json => ({
  resourceType: 'Patient',
  identifier: [personnummer, samordningsnummer, reserve],
  name: [nameOf(middleName, ownFamily)],
  address: [{ city: 'Uppsala', extension: [addressType] }],
  ...values,
});
const practitioner = (values: Json): Json => ({
  resourceType: 'Practitioner',
  identifier: [hsaId],
  name: [nameOf(middleName, ownFamily)],
  ...values,
});
const prescriber = { system: 'urn:oid:1.2.752.116.3.1.2', value: '1234567' };
const legitimation = { system: 'urn:oid:1.2.752.116.3.1.1', value: '123456' };
const qualification = (values: Json): Json =>
  practitioner({ qualification: [{ identifier: [prescriber, legitimation], code: { coding: qualified }, ...values }] });
const coding = (system: string): Json => ({ system, code: '100001' });
const qualified = [
  'urn:oid:1.2.752.116.3.1.3',
  'urn:oid:1.2.752.116.1.3.6',
  'http://snomed.info/sct',
  'urn:oid:1.2.759.129.2.2.1.4',
].map(coding);
const organization = (...identifier: readonly Json[]): Json => ({
  resourceType: 'Organization',
  name: 'Uppsala',
  identifier,
});
const role = (...identifier: readonly Json[]): Json => ({ resourceType: 'PractitionerRole', identifier });

const valid: readonly Json[] = [patient({}), qualification({}), organization(hsaId, organizationNumber), role(hsaId)];

/** One of the four codings twice. */
const twiceCoded = (index: number): Json => qualification({ code: { coding: [...qualified, qualified[index] ?? {}] } });

/** An extension's context cannot be broken by a resource of the profile: it is put elsewhere. */
const misplaced = (extension: Json): Json => patient({ extension: [extension] });

const cases: Readonly<Record<string, readonly [resource: Json, code: ProblemCode]>> = {
  'SEBaseAddressPersonExtension Extension.extension max': [
    patient({ address: [{ city: 'A', extension: [{ url: addressType.url, extension: part }] }] }),
    'element-prohibited',
  ],
  'SEBaseAddressPersonExtension Extension.value[x] binding': [
    patient({
      address: [
        {
          city: 'A',
          extension: [
            {
              ...addressType,
              valueCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', code: '309453006' }] },
            },
          ],
        },
      ],
    }),
    'code-not-in-value-set',
  ],
  'SEBaseAddressPersonExtension Extension.value[x] choice': [
    patient({ address: [{ city: 'A', extension: [{ url: addressType.url, valueString: 'text' }] }] }),
    'type-not-allowed',
  ],
  'SEBaseAddressPersonExtension context': [misplaced(addressType), 'extension-context'],
  'SEBaseHumanName HumanName.extension:middleName max': [
    patient({ name: [nameOf(middleName, middleName)] }),
    'too-many',
  ],
  'SEBaseHumanName HumanName.extension:ownFamily max': [patient({ name: [nameOf(ownFamily, ownFamily)] }), 'too-many'],
  'SEBaseHumanName HumanName.given.extension:nameQualifier max': [
    patient({ name: [given(qualifier('CL'), qualifier('CL'))] }),
    'too-many',
  ],
  'SEBaseHumanName HumanName.given.extension:nameQualifier.value[x] binding': [
    patient({ name: [given(qualifier('no-such-code'))] }),
    'code-not-in-value-set',
  ],
  'SEBaseMiddleNameExtension Extension.extension max': [
    patient({ name: [nameOf({ url: middleNameUrl, extension: part })] }),
    'element-prohibited',
  ],
  'SEBaseMiddleNameExtension Extension.value[x] min': [
    patient({ name: [nameOf({ url: middleNameUrl, extension: part })] }),
    'element-required',
  ],
  'SEBaseMiddleNameExtension Extension.value[x] choice': [
    patient({ name: [nameOf({ url: middleNameUrl, valueBoolean: true })] }),
    'type-not-allowed',
  ],
  'SEBaseMiddleNameExtension context': [misplaced(middleName), 'extension-context'],
  'SEBaseOwnFamilyExtension Extension.extension max': [
    patient({ name: [nameOf({ url: ownFamily.url, extension: part })] }),
    'element-prohibited',
  ],
  'SEBaseOwnFamilyExtension Extension.value[x] min': [
    patient({ name: [nameOf({ url: ownFamily.url, extension: part })] }),
    'element-required',
  ],
  'SEBaseOwnFamilyExtension Extension.value[x] choice': [
    patient({ name: [nameOf({ url: ownFamily.url, valueBoolean: true })] }),
    'type-not-allowed',
  ],
  'SEBaseOwnFamilyExtension context': [misplaced(ownFamily), 'extension-context'],
  'SEBaseOrganization Organization.identifier:hsaid max': [organization(hsaId, hsaId), 'too-many'],
  'SEBaseOrganization Organization.identifier:hsaid.type fixed': [
    organization({ ...hsaId, type: typed('XX') }),
    'fixed-value',
  ],
  'SEBaseOrganization Organization.identifier:organizationIdentifier max': [
    organization(organizationNumber, organizationNumber),
    'too-many',
  ],
  'SEBaseOrganization Organization.identifier:organizationIdentifier.type fixed': [
    organization({ ...organizationNumber, type: typed('PRN') }),
    'fixed-value',
  ],
  'SEBasePatient Patient.identifier:personnummer max': [
    patient({ identifier: [personnummer, personnummer] }),
    'too-many',
  ],
  'SEBasePatient Patient.identifier:samordningsnummer max': [
    patient({ identifier: [samordningsnummer, samordningsnummer] }),
    'too-many',
  ],
  'SEBasePatient Patient.identifier:nationelltReservnummer max': [
    patient({ identifier: [reserve, reserve] }),
    'too-many',
  ],
  'SEBasePatient Patient.name max': [patient({ name: [nameOf(middleName), nameOf(middleName)] }), 'too-many'],
  'SEBasePatient Patient.address.extension:officialAddressType max': [
    patient({ address: [{ city: 'A', extension: [addressType, addressType] }] }),
    'too-many',
  ],
  'SEBasePractitioner Practitioner.identifier:hsaid max': [practitioner({ identifier: [hsaId, hsaId] }), 'too-many'],
  'SEBasePractitioner Practitioner.identifier:hsaid.type fixed': [
    practitioner({ identifier: [{ ...hsaId, type: typed('XX') }] }),
    'fixed-value',
  ],
  'SEBasePractitioner Practitioner.name max': [
    practitioner({ name: [nameOf(middleName), nameOf(middleName)] }),
    'too-many',
  ],
  'SEBasePractitioner Practitioner.address.extension:officialAddressType max': [
    practitioner({ address: [{ city: 'A', extension: [addressType, addressType] }] }),
    'too-many',
  ],
  'SEBasePractitioner Practitioner.qualification.identifier:prescriber max': [
    qualification({ identifier: [prescriber, prescriber] }),
    'too-many',
  ],
  'SEBasePractitioner Practitioner.qualification.identifier:legitimation max': [
    qualification({ identifier: [legitimation, legitimation] }),
    'too-many',
  ],
  'SEBasePractitioner Practitioner.qualification.code.coding:hosp max': [twiceCoded(0), 'too-many'],
  'SEBasePractitioner Practitioner.qualification.code.coding:sosnyk max': [twiceCoded(1), 'too-many'],
  'SEBasePractitioner Practitioner.qualification.code.coding:skr-yrke max': [twiceCoded(2), 'too-many'],
  'SEBasePractitioner Practitioner.qualification.code.coding:hsa-befattning max': [twiceCoded(3), 'too-many'],
  'SEBasePractitionerRole PractitionerRole.identifier:hsaid max': [role(hsaId, hsaId), 'too-many'],
  'SEBasePractitionerRole PractitionerRole.identifier:hsaid.type fixed': [
    role({ ...hsaId, type: typed('XX') }),
    'fixed-value',
  ],
};

/** What nothing can break here, and why. */
const unbreakable: readonly { readonly name: RegExp; readonly reason: string }[] = [
  { name: /^SEBaseLMANummer /, reason: 'a profile of Identifier that no profile of a resource uses' },
  {
    name: /qualification\.code\.coding:(?:hosp|sosnyk)\.code binding$|qualification\.code\.coding:hsa-befattning binding$/,
    reason: 'code systems that the guide does not hold: what is unknown is never refused',
  },
  {
    name: /^SEBasePractitionerRole PractitionerRole\.(?:code|specialty)\.coding:/,
    reason: 'slices told apart by systems that the guide does not say, only by value sets it does not hold',
  },
];

const findings = (resource: Json) =>
  validator
    .validate(resource as FhirResource, { profiles: [`${base}/SEBase${String(resource['resourceType'])}`] })
    .filter(({ severity }) => severity === 'error');

describe('HL7 Sweden’s base profiles', () => {
  it.each(valid)('take a whole $resourceType', (resource) => {
    expect(findings(resource)).toEqual([]);
  });

  it('add no constraint that is not broken here or listed with a reason', () => {
    const names = profiles.flatMap(listConstraints).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(40);
    expect(
      names.filter((name) => cases[name] === undefined && !unbreakable.some((item) => item.name.test(name))),
    ).toEqual([]);
    expect(Object.keys(cases).filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(Object.entries(cases))('refuse what breaks %s', (_name, [resource, code]) => {
    expect(findings(resource).map((finding) => finding.code)).toContain(code);
  });
});
