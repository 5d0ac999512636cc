// What a search asks of another type is a search of that type: along a chain, back along `_has`, and by what is included. Wherever
// the search stands: in an address, in If-None-Exist, or in a conditional reference. Refuses with 403, from the token alone.
// https://hl7.org/fhir/R4/search.html#chaining
import type { FindTypePolicy } from '../access/compartment.ts';
import { requireScope } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import { hasScope } from '../access/scopes.ts';
import type { Filter, Include } from '../search/query.ts';

/** @throws scope-insufficient unless the caller may search every type that the filters lead to */
export function requireChainScope(permit: Permit, filters: readonly Filter[], findTypePolicy: FindTypePolicy): void {
  const require = (type: string): void => {
    if (findTypePolicy(type) !== undefined) requireScope(permit.principal, type, 's');
  };
  const visit = (filter: Filter): void => {
    switch (filter.kind) {
      case 'chain':
        filter.targetTypes.forEach(require);
        return visit(filter.filter);
      case 'hierarchy':
        return require(filter.targetType);
      case 'has':
        require(filter.sourceType);
        return visit(filter.filter);
      case 'not':
        return visit(filter.filter);
      case 'any':
        return filter.filters.forEach(visit);
      default:
    }
  };
  filters.forEach(visit);
}

/** @throws scope-insufficient unless the caller may search the types that are named to be included back */
export function requireIncludeScope(permit: Permit, includes: readonly Include[]): void {
  for (const { isReverse, sourceType, isWildcard } of includes) {
    if (isReverse === true && isWildcard !== true && sourceType !== undefined)
      requireScope(permit.principal, sourceType, 's');
  }
}

/** The types of `served` that the caller may read: only these are included, or led through; undefined where that is all. */
export function includableTypes(permit: Permit, served: readonly string[]): readonly string[] | undefined {
  const readable = served.filter((type) => hasScope(permit.principal.scopes, type, 'r'));
  return readable.length === served.length ? undefined : readable;
}
