// What a bulk export was asked for, and the steps that it takes: one search for each type, or one for each _typeFilter of a type.
// https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters · Refuses whatever it could not honour, before anything begins.
import { listStoredTypes } from '../access/compartment.ts';
import { decide } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import { hasScope } from '../access/scopes.ts';
import { Problem, problem } from '../core/problem.ts';
import { formatInstant } from '../fhir/instant.ts';
import { requireChainScope } from '../interactions/chain-scope.ts';
import type { OperationRequest } from '../interactions/operation.ts';
import type { RequestContext, Services } from '../interactions/services.ts';
import { parseQuery } from '../search/parse-query.ts';
import type { SearchQuery } from '../search/query.ts';
import type { ExportWork } from '../store/export-store.ts';
import { invalidParameter, type OperationParameters, readOperationParameters } from './operation-parameters.ts';

const name = '$export';
const names = ['_outputFormat', '_since', '_type', '_typeFilter', '_elements'];
const formats = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson']);

/** Say how an answer is made, not what is found. */
const resultParameters =
  /^_(count|sort|include|revinclude|page|total|elements|summary|contained|containedType|format|pretty|type)(:|$)/;

const mostFilters = 100;

export interface ExportRequest {
  readonly steps: ExportWork['steps'];
  readonly elements: readonly string[];
  /** As understood, for the manifest. */
  readonly query: string;
}

/** @throws operation-parameter-invalid, scope-insufficient, role-forbidden, search-… */
export function readExportRequest(
  services: Services,
  context: RequestContext,
  request: OperationRequest,
): ExportRequest {
  const parameters = readOperationParameters(services, context, { request, names });
  const format = parameters.one('_outputFormat')?.replaceAll(' ', '+');
  if (format !== undefined && !formats.has(format))
    throw invalidParameter(name, `gives ${[...formats].join(' or ')} as _outputFormat`);
  const isOfPersons = request.type !== undefined;
  const types = chooseTypes(services, context, { wanted: parameters.list('_type'), isOfPersons, at: services.clock() });
  const since = parameters.time('_since');
  const sinceQuery = since === undefined ? '' : `_lastUpdated=ge${formatInstant(new Date(since.lowMs))}`;
  const filters = readTypeFilters(parameters, types);
  const steps = types.flatMap((type) => {
    const own = filters.filter((filter) => filter.type === type);
    const queries = own.length === 0 ? [''] : own.map(({ query }) => query);
    return queries.map((query) => ({ type, query: [query, sinceQuery].filter((part) => part !== '').join('&') }));
  });
  for (const step of steps) {
    toStepQuery(services, decide({ kind: 'export', type: step.type }, { ...context, at: services.clock() }), step);
  }
  return { steps, elements: readElements(services, parameters.list('_elements')), query: parameters.query };
}

/** The search of a step. @throws scope-insufficient, search-… */
export function toStepQuery(
  services: Services,
  permit: Permit,
  { type, query: text }: ExportWork['steps'][number],
): SearchQuery {
  try {
    const { query } = parseQuery({
      type,
      parameters: new URLSearchParams(text),
      registry: services.search,
      limits: services.limits,
      canonicalSystem: services.canonicalSystem,
      baseUrl: services.baseUrl,
      isLenient: false,
    });
    requireChainScope(permit, query.filters, services.mode.findTypePolicy);
    return query;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [first] = error.findings;
    throw problem(first.code, {
      diagnostics: `In _typeFilter of ${type}: ${first.diagnostics ?? 'correct it.'}`,
      headers: error.headers,
      cause: error,
    });
  }
}

function chooseTypes(
  services: Services,
  context: RequestContext,
  asked: { readonly wanted: readonly string[]; readonly isOfPersons: boolean; readonly at: Date },
): readonly string[] {
  const { wanted, isOfPersons, at } = asked;
  const { scopes, kind } = context.principal;
  const { policies, findTypePolicy } = services.mode;
  const possible = listStoredTypes(policies).filter((type) => !isOfPersons || findTypePolicy(type)?.kind === 'patient');
  if (wanted.length > 0) {
    if (wanted.some((type) => !possible.includes(type))) {
      throw invalidParameter(name, `takes as _type a list of ${possible.join(', ')}`);
    }
    for (const type of wanted) decide({ kind: 'export', type }, { ...context, at });
    return wanted;
  }
  const types = possible.filter((type) => {
    const isForbidden = kind === 'operator' && findTypePolicy(type)?.kind === 'patient';
    return !isForbidden && hasScope(scopes, type, 'r') && hasScope(scopes, type, 's');
  });
  // Nothing at all: the refusal says why, as for the first type.
  if (types.length === 0) decide({ kind: 'export', type: possible[0] ?? 'Patient' }, { ...context, at });
  return types;
}

interface TypeFilter {
  readonly type: string;
  readonly query: string;
}

/** `Goal?lifecycle-status=active,on-hold,CarePlan?status=active`: a comma that a type follows begins the next. */
function readTypeFilters(parameters: OperationParameters, types: readonly string[]): readonly TypeFilter[] {
  const texts = parameters.all('_typeFilter').flatMap((text) => text.split(/,(?=[A-Z][A-Za-z]*\?)/));
  if (texts.length > mostFilters)
    throw problem('too-costly', { diagnostics: `$export takes at most ${mostFilters} searches in _typeFilter.` });
  return texts.map((text) => {
    const [, type = '', query = ''] = /^([A-Z][A-Za-z]*)\?(.+)$/s.exec(text) ?? [];
    if (!types.includes(type)) {
      throw invalidParameter(
        name,
        'takes as _typeFilter searches such as CarePlan?status=active, each of a type that is exported',
      );
    }
    const given = new URLSearchParams(query);
    if ([...given.keys()].some((key) => resultParameters.test(key))) {
      throw invalidParameter(
        name,
        'takes in _typeFilter only what says which resources are meant, not _count, _sort, _include and the like',
      );
    }
    return { type, query: given.toString() };
  });
}

function readElements(services: Services, elements: readonly string[]): readonly string[] {
  for (const element of elements) {
    const [, type] = /^(?:([A-Z][A-Za-z]*)\.)?[a-z][A-Za-z]*$/.exec(element) ?? [undefined, ''];
    const isKnown = type === undefined || (type !== '' && services.search.parametersOf(type).size > 0);
    if (!isKnown)
      throw invalidParameter(name, 'takes as _elements names of elements such as status or CarePlan.status');
  }
  return elements;
}
