// history of a resource and of a type, newest first. https://hl7.org/fhir/R4/http.html#history
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
        (select ${versionColumns(reader, 'r')} from resource r
          where ${current} and ${after('r')} order by r.last_updated desc, r.version_id desc limit ${limit})
        union all
        (select ${versionColumns(reader, 'h')} from resource_history h
          where ${superseded} and ${after('h')} order by h.last_updated desc, h.version_id desc limit ${limit})
      ) u order by u.last_updated desc, u.version_id desc limit ${limit}
    ) v on live.ok order by v.last_updated desc, v.version_id desc`;
}

function matches(query: HistoryQuery, alias: string): Fragment {
  const row = name(alias);
  const conditions = [sql`${row}.type = ${value('text', query.type)}`];
  if (query.id !== undefined) conditions.push(sql`${row}.id = ${value('text', query.id)}`);
  if (query.sinceMs !== undefined)
    conditions.push(sql`${row}.last_updated >= ${value('timestamptz', toTimestamp(query.sinceMs))}`);
  return allOf(conditions);
}

function isAfter({ after }: HistoryQuery): (alias: string) => Fragment {
  if (after === undefined) return () => sql`true`;
  const at = value('timestamptz', new Date(after.lastUpdatedMs));
  const versionId = value('text', after.versionId);
  return (alias) => sql`(${name(alias)}.last_updated, ${name(alias)}.version_id) < (${at}, ${versionId})`;
}
