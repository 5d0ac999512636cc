// $everything: one statement for a page of all that is kept about a person, by the store's key of the person, and the directory
// resources it refers to. https://hl7.org/fhir/R4/patient-operation-everything.html
// A person the reader sees no registration of is not there at all, whatever else about the person it sees.
import type { Queryable } from './database.ts';
import type { TypeParameter } from '../search/query.ts';
import { toParameterKey } from './parameter-key.ts';
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { CheckedReader, LiveRow } from './reader.ts';
import { toTimestamp } from './indexed-value.ts';
import { allOf, name, nothing, sql, toStatement, value } from './sql.ts';
import type { Fragment, Parameter } from './sql.ts';
import type { EverythingQuery, Store } from './store.ts';
import { isFound, toStoredVersion, versionColumns } from './version-row.ts';
import type { VersionRow } from './version-row.ts';
import { isPlaceHidden, isReadersRegistration, ownRegistrationFirst, visibleTo } from './visibility.ts';

interface PageRow extends LiveRow, VersionRow {
  readonly is_known: boolean;
  readonly total: number | null;
  readonly rank: string;
}

export function createEverything(database: Queryable, isProtected: boolean): Pick<Store, 'everything'> {
  return {
    everything: async (permit, query) => {
      const rows = await database.query<PageRow>(toStatement(pageStatement(readerOf(permit, isProtected), query)));
      requireLive(rows);
      if (rows[0]?.is_known !== true) return undefined;
      const found = rows.filter(isFound);
      const page = found.slice(0, query.count);
      const last = page.at(-1);
      const isMore = found.length > query.count && last !== undefined;
      return {
        versions: page.map(toStoredVersion),
        next: isMore ? { values: [last.rank, last.key], id: last.id } : undefined,
        total: rows[0]?.total ?? 0,
      };
    },
  };
}

function pageStatement(reader: CheckedReader, query: EverythingQuery): Fragment {
  const types = value('text[]', query.types);
  const isSince = (alias: string): Fragment =>
    query.sinceMs === undefined
      ? sql`true`
      : sql`${name(alias)}.last_updated >= ${value('timestamptz', toTimestamp(query.sinceMs))}`;
  return sql`with ${liveCheck(reader)},
    sought as materialized (
      select r.person from resource r
      where (select ok from live) and r.type = 'Patient' and r.id = ${value('text', query.patientId)} and not r.deleted
        and ${visibleTo('everything-person', reader, 'r')}
      order by ${ownRegistrationFirst(reader, 'r')} limit 1),
    about as materialized (
      select r.key, r.type, r.id, r.last_updated, ${isPlaceHidden(reader, 'r')} as is_place_hidden from sought p
      cross join lateral (select * from resource x where x.person = p.person and not x.deleted offset 0) r
      where ${allOf([visibleTo('everything', reader, 'r'), isReadersRegistration(reader, 'r'), isInTime(query)])}),
    listed as materialized (
      select l.key, l.id, case when l.type = 'Patient' then '' else l.type end as rank from (
        select a.key, a.type, a.id, a.last_updated from about a
        union
        -- The directory is everybody's: who may see the reference may see where it leads. The reader's own is its own.
        select d.key, d.type, d.id, d.last_updated from (
          select distinct s.target_type, s.target_id from about a
          cross join lateral (select * from search_reference x where x.resource = a.key and x.target_type <> '' offset 0) s
          where s.param = any (${keysOf(query.references)}) and (s.target_type <> 'Location' or not a.is_place_hidden)) t
        cross join lateral (select * from resource x where x.type = t.target_type and x.id = t.target_id offset 0) d
        where (d.directory or (d.person is null and d.custodian = ${reader.party})) and not d.deleted) l
      where l.type = any (${types}) and ${isSince('l')})
    select live.ok, exists (select from sought) as is_known, (select count(*) from listed) as total, v.*
    from live left join lateral (
      select p.rank, ${versionColumns(reader, 'r')} from (
        select * from listed l ${after(query)} order by l.rank, l.id, l.key limit ${value('bigint', query.count + 1)}) p
      join resource r on r.key = p.key
    ) v on live.ok order by v.rank, v.id, v.key`;
}

const keysOf = (parameters: readonly TypeParameter[]): Parameter =>
  value(
    'bigint[]',
    parameters.map(({ type, param }) => toParameterKey(type, param)),
  );

/** What has no clinical date belongs to all times. */
function isInTime({ dates }: EverythingQuery): Fragment {
  if (dates === undefined) return sql`true`;
  return sql`coalesce((select bool_or(x.low_ms < ${value('bigint', dates.endMs)} and x.high_ms > ${value('bigint', dates.startMs)})
    from search_date x where x.resource = r.key and x.param = any (${keysOf(dates.parameters)})), true)`;
}

function after({ after }: EverythingQuery): Fragment {
  if (after === undefined) return nothing;
  const [rank = '', key = 0] = after.values;
  return sql`where (l.rank, l.id, l.key) > (${value('text', String(rank))} collate "C", ${value('text', after.id)} collate "C", ${value('bigint', Number(key))})`;
}
