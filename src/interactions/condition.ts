// A condition written as a search: If-None-Exist, and references like `Patient?identifier=system|value`.
// https://hl7.org/fhir/R4/http.html#ccreate · Strict: a parameter the hub does not know could match too much.
import { problem } from '../core/problem.ts';
import { parseQuery } from '../search/parse-query.ts';
import type { SearchQuery } from '../search/query.ts';
import type { Services } from './services.ts';

/** The query of the parameters in `Type?parameters`, without what is said to the HTTP layer. @throws as parseCondition */
export function parseConditionOf(services: Services, type: string, parameters?: URLSearchParams): SearchQuery {
  return parseCondition(services, `${type}?${parameters?.toString() ?? ''}`);
}

/** The query of `Type?parameters`. @throws search-…, precondition-multiple when it has no criteria */
export function parseCondition(services: Services, text: string): SearchQuery {
  const [type = '', ...rest] = text.split('?');
  const query = parseQuery({
    type,
    parameters: new URLSearchParams(rest.join('?')),
    registry: services.search,
    limits: services.limits,
    canonicalSystem: services.canonicalSystem,
    baseUrl: services.baseUrl,
    isLenient: false,
  }).query;
  if (query.filters.length === 0) {
    throw problem('precondition-multiple', { diagnostics: 'The condition has no criteria, so it matches everything.' });
  }
  return query;
}
