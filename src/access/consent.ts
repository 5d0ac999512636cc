// From a Consent to what it opens (sip.md §5). https://hl7.org/fhir/R4/consent.html
// Refuses every element that the hub cannot enforce, so that nothing is half enforced; whatever is not an active yes opens nothing.
import { canonicalBase } from '../core/canonical.ts';
import type { Finding } from '../core/problem.ts';
import { parseReference } from '../fhir/reference.ts';
import { parseTimeSpan } from '../fhir/instant.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { SharingGrant } from './grants.ts';

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
const provisionElements = new Set(['id', 'type', 'period', 'actor']);
const actorElements = new Set(['id', 'role', 'reference']);
const periodElements = new Set(['id', 'start', 'end']);

const referenceElements = new Set(['id', 'reference', 'type', 'identifier', 'display']);
const ownExtensions = `${canonicalBase}/StructureDefinition/`;

const participationType = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';

interface Actor {
  readonly role?: { readonly coding?: readonly ({ readonly system?: string; readonly code?: string } | null)[] };
  readonly reference?: { readonly reference?: string };
}

/** The parts of a Consent that decide what it opens, read defensively: the validator has seen the shape, this must not depend on it. */
interface ConsentBody {
  readonly extension?: readonly ({ readonly url?: string } | null)[];
  readonly status?: string;
  readonly dateTime?: string;
  readonly organization?: readonly { readonly reference?: string }[];
  readonly provision?: {
    readonly type?: string;
    readonly period?: { readonly start?: string; readonly end?: string };
    readonly actor?: readonly (Actor | null)[];
  } | null;
}

