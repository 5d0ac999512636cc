// `name=and`, `name:contains=nders`, `name:exact=Andersson`. https://hl7.org/fhir/R4/search.html#string
import type { Filter } from '../query.ts';
import { normalizeString, toIndexable } from '../string-value.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { unescapeValue } from './split-values.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseStringFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  const { modifier, name, parameter } = criterion;
  const match = modifier === 'exact' || modifier === 'contains' ? modifier : 'starts';
  const values = criterion.values.map(unescapeValue).map(match === 'exact' ? toIndexable : normalizeString);
  if (values.includes('')) throw invalidValue(name, 'a text with at least one letter, digit or sign');
  return { kind: 'string', param: parameter.code, match, values };
}
