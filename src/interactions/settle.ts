// Which resources conditional changes are about: each condition is matched under a lock of its own, so that of many at once one creates.
// https://hl7.org/fhir/R4/http.html#cond-update · Refuses with 404, 412 where a condition has not the one match it needs.
import { writerOf } from '../access/decide-write.ts';
import type { Permit } from '../access/permit.ts';
import { problem } from '../core/problem.ts';
import type { SearchQuery } from '../search/query.ts';
import type { Resolved, WriteTransaction } from '../store/store.ts';
import { requireChainScope } from './chain-scope.ts';
import type { Change, Update } from './change.ts';
import { locateAt } from './locate.ts';
import type { Mode } from './mode.ts';
import type { Services } from './services.ts';

export interface Settled {
  /** Conditional creates that have their match already. */
  readonly existing: ReadonlyMap<Change, Resolved>;
  /** Conditional deletions that match nothing: nothing is left to do. */
  readonly idle: ReadonlySet<Change>;
  /** The others, as they were asked for and with the address each is about. */
  readonly pending: ReadonlyMap<Change, Change>;
  /** `Type/id` that a change had before its match was known -> the address of the match. */
  readonly moved: ReadonlyMap<string, string>;
}

interface SettleInput {
  readonly services: Services;
  readonly transaction: WriteTransaction;
  readonly permit: Permit;
  readonly changes: readonly Change[];
}

/** @throws not-found, precondition-multiple, id-mismatch, bundle-duplicate-target, scope-insufficient */
export async function settle(input: SettleInput): Promise<Settled> {
  const { services, changes } = input;
  const matches = await matchConditions(input);
  const existing = new Map<Change, Resolved>();
  const idle = new Set<Change>();
  const pending = new Map<Change, Change>();
  const moved = new Map<string, string>();
  for (const change of changes) {
    const match = matches.get(change);
    if (match !== undefined && !isSameAddress(match, change)) {
      moved.set(`${change.type}/${change.id}`, `${match.type}/${match.id}`);
    }
    if (change.kind === 'create') {
      if (match === undefined) pending.set(change, change);
      else existing.set(change, match);
    } else if (change.condition === undefined) pending.set(change, change);
    else if (match !== undefined) pending.set(change, toMatched(change, match));
    else if (change.kind === 'delete') idle.add(change);
    else if (change.kind === 'update' && services.mode.allowsUpdateCreate) pending.set(change, toCreate(change));
    else throw problem('not-found', { expression: change.path, diagnostics: 'Nothing matches the condition.' });
  }
  requireDistinct([...pending.values()]);
  return { existing, idle, pending, moved };
}

/** The one match of each change that has a condition; no entry where there is none. */
async function matchConditions(input: SettleInput): Promise<ReadonlyMap<Change, Resolved>> {
  const { services, transaction, permit, changes } = input;
  const conditional = changes.flatMap((change) => {
    const query = conditionOf(change);
    return query === undefined ? [] : [{ change, query }];
  });
  const writer = writerOf(permit.principal);
  const names = conditional.map(({ change, query }) => {
    locateAt(change.path, () => requireChainScope(change.permit, query.filters, services.mode.findTypePolicy));
    return `${writer}|${change.type}|${JSON.stringify(query.filters)}`;
  });
  names.forEach((name, at) => {
    const path = conditional[at]?.change.path;
    if (names.indexOf(name) < at) throw problem('bundle-duplicate-target', { expression: path });
  });
  await transaction.lockNames([...names, ...addressesToLock(changes, services.mode, writer)]);
  if (conditional.length === 0) return new Map();
  // Deletions come first: what they take is no match for the others.
  const isDeleted = new Set(
    changes.flatMap((change) => (change.kind === 'delete' ? [`${change.type}/${change.id}`] : [])),
  );
  const found = await transaction.match(
    permit,
    // What other parties have registered for themselves is no match, and takes no place of the few that are looked at.
    conditional.map(({ change, query }) => ({ ...query, isOwn: services.mode.isAddressedPerParty(change.type) })),
    // Each deletion, also a conditional one, takes at most one candidate away: two more tell one match from several.
    2 + changes.filter(({ kind }) => kind === 'delete').length,
  );
  const matches = new Map<Change, Resolved>();
  const choose = (kind: 'delete' | 'other'): void => {
    conditional.forEach(({ change }, at) => {
      if ((change.kind === 'delete') !== (kind === 'delete')) return;
      const [match, other] = (found[at] ?? []).filter(
        ({ type, id }) => kind === 'delete' || !isDeleted.has(`${type}/${id}`),
      );
      if (other !== undefined) throw problem('precondition-multiple', { expression: change.path });
      if (match === undefined) return;
      matches.set(change, match);
      if (kind === 'delete') isDeleted.add(`${match.type}/${match.id}`);
    });
  };
  choose('delete');
  choose('other');
  return matches;
}

function conditionOf(change: Change): SearchQuery | undefined {
  return change.kind === 'create' ? change.ifNoneExist : change.condition;
}

/** Where PUT may create, of many to one address at once the first creates and the others follow it. */
function addressesToLock(changes: readonly Change[], mode: Mode, writer: string): readonly string[] {
  if (!mode.allowsUpdateCreate) return [];
  return changes.flatMap((change) => (change.kind === 'update' ? [`${writer}|${change.type}/${change.id}`] : []));
}

function toMatched(change: Exclude<Change, { kind: 'create' }>, { id }: Resolved): Change {
  if (change.kind !== 'update') return { ...change, id, condition: undefined };
  const { resource } = change;
  if (resource.id !== undefined && resource.id !== id) {
    throw problem('id-mismatch', {
      expression: `${change.path}.id`,
      diagnostics: 'The resource that matches has another id. Leave the id out.',
    });
  }
  return { ...change, id, resource: { ...resource, id }, condition: undefined };
}

function toCreate({ ifMatch, type, id, permit, path, resource }: Update): Change {
  // There is no version to follow.
  if (ifMatch !== undefined) throw problem('version-conflict', { expression: path });
  return { kind: 'create', method: 'PUT', type, id: resource.id ?? id, permit, path, resource, ifNoneExist: undefined };
}

/** Two registrations of one person, or two conditions with one match, would be one resource written twice. */
function requireDistinct(changes: readonly Change[]): void {
  const seen = new Set<string>();
  for (const change of changes) {
    const key = `${change.type}/${change.id}`;
    if (seen.has(key)) throw problem('bundle-duplicate-target', { expression: change.path });
    seen.add(key);
  }
}

function isSameAddress(one: { readonly type: string; readonly id: string }, other: typeof one): boolean {
  return one.type === other.type && one.id === other.id;
}
