// From a Consent to what it opens (sip.md §5). https://hl7.org/fhir/R4/consent.html
// Refuses every element that the hub cannot enforce, so that nothing is half enforced; whatever is not an active yes opens nothing.
import { canonicalBase } from '../core/canonical.ts';
import type { Finding } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';
import {
  asArray,
  type ConsentBody,
  fault,
  findActorFaults,
  findPurposeFaults,
  organizationsIn,
  pointsAtOrganization,
  readPurposes,
  readSpan,
  recipientsIn,
  referenceElements,
  unsupported,
} from './consent-body.ts';
import { findDenialFaults, keepsDenials, readDenials } from './denials.ts';
import { byIndividual, type SharingExclusion, type SharingGrant } from './grants.ts';

/** Extensions on primitives (`_status`, `_end`) could say that a value does not count: only these two are harmless. */
const consentElements = new Set([
  'resourceType',
  'id',
  'meta',
  'language',
  '_language',
  'text',
  'extension',
  'identifier',
  'status',
  'scope',
  'category',
  'patient',
  'dateTime',
  '_dateTime',
  'performer',
  'organization',
  'sourceAttachment',
  'sourceReference',
  'policy',
  'provision',
]);
const provisionElements = new Set(['id', 'type', 'period', 'actor', 'purpose', 'provision']);
const periodElements = new Set(['id', 'start', 'end']);

const ownExtensions = `${canonicalBase}/StructureDefinition/`;

/** What in the Consent the hub cannot enforce, or misses. Codes: consent-element-unsupported, consent-recipient-required, consent-custodian-required. */
export function findConsentFaults(resource: FhirResource): readonly Finding[] {
  const consent = resource as ConsentBody;
  const provision = consent.provision;
  const actors = asArray(provision?.actor);
  const findings = [
    ...unsupported(resource, consentElements, 'Consent'),
    ...unsupported(provision, provisionElements, 'Consent.provision'),
    ...unsupported(provision?.period, periodElements, 'Consent.provision.period'),
    ...findActorFaults(actors, 'Consent.provision.actor'),
    ...findPurposeFaults(provision?.purpose),
    ...findDenialFaults(provision?.provision, 'Consent.provision.provision'),
    ...asArray(consent.organization).flatMap((custodian, at) =>
      unsupported(custodian, referenceElements, `Consent.organization[${at}]`),
    ),
    ...asArray(consent.extension).flatMap((extension, at) => unknownExtension(extension, `Consent.extension[${at}]`)),
  ];
  if (provision != null && provision.type !== 'permit') {
    findings.push(
      fault('consent-element-unsupported', 'Consent.provision.type', 'The root provision must be of type permit.'),
    );
  }
  if (actors.length === 0) findings.push(fault('consent-recipient-required', 'Consent.provision.actor'));
  const custodians = asArray(consent.organization);
  if (custodians.length === 0) findings.push(fault('consent-custodian-required', 'Consent.organization'));
  custodians.forEach((custodian, at) => {
    if (!pointsAtOrganization(custodian)) {
      findings.push(
        fault(
          'consent-custodian-required',
          `Consent.organization[${at}]`,
          'Refer to an Organization (Organization/id).',
        ),
      );
    }
  });
  return findings;
}

/**
 * What the Consent opens, given the `Organization` id of the party that records it, or `byIndividual`. A party's own part is in
 * effect at once, another custodian's when it has confirmed the Consent; until then it is asked. Where the individual records it, every
 * custodian's is, and each is shown the Consent. The individual is a custodian of every Consent: of what he or she keeps.
 * Empty where anything in the Consent is unsupported.
 */
export function toSharingGrants(resource: FhirResource, recorderId: string, recordedAt: Date): readonly SharingGrant[] {
  const consent = resource as ConsentBody;
  const isActive = consent.status === 'active';
  if ((!isActive && consent.status !== 'proposed') || findConsentFaults(resource).length > 0) return [];
  const span = readSpan(consent);
  if (span === undefined) return [];
  const { startsAt = recordedAt, endsAt } = span;
  const custodians = organizationsIn(asArray(consent.organization));
  const purposes = readPurposes(consent);
  const asked = [...custodians].filter((custodianId) => custodianId !== recorderId);
  const isAtOnce = (custodianId: string): boolean => recorderId === byIndividual || custodianId === recorderId;
  return [
    ...(isActive ? [...custodians, byIndividual] : []).flatMap((custodianId) =>
      recipientsIn(consent.provision?.actor).map((recipientId): SharingGrant => ({
        custodianId,
        recipientId,
        startsAt,
        endsAt,
        ...(purposes === undefined ? {} : { purposes }),
        ...(isAtOnce(custodianId) ? {} : { kind: 'when-confirmed' }),
      })),
    ),
    ...asked.map((recipientId): SharingGrant => {
      return { custodianId: recorderId, recipientId, startsAt: recordedAt, endsAt, kind: 'asking' };
    }),
  ];
}

/** What an active Consent denies while it holds, whoever recorded it and whichever Consent opens it. */
export function toSharingExclusions(resource: FhirResource, recordedAt: Date): readonly SharingExclusion[] {
  const consent = resource as ConsentBody;
  if (consent.status !== 'active' || findConsentFaults(resource).length > 0) return [];
  const span = readSpan(consent);
  if (span === undefined) return [];
  const { startsAt = recordedAt, endsAt } = span;
  return readDenials(consent.provision?.provision).map((conditions) => ({ ...conditions, startsAt, endsAt }));
}

/**
 * True where a custodian that has confirmed the earlier version must be asked anew: the later one opens to more recipients, for a longer
 * time, for more purposes or with less denied, or one of them is not active. A custodian that is named anew is another question.
 */
export function isWidened(earlier: FhirResource, later: FhirResource): boolean {
  const [before, after] = [earlier as ConsentBody, later as ConsentBody];
  const [spanBefore, spanAfter] = [readSpan(before), readSpan(after)];
  if (before.status !== 'active' || after.status !== 'active') return true;
  if (spanBefore === undefined || spanAfter === undefined) return true;
  const known = new Set(recipientsIn(before.provision?.actor));
  const startsEarlier =
    spanBefore.startsAt === undefined || spanAfter.startsAt === undefined
      ? spanBefore.startsAt !== spanAfter.startsAt
      : spanAfter.startsAt < spanBefore.startsAt;
  const endsLater =
    spanBefore.endsAt !== undefined && (spanAfter.endsAt === undefined || spanAfter.endsAt > spanBefore.endsAt);
  const deniesLess = !keepsDenials(readDenials(before.provision?.provision), readDenials(after.provision?.provision));
  const purposesBefore = readPurposes(before);
  const purposesAfter = readPurposes(after);
  const isForMore =
    purposesBefore !== undefined && !(purposesAfter?.every((purpose) => purposesBefore.includes(purpose)) ?? false);
  return (
    isForMore ||
    deniesLess ||
    startsEarlier ||
    endsLater ||
    recipientsIn(after.provision?.actor).some((recipientId) => !known.has(recipientId))
  );
}

/** True where the organization itself stands among the custodians whose data the Consent opens. */
export function namesCustodian(resource: FhirResource, organizationId: string): boolean {
  return organizationsIn(asArray((resource as ConsentBody).organization)).includes(organizationId);
}

/** What an extension of somebody else's would mean for the consent, the hub does not know. */
function unknownExtension(extension: { readonly url?: string } | null, path: string): readonly Finding[] {
  if (typeof extension?.url === 'string' && extension.url.startsWith(ownExtensions)) return [];
  return [fault('consent-element-unsupported', path, `Remove ${path}: the hub does not enforce it.`)];
}