/** What in the Consent the hub cannot enforce, or misses. Codes: consent-element-unsupported, consent-recipient-required, consent-custodian-required. */
export function findConsentFaults(resource: FhirResource): readonly Finding[] {
  const consent = resource as ConsentBody;
  const provision = consent.provision;
  const actors = asArray(provision?.actor);
  const findings = [
    ...unsupported(resource, consentElements, 'Consent'),
    ...unsupported(provision, provisionElements, 'Consent.provision'),
    ...unsupported(provision?.period, periodElements, 'Consent.provision.period'),
    ...actors.flatMap((actor, at) => [
      ...unsupported(actor, actorElements, `Consent.provision.actor[${at}]`),
      ...unsupported(actor?.reference, referenceElements, `Consent.provision.actor[${at}].reference`),
    ]),
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
  actors.forEach((actor, at) => {
    if (!isRecipientRole(actor) || !pointsAtOrganization(actor?.reference)) {
      findings.push(
        fault(
          'consent-element-unsupported',
          `Consent.provision.actor[${at}]`,
          'An actor must have role IRCP and refer to an Organization (Organization/id).',
        ),
      );
    }
  });
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
 * What the Consent opens, given the `Organization` id of the party that records it. That party's own part is in effect at once, another
 * custodian's when it has confirmed the Consent; until then it is asked. Empty where anything in the Consent is unsupported.
 */
export function toSharingGrants(resource: FhirResource, recorderId: string, recordedAt: Date): readonly SharingGrant[] {
  const consent = resource as ConsentBody;
  const isActive = consent.status === 'active';
  if ((!isActive && consent.status !== 'proposed') || findConsentFaults(resource).length > 0) return [];
  const span = readSpan(consent);
  if (span === undefined) return [];
  const { startsAt = recordedAt, endsAt } = span;
  const custodians = organizationsIn(asArray(consent.organization));
  const asked = [...custodians].filter((custodianId) => custodianId !== recorderId);
  return [
    ...(isActive ? custodians : []).flatMap((custodianId) =>
      recipientsOf(consent).map((recipientId): SharingGrant => ({
        custodianId,
        recipientId,
        startsAt,
        endsAt,
        ...(custodianId === recorderId ? {} : { kind: 'when-confirmed' }),
      })),
    ),
    ...asked.map((recipientId): SharingGrant => {
      return { custodianId: recorderId, recipientId, startsAt: recordedAt, endsAt, kind: 'asking' };
    }),
  ];
}

/**
 * True where a custodian that has confirmed the earlier version must be asked anew: the later one opens to more recipients or for a longer
 * time, or one of them is not active. A custodian that is named anew is another question.
 */
export function isWidened(earlier: FhirResource, later: FhirResource): boolean {
  const [before, after] = [earlier as ConsentBody, later as ConsentBody];
  const [spanBefore, spanAfter] = [readSpan(before), readSpan(after)];
  if (before.status !== 'active' || after.status !== 'active') return true;
  if (spanBefore === undefined || spanAfter === undefined) return true;
  const known = new Set(recipientsOf(before));
  const startsEarlier =
    spanBefore.startsAt === undefined || spanAfter.startsAt === undefined
      ? spanBefore.startsAt !== spanAfter.startsAt
      : spanAfter.startsAt < spanBefore.startsAt;
  const endsLater =
    spanBefore.endsAt !== undefined && (spanAfter.endsAt === undefined || spanAfter.endsAt > spanBefore.endsAt);
  return startsEarlier || endsLater || recipientsOf(after).some((recipientId) => !known.has(recipientId));
}

/** True where the organization itself stands among the custodians whose data the Consent opens. */
export function namesCustodian(resource: FhirResource, organizationId: string): boolean {
  return organizationsIn(asArray((resource as ConsentBody).organization)).includes(organizationId);
}

/** When it opens; undefined where that cannot be read. */
function readSpan(consent: ConsentBody): Pick<Partial<SharingGrant>, 'startsAt' | 'endsAt'> | undefined {
  const period = consent.provision?.period;
  const start = period?.start ?? consent.dateTime;
  const startSpan = start === undefined ? undefined : parseTimeSpan(start);
  const endSpan = period?.end === undefined ? undefined : parseTimeSpan(period.end);
  if ((start !== undefined && startSpan === undefined) || (period?.end !== undefined && endSpan === undefined))
    return undefined;
  return {
    ...(startSpan === undefined ? {} : { startsAt: new Date(startSpan.lowMs) }),
    endsAt: endSpan === undefined ? undefined : new Date(endSpan.highMs),
  };
}

function recipientsOf(consent: ConsentBody): readonly string[] {
  return organizationsIn(asArray(consent.provision?.actor).map((actor) => actor?.reference));
}

/** The ids of the Organizations referred to, each once. */
function organizationsIn(references: readonly ({ readonly reference?: string } | undefined)[]): readonly string[] {
  return [...new Set(references.flatMap((reference) => findOrganization(reference) ?? []))];
}

function asArray<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

function fault(code: Finding['code'], expression: string, diagnostics?: string): Finding {
  return { code, severity: 'error', expression, diagnostics };
}

/** What an extension of somebody else's would mean for the consent, the hub does not know. */
function unknownExtension(extension: { readonly url?: string } | null, path: string): Finding[] {
  if (typeof extension?.url === 'string' && extension.url.startsWith(ownExtensions)) return [];
  return [fault('consent-element-unsupported', path, `Remove ${path}: the hub does not enforce it.`)];
}

function unsupported(holder: unknown, known: ReadonlySet<string>, path: string): Finding[] {
  if (typeof holder !== 'object' || holder === null) return [];
  return Object.keys(holder)
    .filter((key) => !known.has(key))
    .map((key) =>
      fault('consent-element-unsupported', `${path}.${key}`, `Remove ${path}.${key}: the hub does not enforce it.`),
    );
}

function isRecipientRole(actor: Actor | null): boolean {
  return asArray(actor?.role?.coding).some((coding) => coding?.code === 'IRCP' && coding.system === participationType);
}

/** Also while the reference is still conditional (`Organization?identifier=…`), as in a Bundle before it is resolved. */
function pointsAtOrganization(reference: { readonly reference?: string } | undefined): boolean {
  if (typeof reference?.reference !== 'string') return false;
  const parsed = parseReference(reference.reference, '');
  return (parsed.kind === 'local' || parsed.kind === 'conditional') && parsed.type === 'Organization';
}

function findOrganization(reference: { readonly reference?: string } | undefined): string | undefined {
  if (typeof reference?.reference !== 'string') return undefined;
  const parsed = parseReference(reference.reference, '');
  return parsed.kind === 'local' && parsed.type === 'Organization' ? parsed.id : undefined;
}
