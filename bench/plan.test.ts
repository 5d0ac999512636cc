import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { canonicalBase } from '../src/core/canonical.ts';
import { loadDefinitions } from '../src/fhir/definitions.ts';
import { createCodes } from '../src/terminology/codes.ts';
import { createValidator } from '../src/validation/create-validator.ts';
import { findIdentifierFault } from '../src/validation/identifiers.ts';
import { createSipProfiles } from '../src/validation/sip-profiles.ts';
import { compilePlanText, makePlanBundle, reserveSystem, toReserveNumber } from './plan.ts';

const parties = {
  custodian: 'Organization/region',
  recipient: 'Organization/municipality',
  coordinator: 'PractitionerRole/coordinator',
  contactPoint: 'HealthcareService/contact',
};

interface Bundle {
  readonly entry: readonly { readonly resource: { readonly resourceType: string } }[];
}
const bundle = makePlanBundle(1, parties) as unknown as Bundle;

describe('makePlanBundle', () => {
  it('has the eleven resources that earlier figures were made with', () => {
    expect(bundle.entry.map(({ resource }) => resource.resourceType)).toEqual([
      'Patient',
      'CareTeam',
      'Consent',
      ...Array.from({ length: 6 }, () => 'Goal'),
      'CarePlan',
      'Appointment',
    ]);
  });

  it('meets the SIP profiles', () => {
    const folders = ['../profiles/json', '../profiles/hl7se.fhir.base-1.1.0', '../terminology/json'];
    const definitions = loadDefinitions(folders.map((folder) => fileURLToPath(new URL(folder, import.meta.url))));
    const validator = createValidator({
      definitions,
      codes: createCodes(definitions),
      sipProfiles: createSipProfiles(canonicalBase),
    });
    const faults = bundle.entry.flatMap(({ resource }) =>
      validator.validate(resource).filter(({ severity }) => severity === 'error'),
    );
    expect(faults).toEqual([]);
  });

  it('is the same when filled into its text', () => {
    expect(JSON.parse(compilePlanText(parties)(12))).toEqual(makePlanBundle(12, parties));
  });
});

describe('toReserveNumber', () => {
  const numbers = Array.from({ length: 200_000 }, (_, running) => toReserveNumber(running));

  it('gives another number for each person', () => {
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('gives numbers of the national shape', () => {
    expect(numbers.filter((number) => findIdentifierFault(reserveSystem, number) !== undefined)).toEqual([]);
  });
});
