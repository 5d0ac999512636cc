// `_id=a,b`. https://hl7.org/fhir/R4/search.html#id
import type { Filter } from '../query.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseIdFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  if (!criterion.values.every((text) => /^[A-Za-z0-9\-.]{1,64}$/.test(text)))
    throw invalidValue(criterion.name, 'ids of letters, digits, hyphens and full stops');
  const filter: Filter = { kind: 'id', values: criterion.values };
  return criterion.modifier === 'not' ? { kind: 'not', filter } : filter;
}
