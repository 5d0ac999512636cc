// search by GET and POST. https://hl7.org/fhir/R4/http.html#search · Only what the caller may see is matched, counted or included.
import { decide } from '../access/decide.ts';
import { type BundleLink, toSearchset } from '../fhir/bundle.ts';
import { openSearchCursor, sealCursor } from '../search/cursor.ts';
import { parseQuery } from '../search/parse-query.ts';
import type { StoredVersion } from '../store/store.ts';
import { toServedBody } from './answer.ts';
import { auditRead } from './audit-rows.ts';
import { includableTypes, requireChainScope, requireIncludeScope } from './chain-scope.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface SearchRequest {
  readonly type: string;
  readonly parameters: URLSearchParams;
}

/** 200 with a searchset. @throws search-…, scope-insufficient also for the target of a chain */
export async function search(services: Services, context: RequestContext, request: SearchRequest): Promise<Answer> {
  const { type, parameters } = request;
  const permit = decide({ kind: 'search-type', type }, { ...context, at: services.clock() });
  const scope = `search ${type}`;
  const parsed = parseQuery({
    type,
    parameters,
    registry: services.search,
    limits: services.limits,
    canonicalSystem: services.canonicalSystem,
    baseUrl: services.baseUrl,
    isLenient: context.isLenient,
    openCursor: (sealed) => openSearchCursor(services.cursorKey, scope, sealed),
  });
  requireChainScope(permit, parsed.query.filters, services.mode.findTypePolicy);
  requireIncludeScope(permit, parsed.query.includes);
  const includeTypes = includableTypes(permit, Object.keys(services.mode.policies));
  const page = await services.store.search(permit, { ...parsed.query, includeTypes });
  const { included } = page;
  await auditRead(services, permit, { type, versions: [...page.matches, ...included] });
  const address = `${services.baseUrl}/${type}`;
  const links: BundleLink[] = [
    { relation: 'self', url: parsed.selfQuery === '' ? address : `${address}?${parsed.selfQuery}` },
  ];
  if (page.next !== undefined) {
    const sealed = sealCursor(services.cursorKey, scope, { query: parsed.cursorQuery, position: page.next });
    links.push({ relation: 'next', url: `${address}?_page=${sealed}` });
  }
  const entries = [...toEntries(services, page.matches, 'match'), ...toEntries(services, included, 'include')];
  return { status: 200, headers: {}, body: toSearchset({ links, total: page.total, entries }) };
}

function toEntries(
  services: Services,
  versions: readonly StoredVersion[],
  mode: 'match' | 'include',
): { fullUrl: string; body: string; mode: 'match' | 'include' }[] {
  return versions.flatMap((version) => {
    const { type, id, body } = version;
    if (body === undefined) return [];
    return [{ fullUrl: `${services.baseUrl}/${type}/${id}`, body: toServedBody(services, { ...version, body }), mode }];
  });
}
