// `status=active`, `identifier=system|value`, `|value`, `system|`. https://hl7.org/fhir/R4/search.html#token
import type { Filter, TokenValue } from '../query.ts';
import { toIndexable } from '../string-value.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { splitEscaped, unescapeValue } from './split-values.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseTokenFilter(criterion: Criterion): Filter {
  requireModifier(criterion, []);
  return {
    kind: 'token',
    param: criterion.parameter.code,
    values: criterion.values.map((text) => parseToken(criterion, text)),
  };
}

function parseToken(criterion: Criterion, text: string): TokenValue {
  const { parameter, name, context } = criterion;
  const parts = splitEscaped(text, '|').map(unescapeValue);
  const [first = '', second] = parts;
  if (second === undefined) return { system: undefined, code: toIndexable(first) };
  if (parts.length > 2 || (first === '' && second === ''))
    throw invalidValue(name, 'code, system|code, |code or system|');
  if (!parameter.isSystemImplied) {
    return {
      system: first === '' ? '' : toIndexable(context.canonicalSystem(first)),
      code: second === '' ? undefined : toIndexable(second),
    };
  }
  // The element has no system of its own, so the one that is named says nothing more.
  if (second === '') throw invalidValue(name, 'a code');
  return { system: undefined, code: toIndexable(second) };
}
