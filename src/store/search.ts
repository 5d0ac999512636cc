// search-type: one statement for a page, its includes and its total. https://hl7.org/fhir/R4/search.html
// A page is never short while there are more matches, and has a next position only if there are.
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { CheckedReader, LiveRow } from './reader.ts';
import type { Queryable } from './database.ts';
import { includedMember } from './search-includes.ts';
import { countCandidates, selectCandidates } from './search-candidates.ts';
import { nothing, sql, toStatement } from './sql.ts';
import type { Fragment } from './sql.ts';
import { problem } from '../core/problem.ts';
import type { CursorPosition, SearchQuery } from '../search/query.ts';
import { createSharedSearch, mayShare } from './search-shared.ts';
import type { SearchPage, Store } from './store.ts';
import { isFound, toStoredVersion, versionColumns } from './version-row.ts';
import type { VersionRow } from './version-row.ts';

export interface PageRow extends LiveRow, VersionRow {
  readonly kind: 'match' | 'include' | null;
  readonly ord: number;
  readonly position: CursorPosition['values'] | null;
  readonly total: number | null;
}

interface SearchOptions {
  readonly rowLevelSecurity: boolean;
  readonly maxIncluded: number;
}

export function createSearch(
  database: Queryable,
  { rowLevelSecurity, maxIncluded }: SearchOptions,
): Pick<Store, 'search'> {
  const searchShared = createSharedSearch(database, rowLevelSecurity);
  return {
    search: async (permit, query) => {
      if (mayShare(query)) return toPage(await searchShared(permit, query), query, maxIncluded);
      const rows = await database.query<PageRow>(
        toStatement(pageStatement(readerOf(permit, rowLevelSecurity), query, maxIncluded)),
      );
      requireLive(rows);
      return toPage(rows, query, maxIncluded);
    },
  };
}

function toPage(rows: readonly PageRow[], query: SearchQuery, maxIncluded: number): SearchPage {
  const found = rows.filter(isFound);
  const matches = found.filter(({ kind }) => kind === 'match');
  const included = found.filter(({ kind }) => kind === 'include');
  if (included.length > maxIncluded) {
    throw problem('too-costly', {
      diagnostics: `More than ${maxIncluded} resources would be included. Ask for smaller pages.`,
    });
  }
  const isBackward = query.after?.isBackward === true;
  const isMore = matches.length > query.count;
  const page = isBackward ? matches.slice(0, query.count).toReversed() : matches.slice(0, query.count);
  const positionOf = (row: PageRow | undefined): CursorPosition | undefined =>
    row === undefined
      ? undefined
      : { values: row.position ?? [], id: (query.types?.length ?? 1) > 1 ? `${row.type}/${row.id}` : row.id };
  const first = positionOf(page[0]);
  const hasPrevious = isBackward ? isMore : query.after !== undefined;
  return {
    matches: page.map(toStoredVersion),
    included: included.map(toStoredVersion),
    next: isBackward || isMore ? positionOf(page.at(-1)) : undefined,
    previous: hasPrevious && first !== undefined ? { ...first, isBackward: true } : undefined,
    total: rows[0]?.total ?? undefined,
  };
}

function pageStatement(reader: CheckedReader, query: SearchQuery, maxIncluded: number): Fragment {
  const candidates = selectCandidates(query, { sort: query.sort, after: query.after, limit: query.count + 1 }, reader);
  const total =
    query.total === 'accurate'
      ? sql`case when live.ok then (${countCandidates(query, reader)}) end`
      : sql`null::bigint`;
  return sql`with recursive ${liveCheck(reader)},
    page as materialized (select p.* from (${candidates}) p where (select ok from live))${includedMember(reader, query, maxIncluded)}
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
