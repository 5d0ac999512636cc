// Labels in meta that no client adds or removes by itself with $meta-add and $meta-delete (sip.md §4): that a person's identity is
// protected stands and falls with the registration, which is updated whole; SUBSETTED is the hub's own word about an answer.
import { protectedIdentityCodes } from './protected-identity.ts';
import type { FhirCoding } from '../fhir/resource.ts';

const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };

/** True of a tag or security label that only the hub, or an update of the whole resource, sets and removes. */
export function isProtectedLabel({ system, code }: FhirCoding): boolean {
  return protectedIdentityCodes.has(code) || (system === subsetted.system && code === subsetted.code);
}
