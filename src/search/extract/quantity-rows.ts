// The numbers and quantities a parameter is found by. https://hl7.org/fhir/R4/search.html#quantity
// A comparator (`<5`) and a Range are spans; so are the limits of a SampledData. Units are kept as written, not converted.
import { toIndexable } from '../string-value.ts';
import type { ValueRow } from '../index-rows.ts';

export type MeasuredPart = Pick<ValueRow, 'code' | 'system' | 'unit'> & { readonly low: number; readonly high: number };
type MeasuredRule = (value: unknown) => readonly MeasuredPart[];

const noUnit = { code: '', system: '', unit: '' } as const;

const plain: MeasuredRule = (value) => (typeof value === 'number' ? [{ low: value, high: value, ...noUnit }] : []);

interface Quantity {
  readonly value?: unknown;
  readonly comparator?: unknown;
  readonly unit?: unknown;
  readonly system?: unknown;
  readonly code?: unknown;
}

const unitOf = ({ unit, system, code }: Quantity): Pick<MeasuredPart, 'code' | 'system' | 'unit'> => ({
  code: toText(code),
  system: toText(system),
  unit: toText(unit),
});

const quantity: MeasuredRule = (value) => {
  const given = value as Quantity;
  if (typeof given.value !== 'number') return [];
  const isAbove = given.comparator === '>' || given.comparator === '>=';
  const isBelow = given.comparator === '<' || given.comparator === '<=';
  return [
    {
      low: isBelow ? -Number.MAX_VALUE : given.value,
      high: isAbove ? Number.MAX_VALUE : given.value,
      ...unitOf(given),
    },
  ];
};

const range: MeasuredRule = (value) => {
  const { low, high } = value as { readonly low?: Quantity; readonly high?: Quantity };
  const [from, to] = [low?.value, high?.value].map((end) => (typeof end === 'number' ? end : undefined));
  if (from === undefined && to === undefined) return [];
  return [{ low: from ?? -Number.MAX_VALUE, high: to ?? Number.MAX_VALUE, ...unitOf(low ?? high ?? {}) }];
};

const money: MeasuredRule = (value) => {
  const given = value as { readonly value?: unknown; readonly currency?: unknown };
  if (typeof given.value !== 'number') return [];
  const currency = toText(given.currency);
  return [
    {
      low: given.value,
      high: given.value,
      code: currency,
      system: currency === '' ? '' : 'urn:iso:std:iso:4217',
      unit: currency,
    },
  ];
};

/** From the smallest to the largest measured value; marks for errors and limits are no values. */
const sampled: MeasuredRule = (value) => {
  const { origin, factor, data } = value as {
    readonly origin?: Quantity;
    readonly factor?: unknown;
    readonly data?: unknown;
  };
  if (typeof data !== 'string' || typeof origin?.value !== 'number') return [];
  const [zero, times] = [origin.value, typeof factor === 'number' ? factor : 1];
  const numbers = data.split(' ').map(Number).filter(Number.isFinite);
  if (numbers.length === 0) return [];
  const measured = numbers.map((number) => zero + number * times);
  const outer = measured.reduce(
    (span, number) => ({ low: Math.min(span.low, number), high: Math.max(span.high, number) }),
    {
      low: Infinity,
      high: -Infinity,
    },
  );
  return [{ ...outer, ...unitOf(origin) }];
};

export const numberRules: Readonly<Record<string, MeasuredRule>> = {
  decimal: plain,
  integer: plain,
  positiveInt: plain,
  unsignedInt: plain,
};

export const quantityRules: Readonly<Record<string, MeasuredRule>> = {
  Quantity: quantity,
  SimpleQuantity: quantity,
  Age: quantity,
  Count: quantity,
  Distance: quantity,
  Duration: quantity,
  MoneyQuantity: quantity,
  Range: range,
  Money: money,
  SampledData: sampled,
};

function toText(value: unknown): string {
  return typeof value === 'string' ? toIndexable(value) : '';
}
