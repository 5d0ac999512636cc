// What comes with the matches of a page: what they refer to, what refers to them, and so on where it is asked to be iterated.
// Each once, visible, and not a match itself. https://hl7.org/fhir/R4/search.html#revinclude
import type { Include, SearchQuery } from '../search/query.ts';
import { toParameterKey } from './parameter-key.ts';
import type { Reader } from './reader.ts';
import { allOf, join, name, nothing, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import { isPlaceHidden, isReadersRegistration, ownRegistrationFirst, visibleTo } from './visibility.ts';

/**
 * The member `included(key)` of a WITH RECURSIVE that has `page(key, ord)`; nothing where nothing is asked for. Gives one row more
 * than `maxIncluded` at the most: then it is too much, and refused, never cut.
 */
export function includedMember(reader: Reader, query: SearchQuery, maxIncluded: number): Fragment {
  const { includes, count } = query;
  if (includes.length === 0) return nothing;
  const size = value('bigint', count);
  const matches = sql`select r.key, r.type, r.id, 0 as step from (select * from page where ord <= ${size} offset 0) p
    cross join lateral (select x.key, x.type, x.id from resource x where x.key = p.key offset 0) r`;
  const isIterated = includes.some((include) => include.isIterated === true);
  const reached = isIterated
    ? sql`reached_by_include (key, type, id, step) as (
      ${matches}
      union
      select n.key, n.type, n.id, 1 from reached_by_include f cross join lateral (${hops(reader, query)}) n)`
    : sql`reached_by_include as (
      select n.key, 1 as step from (${matches}) f cross join lateral (${hops(reader, query)}) n)`;
  return sql`,
    ${reached},
    included as materialized (
      select distinct f.key from reached_by_include f
      where f.step = 1 and not exists (select from page q where q.key = f.key and q.ord <= ${size})
      limit ${value('bigint', maxIncluded + 1)})`;
}

/** From the row `f(key, type, id, step)` one step on. Only what is to be iterated goes on from what was included. */
function hops(reader: Reader, query: SearchQuery): Fragment {
  const { includes } = query;
  const [forward, back] = [
    includes.filter((one) => one.isReverse !== true),
    includes.filter((one) => one.isReverse === true),
  ];
  const ways = [
    ...(forward.length === 0 ? [] : [forwardHops(reader, query, forward)]),
    ...(back.length === 0 ? [] : [backHops(reader, query, back)]),
  ];
  return join(ways, ' union all ');
}

const mayGoOn = sql`(f.step = 0 or i.iterated)`;

function isIncludable({ includeTypes }: SearchQuery, alias: string): Fragment {
  return includeTypes === undefined ? sql`true` : sql`${name(alias)}.type = any (${value('text[]', includeTypes)})`;
}

function forwardHops(reader: Reader, query: SearchQuery, includes: readonly Include[]): Fragment {
  const rules = ruleTable(query, includes);
  const known = value(
    'bigint[]',
    includes.flatMap(({ references = [] }) => references.map(({ type, param }) => toParameterKey(type, param))),
  );
  return sql`select n.key, n.type, n.id from (
      select distinct s.target_type, s.target_id from (
        select x.param, x.target_type, x.target_id from search_reference x where x.resource = f.key and x.target_type <> ''
          and (x.target_type <> 'Location' or not (select ${isPlaceHidden(reader, 'o')} from resource o where o.key = f.key)) offset 0) s
      join ${rules} on (i.param = s.param or (i.param is null and s.param = any (${known}))) and (i.source is null or i.source = f.type)
        and (i.target is null or i.target = s.target_type)
      where ${mayGoOn}) a
    cross join lateral (
      select r.key, r.type, r.id from resource r
      where r.type = a.target_type and r.id = a.target_id and not r.deleted and ${isIncludable(query, 'r')}
        and ${visibleTo('include', reader, 'r')}
      order by ${ownRegistrationFirst(reader, 'r')} limit 1) n`;
}

function backHops(reader: Reader, query: SearchQuery, includes: readonly Include[]): Fragment {
  const rules = ruleTable(query, includes);
  return sql`select r.key, r.type, r.id from (
      select distinct s.resource from ${rules}
      cross join lateral (
        select x.resource from search_reference x
        where x.param = i.param and x.target_id = f.id and x.target_type = f.type offset 0) s
      where ${mayGoOn} and (i.target is null or i.target = f.type)) a
    cross join lateral (select * from resource x where x.key = a.resource offset 0) r
    where ${allOf([
      sql`not r.deleted`,
      isIncludable(query, 'r'),
      sql`(f.type <> 'Location' or not ${isPlaceHidden(reader, 'r')})`,
      visibleTo('revinclude', reader, 'r'),
      isReadersRegistration(reader, 'r'),
    ])}`;
}

/** `i(param, source, target, iterated)` */
function ruleTable({ type }: SearchQuery, includes: readonly Include[]): Fragment {
  const params = includes.map(({ sourceType = type, param }) =>
    param === undefined ? null : toParameterKey(sourceType, param),
  );
  // A key says of which type it is; only a rule for every parameter needs to be told.
  const sources = includes.map(({ sourceType, param }) => (param === undefined ? (sourceType ?? null) : null));
  return sql`unnest(${value('bigint[]', params)}, ${value('text[]', sources)}, ${value(
    'text[]',
    includes.map(({ targetType }) => targetType ?? null),
  )}, ${value(
    'boolean[]',
    includes.map(({ isIterated }) => isIterated === true),
  )}) i (param, source, target, iterated)`;
}
