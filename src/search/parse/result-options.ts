// `_count`, `_sort`, `_total`: how the answer is made. https://hl7.org/fhir/R4/search.html#return
import { problem } from '../../core/problem.ts';
import type { ParameterKind } from '../parameter.ts';
import type { SearchQuery, SortKey } from '../query.ts';
import type { SearchRegistry } from '../registry.ts';
import type { SearchLimits } from '../search-limits.ts';
import { invalidValue } from './criterion.ts';

/** A whole number from 0, cut to the largest page; 0 asks for the total alone. @throws search-value-invalid */
export function parseCount(texts: readonly string[], limits: SearchLimits): number {
  const text = single('_count', texts);
  if (text === undefined) return Math.min(limits.defaultPageSize, limits.maxPageSize);
  if (!/^\d{1,9}$/.test(text)) throw invalidValue('_count', 'a whole number from 0');
  return Math.min(Number(text), limits.maxPageSize);
}

/** An estimate is given as the accurate total. @throws search-value-invalid */
export function parseTotal(texts: readonly string[]): SearchQuery['total'] {
  const text = single('_total', texts);
  if (text === undefined || text === 'none') return 'none';
  if (text === 'accurate' || text === 'estimate') return 'accurate';
  throw invalidValue('_total', 'none, estimate or accurate');
}

/** Newest first where nothing is asked for. A key said twice counts once. @throws search-value-invalid */
export function parseSort(texts: readonly string[], type: string, registry: SearchRegistry): readonly SortKey[] {
  const keys = texts.flatMap((text) => text.split(',')).map((text) => parseSortKey(text, type, registry));
  if (keys.length === 0) return [{ param: '_lastUpdated', kind: 'last-updated', descending: true }];
  const unique = [...new Map(keys.toReversed().map((key) => [key.param, key])).values()].toReversed();
  if (unique.length > maxSortKeys)
    throw problem('too-costly', { diagnostics: `_sort takes at most ${maxSortKeys} parameters.` });
  return unique;
}

/** Each costs a join. */
const maxSortKeys = 4;

function parseSortKey(text: string, type: string, registry: SearchRegistry): SortKey {
  const descending = text.startsWith('-');
  const parameter = registry.findParameter(type, descending ? text.slice(1) : text);
  const kind = parameter === undefined ? undefined : sortKinds[parameter.kind];
  if (parameter === undefined || kind === undefined) {
    const known = [...registry.parametersOf(type).values()].filter((one) => sortKinds[one.kind] !== undefined);
    throw invalidValue(
      '_sort',
      `one or more of ${known
        .map(({ code }) => code)
        .toSorted()
        .join(', ')}, each with - before it for descending`,
    );
  }
  return { param: parameter.code, kind, descending };
}

/** A reference has no order that means anything, and the order would tell of one that is hidden; nor has a composite, or a text. */
const sortKinds: Readonly<Partial<Record<ParameterKind, SortKey['kind']>>> = {
  'last-updated': 'last-updated',
  id: 'id',
  date: 'date',
  string: 'string',
  token: 'token',
  number: 'number',
  quantity: 'number',
  uri: 'uri',
};

function single(name: string, texts: readonly string[]): string | undefined {
  if (texts.length > 1) throw invalidValue(name, 'one value');
  return texts[0];
}
