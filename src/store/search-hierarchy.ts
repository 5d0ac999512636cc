// What is above or below resources that are part of each other, step by step, as far as the reader sees.
// https://hl7.org/fhir/R4/search.html#modifiers
import type { Filter } from '../search/query.ts';
import { toIndexedCode } from './indexed-value.ts';
import { toParameterKey } from './parameter-key.ts';
import type { Reader } from './reader.ts';
import { allOf, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import { isReadersRegistration, showsReference, visibleTo } from './visibility.ts';

/**
 * A query of one column, `id`: those asked for, and all that the walk comes to. It passes through nothing that is hidden, and along no
 * reference that is taken out of what the reader gets. UNION ends it where resources are part of each other in a circle.
 */
export function hierarchyIds(filter: Filter & { readonly kind: 'hierarchy' }, reader: Reader): Fragment {
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
      ? sql`select part.id from line join search_reference step on ${isStep} and step.target_id = line.id
        join resource part on part.key = step.resource where ${isSeen}`
      : sql`select step.target_id from line join resource part on part.type = ${type} and part.id = line.id
        join search_reference step on step.resource = part.key and ${isStep} where ${isSeen}`;
  return sql`with recursive line (id) as (
    select i.id collate "C" from unnest(${value('text[]', filter.ids.map(toIndexedCode))}) i (id) union ${next}) select line.id from line`;
}
