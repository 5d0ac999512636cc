// Who has logged in: a personnummer or samordningsnummer -> the person's id at the hub. The number itself goes no further than here.
// sip.md §3, §4 (the individual's identity) · Refuses what is neither, by form, date or check digit.
import { derivePersonIds } from '../access/person-id.ts';
import { findIdentifierFault } from '../validation/identifiers.ts';

const systems = [
  'http://electronichealth.se/identifier/personnummer',
  'http://electronichealth.se/identifier/samordningsnummer',
] as const;

/** The id of every registration of the person with this number, 12 digits; undefined where the number cannot be one. */
export function toPatientId(personalNumber: string, hubKey: Buffer): string | undefined {
  const system = systems.find((candidate) => findIdentifierFault(candidate, personalNumber) === undefined);
  if (system === undefined) return undefined;
  const patient = { resourceType: 'Patient', identifier: [{ system, value: personalNumber }] };
  return derivePersonIds(patient, hubKey)[0];
}
