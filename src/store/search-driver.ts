// Which index a search walks: the filter that narrows most by its kind, as rows to start from. The other filters are probed.
// The choice is ours and not the planner's, because a filter that is wrong by a factor of a thousand must not cost a scan.
import type { Filter } from '../search/query.ts';
import { toIndexedCode, toIndexedString } from './indexed-value.ts';
import { toParameterKey } from './parameter-key.ts';
import type { Reader } from './reader.ts';
import { hierarchyIds } from './search-hierarchy.ts';
import { allOf, anyOf, join, name, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import { matchesNumber, matchesText, upperBound } from './search-comparisons.ts';
import { chainSource, chainTarget } from './search-filters.ts';

/** Rows `t(key, last_updated)` for each row of `values` (a FROM item called `v`): `from` and `condition` may speak of `v`. */
export interface Driver {
  readonly values: Fragment;
  readonly from: Fragment;
  readonly condition: Fragment;
  /** The expressions of key and sort key in `from`; one index gives them in this order. */
  readonly key: Fragment;
  readonly lastUpdated: Fragment;
  /** It walks the rows of `reached_owner` only: those of `reached_person` are to be looked up besides (reach.ts). */
  readonly isByOwner: boolean;
}

const identifierLike = new Set(['identifier', 'url', 'code-value']);

/** A set of more codes than this (`:in`, `:below`) is asked row by row: each would be a walk of its own through every owner. */
const mostWalked = 100;

/** Lower narrows more; undefined: cannot drive. */
export function rank(filter: Filter): number | undefined {
  switch (filter.kind) {
    case 'id':
      return 0;
    case 'token':
      if (filter.values.length > mostWalked || filter.values.some(({ code }) => code === undefined)) return undefined;
      return identifierLike.has(filter.param) ? 1 : 6;
    case 'reference':
    case 'hierarchy':
      return 2;
    case 'chain': {
      const inner = rank(filter.filter);
      return inner !== undefined && inner < 4 ? 3 : undefined;
    }
    case 'string':
      return filter.match === 'starts' ? 4 : undefined;
    case 'date':
      return filter.values.every(({ prefix }) => prefix === 'eq') ? 5 : undefined;
    case 'has': {
      const inner = rank(filter.filter);
      return inner !== undefined && inner < 4 ? 3 : undefined;
    }
    case 'number':
      return filter.values.every(({ prefix }) => prefix === 'eq') ? 5 : undefined;
    case 'composite':
      return filter.values.every(({ key }) => key.code !== undefined) ? 6 : undefined;
    case 'uri-below':
    case 'text':
      return 4;
    case 'any':
      // Such as all ways in which a resource can belong to a compartment.
      return filter.filters.length > 0 && filter.filters.every(({ kind }) => kind === 'reference') ? 2 : undefined;
    case 'last-updated':
    case 'identified':
    case 'missing':
    case 'not':
      return undefined;
  }
}

/** The filter to start from; undefined: none narrows, walk the resources of the type. */
export function chooseDriver(filters: readonly Filter[]): Filter | undefined {
  let best: Filter | undefined;
  let bestRank = Infinity;
  for (const filter of filters) {
    const found = rank(filter) ?? Infinity;
    if (found < bestRank) [best, bestRank] = [filter, found];
  }
  return best;
}

/** The resources of the types themselves, owner by owner. */
export function walkResources(types: readonly string[]): Driver {
  return {
    values: sql`(select u.type, w.owner from unnest(${value('text[]', types)}) u (type) cross join reached_owner w) v`,
    from: sql`resource t`,
    condition: sql`t.type = v.type and t.owner = v.owner and not t.deleted`,
    key: sql`t.key`,
    lastUpdated: sql`t.last_updated`,
    isByOwner: true,
  };
}

/** The rows that meet the filter, from its own index. Only for a filter that `chooseDriver` gave. */
export function driveBy(filter: Filter, types: readonly string[], reader: Reader): Driver {
  switch (filter.kind) {
    case 'id':
      return {
        values: sql`(select distinct i.id from unnest(${value('text[]', filter.values)}) i (id)) v`,
        // OFFSET 0 keeps this a look-up by address, whatever order is asked for.
        from: sql`(select r.key, r.last_updated from resource r
          where r.type = any (${value('text[]', types)}) and r.id = v.id offset 0) t`,
        condition: sql`true`,
        key: sql`t.key`,
        lastUpdated: sql`t.last_updated`,
        isByOwner: false,
      };
    case 'token':
      return driveByToken(filter, types);
    case 'reference':
      return indexed('search_reference', { values: referenceValues(filter, types), condition: isReferenceOfValue });
    case 'hierarchy':
      return indexed('search_reference', {
        values: sql`(select p.param, h.id as a from (${hierarchyIds(filter, reader)}) h
          cross join unnest(${value(
            'bigint[]',
            types.map((type) => toParameterKey(type, filter.param)),
          )}) p (param)) v`,
        condition: sql`t.target_id = v.a and t.target_type = ${value('text', filter.targetType)}`,
      });
    case 'string':
      return indexed('search_string', {
        values: valuesOf(
          types,
          filter.param,
          filter.values.map((text) => [toIndexedString(text), upperBound(text)]),
        ),
        condition: sql`t.normalized >= v.a and t.normalized < v.b`,
      });
    case 'date':
      return indexed('search_date', {
        values: valuesOf(
          types,
          filter.param,
          filter.values.map(({ lowMs, highMs }) => [String(lowMs), String(highMs)]),
        ),
        condition: sql`t.low_ms >= v.a::bigint and t.low_ms < v.b::bigint and t.high_ms <= v.b::bigint`,
      });
    case 'chain':
      return driveByChain(filter, types, reader);
    case 'has':
      return driveByHas(filter, types, reader);
    case 'number':
      return indexed('search_value', {
        values: valuesOf(
          types,
          filter.param,
          filter.values.map(({ low, high }) => [String(low), String(high)]),
        ),
        condition: sql`t.key_code = '' and t.low >= v.a::double precision and t.low < v.b::double precision
          and ${anyOf(filter.values.map((given) => matchesNumber(given, 't')))}`,
      });
    case 'composite':
      return indexed('search_value', {
        values: valuesOf(
          types,
          filter.param,
          filter.values.map(({ key }) => [toIndexedCode(key.code ?? ''), null]),
        ),
        condition: sql`t.key_code = v.a`,
      });
    case 'uri-below':
      return indexed('search_reference', {
        values: valuesOf(
          types,
          filter.param,
          filter.values.map((text) => [text, `${text}\u{10FFFF}`]),
        ),
        condition: sql`t.target_id >= v.a and t.target_id < v.b`,
      });
    case 'text':
      return {
        values: sql`(select 1) v`,
        from: sql`search_text t`,
        condition: matchesText(filter, 't'),
        key: sql`t.resource`,
        lastUpdated: sql`t.last_updated`,
        isByOwner: false,
      };
    case 'any':
      return indexed('search_reference', {
        values: sql`(${join(
          filter.filters.flatMap((one) =>
            one.kind === 'reference' ? [sql`select * from ${referenceValues(one, types)}`] : [],
          ),
          ' union ',
        )}) v`,
        condition: isReferenceOfValue,
      });
    case 'last-updated':
    case 'identified':
    case 'missing':
    case 'not':
      throw new Error(`${filter.kind} does not drive a search`);
  }
}

/** A code that many share is walked by owner, so that a party that sees little does not walk past what others keep. */
function driveByToken(filter: Filter & { readonly kind: 'token' }, types: readonly string[]): Driver {
  const values = valuesOf(
    types,
    filter.param,
    filter.values.map(({ code, system }) => [
      toIndexedCode(code ?? ''),
      system === undefined ? null : toIndexedCode(system),
    ]),
  );
  const condition = sql`t.code = v.a and (v.b is null or t.system = v.b)`;
  if (identifierLike.has(filter.param)) return indexed('search_token', { values, condition });
  return {
    ...indexed('search_token', {
      values: sql`(select v.param, v.a, v.b, w.owner from ${values} cross join reached_owner w) v`,
      condition: sql`${condition} and t.owner = v.owner`,
    }),
    isByOwner: true,
  };
}

function driveByChain(filter: Filter & { readonly kind: 'chain' }, types: readonly string[], reader: Reader): Driver {
  const inner = driveBy(filter.filter, filter.targetTypes, reader);
  const params = value(
    'bigint[]',
    types.map((type) => toParameterKey(type, filter.param)),
  );
  return indexed('search_reference', {
    values: sql`(
      select distinct p.param, c.type, c.id from (
        select i.key from (select * from ${inner.values} offset 0) v
        cross join lateral (select ${inner.key} as key from ${inner.from} where ${inner.condition}) i offset 0) d
      cross join lateral (select * from resource r where r.key = d.key offset 0) c
      cross join unnest(${params}) p (param)
      where ${chainTarget(filter, reader, 'c')}) v`,
    condition: sql`t.target_id = v.id and t.target_type = v.type`,
  });
}

const isReferenceOfValue = sql`t.target_id = v.a and (v.b is null or t.target_type = v.b)`;

const referenceValues = (filter: Filter & { readonly kind: 'reference' }, types: readonly string[]): Fragment =>
  valuesOf(
    filter.types ?? types,
    filter.param,
    filter.values.map(({ type, id }) => [toIndexedCode(id), type ?? null]),
  );

/** What the visible matches of the inner question refer to, looked up by address. */
function driveByHas(filter: Filter & { readonly kind: 'has' }, types: readonly string[], reader: Reader): Driver {
  const inner = driveBy(filter.filter, [filter.sourceType], reader);
  return {
    values: sql`(
      select distinct y.target_type as type, y.target_id as id from (
        select i.key from (select * from ${inner.values} offset 0) v
        cross join lateral (select ${inner.key} as key from ${inner.from} where ${inner.condition}) i offset 0) d
      cross join lateral (select * from resource r where r.key = d.key offset 0) s
      cross join lateral (
        select z.target_type, z.target_id from search_reference z
        where z.resource = d.key and z.param = ${value('bigint', toParameterKey(filter.sourceType, filter.param))} offset 0) y
      where s.type = ${value('text', filter.sourceType)} and y.target_type = any (${value('text[]', types)})
        and ${chainSource(filter, reader, 's')}) v`,
    from: sql`(select r.key, r.last_updated from resource r where r.type = v.type and r.id = v.id offset 0) t`,
    condition: sql`true`,
    key: sql`t.key`,
    lastUpdated: sql`t.last_updated`,
    isByOwner: false,
  };
}

function indexed(
  table: string,
  { values, condition }: { readonly values: Fragment; readonly condition: Fragment },
): Driver {
  return {
    values,
    from: sql`${name(table)} t`,
    condition: allOf([sql`t.param = v.param`, condition]),
    key: sql`t.resource`,
    lastUpdated: sql`t.last_updated`,
    isByOwner: false,
  };
}

/** `v(param, a, b)`: every value under the parameter of every type. */
function valuesOf(
  types: readonly string[],
  param: string,
  pairs: readonly (readonly [string, string | null])[],
): Fragment {
  const keys = value(
    'bigint[]',
    types.map((type) => toParameterKey(type, param)),
  );
  return sql`(select distinct p.param, i.a, i.b from unnest(${keys}) p (param)
    cross join unnest(${value(
      'text[]',
      pairs.map(([a]) => a),
    )}, ${value(
      'text[]',
      pairs.map(([, b]) => b),
    )}) i (a, b)) v`;
}
