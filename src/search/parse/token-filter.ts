// `status=active`, `identifier=system|value`, `|value`, `system|`, and what a modifier makes of it.
// https://hl7.org/fhir/R4/search.html#token · A set of codes that the hub cannot list is refused, for it would find too little.
import { problem } from '../../core/problem.ts';
import type { Filter, TokenValue } from '../query.ts';
import { normalizeString, toIndexable } from '../string-value.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { splitEscaped, unescapeValue } from './split-values.ts';

/** @throws search-modifier-unsupported, search-value-invalid, too-costly */
export function parseTokenFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  const { modifier, values } = criterion;
  const param = criterion.parameter.code;
  switch (modifier) {
    case 'not':
      return {
        kind: 'not',
        filter: { kind: 'token', param, values: values.map((text) => parseToken(criterion, text)) },
      };
    case 'text':
      return {
        kind: 'string',
        param: `${param}:text`,
        match: 'starts',
        values: values.map((text) => parseWords(criterion, text)),
      };
    case 'above':
    case 'below':
      return {
        kind: 'token',
        param,
        values: limit(values.flatMap((text) => parseHierarchy(criterion, text, modifier))),
      };
    case 'in':
      return { kind: 'token', param, values: limit(values.flatMap((text) => parseValueSet(criterion, text))) };
    case 'not-in':
      return {
        kind: 'not',
        filter: { kind: 'token', param, values: limit(values.flatMap((text) => parseValueSet(criterion, text))) },
      };
    case 'of-type':
      return { kind: 'token', param: `${param}:of-type`, values: values.map((text) => parseTyped(criterion, text)) };
    default:
      return { kind: 'token', param, values: values.map((text) => parseToken(criterion, text)) };
  }
}

/** @throws search-value-invalid */
export function parseToken(criterion: Criterion, text: string): TokenValue {
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

function parseWords({ name }: Criterion, text: string): string {
  const words = normalizeString(unescapeValue(text));
  if (words === '') throw invalidValue(name, 'a text with at least one letter, digit or sign');
  return words;
}

/** `system|typecode|value`: the identifier's type and its value. */
function parseTyped({ name, context }: Criterion, text: string): TokenValue {
  const [system = '', type = '', value = '', ...rest] = splitEscaped(text, '|').map(unescapeValue);
  if (rest.length > 0 || system === '' || type === '' || value === '')
    throw invalidValue(
      name,
      'system|code|value after :of-type, of which system and code are the type of the identifier',
    );
  return { system: toIndexable(context.canonicalSystem(system)), code: toIndexable(`${type}|${value}`) };
}

/** The code and all above it, or below it, in its code system. */
function parseHierarchy(criterion: Criterion, text: string, direction: 'above' | 'below'): readonly TokenValue[] {
  const { name, context, parameter } = criterion;
  const [system = '', code = '', ...rest] = splitEscaped(text, '|').map(unescapeValue);
  if (rest.length > 0 || system === '' || code === '') throw invalidValue(name, `system|code after :${direction}`);
  const known = context.codes?.system(context.canonicalSystem(system));
  if (known?.find(code) === undefined) {
    throw invalidValue(name, `a code of a code system that the hub holds after :${direction}`);
  }
  const isRelated = (other: string): boolean =>
    direction === 'below' ? known.isBelow(other, code) : known.isBelow(code, other);
  const codes = [...known.concepts()].map((concept) => concept.code).filter(isRelated);
  return codes.map((found) => toValue(parameter.isSystemImplied, { system: known.url, code: found }));
}

function parseValueSet({ name, context, parameter }: Criterion, text: string): readonly TokenValue[] {
  const codes = context.codes?.expand(unescapeValue(text));
  if (codes === undefined) {
    throw invalidValue(
      name,
      'the canonical URL of a value set that the hub holds and can list in full after :in or :not-in',
    );
  }
  return codes.map((found) =>
    toValue(parameter.isSystemImplied, { ...found, system: context.canonicalSystem(found.system) }),
  );
}

const toValue = (
  isSystemImplied: boolean,
  { system, code }: { readonly system: string; readonly code: string },
): TokenValue => ({
  system: isSystemImplied ? undefined : toIndexable(system),
  code: toIndexable(code),
});

/** Most codes that one criterion may stand for. */
const mostCodes = 20_000;

function limit(values: readonly TokenValue[]): readonly TokenValue[] {
  if (values.length > mostCodes)
    throw problem('too-costly', { diagnostics: `A criterion stands for at most ${mostCodes} codes.` });
  return values;
}
