// Labels in meta that no client adds or removes by itself with $meta-add and $meta-delete (sip.md §4): that a person's identity is
// protected stands and falls with the registration, which is updated whole; SUBSETTED is the hub's own word about an answer.
import type { FhirCoding } from '../fhir/resource.ts';

const protectedCodes: Readonly<Record<string, readonly string[]>> = {
  'http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel': ['sekretessmarkering', 'skyddadFolkbokforing'],
  'http://terminology.hl7.org/CodeSystem/v3-ObservationValue': ['SUBSETTED'],
};

/** True of a tag or security label that only the hub, or an update of the whole resource, sets and removes. */
export function isProtectedLabel({ system, code }: FhirCoding): boolean {
  const codes = protectedCodes[system ?? ''];
  return codes !== undefined && code !== undefined && codes.includes(code);
}
