// From decided changes to versions to be put down: ids, meta, exact text, index rows, what a Consent opens.
import { findConsentFaults, isWidened, toSharingExclusions, toSharingGrants } from '../access/consent.ts';
import { findPlanClosing } from '../access/closed-plans.ts';
import { custodianOf, individualCustodian } from '../access/decide-write.ts';
import { byIndividual } from '../access/grants.ts';
import type { Permit } from '../access/permit.ts';
import { isProtectedIdentity } from '../access/protected-identity.ts';
import { findSharingLabels, notForPatient } from '../access/sharing-labels.ts';
import { canonicalBase } from '../core/canonical.ts';
import { problem, throwIfErrors } from '../core/problem.ts';
import { formatInstant } from '../fhir/instant.ts';
import { stringifyJson } from '../fhir/json.ts';
import { parseReference } from '../fhir/reference.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { OrganizationUnit } from '../store/organization-unit.ts';
import type { LockedVersion, ResourceWrite } from '../store/store.ts';
import { methodOf, type SettledChange } from './change.ts';
import type { Links, PersonOf } from './links.ts';
import { joinPath } from './locate.ts';
import type { Services } from './services.ts';

export interface WrittenVersion {
  readonly write: ResourceWrite;
  readonly personKey: number | null;
}

interface WriteInput {
  readonly services: Services;
  readonly permit: Permit;
  readonly changes: readonly SettledChange[];
  readonly locked: ReadonlyMap<SettledChange, LockedVersion>;
  readonly links: Links;
}

const noIndex = { tokens: [], references: [], dates: [], strings: [] } as const;

/** What to put down for each change. @throws consent-…, subject-fixed, identifier-fixed */
export function toWrites(input: WriteInput): ReadonlyMap<SettledChange, WrittenVersion> {
  return new Map(input.changes.map((change) => [change, toWrite(change, input)]));
}

function toWrite(change: SettledChange, { services, permit, locked, links }: WriteInput): WrittenVersion {
  const before = locked.get(change);
  const lastUpdated = laterThan(before, permit.at);
  const versionId = services.ids.opaque();
  const common = {
    type: change.type,
    id: change.id,
    follows: before?.key,
    versionId,
    lastUpdated,
    method: methodOf(change),
    directory: isDirectory(services, permit, change.type),
    custodianKey: before === undefined ? custodianOf(permit) : before.custodianKey,
    registrantKey: services.mode.isAddressedPerParty(change.type) ? (custodianOf(permit) ?? 0) : 0,
  };
  if (change.kind === 'delete') {
    const personKey = before?.personKey ?? null;
    const person = personKey === null ? null : { key: personKey };
    const grants = change.type === 'Consent' ? [] : undefined;
    const write = {
      ...common,
      // A plan that is deleted is closed: what belonged to it stays of its time.
      ...(change.type === 'CarePlan' ? { planClosedAt: lastUpdated } : {}),
      body: undefined,
      person,
      index: noIndex,
      references: [],
      grants,
      organization: undefined,
    };
    return { write, personKey };
  }
  const person = requireSamePerson(change, before, links.person.get(change) ?? null, services);
  requireOwnPerson(permit, person, change.path);
  const isWithdrawal = change.kind === 'update' && change.isWithdrawal === true;
  if (!isWithdrawal) requireOpenLabels(permit, change);
  const resource = withMeta(links.resource.get(change) ?? change.resource, {
    id: change.id,
    versionId,
    lastUpdated,
    source: sourceOf(permit, before, services),
  });
  return {
    write: {
      ...common,
      body: stringifyJson(resource),
      person,
      index: services.search.extract(resource),
      references: links.references.get(change) ?? [],
      grants:
        change.type !== 'Consent'
          ? undefined
          : isWithdrawal
            ? []
            : toGrants(resource, { services, permit, person, path: change.path }),
      exclusions: change.type === 'Consent' && person !== null ? toSharingExclusions(resource, permit.at) : [],
      labels: {
        now: findSharingLabels(resource),
        mayHaveHad:
          before !== undefined && (change.type === 'RelatedPerson' || before.body?.includes('"security"') !== false),
      },
      ...(isProtectedIdentity(resource)
        ? { protectedIds: services.mode.derivePersonIds(resource, services.hubKey) }
        : {}),
      planClosedAt: findPlanClosing(resource, lastUpdated),
      keepsConfirmations:
        change.type === 'Consent' &&
        before?.body !== undefined &&
        !isWidened(JSON.parse(before.body) as FhirResource, resource),
      organization:
        change.type === 'Organization' ? toOrganizationUnit(resource, services.baseUrl, change.path) : undefined,
    },
    personKey: person !== null && 'key' in person ? person.key : null,
  };
}

/** Times of a resource's versions grow, also where two changes share a millisecond or two processes' clocks differ. */
function laterThan(before: LockedVersion | undefined, at: Date): Date {
  const previousMs = before?.lastUpdated.getTime() ?? Number.NEGATIVE_INFINITY;
  return at.getTime() > previousMs ? at : new Date(previousMs + 1);
}

