// Who covers whom: kept beside the Organizations and worked out anew whenever one is written, in the same transaction.
// A party covers itself and the units below it, never those above or beside, and never past an authority of its own (sip.md §4).
import type { Permit } from '../access/permit.ts';
import { throwIfErrors } from '../core/problem.ts';
import type { Queryable } from './database.ts';
import type { ResourceWrite } from './store.ts';

/** Any number that nothing else in the hub locks. */
const lockKey = 7_461_703;

/** Brings `organization` and `party_coverage` to what these writes say. After the versions have been put down. @throws organization-circular */
export async function writeOrganizations(inside: Queryable, writes: readonly ResourceWrite[]): Promise<void> {
  // One that a party writes for itself alone (plain mode) is no party.
  const organizations = writes.filter(({ type, registrantKey = 0 }) => type === 'Organization' && registrantKey === 0);
  if (organizations.length === 0) return;
  // Two that change the tree at once would each miss the other's half; the later one waits and then sees both.
  await inside.query({
    name: 'store_organization_lock',
    text: 'select pg_advisory_xact_lock($1::bigint)',
    values: [lockKey],
  });
  await inside.query({
    name: 'store_organization',
    text: upsert,
    values: [
      organizations.map(({ id }) => id),
      organizations.map(({ organization }) => organization?.partOf?.replace(/^Organization\//, '') ?? null),
      organizations.map(({ organization }) => organization?.isAuthority ?? false),
    ],
  });
  const circular = await inside.query<{ id: string }>({
    name: 'store_organization_circle',
    text: circle,
    values: [organizations.map(({ id }) => id)],
  });
  const ids = new Set(circular.map(({ id }) => id));
  throwIfErrors(
    organizations
      .filter(({ id }) => ids.has(id))
      .map(({ organization }) => ({
        code: 'organization-circular',
        severity: 'error',
        expression: organization?.path ?? 'Organization.partOf',
      })),
  );
  await inside.query({ name: 'store_coverage', text: recompute });
}

/** Those of these that are a part of themselves. Units in a circle would each cover, and see, what the others keep. */
const circle = `
  with recursive line (id, part_of) as (
    select o.id, o.part_of from organization o where o.id = any ($1::text[]) and o.part_of is not null
    union
    select l.id, o.part_of from line l join organization o on o.id = l.part_of where o.part_of is not null)
  select distinct l.id from line l where l.id = l.part_of`;

/** A deleted Organization covers nothing and is covered by nothing. */
const upsert = `
  with given as (
    select r.key, r.id, r.deleted, i.part_of, i.is_authority, coalesce((r.body::jsonb -> 'active')::text <> 'false', true) as enabled
    from unnest($1::text[], $2::text[], $3::boolean[]) i (id, part_of, is_authority)
    join resource r on r.type = 'Organization' and r.id = i.id and r.registrant = 0),
  gone as (delete from organization where key in (select key from given where deleted))
  insert into organization (key, id, part_of, is_authority, enabled)
  select key, id, part_of, is_authority, enabled from given where not deleted
  on conflict (key) do update
    set part_of = excluded.part_of, is_authority = excluded.is_authority, enabled = excluded.enabled`;

const recompute = `
  with recursive coverage (covering, covered) as (
    select key, key from organization
    union
    select c.covering, below.key
    from coverage c join organization o on o.key = c.covered join organization below on below.part_of = o.id
    where not below.is_authority),
  gone as (
    delete from party_coverage p
    -- 0: what individuals keep.
    where p.covered <> 0 and not exists (select from coverage c where c.covering = p.covering and c.covered = p.covered))
  insert into party_coverage (covering, covered) select covering, covered from coverage on conflict do nothing`;

/** The ids among `organizationIds` that the acting party covers. None for the operator, who acts for no party. */
export async function findCovered(
  inside: Queryable,
  permit: Permit,
  organizationIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (permit.principal.kind !== 'system' || organizationIds.length === 0) return new Set();
  const rows = await inside.query<{ id: string }>({
    name: 'store_covered',
    text: `select o.id from organization o join party_coverage c on c.covered = o.key
      where c.covering = $1::bigint and o.id = any ($2::text[])`,
    values: [permit.principal.party.key, organizationIds],
  });
  return new Set(rows.map(({ id }) => id));
}
