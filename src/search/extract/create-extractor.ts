// All search parameters of one resource type at once: a resource in, its index rows out, each row once.
import type { FhirResource } from '../../fhir/resource.ts';
import type { DateRow, IndexRows, ReferenceRow, StringRow, TokenRow } from '../index-rows.ts';
import { normalizeString, toIndexable } from '../string-value.ts';
import type { CompiledParameter } from './compile-parameter.ts';
import { dateRules } from './date-rows.ts';
import { referenceRules } from './reference-rows.ts';
import { stringRules } from './string-rows.ts';
import { tokenRules } from './token-rows.ts';

export type Extract = (resource: FhirResource) => IndexRows;

interface Rows {
  readonly tokens: TokenRow[];
  readonly references: ReferenceRow[];
  readonly dates: DateRow[];
  readonly strings: StringRow[];
  /** The rows already there, as text. */
  readonly seen: Set<string>;
}

/** The extractor of a type from its compiled parameters. `baseUrl` is the hub's own FHIR base address. */
export function createExtractor(compiled: readonly CompiledParameter[], baseUrl: string): Extract {
  const indexed = compiled.filter(({ parameter }) => ['token', 'reference', 'date', 'string'].includes(parameter.kind));
  return (resource) => {
    const rows: Rows = { tokens: [], references: [], dates: [], strings: [], seen: new Set() };
    for (const { parameter, visitValues } of indexed) {
      const add = adders[parameter.kind as keyof typeof adders];
      visitValues(resource, (value, type) => add(rows, { param: parameter.code, value, type, baseUrl }));
    }
    const { tokens, references, dates, strings } = rows;
    return { tokens, references, dates, strings };
  };
}

interface Found {
  readonly param: string;
  readonly value: unknown;
  readonly type: string;
  readonly baseUrl: string;
}

const adders = {
  token: (rows: Rows, { param, value, type }: Found) => {
    for (const { system, code } of tokenRules[type]?.(value) ?? []) {
      if (isNew(rows, `t${param}\0${system}\0${code}`)) rows.tokens.push({ param, system, code });
    }
  },
  reference: (rows: Rows, { param, value, type, baseUrl }: Found) => {
    for (const { targetType, targetId } of referenceRules[type]?.(value, baseUrl) ?? []) {
      if (isNew(rows, `r${param}\0${targetType}\0${targetId}`)) rows.references.push({ param, targetType, targetId });
    }
  },
  date: (rows: Rows, { param, value, type }: Found) => {
    for (const { lowMs, highMs } of dateRules[type]?.(value) ?? []) {
      if (isNew(rows, `d${param}\0${lowMs}\0${highMs}`)) rows.dates.push({ param, lowMs, highMs });
    }
  },
  string: (rows: Rows, { param, value, type }: Found) => {
    for (const text of stringRules[type]?.(value) ?? []) {
      const exact = toIndexable(text);
      if (isNew(rows, `s${param}\0${exact}`)) rows.strings.push({ param, normalized: normalizeString(text), exact });
    }
  },
} as const;

function isNew(rows: Rows, row: string): boolean {
  if (rows.seen.has(row)) return false;
  rows.seen.add(row);
  return true;
}