/** The hub's own words in meta: what a client writes there of version, time and source never counts. */
function withMeta(
  resource: FhirResource,
  stamp: { readonly id: string; readonly versionId: string; readonly lastUpdated: Date; readonly source: string },
): FhirResource {
  const { resourceType, id: _id, meta, ...rest } = resource;
  const { versionId, lastUpdated, source } = stamp;
  return {
    resourceType,
    id: stamp.id,
    meta: { ...meta, versionId, lastUpdated: formatInstant(lastUpdated), source },
    ...rest,
  };
}

/** The custodian: whoever changes it, what it was. */
function sourceOf({ principal }: Permit, before: LockedVersion | undefined, { baseUrl }: Services): string {
  if (principal.kind === 'system') return principal.party.source;
  if (principal.kind === 'operator') return baseUrl;
  const own = `${baseUrl}/Patient/${principal.person.patientId}`;
  if (before?.body === undefined || before.custodianKey === individualCustodian) return own;
  return (JSON.parse(before.body) as FhirResource).meta?.source ?? own;
}

/** @throws label-not-allowed where what the individual always sees is marked as not for the patient */
function requireOpenLabels(
  { principal }: Permit,
  { type, path, resource }: Exclude<SettledChange, { kind: 'delete' }>,
): void {
  const isAlwaysSeen = type === 'Patient' || type === 'Consent' || principal.kind === 'individual';
  if (!isAlwaysSeen || !findSharingLabels(resource).includes(notForPatient)) return;
  throw problem('label-not-allowed', { expression: `${path}.meta.security` });
}

/** An individual writes about himself or herself alone. @throws not-your-field */
function requireOwnPerson({ principal }: Permit, person: PersonOf, expression: string): void {
  if (principal.kind !== 'individual') return;
  if (person !== null && 'key' in person && person.key === principal.person.key) return;
  throw problem('not-your-field', { expression, diagnostics: 'Write about yourself.' });
}

function requireSamePerson(
  change: Exclude<SettledChange, { kind: 'delete' }>,
  before: LockedVersion | undefined,
  person: PersonOf,
  services: Services,
): PersonOf {
  if (before === undefined) return person;
  if (before.personKey === null) return person;
  if (change.type === 'Patient') {
    requireSameIdentifier(change, before.body, services);
    return { key: before.personKey };
  }
  if (person === null || !('key' in person) || person.key !== before.personKey) {
    throw problem('subject-fixed', { expression: change.path });
  }
  return person;
}

/** The official identifier that gave the person's id stays in the registration; where none gave it, none is added. */
function requireSameIdentifier(
  change: Exclude<SettledChange, { kind: 'delete' }>,
  before: string | undefined,
  { mode, hubKey }: Services,
): void {
  const derived = mode.derivePersonIds(change.resource, hubKey);
  const earlier = before === undefined ? derived : mode.derivePersonIds(JSON.parse(before) as FhirResource, hubKey);
  const isKept = earlier.includes(change.id) ? derived.includes(change.id) : derived.length === 0;
  if (!isKept) throw problem('identifier-fixed', { expression: `${change.path}.identifier` });
}

/** In the directory stands what every client reads: never what a party writes in plain mode. */
function isDirectory(services: Services, permit: Permit, type: string): boolean {
  const policy = services.mode.findTypePolicy(type);
  return policy?.kind === 'directory' && (policy.writer !== 'either' || permit.principal.kind === 'operator');
}

interface GrantInput {
  readonly services: Services;
  readonly permit: Permit;
  readonly person: PersonOf;
  readonly path: string;
}

/** What the Consent opens: nothing where it is about nobody the hub knows, or holds what the hub cannot enforce. @throws consent-… where the mode refuses that */
function toGrants(
  resource: FhirResource,
  { services, permit, person, path }: GrantInput,
): ReturnType<typeof toSharingGrants> {
  if (services.mode.refusesConsentFaults) {
    throwIfErrors(
      findConsentFaults(resource).map((finding) => ({
        ...finding,
        expression: finding.expression?.replace(/^Consent/, path),
      })),
    );
  }
  const { principal } = permit;
  if (person === null || principal.kind === 'operator') return [];
  const recorder = principal.kind === 'individual' ? byIndividual : principal.party.organizationId;
  const grants = toSharingGrants(resource, recorder, permit.at);
  // Where each party keeps its own persons, nobody else has anything about this one to open.
  return services.mode.sharesPersons ? grants : grants.filter(({ kind }) => kind === undefined);
}

const authorityExtension = `${canonicalBase}/StructureDefinition/sip-own-authority`;

interface OrganizationBody {
  readonly partOf?: { readonly reference?: string };
  readonly extension?: readonly { readonly url?: string; readonly valueBoolean?: boolean }[];
}

/** Where the unit hangs, and whether secrecy runs at it (sip.md §4: coverage never passes an authority of its own). */
function toOrganizationUnit(resource: FhirResource, baseUrl: string, path: string): OrganizationUnit {
  const organization = resource as OrganizationBody;
  const reference = organization.partOf?.reference;
  const parsed = reference === undefined ? undefined : parseReference(reference, baseUrl);
  return {
    partOf: parsed?.kind === 'local' ? parsed.id : undefined,
    isAuthority:
      organization.extension?.some(({ url, valueBoolean }) => url === authorityExtension && valueBoolean === true) ??
      false,
    path: joinPath(path, 'Organization.partOf'),
  };
}
