// The parameters of a search to a SearchQuery. https://hl7.org/fhir/R4/search.html
// Strict: what is not known is refused, because a criterion that is left out finds too much. `isLenient` (Prefer: handling=lenient)
// leaves out unknown parameters only; a modifier or value that cannot be honoured is always refused.
import { Problem, problem } from '../core/problem.ts';
import type { CursorPosition, Filter, SearchQuery } from './query.ts';
import type { SearchRegistry } from './registry.ts';
import { parseFilter, resultParameters } from './parse/criterion-filter.ts';
import { printName } from './parse/criterion.ts';
import type { ParseContext } from './parse/criterion.ts';
import { includesWildcard, parseIncludes } from './parse/includes.ts';
import { parseCount, parseSort, parseTotal } from './parse/result-options.ts';

export interface ParseQueryInput extends ParseContext {
  readonly type: string;
  /** Of a search of the system or of a compartment: all types, `type` among them. Only what all of them know alike is asked. */
  readonly types?: readonly string[];
  /** Only what belongs to this patient's compartment. */
  readonly compartmentOf?: string | undefined;
  readonly parameters: URLSearchParams;
  readonly registry: SearchRegistry;
  readonly isLenient: boolean;
  /** Opens a page link's `_page`. @throws search-cursor-invalid. Without it page links are refused. */
  readonly openCursor?: (sealed: string) => { readonly query: string; readonly position: CursorPosition };
}

export interface ParsedQuery {
  readonly query: SearchQuery;
  /** The parameters that were honoured, as a query string for the self link. */
  readonly selfQuery: string;
  /** The search without its page: to be sealed into the next link. */
  readonly cursorQuery: string;
  /** A parameter that the operator has posted was asked for, or an unknown one left out: right for the registry's generation alone. */
  readonly dependsOnGeneration: boolean;
}

/** @throws search-parameter-unknown, search-parameter-indexing, search-modifier-unsupported, search-value-invalid, search-cursor-invalid, too-costly */
export function parseQuery(input: ParseQueryInput): ParsedQuery {
  const page = input.parameters.getAll('_page');
  if (page.length === 0) return parseParameters(input, undefined);
  const [sealed = ''] = page;
  const isAlone = [...input.parameters.keys()].every((name) => name === '_page' || ignored.has(name));
  if (!isAlone || page.length > 1 || input.openCursor === undefined) {
    throw problem('search-cursor-invalid', {
      diagnostics: 'A page link holds the whole search. Use it as it was given, without other parameters.',
    });
  }
  const { query, position } = input.openCursor(sealed);
  const parsed = parseParameters({ ...input, parameters: new URLSearchParams(query) }, position);
  return { ...parsed, selfQuery: new URLSearchParams({ _page: sealed }).toString() };
}

/** Said to the HTTP layer, not to the search. */
const ignored: ReadonlySet<string> = new Set(['_format', '_pretty']);

function parseParameters(given: ParseQueryInput, after: CursorPosition | undefined): ParsedQuery {
  let dependsOnGeneration = false;
  const input: ParseQueryInput = {
    ...given,
    registry: {
      ...given.registry,
      findParameter: (of, code, modifier) => {
        const parameter = given.registry.findParameter(of, code, modifier);
        if (parameter?.isStored === true) dependsOnGeneration = true;
        return parameter;
      },
    },
  };
  const { type, types = [type], parameters, registry, limits } = input;
  const used = new URLSearchParams();
  const filters: Filter[] =
    input.compartmentOf === undefined ? [] : [toCompartmentFilter(input.compartmentOf, types, registry)];
  for (const [name, value] of parameters) {
    if (ignored.has(name)) continue;
    if (name === '_type' && input.types !== undefined) {
      used.append(name, value);
      continue;
    }
    if (!isResultParameter(name)) {
      const filter = parseOrSkip(input, name, value);
      if (filter === undefined) {
        dependsOnGeneration = true;
        continue;
      }
      filters.push(filter);
      if (filters.length > limits.searchCriteria)
        throw problem('too-costly', { diagnostics: `A search takes at most ${limits.searchCriteria} criteria.` });
    }
    used.append(name, value);
  }
  const count = parseCount(parameters.getAll('_count'), limits);
  const query: SearchQuery = {
    type,
    filters,
    ...(types.length > 1 ? { types } : {}),
    sort: requireCommonSort(parseSort(parameters.getAll('_sort'), type, registry), types),
    count,
    // A page of no entries is asked for to learn the total.
    total: count === 0 ? 'accurate' : parseTotal(parameters.getAll('_total')),
    includes: parseIncludes(parameters, { types, registry, most: limits.includes }),
    after,
  };
  if (includesWildcard(parameters)) dependsOnGeneration = true;
  return { query, selfQuery: used.toString(), cursorQuery: used.toString(), dependsOnGeneration };
}

function isResultParameter(name: string): boolean {
  const known: readonly string[] = resultParameters;
  const [code = '', modifier] = name.split(':');
  if ((code === '_include' || code === '_revinclude') && (modifier === 'iterate' || modifier === 'recurse'))
    return true;
  if (modifier !== undefined && known.includes(code)) {
    throw problem('search-modifier-unsupported', { diagnostics: `${printName(code)} takes no modifier.` });
  }
  return known.includes(name);
}

/**
 * The resources that belong to the patient, each type by its own parameters. @throws search-parameter-indexing
 * https://hl7.org/fhir/R4/compartmentdefinition.html
 */
function toCompartmentFilter(patientId: string, types: readonly string[], registry: SearchRegistry): Filter {
  const pairs = types.flatMap((type) => registry.patientCompartment(type).map((param) => ({ type, param })));
  for (const { type, param } of pairs) registry.findParameter(type, param);
  const values = [{ type: 'Patient', id: patientId }];
  return {
    kind: 'any',
    filters: [...Map.groupBy(pairs, ({ param }) => param)].map(([param, of]) => ({
      kind: 'reference',
      param,
      values,
      types: of.map(({ type }) => type),
    })),
  };
}

/** Resources of several types have an order only in what every resource has. */
function requireCommonSort(sort: SearchQuery['sort'], types: readonly string[]): SearchQuery['sort'] {
  if (types.length > 1 && sort.some(({ kind }) => kind !== 'last-updated' && kind !== 'id')) {
    throw problem('search-value-invalid', {
      diagnostics: '_sort takes _lastUpdated or _id where several types are searched.',
    });
  }
  return sort;
}

function parseOrSkip(input: ParseQueryInput, name: string, value: string): Filter | undefined {
  const { types = [input.type], registry, isLenient } = input;
  try {
    const filters = types.map((type) =>
      parseFilter({ type, name, value, registry, context: { ...input, codes: registry.codes } }),
    );
    const [filter, ...others] = filters;
    if (others.some((other) => JSON.stringify(other) !== JSON.stringify(filter))) {
      throw problem('search-parameter-unknown', {
        diagnostics: `${printName(name)} does not mean the same in every type that is searched. Name the types with _type.`,
      });
    }
    return filter;
  } catch (error) {
    if (isLenient && error instanceof Problem && error.findings[0].code === 'search-parameter-unknown')
      return undefined;
    throw error;
  }
}
