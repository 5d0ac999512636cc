// Writing: locks, look-ups and the one statement that puts a Bundle down, all inside one transaction.
// https://hl7.org/fhir/R4/http.html#transaction
import type { Permit } from '../access/permit.ts';
import { Problem, problem } from '../core/problem.ts';
import type { SearchQuery } from '../search/query.ts';
import { createConfirm } from './confirm.ts';
import type { Queryable } from './database.ts';
import { findCovered, writeOrganizations } from './organizations.ts';
import { violatedConstraint } from './postgres-problems.ts';
import { liveCheck, readerOf, readerSlots, requireLive, slotReader } from './reader.ts';
import type { LiveRow } from './reader.ts';
import { defineSearch } from './search-state.ts';
import { selectCandidates } from './search-candidates.ts';
import { compile, slot, sql, toStatement } from './sql.ts';
import type { Slots } from './sql.ts';
import type { ResourceAddress } from '../fhir/resource.ts';
import type { AuditRow, Resolved, ResourceWrite, Store, WriteTransaction } from './store.ts';
import { isFound, resolvedColumns, toResolved, toStoredVersion, versionColumns } from './version-row.ts';
import type { ResolvedRow, VersionRow } from './version-row.ts';
import { ownRegistrationFirst, visibleTo } from './visibility.ts';
import { markClosedMembers } from './write-plans.ts';
import { createWriteStatement } from './write-statement.ts';
import type { WrittenRow } from './write-statement.ts';
import { toWriteSlots } from './write-values.ts';

const addresses = sql`(select distinct a.type, a.id from unnest(${slot('text[]', 'types')}, ${slot('text[]', 'ids')}) a (type, id)) a`;

const addressSlots = (wanted: readonly ResourceAddress[]): Slots => ({
  types: wanted.map(({ type }) => type),
  ids: wanted.map(({ id }) => id),
});

