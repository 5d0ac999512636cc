// `_text=höft`, `_content="svår smärta" or fall`: words as a person gives them to a search engine; quotes, or, - are understood.
// https://hl7.org/fhir/R4/search.html#content
import type { Filter } from '../query.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { unescapeValue } from './split-values.ts';

const longest = 500;

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseTextFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  const values = criterion.values.map(unescapeValue);
  if (!values.every((text) => text.length <= longest && /[\p{L}\p{N}]/u.test(text)))
    throw invalidValue(criterion.name, `words, at most ${longest} characters`);
  return { kind: 'text', part: criterion.parameter.code === '_text' ? 'narrative' : 'content', values };
}
