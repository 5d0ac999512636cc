// What is above or below resources that are part of each other, step by step, as far as the reader sees.
// https://hl7.org/fhir/R4/search.html#modifiers
import type { Filter } from '../search/query.ts';
import { toIndexedCode } from './indexed-value.ts';
import { toParameterKey } from './parameter-key.ts';
import type { Reader } from './reader.ts';
import { allOf, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import { isReadersRegistration, showsReference, visibleTo } from './visibility.ts';

/** Most resources that a walk comes to, the first ones included. */
export const mostInHierarchy = 10_000;

/**
 * A query of one column, `id`: those asked for, and all that the walk comes to. It passes through nothing that is hidden, and along no
 * reference that is taken out of what the reader gets. OFFSET 0 keeps each step a look-up. UNION ends it where resources are part of each
 * other in a circle.
 * It is refused where it comes to more than `mostInHierarchy`, never cut: the row after the last has no number (postgres-problems.ts).
 */
export function hierarchyIds(filter: Hierarchy, reader: Reader): Fragment {
  const type = value('text', filter.targetType);
  const isStep = sql`step.param = ${value('bigint', toParameterKey(filter.targetType, filter.step))} and step.target_type = ${type}`;
  const isSeen = allOf([
    sql`not part.deleted`,
    visibleTo('hierarchy', reader, 'part'),
    isReadersRegistration(reader, 'part'),
    showsReference(reader, 'part', 'step'),
  ]);
  const next =
    filter.direction === 'below'
      ? sql`select part.id from line
        cross join lateral (select * from search_reference step where ${isStep} and step.target_id = line.id offset 0) step
        cross join lateral (select * from resource r where r.key = step.resource offset 0) part where ${isSeen}`
      : sql`select step.target_id from line
        cross join lateral (select * from resource r where r.type = ${type} and r.id = line.id offset 0) part
        cross join lateral (select * from search_reference step where step.resource = part.key and ${isStep} offset 0) step
        where ${isSeen}`;
  return sql`with recursive line (id) as (
    select i.id collate "C" from unnest(${value('text[]', filter.ids.map(toIndexedCode))}) i (id) union ${next})
    select w.id from (select line.id, row_number() over () as n from line limit ${value('bigint', mostInHierarchy + 1)}) w
    where (case when w.n > ${value('bigint', mostInHierarchy)} then ${value('text', tooManyInHierarchy)} else '1' end)::integer = 1`;
}

/** Stands in the message of the error that the walk ends with when it comes to too many. */
export const tooManyInHierarchy = 'too-many-in-hierarchy';

/**
 * The select, after every walk of the filters: whether one is refused must hang on what the reader sees of the hierarchy alone, never on
 * whether a row is met that the walk is asked about. A condition without columns of the select is tested before its first row.
 */
export function afterWalks(filters: readonly Filter[], reader: Reader, select: Fragment): Fragment {
  const walks = filters.flatMap(hierarchiesIn);
  if (walks.length === 0) return select;
  const ended = walks.map((walk) => sql`(select count(*) from (${hierarchyIds(walk, reader)}) walked) >= 0`);
  return sql`select after_walks.* from (${select}) after_walks where ${allOf(ended)}`;
}

type Hierarchy = Filter & { readonly kind: 'hierarchy' };

function hierarchiesIn(filter: Filter): readonly Hierarchy[] {
  if (filter.kind === 'hierarchy') return [filter];
  if (filter.kind === 'any') return filter.filters.flatMap(hierarchiesIn);
  return 'filter' in filter ? hierarchiesIn(filter.filter) : [];
}
