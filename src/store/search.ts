// search-type: one statement for a page, its includes and its total. https://hl7.org/fhir/R4/search.html
// A page is never short while there are more matches, and has a next position only if there are.
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { CheckedReader, LiveRow } from './reader.ts';
import type { Queryable } from './database.ts';
import { toParameterKey } from './parameter-key.ts';
import { countCandidates, selectCandidates } from './search-candidates.ts';
import { nothing, sql, toStatement, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import type { CursorPosition, SearchQuery } from '../search/query.ts';
import type { Store } from './store.ts';
import { isFound, toStoredVersion, versionColumns } from './version-row.ts';
import type { VersionRow } from './version-row.ts';
import { ownRegistrationFirst, visibleTo } from './visibility.ts';

interface PageRow extends LiveRow, VersionRow {
  readonly kind: 'match' | 'include' | null;
  readonly ord: number;
  readonly position: CursorPosition['values'] | null;
  readonly total: number | null;
}

export function createSearch(database: Queryable, isProtected: boolean): Pick<Store, 'search'> {
  return {
    search: async (permit, query) => {
      const rows = await database.query<PageRow>(toStatement(pageStatement(readerOf(permit, isProtected), query)));
      requireLive(rows);
      const found = rows.filter(isFound);
      const matches = found.filter(({ kind }) => kind === 'match');
      const page = matches.slice(0, query.count);
      const last = page.at(-1);
      return {
        matches: page.map(toStoredVersion),
        included: found.filter(({ kind }) => kind === 'include').map(toStoredVersion),
        next:
          matches.length > query.count && last !== undefined ? { values: last.position ?? [], id: last.id } : undefined,
        total: rows[0]?.total ?? undefined,
      };
    },
  };
}

function pageStatement(reader: CheckedReader, query: SearchQuery): Fragment {
  const candidates = selectCandidates(query, { sort: query.sort, after: query.after, limit: query.count + 1 }, reader);
  const total =
    query.total === 'accurate'
      ? sql`case when live.ok then (${countCandidates(query, reader)}) end`
      : sql`null::bigint`;
  return sql`with ${liveCheck(reader)},
    page as materialized (select p.* from (${candidates}) p where (select ok from live))${included(reader, query)}
    select live.ok, ${total} as total, o.* from live left join lateral (
      select 'match' as kind, p.ord, p.position, ${versionColumns(reader, 'r')}
      from page p join resource r on r.key = p.key
      ${
        query.includes.length === 0
          ? nothing
          : sql`
      union all
      select 'include' as kind, null, null, ${versionColumns(reader, 'r')}
      from included i join resource r on r.key = i.key`
      }
    ) o on live.ok order by o.kind desc, o.ord, o.key`;
}

/** What the page's matches point at by the parameters asked for: each once, visible, and not a match itself. */
function included(reader: CheckedReader, { type, includes, count }: SearchQuery): Fragment {
  if (includes.length === 0) return nothing;
  const params = value(
    'bigint[]',
    includes.map(({ param }) => toParameterKey(type, param)),
  );
  const types = value(
    'text[]',
    includes.map(({ targetType }) => targetType ?? null),
  );
  const size = value('bigint', count);
  return sql`,
    included as materialized (
      select distinct n.key from (
        select distinct s.target_type, s.target_id from (select * from page where ord <= ${size} offset 0) p
        cross join lateral (
          select s.target_type, s.target_id from search_reference s
          join unnest(${params}, ${types}) i (param, type) on i.param = s.param and (i.type is null or i.type = s.target_type)
          where s.resource = p.key offset 0) s
        where s.target_type <> '') a
      cross join lateral (
        select r.key from resource r
        where r.type = a.target_type and r.id = a.target_id and not r.deleted and ${visibleTo('include', reader, 'r')}
        order by ${ownRegistrationFirst(reader, 'r')} limit 1) n
      where not exists (select from page q where q.key = n.key and q.ord <= ${size}))`;
}
