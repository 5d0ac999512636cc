// Searches that share a statement. Most of what a small search costs is the start of its large plan, so those of one caller and one
// text that come in while one statement runs make up the next, as reads do (read.ts). Each still gets its own page.
import type { Permit } from '../access/permit.ts';
import { createGroups } from '../core/group.ts';
import type { Filter, SearchQuery } from '../search/query.ts';
import type { Queryable } from './database.ts';
import { callerOf, liveCheck, readerSlots, requireLive, slotReader } from './reader.ts';
import type { CheckedReader } from './reader.ts';
import { selectCandidates } from './search-candidates.ts';
import { rank } from './search-driver.ts';
import type { PageRow } from './search.ts';
import { compile, join, name, slot, splitValues, sql, toColumns, toValueText } from './sql.ts';
import type { Fragment, Slots } from './sql.ts';
import { versionColumns } from './version-row.ts';

/** Only what is quick shares: nobody is to wait for another's long search. */
export function mayShare({ filters, includes, total, count }: SearchQuery): boolean {
  return includes.length === 0 && total !== 'accurate' && count <= mostShared && filters.some(isNarrow);
}

/** Such a filter leaves few rows to look at, however much is stored: an id, an identifier, a reference. */
const isNarrow = (filter: Filter): boolean => (rank(filter) ?? Infinity) <= 2;

/** So many rows a search may ask for, and so many searches run in one statement. */
const mostShared = 100;
const mostSearches = 20;

/** What searches that differ in values alone have in common. */
interface Common {
  readonly statement: ReturnType<typeof compile>;
  /** Those of two are never the same. */
  readonly number: number;
}

/** So many are kept; what comes after is put together anew each time. */
const mostKept = 1000;

interface Asked {
  readonly permit: Permit;
  readonly common: Common;
  /** Each as text. */
  readonly values: readonly (string | null)[];
}

type Answered = () => readonly PageRow[];

/** A function that gives the rows of the page, all of them with `ok`; none where nothing matches. @throws client-disabled */
export function createSharedSearch(
  database: Queryable,
  isProtected: boolean,
): (permit: Permit, query: SearchQuery) => Promise<readonly PageRow[]> {
  const reader = slotReader(isProtected);

  const runTogether = async (all: readonly Asked[]): Promise<readonly Answered[]> => {
    const [first] = all;
    if (first === undefined) return [];
    const slots = {
      ...readerSlots(first.permit),
      at: new Date(Math.max(...all.map(({ permit }) => permit.at.getTime()))),
      ...toValueSlots(all.map(({ values }) => values)),
    };
    const rows = await database.query<PageRow & { readonly n: number | null }>(first.common.statement(slots));
    requireLive(rows);
    return all.map((_, index) => () => rows.filter(({ n }) => n === index + 1));
  };

  /** What fails together is tried one by one, so that none fails for another's sake. */
  const run = async (all: readonly Asked[]): Promise<readonly Answered[]> => {
    try {
      return await runTogether(all);
    } catch (error) {
      if (all.length < 2) throw error;
      return Promise.all(all.map((one) => runAlone(one)));
    }
  };
  const runAlone = (one: Asked): Promise<Answered> =>
    runTogether([one]).then(
      ([answered]) => answered ?? (() => []),
      (error: unknown) => () => {
        throw error;
      },
    );

  const search = createGroups({
    run,
    sizeOf: () => 1,
    most: mostSearches,
    keyOf: ({ permit, common }: Asked) => `${common.number} ${callerOf(permit)}`,
  });

  const kept = new Map<string, Common>();
  let made = 0;
  const makeCommon = (fragment: Fragment, count: number): Common => {
    made += 1;
    const indexes = Array.from({ length: count }, (_, index) => `p${index}`);
    const arrays = indexes.map((column) => sql`${slot('text[]', column)}`);
    const statement = compile(sql`with recursive ${liveCheck(reader)}
      select live.ok, s.* from live left join lateral (
        select asked.n, o.* from unnest(${join(arrays, ', ')}) with ordinality asked (${join([...indexes, 'n'].map(name), ', ')})
        cross join lateral (${toColumns(fragment, 'asked')}) o
      ) s on live.ok order by s.n, s.ord`);
    return { statement, number: made };
  };

  return async (permit, query) => {
    const fragment = matchesOf(query, reader);
    const { common: text, values } = splitValues(fragment);
    const common = kept.get(text) ?? makeCommon(fragment, values.length);
    if (kept.size < mostKept) kept.set(text, common);
    const answered = await search({ permit, common, values: values.map(toValueText) });
    return answered();
  };
}

/** For each column what it holds in each row. */
function toValueSlots(rows: readonly (readonly (string | null)[])[]): Slots {
  return Object.fromEntries((rows[0] ?? []).map((_, column) => [`p${column}`, rows.map((row) => row[column])]));
}

const matchesOf = (
  query: SearchQuery,
  reader: CheckedReader,
): Fragment => sql`with page as materialized (select p.* from (${selectCandidates(
  query,
  { sort: query.sort, after: query.after, limit: query.count + 1 },
  reader,
)}) p where (select ok from live))
  select 'match' as kind, p.ord, p.position, null::bigint as total, ${versionColumns(reader, 'r')}
  from page p join resource r on r.key = p.key`;
