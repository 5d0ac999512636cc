// One filter of a search as a condition on a row of `resource`. Each is a scalar subquery, so that every plan probes the index
// tables by resource, row by row, and the order of the driving index survives (docs/decisions/0014-search-index-layout.md).
// https://hl7.org/fhir/R4/search.html
import type { DateValue, Filter, ReferenceValue, TokenValue } from '../search/query.ts';
import { toIndexedCode, toIndexedString, toTimestamp } from './indexed-value.ts';
import { toParameterKey } from './parameter-key.ts';
import type { Reader } from './reader.ts';
import { allOf, anyOf, name, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import { isReadersRegistration, showsReference, visibleTo } from './visibility.ts';

/** The condition that the row `alias`, of one of `types`, meets the filter. */
export function toCondition(filter: Filter, types: readonly string[], reader: Reader, alias: string): Fragment {
  const row = name(alias);
  switch (filter.kind) {
    case 'id':
      return sql`${row}.id = any (${value('text[]', filter.values)})`;
    case 'last-updated':
      return anyOf(filter.values.map((given) => matchesInstant(given, sql`${row}.last_updated`)));
    case 'token':
      return probe('search_token', { param: filter.param, types, alias }, matchesToken(filter.values));
    case 'reference':
      return probe(
        'search_reference',
        { param: filter.param, types, alias },
        allOf([anyOf(filter.values.map(matchesReference)), showsReference(reader, alias, 'x')]),
      );
    case 'date':
      return probe('search_date', { param: filter.param, types, alias }, anyOf(filter.values.map(matchesSpan)));
    case 'string':
      return probe('search_string', { param: filter.param, types, alias }, matchesString(filter));
    case 'chain':
      return probe(
        'search_reference',
        { param: filter.param, types, alias },
        sql`(select true from resource c
        where c.type = x.target_type and c.id = x.target_id and ${chainTarget(filter, reader, 'c')} limit 1)`,
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
  const both: string[] = [];
  for (const { system, code } of values) {
    if (code === undefined) systems.push(system ?? '');
    else if (system === undefined) codes.push(toIndexedCode(code));
    else both.push(`${toIndexedCode(code)}|${toIndexedCode(system)}`);
  }
  const ways = [];
  if (codes.length > 0) ways.push(sql`x.code = any (${value('text[]', codes)})`);
  if (systems.length > 0) ways.push(sql`x.system = any (${value('text[]', systems.map(toIndexedCode))})`);
  if (both.length > 0) ways.push(sql`x.code || '|' || x.system = any (${value('text[]', both)})`);
  return anyOf(ways);
}

function matchesReference({ type, id }: ReferenceValue): Fragment {
  const isTarget = sql`x.target_id = ${value('text', toIndexedCode(id))}`;
  return type === undefined ? isTarget : sql`(${isTarget} and x.target_type = ${value('text', type)})`;
}

function matchesString({ match, values }: Filter & { readonly kind: 'string' }): Fragment {
  switch (match) {
    case 'starts':
      return anyOf(
        values.map(
          (text) => sql`(x.normalized >= ${value('text', toIndexedString(text))}
        and x.normalized < ${value('text', upperBound(text))})`,
        ),
      );
    case 'exact':
      return sql`x.exact = any (${value('text[]', values)})`;
    case 'contains':
      return anyOf(values.map((text) => sql`position(${value('text', toIndexedString(text))} in x.normalized) > 0`));
  }
}

/** The first text after all that begin with this one, in the order of code points. */
export const upperBound = (text: string): string => `${toIndexedString(text)}\u{10FFFF}`;

/** The row's span [x.low_ms, x.high_ms) against the value's. https://hl7.org/fhir/R4/search.html#prefix */
function matchesSpan(given: DateValue): Fragment {
  const low = value('bigint', given.lowMs);
  const high = value('bigint', given.highMs);
  return compareSpans(given, { low: sql`x.low_ms`, high: sql`x.high_ms` }, { low: sql`${low}`, high: sql`${high}` });
}

/** An instant counts as the millisecond it falls in. */
function matchesInstant(given: DateValue, at: Fragment): Fragment {
  const low = value('timestamptz', toTimestamp(given.lowMs));
  const high = value('timestamptz', toTimestamp(given.highMs));
  return compareSpans(
    given,
    { low: at, high: sql`${at} + interval '1 millisecond'` },
    { low: sql`${low}`, high: sql`${high}` },
  );
}

interface Span {
  readonly low: Fragment;
  readonly high: Fragment;
}

function compareSpans({ prefix }: DateValue, row: Span, given: Span): Fragment {
  const isWithin = sql`(${row.low} >= ${given.low} and ${row.high} <= ${given.high})`;
  switch (prefix) {
    case 'eq':
      return isWithin;
    case 'ne':
      return sql`not ${isWithin}`;
    case 'gt':
      return sql`${row.high} > ${given.high}`;
    case 'lt':
      return sql`${row.low} < ${given.low}`;
    case 'ge':
      return sql`(${row.high} > ${given.high} or ${isWithin})`;
    case 'le':
      return sql`(${row.low} < ${given.low} or ${isWithin})`;
    case 'sa':
      return sql`${row.low} >= ${given.high}`;
    case 'eb':
      return sql`${row.high} <= ${given.low}`;
    case 'ap':
      return sql`(${row.low} < ${given.high} and ${row.high} > ${given.low})`;
  }
}
