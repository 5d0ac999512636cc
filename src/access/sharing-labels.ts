// The security labels that a client may set and that decide who sees a resource: those that a person may deny the sharing of (sip.md §5:
// HL7's confidentiality and the hub's own sensitivity codes), and NOPATIENT, which keeps it from the person (§4).
// https://terminology.hl7.org/CodeSystem-v3-Confidentiality.html · https://terminology.hl7.org/CodeSystem-v3-ActCode.html
import { canonicalBase } from '../core/canonical.ts';
import type { FhirCoding, FhirResource } from '../fhir/resource.ts';

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

/** From the least to the most confidential: who denies one denies what is more confidential, too. */
const levels = ['U', 'L', 'M', 'N', 'R', 'V'];

const codesOf: Readonly<Record<string, readonly string[]>> = {
  [confidentiality]: levels,
  [`${canonicalBase}/CodeSystem/sip-sensitivity`]: [
    'substance-use',
    'mental-health',
    'sexual-health',
    'violence',
    'child-protection',
  ],
};

/** True of a label that a Consent may deny. */
export function isDeniable({ system = '', code = '' }: Pick<FhirCoding, 'system' | 'code'>): boolean {
  return Object.hasOwn(codesOf, system) && (codesOf[system]?.includes(code) ?? false);
}

/** The labels, as `system|code`, that a denial of this one covers. */
export function labelsDeniedBy({ system = '', code = '' }: Pick<FhirCoding, 'system' | 'code'>): readonly string[] {
  const codes = system === confidentiality ? levels.slice(levels.indexOf(code)) : [code];
  return codes.map((denied) => `${system}|${denied}`);
}

/** "Not to be disclosed to the patient", as `system|code`. Inera's profiles write NOPATIENT; R4's code system knows it as NOPAT: one meaning. */
export const notForPatient = 'http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPATIENT';

/** Of a RelatedPerson that says where somebody lives. The hub's own word: no label of a client's has this system. */
export const holdsAddress = '(hub)|address';

const notForPatientCodes: ReadonlySet<unknown> = new Set(['NOPATIENT', 'NOPAT']);

/** True of such a label under whatever name of the code system: in doubt it is meant. */
export function isNotForPatient({ code }: Pick<FhirCoding, 'code'>): boolean {
  return notForPatientCodes.has(code);
}

/** The labels of the resource that decide who sees it, as `system|code`, each once. */
export function findSharingLabels(resource: FhirResource): readonly string[] {
  const security: unknown = resource.meta?.security;
  const codings = Array.isArray(security) ? (security as readonly (FhirCoding | null)[]) : [];
  const labels = codings.flatMap((coding) => {
    if (coding === null) return [];
    const label = `${coding.system}|${coding.code}`;
    if (isNotForPatient(coding)) return [notForPatient];
    return isDeniable(coding) ? [label] : [];
  });
  const address: unknown = resource.resourceType === 'RelatedPerson' ? resource['address'] : undefined;
  return [...new Set([...labels, ...(Array.isArray(address) && address.length > 0 ? [holdsAddress] : [])])];
}
