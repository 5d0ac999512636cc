// Carries out changes in one transaction: conditions, locks, references, decisions, then everything down at once or nothing.
// https://hl7.org/fhir/R4/http.html#transaction · Refuses with 404, 409, 412, 422.
import { decideChange } from '../access/decide-write.ts';
import type { Permit } from '../access/permit.ts';
import { isReduced } from '../access/redact.ts';
import { problem } from '../core/problem.ts';
import type { LockedVersion, Resolved, WriteTransaction } from '../store/store.ts';
import { toConsentText, whoOf } from './audit-rows.ts';
import { requireChainScope } from './chain-scope.ts';
import type { Change, ChangeInteraction, Create, Outcome } from './change.ts';
import { resolveLinks } from './links.ts';
import { locateAt } from './locate.ts';
import type { Services } from './services.ts';
import { toWrites, type WrittenVersion } from './to-writes.ts';

/**
 * The outcomes, in the order of the changes.
 * @throws not-found, gone, version-conflict, precondition-multiple, reference-not-found, reference-ambiguous, subject-mismatch,
 * subject-fixed, not-your-resource, reduced-view, already-registered, identifier-fixed, consent-…
 */
export async function carryOut(
  services: Services,
  permit: Permit,
  changes: readonly Change[],
  interaction: ChangeInteraction,
): Promise<readonly Outcome[]> {
  return services.store.transaction(permit, async (transaction) => {
    const existing = await findExisting(transaction, permit, changes);
    const pending = changes.filter((change) => !existing.has(change));
    const locked = await lockTargets(transaction, permit, pending);
    const links = await resolveLinks({ services, transaction, permit, changes: pending, existing });
    const written = toWrites({ services, permit, changes: pending, locked, links });
    const outcomes = changes.map((change) => toOutcome(change, existing, written));
    await transaction.apply(
      permit,
      [...written.values()].map(({ write }) => write),
      {
        at: services.clock(),
        requestId: permit.requestId,
        ...whoOf(permit.principal),
        interaction,
        outcome: 'success',
        status: interaction === 'transaction' ? 200 : (outcomes[0]?.status ?? 200),
        type: interaction === 'transaction' ? undefined : changes[0]?.type,
        // What a conditional create found counts too: the caller is told that it is there.
        entities: outcomes.map(({ type, id, versionId }, at) => ({
          address: `${type}/${id}`,
          versionId,
          personKey: personKeyOf(changes[at], existing, written),
          consent: toConsentText(openedByOf(changes[at], existing)),
        })),
      },
    );
    return outcomes;
  });
}

/** For each conditional create that has its match already: the match. Holds a lock on the condition, so that of many at once one creates. */
async function findExisting(
  transaction: WriteTransaction,
  permit: Permit,
  changes: readonly Change[],
): Promise<ReadonlyMap<Change, Resolved>> {
  const conditional = changes.filter((change): change is Create & { ifNoneExist: object } => {
    return change.kind === 'create' && change.ifNoneExist !== undefined;
  });
  if (conditional.length === 0) return new Map();
  for (const change of conditional)
    locateAt(change.path, () => requireChainScope(change.permit, change.ifNoneExist.filters));
  const party = permit.principal.kind === 'system' ? permit.principal.party.key : 'operator';
  const names = conditional.map((change) => `${party}|${change.type}|${JSON.stringify(change.ifNoneExist.filters)}`);
  names.forEach((name, at) => {
    if (names.indexOf(name) < at) throw problem('bundle-duplicate-target', { expression: conditional[at]?.path });
  });
  await transaction.lockNames(names);
  const matches = await transaction.match(
    permit,
    conditional.map((change) => change.ifNoneExist),
    2,
  );
  const existing = new Map<Change, Resolved>();
  conditional.forEach((change, at) => {
    // A person is registered by each party for itself: what other parties have registered is no match.
    const found = (matches[at] ?? []).filter((match) => change.type !== 'Patient' || match.custodianKey === party);
    if (found.length > 1) throw problem('precondition-multiple', { expression: change.path });
    const [match] = found;
    if (match !== undefined) existing.set(change, match);
  });
  return existing;
}

/** The current versions that updates and deletions follow, locked; each is one the caller may change and has read. */
async function lockTargets(
  transaction: WriteTransaction,
  permit: Permit,
  changes: readonly Change[],
): Promise<ReadonlyMap<Change, LockedVersion>> {
  const targets = changes.flatMap((change) => (change.kind === 'create' ? [] : [change]));
  if (targets.length === 0) return new Map();
  const versions = await transaction.lockCurrent(permit, targets);
  const byAddress = new Map(versions.map((version) => [`${version.type}/${version.id}`, version]));
  return new Map(
    targets.map((change) => {
      const before = byAddress.get(`${change.type}/${change.id}`);
      if (before === undefined) throw problem('not-found', { expression: change.path });
      if (before.body === undefined) throw problem('gone', { expression: change.path });
      locateAt(change.path, () => {
        decideChange(change.permit, before);
        // Also where everything shows again: the body was made from what did not.
        if (change.kind === 'update' && isReduced(change.resource)) throw problem('reduced-view');
      });
      if (before.versionId !== change.ifMatch) throw problem('version-conflict', { expression: change.path });
      return [change, before] as const;
    }),
  );
}

function personKeyOf(
  change: Change | undefined,
  existing: ReadonlyMap<Change, Resolved>,
  written: ReadonlyMap<Change, WrittenVersion>,
): number | null {
  if (change === undefined) return null;
  return existing.get(change)?.personKey ?? written.get(change)?.personKey ?? null;
}

function openedByOf(change: Change | undefined, existing: ReadonlyMap<Change, Resolved>): Resolved['openedBy'] {
  return change === undefined ? undefined : existing.get(change)?.openedBy;
}

function toOutcome(
  change: Change,
  existing: ReadonlyMap<Change, Resolved>,
  written: ReadonlyMap<Change, WrittenVersion>,
): Outcome {
  const match = existing.get(change);
  if (match !== undefined) {
    const { type, id, versionId } = match;
    return { status: 200, type, id, versionId, lastUpdated: undefined, body: undefined };
  }
  const version = written.get(change);
  if (version === undefined) throw problem('internal', { detail: 'a change was neither matched nor written' });
  const { type, id, versionId, lastUpdated, body } = version.write;
  const status = change.kind === 'create' ? 201 : change.kind === 'update' ? 200 : 204;
  return { status, type, id, versionId, lastUpdated, body };
}
