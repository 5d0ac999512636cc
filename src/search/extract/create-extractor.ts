// All search parameters of one resource type at once: a resource in, its index rows out, each row once.
// A value that gives no row of its own (a CodeableConcept in words alone) leaves a mark, so that `:missing` knows of it.
import type { FhirResource } from '../../fhir/resource.ts';
import type { DateRow, IndexRows, ReferenceRow, StringRow, TokenRow, ValueRow } from '../index-rows.ts';
import { normalizeString, toIndexable } from '../string-value.ts';
import type { CompiledParameter } from './compile-parameter.ts';
import { toCompositeRows } from './composite-rows.ts';
import { dateRules } from './date-rows.ts';
import { numberRules, quantityRules } from './quantity-rows.ts';
import { referenceRules, toLogicalTargets } from './reference-rows.ts';
import { stringRules } from './string-rows.ts';
import { toTextRow } from './text-row.ts';
import { textsOf, tokenRules, typedIdentifiersOf } from './token-rows.ts';
import { uriRules } from './uri-rows.ts';

export type Extract = (resource: FhirResource) => IndexRows;

interface Rows {
  readonly tokens: TokenRow[];
  readonly references: ReferenceRow[];
  readonly dates: DateRow[];
  readonly strings: StringRow[];
  readonly values: ValueRow[];
  /** The rows already there, as text. */
  readonly seen: Set<string>;
}

/** The extractor of a type from its compiled parameters. `baseUrl` is the hub's own FHIR base address. */
export function createExtractor(compiled: readonly CompiledParameter[], baseUrl: string): Extract {
  const indexed = compiled.flatMap(({ parameter, visitValues, parts }) => {
    const { kind, code } = parameter;
    return Object.hasOwn(adders, kind)
      ? [{ param: code, visitValues, parts, add: adders[kind as keyof typeof adders] }]
      : [];
  });
  const hasText = compiled.some(({ parameter }) => parameter.kind === 'text');
  return (resource) => {
    const rows: Rows = { tokens: [], references: [], dates: [], strings: [], values: [], seen: new Set() };
    for (const { param, visitValues, parts, add } of indexed) {
      visitValues(resource, (value, type) => {
        const count = add(rows, { param, value, type, baseUrl, parts, resource });
        if (count === 0 && parts.length === 0) addToken(rows, `${param}:present`, { system: '', code: '' });
      });
    }
    const { tokens, references, dates, strings, values } = rows;
    const text = hasText ? toTextRow(resource) : undefined;
    return { tokens, references, dates, strings, values, ...(text === undefined ? {} : { text }) };
  };
}

interface Found {
  readonly param: string;
  readonly value: unknown;
  readonly type: string;
  readonly baseUrl: string;
  readonly parts: CompiledParameter['parts'];
  readonly resource: FhirResource;
}

/** Each adds the rows of one value and gives how many there are, new or not; undefined for a data type it does not look at. */
const adders = {
  token: (rows: Rows, { param, value, type }: Found) => {
    const tokens = tokenRules[type]?.(value);
    for (const token of tokens ?? []) addToken(rows, param, token);
    for (const token of typedIdentifiersOf(type, value)) addToken(rows, `${param}:of-type`, token);
    for (const text of textsOf(type, value)) addString(rows, `${param}:text`, text);
    return tokens?.length;
  },
  reference: (rows: Rows, { param, value, type, baseUrl }: Found) => {
    const targets = referenceRules[type]?.(value, baseUrl);
    for (const target of targets ?? []) addReference(rows, param, target);
    for (const { isHideable, ...token } of toLogicalTargets(type, value)) {
      addToken(rows, `${param}:${isHideable ? 'identified' : 'identifier'}`, token);
    }
    return targets?.length;
  },
  uri: (rows: Rows, { param, value, type }: Found) => {
    const targets = uriRules[type]?.(value);
    for (const target of targets ?? []) addReference(rows, param, target);
    return targets?.length;
  },
  date: (rows: Rows, { param, value, type }: Found) => {
    const spans = dateRules[type]?.(value);
    for (const { lowMs, highMs } of spans ?? []) {
      if (isNew(rows, `d${param}\0${lowMs}\0${highMs}`)) rows.dates.push({ param, lowMs, highMs });
    }
    return spans?.length;
  },
  string: (rows: Rows, { param, value, type }: Found) => {
    const texts = stringRules[type]?.(value);
    for (const text of texts ?? []) addString(rows, param, text);
    return texts?.length;
  },
  number: (rows: Rows, { param, value, type }: Found) => addMeasured(rows, param, numberRules[type]?.(value)),
  quantity: (rows: Rows, { param, value, type }: Found) => addMeasured(rows, param, quantityRules[type]?.(value)),
  composite: (rows: Rows, { param, value, baseUrl, parts, resource }: Found) =>
    addValues(rows, toCompositeRows(param, parts, { element: value, resource, baseUrl })),
} as const;

function addToken(rows: Rows, param: string, { system, code }: Pick<TokenRow, 'system' | 'code'>): void {
  if (isNew(rows, `t${param}\0${system}\0${code}`)) rows.tokens.push({ param, system, code });
}

function addReference(
  rows: Rows,
  param: string,
  { targetType, targetId }: Pick<ReferenceRow, 'targetType' | 'targetId'>,
): void {
  if (isNew(rows, `r${param}\0${targetType}\0${targetId}`)) rows.references.push({ param, targetType, targetId });
}

function addString(rows: Rows, param: string, text: string): void {
  const exact = toIndexable(text);
  if (isNew(rows, `s${param}\0${exact}`)) rows.strings.push({ param, normalized: normalizeString(text), exact });
}

type Measured = Pick<ValueRow, 'low' | 'high' | 'code' | 'system' | 'unit'>;

function addMeasured(rows: Rows, param: string, measured: readonly Measured[] | undefined): number | undefined {
  if (measured === undefined) return undefined;
  const alone = { keyCode: '', keySystem: '', low2: null, high2: null };
  return addValues(
    rows,
    measured.map((part) => ({ param, ...alone, ...part })),
  );
}

function addValues(rows: Rows, values: readonly ValueRow[]): number {
  for (const row of values) if (isNew(rows, `v${JSON.stringify(row)}`)) rows.values.push(row);
  return values.length;
}

function isNew(rows: Rows, row: string): boolean {
  if (rows.seen.has(row)) return false;
  rows.seen.add(row);
  return true;
}
