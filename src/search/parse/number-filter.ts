// `probability=gt0.8`, `value-quantity=5.4|http://unitsofmeasure.org|mg`. https://hl7.org/fhir/R4/search.html#number
// Without a prefix a number stands for all that round to it: 100 for 99.5 to 100.5, 100.00 for 99.995 to 100.005.
import type { DatePrefix, Filter, NumberValue } from '../query.ts';
import { toIndexable } from '../string-value.ts';
import { invalidValue, requireModifier } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import { splitEscaped, unescapeValue } from './split-values.ts';

/** @throws search-modifier-unsupported, search-value-invalid */
export function parseNumberFilter(criterion: Criterion): Filter {
  requireModifier(criterion);
  const parse = criterion.parameter.kind === 'quantity' ? parseQuantityValue : parseNumberValue;
  return {
    kind: 'number',
    param: criterion.parameter.code,
    values: criterion.values.map((text) => parse(criterion, text)),
  };
}

/** @throws search-value-invalid */
export function parseNumberValue({ name }: Criterion, text: string): NumberValue {
  const found = parseNumber(text);
  if (found === undefined) throw invalidValue(name, `a number, ${afterPrefix}`);
  return { ...found, unit: undefined };
}

/** @throws search-value-invalid */
export function parseQuantityValue({ name, context }: Criterion, text: string): NumberValue {
  const [written = '', system, code, ...rest] = splitEscaped(text, '|').map(unescapeValue);
  const found = parseNumber(written);
  const isBare = system === undefined;
  if (found === undefined || rest.length > 0 || (!isBare && (code === undefined || code === ''))) {
    throw invalidValue(name, `a number, number|system|code or number||code, ${afterPrefix}`);
  }
  if (isBare || code === undefined) return { ...found, unit: undefined };
  return {
    ...found,
    unit: { system: system === '' ? undefined : toIndexable(context.canonicalSystem(system)), code: toIndexable(code) },
  };
}

const afterPrefix = 'after eq, ne, gt, lt, ge, le, sa, eb, ap or nothing';

const numberForm = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/;

function parseNumber(text: string): Omit<NumberValue, 'unit'> | undefined {
  // An unescaped plus sign reaches us as a space.
  const match = numberForm.exec(text.replace(/^ (?=\d)/, '+').replace(/(?<=[eE]) (?=\d)/, '+'));
  if (match === null) return undefined;
  const [, prefix = 'eq', sign = '', whole = '', fraction = '', exponent] = match;
  const value = Number(`${sign}${whole}${fraction === '' ? '' : `.${fraction}`}e${exponent ?? '0'}`);
  if (!Number.isFinite(value)) return undefined;
  // The specification reads 1e2 as 95 to 105: a whole number before an exponent counts one digit more than it shows.
  const more = exponent !== undefined && fraction === '' ? '0' : '';
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}${more}0`);
  const power = Number(exponent ?? 0) - fraction.length - more.length - 1;
  return {
    prefix: prefix as DatePrefix,
    value,
    low: Number(`${digits - 5n}e${power}`),
    high: Number(`${digits + 5n}e${power}`),
  };
}
