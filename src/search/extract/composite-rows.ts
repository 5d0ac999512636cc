// A composite parameter: its parts, found within one element, paired so that values of different elements never meet.
// https://hl7.org/fhir/R4/search.html#composite
import type { FhirResource } from '../../fhir/resource.ts';
import type { ValueRow } from '../index-rows.ts';
import type { ParameterKind } from '../parameter.ts';
import { normalizeString, toIndexable } from '../string-value.ts';
import { dateRules } from './date-rows.ts';
import { numberRules, quantityRules } from './quantity-rows.ts';
import { referenceRules } from './reference-rows.ts';
import { stringRules } from './string-rows.ts';
import { tokenRules } from './token-rows.ts';

/** Calls `visit` with each value of the part that belongs to the element, and its data type. */
export interface CompositePart {
  readonly kind: ParameterKind;
  readonly visit: (element: unknown, resource: FhirResource, visit: (value: unknown, type: string) => void) => void;
}

type Cell = Pick<ValueRow, 'low' | 'high' | 'code' | 'isText' | 'system' | 'unit'>;

const blank: Cell = { low: null, high: null, code: '', system: '', unit: '' };

/** Most pairings of one element: more are no measurement but an attack. */
const mostPairings = 200;

/** The rows of one element. A part without a value gives none, for then nothing is paired. */
export function toCompositeRows(
  param: string,
  parts: readonly CompositePart[],
  found: { readonly element: unknown; readonly resource: FhirResource; readonly baseUrl: string },
): readonly ValueRow[] {
  const [keys = [], seconds = [], thirds = [blank]] = parts.map((part) => toCells(part, found));
  return keys
    .flatMap(({ code: keyCode, system: keySystem }) =>
      seconds.flatMap((second) =>
        thirds.map(({ low: low2, high: high2 }) => ({ param, keyCode, keySystem, ...second, low2, high2 })),
      ),
    )
    .slice(0, mostPairings);
}

function toCells(
  part: CompositePart,
  {
    element,
    resource,
    baseUrl,
  }: { readonly element: unknown; readonly resource: FhirResource; readonly baseUrl: string },
): readonly Cell[] {
  const cells: Cell[] = [];
  part.visit(element, resource, (value, type) => {
    cells.push(...toCell(part.kind, { value, type, baseUrl }));
  });
  return cells;
}

interface Found {
  readonly value: unknown;
  readonly type: string;
  readonly baseUrl: string;
}

function toCell(kind: ParameterKind, { value, type, baseUrl }: Found): readonly Cell[] {
  switch (kind) {
    case 'token':
      return (tokenRules[type]?.(value) ?? []).map((token) => ({ ...blank, ...token }));
    case 'number':
      return (numberRules[type]?.(value) ?? []).map((number) => ({ ...blank, ...number }));
    case 'quantity':
      return (quantityRules[type]?.(value) ?? []).map((quantity) => ({ ...blank, ...quantity }));
    case 'date':
      return (dateRules[type]?.(value) ?? []).map(({ lowMs, highMs }) => ({ ...blank, low: lowMs, high: highMs }));
    case 'string':
      return (stringRules[type]?.(value) ?? []).map((text) => ({
        ...blank,
        code: normalizeString(text),
        isText: true as const,
        unit: toIndexable(text),
      }));
    case 'reference':
      return (referenceRules[type]?.(value, baseUrl) ?? []).map(({ targetType, targetId }) => ({
        ...blank,
        code: targetId,
        system: targetType,
      }));
    default:
      return [];
  }
}
