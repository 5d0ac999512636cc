// The one logical id a person has at this hub (sip.md §4, the individual's identity): derived from the official identifier with a key
// only the hub has, so that two parties who know the same person meet on one id and nobody can tell from it that others do.
import { createHmac } from 'node:crypto';
import type { FhirResource } from '../fhir/resource.ts';

/** In order of precedence. After normalisation of aliases. */
export const officialSystems = [
  'http://electronichealth.se/identifier/personnummer',
  'http://electronichealth.se/identifier/samordningsnummer',
  'http://electronichealth.se/identifier/nationelltReservnummer',
] as const;

interface PatientIdentifier {
  readonly system?: string;
  readonly value?: string;
}

/** The ids that the Patient's official identifiers give, by precedence; the first is the id of a new registration. */
export function derivePersonIds(patient: FhirResource, hubKey: Buffer): readonly string[] {
  const identifiers: unknown = patient['identifier'];
  if (!Array.isArray(identifiers)) return [];
  return officialSystems.flatMap((system) =>
    (identifiers as readonly (PatientIdentifier | null)[]).flatMap((identifier) =>
      // In a transaction the id is chosen before the validator has seen the shape.
      identifier?.system === system && typeof identifier.value === 'string'
        ? [derivePersonId(system, identifier.value, hubKey)]
        : [],
    ),
  );
}

/** 128 bits of HMAC-SHA-256, written like every other id of the hub (UUID, version 8: RFC 9562 §5.8). */
function derivePersonId(system: string, value: string, hubKey: Buffer): string {
  const bytes = createHmac('sha256', hubKey).update(`person|${system}|${value}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
