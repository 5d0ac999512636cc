// `code-value-quantity=http://loinc.org|2823-3$gt5.4||mmol/L`: the parts of one element, joined by a dollar sign.
// https://hl7.org/fhir/R4/search.html#composite
import type { Parameter } from '../parameter.ts';
import type { CompositePart, CompositeValue, Filter } from '../query.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { parseDate } from './date-filter.ts';
import { parseNumberValue, parseQuantityValue } from './number-filter.ts';
import { parseReferenceValue } from './reference-filter.ts';
import { splitEscaped, unescapeValue } from './split-values.ts';
import { normalizeString } from '../string-value.ts';
import { parseToken } from './token-filter.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseCompositeFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  return {
    kind: 'composite',
    param: criterion.parameter.code,
    values: criterion.values.map((text) => parseComposite(criterion, text)),
  };
}

function parseComposite(criterion: Criterion, text: string): CompositeValue {
  const { components } = criterion.parameter;
  const texts = splitEscaped(text, '$');
  const [first, second, third] = components;
  const [key = '', value = '', last = ''] = texts;
  if (first === undefined || second === undefined || texts.length !== components.length || texts.includes('')) {
    throw invalidValue(criterion.name, components.map(({ code }) => code).join('$'));
  }
  const of = (parameter: Parameter): Criterion => ({ ...criterion, parameter });
  return {
    key: parseToken(of(first), key),
    second: parsePart(of(second), value),
    third: third === undefined ? undefined : parseNumberValue(of(third), last),
  };
}

function parsePart(criterion: Criterion, text: string): CompositePart {
  switch (criterion.parameter.kind) {
    case 'token':
      return { kind: 'token', value: parseToken(criterion, text) };
    case 'number':
      return { kind: 'number', value: parseNumberValue(criterion, text) };
    case 'quantity':
      return { kind: 'number', value: parseQuantityValue(criterion, text) };
    case 'date':
      return { kind: 'date', value: parseDate(criterion.name, text) };
    case 'reference':
      return { kind: 'reference', value: parseReferenceValue(criterion, unescapeValue(text)) };
    default: {
      const value = normalizeString(unescapeValue(text));
      if (value === '')
        throw invalidValue(criterion.name, 'a text with at least one letter, digit or sign in each part');
      return { kind: 'string', value };
    }
  }
}
