// The keys of a search's visible matches, in order, each once, up to a limit: the heart of search, match and totals.
// Newest (or oldest) first walks an index that ends in the sort key and stops when the page is full; any other order
// gathers all matches first.
import type { CursorPosition, Filter, SearchQuery, SortKey } from '../search/query.ts';
import { reachesPastIndex, toIndexedString, toTimestamp } from './indexed-value.ts';
import { toParameterKey } from './parameter-key.ts';
import { reachTables } from './reach.ts';
import type { Reader } from './reader.ts';
import { chooseDriver, driveBy, walkResources } from './search-driver.ts';
import type { Driver } from './search-driver.ts';
import { isSortedByPerson, mayTell, toCondition } from './search-filters.ts';
import { afterWalks } from './search-hierarchy.ts';
import { allOf, anyOf, join, name, nothing, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import { hideableReferences, isOfReader, isPlaceHidden, isReadersRegistration, visibleTo } from './visibility.ts';

type Criteria = Pick<SearchQuery, 'type' | 'types' | 'filters' | 'isOwn'>;

const typesOf = ({ type, types }: Criteria): readonly string[] => types ?? [type];

const isAnyType = (criteria: Criteria): Fragment => sql`= any (${value('text[]', typesOf(criteria))})`;

/** How far to go: `limit` undefined gives all, for totals. */
export interface Bounds {
  readonly sort: readonly SortKey[];
  readonly after: CursorPosition | undefined;
  readonly limit: number | undefined;
}

/** A SELECT with the columns `key`, `position` (jsonb array of the sort values) and `ord` (1, 2, …). */
export function selectCandidates(criteria: Criteria, bounds: Bounds, reader: Reader): Fragment {
  const [first, second] = bounds.sort;
  const select =
    first?.kind === 'last-updated' && second === undefined
      ? selectByAge(criteria, bounds, first, reader)
      : selectSorted(criteria, bounds, reader);
  return afterWalks(criteria.filters, reader, select);
}

/** A SELECT of the number of visible matches. */
export function countCandidates(criteria: Criteria, reader: Reader): Fragment {
  const { tables, rows } = selectAll(criteria, reader, []);
  return afterWalks(criteria.filters, reader, sql`${tables} select count(*) from (${rows}) q`);
}

function selectByAge(criteria: Criteria, { after, limit }: Bounds, sort: SortKey, reader: Reader): Fragment {
  const { driver, filter } = driverOf(criteria, reader);
  const isDescending = sort.descending !== (after?.isBackward === true);
  const direction = isDescending ? sql`desc` : sql`asc`;
  const most = limit === undefined ? nothing : sql`limit ${value('bigint', limit)}`;
  const start = after === undefined ? () => sql`true` : isBeyond(criteria, isDescending, after);
  const walked = sql`select distinct on (${driver.lastUpdated}, ${driver.key}) ${driver.key} as key, ${driver.lastUpdated} as last_updated
    from ${driver.from} ${matchingResource(driver.key)}
    where ${driver.condition} and ${start(driver.lastUpdated, driver.key)} and ${isMatch(criteria, reader, filter)}
    order by ${driver.lastUpdated} ${direction}, ${driver.key} ${direction} ${most}`;
  const lookedUp = sql`select r.key, r.last_updated from ${rowsOfReachedPersons(criteria)}
    where ${start(sql`r.last_updated`, sql`r.key`)} and ${isMatch(criteria, reader, undefined)}`;
  return sql`${withReach(driver, reader)}
    select c.key, jsonb_build_array(round(extract(epoch from c.last_updated) * 1000)) as position,
      row_number() over (order by c.last_updated ${direction}, c.key ${direction}) as ord
    from (
      select distinct m.key, m.last_updated from (
        select m.key, m.last_updated from (select * from ${driver.values} offset 0) v cross join lateral (${walked}) m
        ${driver.isByOwner ? sql`union all ${lookedUp}` : nothing}
      ) m
    ) c order by c.last_updated ${direction}, c.key ${direction} ${most}`;
}

/** What a visibility decision needs of a row, fetched by its key, one at a time. */
function matchingResource(key: Fragment): Fragment {
  return sql`cross join lateral (select ${decidingColumns} from resource x where x.key = ${key} offset 0) r`;
}

/** Every row `r` of the type about the persons who are looked up one by one. */
function rowsOfReachedPersons(criteria: Criteria): Fragment {
  return sql`reached_person n cross join lateral (
    select ${decidingColumns} from resource x where x.person = n.person and x.type ${isAnyType(criteria)} offset 0) r`;
}

const decidingColumns = sql`x.key, x.type, x.id, x.registrant, x.version_id, x.last_updated, x.deleted, x.directory, x.custodian,
  x.person, x.author, x.refs, x.foreign_refs`;

const withReach = ({ isByOwner }: Driver, reader: Reader): Fragment =>
  isByOwner ? sql`with recursive ${reachTables(reader)}` : nothing;

interface Chosen {
  readonly driver: Driver;
  /** The filter that its rows have met; undefined: none. */
  readonly filter: Filter | undefined;
}

function driverOf(criteria: Criteria, reader: Reader): Chosen {
  const filter = chooseDriver(criteria.filters);
  return {
    filter,
    driver: filter === undefined ? walkResources(typesOf(criteria)) : driveBy(filter, typesOf(criteria), reader),
  };
}

/** All conditions on `r` but the filter that it has met; where it met it by a reference, that one must show. */
function isMatch(criteria: Criteria, reader: Reader, met: Filter | undefined): Fragment {
  const types = typesOf(criteria);
  return allOf([
    sql`r.type ${isAnyType(criteria)} and not r.deleted`,
    ...criteria.filters
      .filter((filter) => filter !== met || isCoarse(filter))
      .map((filter) => toCondition(filter, types, reader, 'r')),
    ...(met !== undefined && isHideable(met)
      ? [sql`(cardinality(${hideableReferences(reader, 'r')}) = 0 or ${toCondition(met, types, reader, 'r')})`]
      : []),
    ...(met !== undefined && mayTell(met, types)
      ? [sql`(not ${isPlaceHidden(reader, 'r')} or ${toCondition(met, types, reader, 'r')})`]
      : []),
    ...(criteria.isOwn === true ? [isOfReader(reader, 'r')] : []),
    visibleTo('search-match', reader, 'r'),
    isReadersRegistration(reader, 'r'),
  ]);
}

/** Met by a row of an index that may be of a reference which is taken out for this reader. */
const isHideable = ({ kind }: Filter): boolean => kind === 'reference' || kind === 'hierarchy' || kind === 'any';

/** The index that is walked holds more than the filter asks for, so the filter is asked again. */
const isCoarse = (filter: Filter): boolean =>
  filter.kind === 'composite' ||
  filter.kind === 'uri-below' ||
  (filter.kind === 'string' && filter.values.some(reachesPastIndex));

/** Rows after the last page's end. The id stands for the key there, because keys tell how much the hub holds. */
function isBeyond(
  criteria: Criteria,
  isDescending: boolean,
  { values, id: place }: CursorPosition,
): (lastUpdated: Fragment, key: Fragment) => Fragment {
  const at = value('timestamptz', toTimestamp(Number(values[0] ?? 0)));
  const comparison = isDescending ? sql`<` : sql`>`;
  const [type, id] = place.includes('/') ? place.split('/') : [criteria.type, place];
  const last = sql`(select p.key from resource p where p.type = ${value('text', type)} and p.id = ${value('text', id)}
    order by p.last_updated = ${at} desc, p.key desc limit 1)`;
  return (lastUpdated, key) => sql`(${lastUpdated}, ${key}) ${comparison} (${at}, ${last})`;
}

/** All matches: members of a WITH (or nothing) and the SELECT of `key`, `id` and the columns asked for. */
function selectAll(
  criteria: Criteria,
  reader: Reader,
  columns: readonly Fragment[],
): { readonly tables: Fragment; readonly rows: Fragment } {
  const { driver, filter } = driverOf(criteria, reader);
  const selected = join(
    [sql`r.key`, typesOf(criteria).length > 1 ? sql`r.type || '/' || r.id as id` : sql`r.id`, ...columns],
    ', ',
  );
  const walked = sql`select ${selected} from (select * from ${driver.values} offset 0) v
    cross join lateral (select distinct ${driver.key} as key from ${driver.from} where ${driver.condition}) t ${matchingResource(sql`t.key`)}
    where ${isMatch(criteria, reader, filter)}`;
  const lookedUp = sql`select ${selected} from ${rowsOfReachedPersons(criteria)} where ${isMatch(criteria, reader, undefined)}`;
  // UNION also takes out what was met twice.
  return {
    tables: withReach(driver, reader),
    rows: driver.isByOwner ? sql`${walked} union ${lookedUp}` : sql`select distinct * from (${walked}) d`,
  };
}

function selectSorted(criteria: Criteria, { sort, after, limit }: Bounds, reader: Reader): Fragment {
  const keys = sort.map((key, index) => ({ key, column: name(`c.s${index}`) }));
  const columns = keys.map(({ key }, index) => sql`${sortValue(key, criteria.type, reader)} as ${name(`s${index}`)}`);
  const isBackward = after?.isBackward === true;
  const order = join(
    [
      ...keys.map(
        ({ key, column }) =>
          sql`${column} ${key.descending === isBackward ? sql`asc` : sql`desc`} nulls ${isBackward ? sql`first` : sql`last`}`,
      ),
      isBackward ? sql`c.id desc` : sql`c.id`,
    ],
    ', ',
  );
  const { tables, rows } = selectAll(criteria, reader, columns);
  return sql`${tables} select c.key, jsonb_build_array(${join(
    keys.map(({ column }) => column),
    ', ',
  )}) as position,
      row_number() over (order by ${order}) as ord
    from (${rows}) c
    where ${after === undefined ? sql`true` : isSortedBeyond(keys, after)}
    order by ${order} ${limit === undefined ? nothing : sql`limit ${value('bigint', limit)}`}`;
}

interface SortColumn {
  readonly key: SortKey;
  readonly column: Fragment;
}

/** A person whose place is hidden comes where those without a value do. */
function sortValue(key: SortKey, type: string, reader: Reader): Fragment {
  const sorted = plainSortValue(key, type);
  return isSortedByPerson(key.param, type)
    ? sql`case when not ${isPlaceHidden(reader, 'r')} then ${sorted} end`
    : sorted;
}

/** A resource with several values sorts by its first one in the direction asked for. */
function plainSortValue({ kind, param, descending }: SortKey, type: string): Fragment {
  const key = value('bigint', toParameterKey(type, param));
  switch (kind) {
    case 'last-updated':
      return sql`round(extract(epoch from r.last_updated) * 1000)::bigint`;
    case 'id':
      return sql`r.id`;
    case 'date':
      return descending
        ? sql`(select max(x.high_ms) from search_date x where x.resource = r.key and x.param = ${key})`
        : sql`(select min(x.low_ms) from search_date x where x.resource = r.key and x.param = ${key})`;
    case 'string':
      return descending
        ? sql`(select max(x.normalized) from search_string x where x.resource = r.key and x.param = ${key})`
        : sql`(select min(x.normalized) from search_string x where x.resource = r.key and x.param = ${key})`;
    case 'number':
      return descending
        ? sql`(select max(x.high) from search_value x where x.resource = r.key and x.param = ${key})`
        : sql`(select min(x.low) from search_value x where x.resource = r.key and x.param = ${key})`;
    case 'uri':
      return descending
        ? sql`(select max(x.target_id) from search_reference x where x.resource = r.key and x.param = ${key})`
        : sql`(select min(x.target_id) from search_reference x where x.resource = r.key and x.param = ${key})`;
    case 'token':
      return descending
        ? sql`(select max(x.code) from search_token x where x.resource = r.key and x.param = ${key})`
        : sql`(select min(x.code) from search_token x where x.resource = r.key and x.param = ${key})`;
  }
}

/** Nulls come last in either direction; rows equal in all sort values follow by id. */
function isSortedBeyond(
  keys: readonly SortColumn[],
  { values, id, isBackward = false }: Omit<CursorPosition, 'isBackward'> & { readonly isBackward?: boolean },
): Fragment {
  const ways: Fragment[] = [];
  const equals: Fragment[] = [];
  keys.forEach(({ key, column }, index) => {
    const given = values[index] ?? null;
    const isNumber = key.kind === 'last-updated' || key.kind === 'date';
    const at = isNumber
      ? value('bigint', given === null ? null : Math.trunc(Number(given)))
      : key.kind === 'number'
        ? value('double precision', given === null ? null : Number(given))
        : value('text', given === null ? null : toIndexedString(String(given)));
    if (given !== null) {
      const comparison = key.descending === isBackward ? sql`>` : sql`<`;
      const isEmpty = isBackward ? sql`false` : sql`${column} is null`;
      ways.push(allOf([...equals, sql`(${column} ${comparison} ${at} or ${isEmpty})`]));
    } else if (isBackward) ways.push(allOf([...equals, sql`${column} is not null`]));
    equals.push(given === null ? sql`${column} is null` : sql`${column} = ${at}`);
  });
  ways.push(allOf([...equals, sql`c.id ${isBackward ? sql`<` : sql`>`} ${value('text', id)}`]));
  return anyOf(ways.map((way) => sql`(${way})`));
}
