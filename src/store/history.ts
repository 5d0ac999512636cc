// history of a resource, of a type and of the system, newest first. https://hl7.org/fhir/R4/http.html#history
// A version is seen by whoever sees the resource now, and by the party that wrote it.
import { toTimestamp } from './indexed-value.ts';
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { CheckedReader, LiveRow } from './reader.ts';
import type { Queryable } from './database.ts';
import { allOf, name, sql, toStatement, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import type { HistoryQuery, Store } from './store.ts';
import { isFound, toStoredVersion, versionColumns } from './version-row.ts';
import type { VersionRow } from './version-row.ts';
import { isReadersRegistration, versionVisibleTo } from './visibility.ts';

export function createHistory(database: Queryable, isProtected: boolean): Pick<Store, 'history'> {
  return {
    history: async (permit, query) => {
      const statement = toStatement(historyStatement(readerOf(permit, isProtected), query));
      const rows = await database.query<LiveRow & VersionRow & { readonly total: number | null }>(statement);
      requireLive(rows);
      const found = rows.filter(isFound).map(toStoredVersion);
      const versions = found.slice(0, query.count);
      const last = versions.at(-1);
      const isMore = found.length > query.count && last !== undefined;
      return {
        versions,
        next: isMore ? { lastUpdatedMs: last.lastUpdated.getTime(), versionId: last.versionId } : undefined,
        total: rows[0]?.total ?? undefined,
      };
    },
  };
}

function historyStatement(reader: CheckedReader, query: HistoryQuery): Fragment {
  const limit = value('bigint', query.count + 1);
  const current = allOf([
    matches(query, 'r'),
    versionVisibleTo('history-current', reader, 'r'),
    isReadersRegistration(reader, 'r'),
  ]);
  const superseded = allOf([
    matches(query, 'h'),
    versionVisibleTo('history-superseded', reader, 'h'),
    isReadersRegistration(reader, 'h'),
  ]);
  const after = isAfter(query);
  const total =
    query.id === undefined
      ? sql`null::bigint`
      : sql`case when live.ok then
          (select count(*) from resource r where ${current}) + (select count(*) from resource_history h where ${superseded}) end`;
  return sql`with ${liveCheck(reader)}
    select live.ok, v.*,
      ${total} as total
    from live left join lateral (
      select * from (
        ${newestOfEach(
          query,
          sql`select ${versionColumns(reader, 'r')} from resource r
          where ${current} and ${after('r')} order by r.last_updated desc, r.version_id desc limit ${limit}`,
        )}
        union all
        ${newestOfEach(
          query,
          sql`select ${versionColumns(reader, 'h')} from resource_history h
          where ${superseded} and ${after('h')} order by h.last_updated desc, h.version_id desc limit ${limit}`,
        )}
      ) u order by u.last_updated desc, u.version_id desc limit ${limit}
    ) v on live.ok order by v.last_updated desc, v.version_id desc`;
}

/** Of several types the newest of each, so that the index by type and time serves the whole system too. */
function newestOfEach({ type }: HistoryQuery, rows: Fragment): Fragment {
  if (typeof type === 'string') return sql`(${rows})`;
  return sql`(select n.* from unnest(${value('text[]', type)}) asked (type) cross join lateral (${rows}) n)`;
}

function matches(query: HistoryQuery, alias: string): Fragment {
  const row = name(alias);
  const type = typeof query.type === 'string' ? value('text', query.type) : sql`asked.type`;
  const conditions = [sql`${row}.type = ${type}`];
  if (query.id !== undefined) conditions.push(sql`${row}.id = ${value('text', query.id)}`);
  if (query.sinceMs !== undefined)
    conditions.push(sql`${row}.last_updated >= ${value('timestamptz', toTimestamp(query.sinceMs))}`);
  if (query.at !== undefined) conditions.push(wasCurrent(query.at, alias));
  return allOf(conditions);
}

/** It began before the span's end, and nothing followed it by the span's beginning. */
function wasCurrent({ lowMs, highMs }: NonNullable<HistoryQuery['at']>, alias: string): Fragment {
  const row = name(alias);
  const [low, high] = [value('timestamptz', toTimestamp(lowMs)), value('timestamptz', toTimestamp(highMs))];
  if (alias === 'r') return sql`${row}.last_updated < ${high}`;
  return sql`(${row}.last_updated < ${high}
    and not exists (select from resource n where n.key = ${row}.key and n.last_updated <= ${low})
    and not exists (select from resource_history n where n.type = ${row}.type and n.id = ${row}.id and n.key = ${row}.key
      and n.last_updated > ${row}.last_updated and n.last_updated <= ${low}))`;
}

function isAfter({ after }: HistoryQuery): (alias: string) => Fragment {
  if (after === undefined) return () => sql`true`;
  const at = value('timestamptz', new Date(after.lastUpdatedMs));
  const versionId = value('text', after.versionId);
  return (alias) => sql`(${name(alias)}.last_updated, ${name(alias)}.version_id) < (${at}, ${versionId})`;
}
