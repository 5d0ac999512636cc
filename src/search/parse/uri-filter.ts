// `url=http://…`, `url:below=http://…/fhir/`, `url:above=…`. https://hl7.org/fhir/R4/search.html#uri
// Exact to the letter. Above and below go by the steps of an address, so they say nothing about a urn.
import type { Filter, ReferenceValue } from '../query.ts';
import { toIndexable } from '../string-value.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { unescapeValue } from './split-values.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseUriFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  const { modifier, parameter, name } = criterion;
  const values = criterion.values.map(unescapeValue);
  const param = parameter.code;
  if (modifier === undefined) return { kind: 'reference', param, values: values.map(toTarget) };
  if (!values.every((text) => /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text) && text.length <= longestPrefix)) {
    throw invalidValue(
      name,
      `an address with steps (http://…) of at most ${longestPrefix} characters after :${modifier}`,
    );
  }
  if (modifier === 'below') return { kind: 'uri-below', param, values: values.map((text) => text.replace(/\/+$/, '')) };
  return { kind: 'reference', param, values: values.flatMap(withAncestors).map(toTarget) };
}

/** What is longer is kept as a hash from here on, of which no beginning can be told. */
const longestPrefix = 130;

const toTarget = (uri: string): ReferenceValue => ({ type: '', id: toIndexable(uri) });

/** The address and all it stands below, with and without a slash at the end. */
function withAncestors(uri: string): readonly string[] {
  const ends = [...uri.matchAll(/(?<=[^/:])\//g)].map(({ index }) => uri.slice(0, index));
  return [...new Set([uri, ...ends, ...ends.map((end) => `${end}/`)])];
}
