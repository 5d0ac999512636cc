// Carries out changes in one transaction: conditions, locks, references, decisions, then everything down at once or nothing.
// https://hl7.org/fhir/R4/http.html#transaction · Refuses with 404, 409, 412, 422.
import { decideConsentStatus, isWithdrawal } from '../access/consent-states.ts';
import { decideChange, decideWithdrawal } from '../access/decide-write.ts';
import type { Permit } from '../access/permit.ts';
import { isReduced } from '../access/redact.ts';
import { Problem, problem, throwIfErrors } from '../core/problem.ts';
import { parseJson } from '../fhir/json.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { LockedVersion, ResourceWrite, WriteTransaction } from '../store/store.ts';
import { toReducedText } from './answer.ts';
import { applyPatch } from './apply-patch.ts';
import { applyRules } from './apply-rules.ts';
import { toEntity, toSuccessRow } from './audit-rows.ts';
import type { Change, ChangeInteraction, Create, Outcome, SettledChange, Update } from './change.ts';
import { requireOwnKeepers } from './keepers.ts';
import { isDefinition, toDefinitions } from './definitions.ts';
import { resolveLinks, type Links } from './links.ts';
import { locateAt } from './locate.ts';
import type { Services } from './services.ts';
import { settle, type Settled } from './settle.ts';
import { toWrites, type WrittenVersion } from './to-writes.ts';

interface CarryOutInput<T> {
  readonly changes: readonly Change[];
  readonly interaction: ChangeInteraction;
  /** What follows in the same transaction, with services that see what was written; what it throws takes everything back. */
  readonly andThen: (inside: Services) => Promise<T>;
}

/**
 * The outcomes, in the order of the changes.
 * @throws not-found, gone, version-conflict, precondition-multiple, reference-not-found, reference-ambiguous, reference-circular,
 * subject-mismatch, subject-fixed, not-your-resource, reduced-view, already-registered, identifier-fixed, patch-failed, consent-…,
 * search-parameter-refused; DefinitionsMoved where the services know other search parameters than the database
 */
export async function carryOut(
  services: Services,
  permit: Permit,
  changes: readonly Change[],
  interaction: ChangeInteraction,
): Promise<readonly Outcome[]> {
  const input = { changes, interaction, andThen: () => Promise.resolve() };
  return (await carryOutAndThen(services, permit, input)).outcomes;
}

/** The same, followed by more in one transaction. */
export async function carryOutAndThen<T>(
  services: Services,
  permit: Permit,
  { changes, interaction, andThen }: CarryOutInput<T>,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly result: T }> {
  const isDefining = changes.some(isDefinition);
  const attempt = (followsDeleted: boolean): Promise<{ readonly outcomes: readonly Outcome[]; readonly result: T }> =>
    services.store.transaction(
      permit,
      async (transaction) => {
        const place = { services, permit, transaction, followsDeleted };
        const outcomes = changes.length === 0 ? [] : await writeChanges(place, changes, interaction);
        return { outcomes, result: await andThen(insideOf(services, transaction)) };
      },
      { generation: services.search.generation, isDefining },
    );
  try {
    const done = await attempt(false);
    if (isDefining) await services.renewSearch();
    return done;
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.findings[0].code !== 'already-registered') throw cause;
    // Rare: what stands at the person's address may be a registration that this party has deleted.
    return attempt(true);
  }
}

/** Services whose store works inside the transaction: on the embedded database anything else would wait for its end. */
function insideOf(services: Services, transaction: WriteTransaction): Services {
  const { search, store } = services;
  return {
    ...services,
    search,
    // The generation stays as it is to the end of the transaction.
    renewSearch: () => Promise.resolve(false),
    store: {
      ...store,
      ...transaction.reading(),
      searchState: { ...store.searchState, generation: () => Promise.resolve(search.generation) },
      transaction: (_permit, work) => work(transaction),
    },
  };
}

interface Place {
  readonly services: Services;
  readonly permit: Permit;
  readonly transaction: WriteTransaction;
  /** A person whose registration was deleted is registered anew by the next version of it. */
  readonly followsDeleted: boolean;
}

async function writeChanges(
  place: Place,
  changes: readonly Change[],
  interaction: ChangeInteraction,
): Promise<readonly Outcome[]> {
  const { services, permit, transaction } = place;
  const settled = await settle({ services, transaction, permit, changes });
  const targets = await lockTargets(place, settled);
  const list = [...targets.changes.values()];
  const { locked } = targets;
  const write = (links: Links): ReadonlyMap<SettledChange, WrittenVersion> =>
    toWrites({ services, permit, changes: list, locked, links });
  const links = await resolveLinks({
    services,
    transaction,
    permit,
    changes: list,
    moved: settled.moved,
    locked,
    isTransaction: interaction === 'transaction',
    toWrites: (known) => writesOf(write(known)),
  });
  await requireOwnKeepers(services, place, links.resource);
  await applyRules(services, { transaction, permit, changes: list, locked, resources: links.resource });
  const definitions = toDefinitions(services, { changes: list, resourceOf: links.resource });
  const written = write(links);
  const outcomes = changes.map((change) => toOutcome(services, change, { settled, targets, written }));
  const audit = toSuccessRow(permit, services.clock(), {
    status: interaction === 'transaction' ? 200 : (outcomes[0]?.status ?? 200),
    type: interaction === 'transaction' ? undefined : changes[0]?.type,
    // What a conditional create found counts too: the caller is told that it is there.
    entities: outcomes.flatMap(({ type, id, versionId }, at) => {
      if (versionId === undefined) return [];
      const change = changes[at];
      const match = change === undefined ? undefined : settled.existing.get(change);
      const version = change === undefined ? undefined : findWritten(change, targets, written);
      if (match !== undefined) return [toEntity(permit, match)];
      const { custodianKey = null, directory = false } = version?.write ?? {};
      const personKey = version?.personKey ?? null;
      return [toEntity(permit, { type, id, versionId, personKey, custodianKey, directory, openedBy: undefined })];
    }),
  });
  await transaction.apply(permit, writesOf(written), { ...audit, interaction });
  if (definitions !== undefined) await transaction.define(definitions);
  return outcomes;
}

