// One filter of a search as a condition on a row of `resource`. Each is a scalar subquery, so that every plan probes the index
// tables by resource, row by row, and the order of the driving index survives (docs/decisions/0014-search-index-layout.md).
// https://hl7.org/fhir/R4/search.html
import { plainPersonParameters } from '../access/protected-identity.ts';
import type { Filter, IndexKind, ReferenceValue, TokenValue } from '../search/query.ts';
import { reachesPastIndex, toIndexedCode, toIndexedString } from './indexed-value.ts';
import { toParameterKey } from './parameter-key.ts';
import type { Reader } from './reader.ts';
import {
  matchesComposite,
  matchesInstant,
  matchesNumber,
  matchesSpan,
  matchesText,
  upperBound,
} from './search-comparisons.ts';
import { hierarchyIds } from './search-hierarchy.ts';
import { allOf, anyOf, name, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import {
  isPlaceHidden,
  isReadersRegistration,
  showsEveryReference,
  showsPlace,
  showsReference,
  visibleTo,
} from './visibility.ts';

/** The condition that the row `alias`, of one of `types`, meets the filter. A person whose place is hidden is not found by it. */
export function toCondition(filter: Filter, types: readonly string[], reader: Reader, alias: string): Fragment {
  const condition = toPlainCondition(filter, types, reader, alias);
  return tellsOfPerson(filter, types) ? sql`(${condition} and not ${isPlaceHidden(reader, alias)})` : condition;
}

/** True where a match, or that there is none, says who or where a person is, or anything of free text. An exact identifier does not. */
function tellsOfPerson(filter: Filter, types: readonly string[]): boolean {
  if (filter.kind === 'text') return true;
  // Of a reference that may be to a place.
  if (filter.kind === 'token' && filter.param.endsWith(':identifier')) return true;
  if (filter.kind === 'not') return isOfPersons(types) || tellsOfPerson(filter.filter, types);
  if (!('param' in filter) || filter.kind === 'has' || !isOfPersons(types)) return false;
  const isExact = filter.kind !== 'token' || filter.values.every(({ code }) => code !== undefined);
  return filter.kind === 'missing' || !isExact || !plainPersonParameters.has(filter.param);
}

const isOfPersons = (types: readonly string[]): boolean =>
  types.some((type) => type === 'Patient' || type === 'RelatedPerson');

/** True of a sort key by whose order persons would be told of. */
export function isSortedByPerson(param: string, type: string): boolean {
  return isOfPersons([type]) && !plainPersonParameters.has(param);
}

/** True where a match may hang on a person or a place that is hidden: what was met in an index is then asked again. */
export function mayTell(filter: Filter, types: readonly string[]): boolean {
  if (filter.kind === 'any') return filter.filters.some((one) => mayTell(one, types));
  const follows = ['reference', 'hierarchy', 'chain', 'has', 'identified'].includes(filter.kind);
  return follows || tellsOfPerson(filter, types);
}

function toPlainCondition(filter: Filter, types: readonly string[], reader: Reader, alias: string): Fragment {
  const row = name(alias);
  switch (filter.kind) {
    case 'id':
      return sql`${row}.id = any (${value('text[]', filter.values)})`;
    case 'last-updated':
      return anyOf(filter.values.map((given) => matchesInstant(given, sql`${row}.last_updated`, reader)));
    case 'token':
      return probe('search_token', { param: filter.param, types, alias }, matchesToken(filter.values));
    case 'reference':
      return probe(
        'search_reference',
        { param: filter.param, types: filter.types ?? types, alias },
        allOf([anyOf(filter.values.map(matchesReference)), showsReference(reader, alias, 'x')]),
      );
    case 'date':
      return probe(
        'search_date',
        { param: filter.param, types, alias },
        anyOf(filter.values.map((given) => matchesSpan(given, reader))),
      );
    case 'string':
      return probe('search_string', { param: filter.param, types, alias }, matchesString(filter));
    case 'number':
      return probe(
        'search_value',
        { param: filter.param, types, alias },
        anyOf(filter.values.map((given) => matchesNumber(given, 'x'))),
      );
    case 'composite':
      return probe(
        'search_value',
        { param: filter.param, types, alias },
        anyOf(filter.values.map((given) => matchesComposite(given, reader))),
      );
    case 'hierarchy':
      return probe(
        'search_reference',
        { param: filter.param, types, alias },
        sql`x.target_type = ${value('text', filter.targetType)} and x.target_id = any (array(${hierarchyIds(filter, reader)}))
          and ${showsReference(reader, alias, 'x')}`,
      );
    case 'uri-below':
      return probe('search_reference', { param: filter.param, types, alias }, anyOf(filter.values.map(matchesBelow)));
    case 'identified':
      return sql`(${probe('search_token', { param: filter.param, types, alias }, matchesToken(filter.values))}
        and ${showsEveryReference(reader, alias)})`;
    case 'text':
      return sql`coalesce((select true from search_text x where x.resource = ${row}.key and ${matchesText(filter, 'x')} limit 1), false)`;
    case 'missing':
      return isMissing(filter, { types, reader, alias });
    case 'not':
      return sql`not ${toCondition(filter.filter, types, reader, alias)}`;
    case 'any':
      return anyOf(filter.filters.map((one) => toCondition(one, types, reader, alias)));
    case 'has':
      return sql`coalesce((select true from search_reference y
        where y.param = ${value('bigint', toParameterKey(filter.sourceType, filter.param))}
          and y.target_id = ${row}.id and y.target_type = ${row}.type
          and (select true from resource s where s.key = y.resource and ${chainSource(filter, reader, 's')} limit 1) limit 1), false)`;
    case 'chain':
      return probe(
        'search_reference',
        { param: filter.param, types, alias },
        sql`(select true from resource c
        where c.type = x.target_type and c.id = x.target_id and ${chainTarget(filter, reader, 'c')}
          and ${showsPlace(reader, alias, 'x')} limit 1)`,
      );
  }
}

/** What a chain's target must be: of a type asked for, there, visible, the reader's registration, and a match itself. */
export function chainTarget(filter: Filter & { readonly kind: 'chain' }, reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return allOf([
    sql`${row}.type = any (${value('text[]', filter.targetTypes)}) and not ${row}.deleted`,
    visibleTo('chain-target', reader, alias),
    isReadersRegistration(reader, alias),
    toCondition(filter.filter, filter.targetTypes, reader, alias),
  ]);
}

/** What a reverse chain's source must be: there, visible, the reader's registration, and a match itself. `y` is its reference. */
export function chainSource(filter: Filter & { readonly kind: 'has' }, reader: Reader, alias: string): Fragment {
  return allOf([
    sql`not ${name(alias)}.deleted`,
    visibleTo('chain-source', reader, alias),
    showsPlace(reader, alias, 'y'),
    isReadersRegistration(reader, alias),
    toCondition(filter.filter, [filter.sourceType], reader, alias),
  ]);
}

/** A parameter, the types it is a parameter of, and the row that is looked at. */
interface Probed {
  readonly param: string;
  readonly types: readonly string[];
  readonly alias: string;
}

/** True where the row has an index row `x` of the parameter that meets the condition. */
function probe(table: string, { param, types, alias }: Probed, condition: Fragment): Fragment {
  const keys = types.map((type) => toParameterKey(type, param));
  const isParam = keys.length === 1 ? sql`= ${value('bigint', keys[0])}` : sql`= any (${value('bigint[]', keys)})`;
  return sql`coalesce((select true from ${name(table)} x
    where x.resource = ${name(alias)}.key and x.param ${isParam} and ${condition} limit 1), false)`;
}

function matchesToken(values: readonly TokenValue[]): Fragment {
  const codes: string[] = [];
  const systems: string[] = [];
  const both: (readonly [code: string, system: string])[] = [];
  for (const { system, code } of values) {
    if (code === undefined) systems.push(system ?? '');
    else if (system === undefined) codes.push(toIndexedCode(code));
    else both.push([toIndexedCode(code), toIndexedCode(system)]);
  }
  const ways = [];
  if (codes.length > 0) ways.push(sql`x.code = any (${value('text[]', codes)})`);
  if (systems.length > 0) ways.push(sql`x.system = any (${value('text[]', systems.map(toIndexedCode))})`);
  if (both.length > 0) ways.push(isPair(sql`x.code`, sql`x.system`, both));
  return anyOf(ways);
}

/** True where both are those of one pair: written out for few, by way of a table for many. */
function isPair(
  code: Fragment,
  system: Fragment,
  pairs: readonly (readonly [code: string, system: string])[],
): Fragment {
  if (pairs.length <= 4)
    return anyOf(pairs.map(([a, b]) => sql`(${code} = ${value('text', a)} and ${system} = ${value('text', b)})`));
  const [codes, systems] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
  return sql`(${code} = any (${value('text[]', codes)}) and (${code}, ${system}) in (
    select u.code, u.system from unnest(${value('text[]', codes)}, ${value('text[]', systems)}) u (code, system)))`;
}

/** An address that is one of these or goes on from it by a step, a query or a fragment. */
function matchesBelow(uri: string): Fragment {
  const from = value('text', uri);
  return sql`(x.target_id = ${from} or (x.target_id > ${from} and x.target_id < ${value('text', `${uri}\u{10FFFF}`)}
    and substr(x.target_id, ${value('integer', Array.from(uri).length + 1)}, 1) = any (array['/', '?', '#', '|'])))`;
}

const indexTables: Readonly<Record<IndexKind, string>> = {
  token: 'search_token',
  reference: 'search_reference',
  date: 'search_date',
  string: 'search_string',
  value: 'search_value',
};

/** A reference that is taken out of what the reader gets is missing. Values that give no index row have left a mark. */
function isMissing(
  { param, index, isMissing: isAsked }: Filter & { readonly kind: 'missing' },
  { types, reader, alias }: { readonly types: readonly string[]; readonly reader: Reader; readonly alias: string },
): Fragment {
  const isShown = index === 'reference' ? showsReference(reader, alias, 'x') : sql`true`;
  const isThere = sql`(${probe(indexTables[index], { param, types, alias }, isShown)}
    or ${probe('search_token', { param: `${param}:present`, types, alias }, index === 'reference' ? sql`not ${isPlaceHidden(reader, alias)}` : sql`true`)})`;
  return isAsked ? sql`not ${isThere}` : isThere;
}

function matchesReference({ type, id }: ReferenceValue): Fragment {
  const isTarget = sql`x.target_id = ${value('text', toIndexedCode(id))}`;
  return type === undefined ? isTarget : sql`(${isTarget} and x.target_type = ${value('text', type)})`;
}

const wholeString = sql`coalesce(x.whole, x.normalized)`;

function matchesString({ match, values }: Filter & { readonly kind: 'string' }): Fragment {
  switch (match) {
    case 'starts':
      return anyOf(
        values.map((text) =>
          allOf([
            sql`x.normalized >= ${value('text', toIndexedString(text))} and x.normalized < ${value('text', upperBound(text))}`,
            ...(reachesPastIndex(text) ? [sql`starts_with(${wholeString}, ${value('text', text)})`] : []),
          ]),
        ),
      );
    case 'exact':
      return sql`x.exact = any (${value('text[]', values)})`;
    case 'contains':
      return anyOf(values.map((text) => sql`position(${value('text', text)} in ${wholeString}) > 0`));
  }
}
