// `location:below=Location/1`, `partof:above=Organization/1`: a reference to the resource or to what is above or below it.
// https://hl7.org/fhir/R4/search.html#modifiers
import { problem } from '../../core/problem.ts';
import { findSteps } from '../hierarchy.ts';
import type { Filter } from '../query.ts';
import type { SearchRegistry } from '../registry.ts';
import type { Criterion } from './criterion.ts';
import { invalidValue, printName } from './criterion.ts';
import { parseReferenceValue } from './reference-filter.ts';
import { unescapeValue } from './split-values.ts';

export type Direction = 'above' | 'below';

export const isDirection = (modifier: string | undefined): modifier is Direction =>
  modifier === 'above' || modifier === 'below';

/** @throws search-modifier-unsupported, search-value-invalid, search-parameter-indexing */
export function parseHierarchyFilter(criterion: Criterion, direction: Direction, registry: SearchRegistry): Filter {
  const { parameter, name, values } = criterion;
  const steps = findSteps(parameter, registry);
  const hierarchical = [...steps.keys()];
  if (hierarchical.length === 0) {
    throw problem('search-modifier-unsupported', {
      diagnostics: `${printName(parameter.code)} leads to no resources that are part of each other, so it takes no :${direction}.`,
    });
  }
  const allowed = { ...criterion, modifier: undefined, parameter: { ...parameter, targetTypes: hierarchical } };
  const targets = values.map((text) => {
    const { type, id } = parseReferenceValue(allowed, unescapeValue(text));
    if (type === undefined || !steps.has(type))
      throw invalidValue(name, `a reference to ${hierarchical.join(' or ')}, such as ${hierarchical[0]}/1`);
    return { type, id };
  });
  const filters = [...steps].flatMap(([targetType, step]): Filter[] => {
    const ids = targets.filter(({ type }) => type === targetType).map(({ id }) => id);
    if (ids.length === 0) return [];
    registry.findParameter(targetType, step);
    return [{ kind: 'hierarchy', param: parameter.code, direction, targetType, step, ids }];
  });
  const [only] = filters;
  return filters.length === 1 && only !== undefined ? only : { kind: 'any', filters };
}