interface Targets {
  /** What was asked for -> what it comes to: a patch to an update, a PUT to where nothing is to a create. */
  readonly changes: ReadonlyMap<Change, SettledChange>;
  readonly locked: ReadonlyMap<SettledChange, LockedVersion>;
}

/** The current versions that changes follow, locked; each is one the caller may change and has read. */
async function lockTargets(place: Place, { pending }: Settled): Promise<Targets> {
  const { services, permit, transaction, followsDeleted } = place;
  const wanted = [...pending.values()].filter(
    ({ kind, type }) => kind !== 'create' || (followsDeleted && type === 'Patient'),
  );
  const versions = await transaction.lockCurrent(permit, wanted);
  const byAddress = new Map(versions.map((version) => [`${version.type}/${version.id}`, version]));
  const changes = new Map<Change, SettledChange>();
  const locked = new Map<SettledChange, LockedVersion>();
  for (const [asked, change] of pending) {
    const before = byAddress.get(`${change.type}/${change.id}`);
    if (change.kind === 'create') {
      if (before?.body !== undefined) throw problem('already-registered', { expression: change.path });
      changes.set(asked, change);
      if (before !== undefined) locked.set(change, before);
      continue;
    }
    const target = toTarget(services, change, before);
    if (target === undefined) continue;
    changes.set(asked, target);
    if (before !== undefined) locked.set(target, before);
  }
  return { changes, locked };
}

/** What the change comes to on this version; undefined where there is nothing left to delete. */
function toTarget(
  services: Services,
  change: Exclude<Change, Create>,
  before: LockedVersion | undefined,
): SettledChange | undefined {
  const { path: expression } = change;
  const { mode } = services;
  const body = before?.body;
  if (before === undefined || body === undefined) {
    if (mode.allowsUpdateCreate && change.kind === 'delete') return undefined;
    if (!mode.allowsUpdateCreate || change.kind !== 'update') {
      throw problem(before === undefined ? 'not-found' : 'gone', { expression });
    }
    if (change.ifMatch !== undefined) throw problem('version-conflict', { expression });
    const { type, id, permit, path, resource } = change;
    if (before !== undefined) return change;
    return { kind: 'create', method: 'PUT', type, id, permit, path, resource, ifNoneExist: undefined };
  }
  locateAt(expression, () => {
    decideChange(change.permit, before);
    // Also where everything shows again: the body was made from what did not.
    if (change.kind === 'update' && isReduced(change.resource)) throw problem('reduced-view');
  });
  const isStale = change.ifMatch !== undefined && before.versionId !== change.ifMatch;
  if (isStale || (change.ifMatch === undefined && mode.requiresIfMatch))
    throw problem('version-conflict', { expression });
  const settled =
    change.kind === 'patch' ? locateAt(expression, () => applyPatch(services, change, before, body)) : change;
  if (settled.kind !== 'update' || settled.type !== 'Consent' || !mode.refusesConsentFaults) return settled;
  return locateAt(expression, () => toConsentChange(services, settled, { before, body }));
}

/** The states of a Consent, and who changes what of it. A withdrawal is taken whatever else is wrong with it. */
function toConsentChange(
  services: Services,
  change: Update,
  { before, body }: { readonly before: LockedVersion; readonly body: string },
): Update {
  const stored = parseJson(body, { maxDepth: services.limits.jsonDepth }) as FhirResource;
  const versions = { before: stored, after: change.resource };
  decideWithdrawal(change.permit, before, versions);
  decideConsentStatus(versions);
  if (isWithdrawal(versions)) return { ...change, isWithdrawal: true };
  throwIfErrors(change.faults ?? []);
  return change;
}

function writesOf(written: ReadonlyMap<SettledChange, WrittenVersion>): readonly ResourceWrite[] {
  return [...written.values()].map(({ write }) => write);
}

function findWritten(
  asked: Change,
  targets: Targets,
  written: ReadonlyMap<SettledChange, WrittenVersion>,
): WrittenVersion | undefined {
  const change = targets.changes.get(asked);
  return change === undefined ? undefined : written.get(change);
}

interface Done {
  readonly settled: Settled;
  readonly targets: Targets;
  readonly written: ReadonlyMap<SettledChange, WrittenVersion>;
}

function toOutcome(services: Services, asked: Change, { settled, targets, written }: Done): Outcome {
  const match = settled.existing.get(asked);
  if (match !== undefined) {
    const { type, id, versionId } = match;
    return { status: 200, type, id, versionId, lastUpdated: undefined, body: undefined };
  }
  const change = targets.changes.get(asked);
  const version = findWritten(asked, targets, written);
  if (change === undefined || version === undefined) {
    if (asked.kind !== 'delete') throw problem('internal', { detail: 'a change was neither matched nor written' });
    const { type, id } = asked;
    return { status: 204, type, id, versionId: undefined, lastUpdated: undefined, body: undefined };
  }
  const { type, id, versionId, lastUpdated, body } = version.write;
  const served = change.kind === 'update' ? toReducedText(services, body, change.hiddenReferences) : body;
  const isNew = change.kind === 'create' || targets.locked.get(change)?.body === undefined;
  const status = change.kind === 'delete' ? 204 : isNew ? 201 : 200;
  return { status, type, id, versionId, lastUpdated, body: served };
}
