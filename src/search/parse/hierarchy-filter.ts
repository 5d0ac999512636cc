// `location:below=Location/1`, `partof:above=Organization/1`: a reference to the resource or to what is above or below it.
// https://hl7.org/fhir/R4/search.html#modifiers
import { problem } from '../../core/problem.ts';
import type { Filter } from '../query.ts';
import type { SearchRegistry } from '../registry.ts';
import type { Criterion } from './criterion.ts';
import { invalidValue, printName } from './criterion.ts';
import { parseReferenceValue } from './reference-filter.ts';
import { unescapeValue } from './split-values.ts';

export type Direction = 'above' | 'below';

export const isDirection = (modifier: string | undefined): modifier is Direction =>
  modifier === 'above' || modifier === 'below';

/**
 * The parameter by which resources of a type are part of each other; undefined where they are not. R4 names it `partof` or `part-of`,
 * and it leads to nothing but the type itself: what else refers to its own type (`replaces`, `based-on`) is no hierarchy.
 */
export function findHierarchy(type: string, registry: SearchRegistry): string | undefined {
  return ['partof', 'part-of'].find((code) => {
    const parameter = registry.parametersOf(type).get(code);
    return parameter?.kind === 'reference' && parameter.targetTypes.length === 1 && parameter.targetTypes[0] === type;
  });
}

/** @throws search-modifier-unsupported, search-value-invalid, search-parameter-indexing */
export function parseHierarchyFilter(criterion: Criterion, direction: Direction, registry: SearchRegistry): Filter {
  const { parameter, name, values } = criterion;
  const hierarchical = parameter.targetTypes.filter((type) => findHierarchy(type, registry) !== undefined);
  if (hierarchical.length === 0) {
    throw problem('search-modifier-unsupported', {
      diagnostics: `${printName(parameter.code)} leads to no resources that are part of each other, so it takes no :${direction}.`,
    });
  }
  const allowed = { ...criterion, modifier: undefined, parameter: { ...parameter, targetTypes: hierarchical } };
  const targets = values.map((text) => {
    const { type, id } = parseReferenceValue(allowed, unescapeValue(text));
    if (type === undefined || !hierarchical.includes(type))
      throw invalidValue(name, `a reference to ${hierarchical.join(' or ')}, such as ${hierarchical[0]}/1`);
    return { type, id };
  });
  const filters = [...Map.groupBy(targets, ({ type }) => type)].map(([targetType, of]): Filter => {
    const step = findHierarchy(targetType, registry) ?? '';
    registry.findParameter(targetType, step);
    return { kind: 'hierarchy', param: parameter.code, direction, targetType, step, ids: of.map(({ id }) => id) };
  });
  const [only] = filters;
  return filters.length === 1 && only !== undefined ? only : { kind: 'any', filters };
}
