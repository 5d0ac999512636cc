// What a chain asks of its target is a search of the target, wherever the search stands: in an address, in If-None-Exist, or in a
// conditional reference. https://hl7.org/fhir/R4/search.html#chaining · Refuses with 403, from the token alone.
import type { FindTypePolicy } from '../access/compartment.ts';
import { requireScope } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import type { Filter } from '../search/query.ts';

/** @throws scope-insufficient unless the caller may search every type that the filters' chains lead to */
export function requireChainScope(permit: Permit, filters: readonly Filter[], findTypePolicy: FindTypePolicy): void {
  for (const filter of filters) {
    if (filter.kind !== 'chain') continue;
    for (const type of filter.targetTypes) {
      if (findTypePolicy(type) !== undefined) requireScope(permit.principal, type, 's');
    }
    requireChainScope(permit, [filter.filter], findTypePolicy);
  }
}