/** What a WriteTransaction is made of; compiled once per store. `audit` is given what is to be logged when the transaction ends. */
export function createWrite(
  isProtected: boolean,
): (inside: Queryable, audit: Store['audit']) => Omit<WriteTransaction, 'reading'> {
  const reader = slotReader(isProtected);
  const write = createWriteStatement(isProtected);
  const confirm = createConfirm(isProtected);
  // The keys are found first, address by address: the planner makes of a join a scan of the table for each address while the table is new.
  const lock = compile(sql`with ${liveCheck(reader)},
    locked as (
      select ${versionColumns(reader, 'r')} from resource r
      where (select ok from live) and r.key = any (array(
          select f.key from ${addresses} cross join lateral (
            select r.key from resource r where r.type = a.type and r.id = a.id and r.registrant in (0, ${reader.party}) offset 0) f))
        and ${visibleTo('lock', reader, 'r')}
      order by r.key for update of r)
    select live.ok, l.* from live left join locked l on true`);
  const resolve = compile(sql`with ${liveCheck(reader)}
    select live.ok, v.* from live left join lateral (
      select f.* from ${addresses} cross join lateral (
        select ${resolvedColumns(reader, 'r')} from resource r
        where r.type = a.type and r.id = a.id and not r.deleted and ${visibleTo('resolve', reader, 'r')}
        order by ${ownRegistrationFirst(reader, 'r')} limit 1) f
    ) v on live.ok`);

  const match = async (
    inside: Queryable,
    permit: Permit,
    queries: readonly SearchQuery[],
    limit: number,
  ): Promise<readonly (readonly Resolved[])[]> => {
    const found = [];
    for (const query of queries) {
      const checked = readerOf(permit, isProtected);
      const candidates = selectCandidates(query, { sort: query.sort, after: undefined, limit }, checked);
      const rows = await inside.query<LiveRow & ResolvedRow>(
        toStatement(sql`with ${liveCheck(checked)}
          select live.ok, v.* from live left join lateral (
            select ${resolvedColumns(checked, 'r')}, c.ord from (${candidates}) c join resource r on r.key = c.key
          ) v on live.ok order by v.ord`),
      );
      requireLive(rows);
      found.push(rows.filter(isFound).map(toResolved));
    }
    return found;
  };
  /** Gives the keys of the persons made, by the Patient's id. */
  const putDown = async (
    inside: Queryable,
    permit: Permit,
    writes: readonly ResourceWrite[],
  ): Promise<WrittenRow['persons']> => {
    const rows = await inside.query<WrittenRow>(write(toWriteSlots(permit, writes))).catch((error: unknown) => {
      throw explainConflict(error, writes);
    });
    requireLive(rows);
    await writeOrganizations(inside, writes);
    await markClosedMembers(inside, rows[0]?.planned ?? []);
    return rows[0]?.persons ?? null;
  };

  return (inside, audit) => ({
    lockNames: async (names) => {
      if (names.length > 0) await inside.query({ ...lockNames, values: [names] });
    },
    lockCurrent: async (permit, wanted) => {
      if (wanted.length === 0) return [];
      const rows = await inside.query<LiveRow & VersionRow>(lock({ ...readerSlots(permit), ...addressSlots(wanted) }));
      requireLive(rows);
      return rows.filter(isFound).map((row) => ({ ...toStoredVersion(row), key: row.key }));
    },
    resolve: async (permit, wanted) => {
      if (wanted.length === 0) return [];
      const rows = await inside.query<LiveRow & ResolvedRow>(
        resolve({ ...readerSlots(permit), ...addressSlots(wanted) }),
      );
      requireLive(rows);
      return rows.filter(isFound).map(toResolved);
    },
    covered: (permit, organizationIds) => findCovered(inside, permit, organizationIds),
    match: (permit, queries, limit) => match(inside, permit, queries, limit),
    matchAfter: async (permit, { writes, queries, limit }) => {
      await inside.query({ text: 'savepoint before_writes' });
      await putDown(inside, permit, writes);
      const found = await match(inside, permit, queries, limit);
      await inside.query({ text: 'rollback to savepoint before_writes' });
      await inside.query({ text: 'release savepoint before_writes' });
      return found.map((list) => list.map(({ type, id }) => ({ type, id })));
    },
    apply: async (permit, writes, row) => {
      const persons = await putDown(inside, permit, writes);
      await audit([withPersons(row, writes, persons ?? {})]);
    },
    confirm: confirm(inside, audit),
    define: async (wanted) => {
      await defineSearch(inside, wanted);
    },
  });
}

/** The row with the person that each of its resources is about: one made with the write had no key before. */
function withPersons(
  row: AuditRow,
  writes: readonly ResourceWrite[],
  made: Readonly<Record<string, number>>,
): AuditRow {
  const persons = new Map(writes.map(({ type, id, person }) => [`${type}/${id}`, person]));
  return {
    ...row,
    entities: row.entities.map((entity) => {
      const person = persons.get(entity.address) ?? null;
      if (person === null) return entity;
      return { ...entity, personKey: 'key' in person ? person.key : (made[person.patientId] ?? null) };
    }),
  };
}

/** By one hash per name and in its order, so that two transactions never wait for each other. */
const lockNames = {
  name: 'store_lock_names',
  text: `select pg_advisory_xact_lock(n.key) from (
    select distinct hashtextextended(u.name, 7461704) as key from unnest($1::text[]) u (name) order by 1) n`,
};

/** Another transaction has put the same address down first. */
function explainConflict(error: unknown, writes: readonly ResourceWrite[]): unknown {
  if (violatedConstraint(error) !== 'resource_address') return error;
  const isRegistration = writes.some(({ type, follows }) => type === 'Patient' && follows === undefined);
  const detail = error instanceof Problem ? error.detail : undefined;
  return problem(isRegistration ? 'already-registered' : 'version-conflict', { detail, cause: error });
}
