// history of an instance, of a type and of the system, newest first. https://hl7.org/fhir/R4/http.html#history
import { listStoredTypes } from '../access/compartment.ts';
import { decide } from '../access/decide.ts';
import { hasScope } from '../access/scopes.ts';
import { problem } from '../core/problem.ts';
import { type BundleLink, toHistory } from '../fhir/bundle.ts';
import { toETag } from '../fhir/etag.ts';
import { formatInstant, parseTimeSpan } from '../fhir/instant.ts';
import { openHistoryCursor, sealCursor } from '../search/cursor.ts';
import type { HistoryQuery, StoredVersion } from '../store/store.ts';
import { toServedBody } from './answer.ts';
import { auditRead } from './audit-rows.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import type { Target } from './target.ts';

export interface HistoryRequest {
  readonly target: Target & { readonly kind: 'history-system' | 'history-type' | 'history-instance' };
  readonly parameters: URLSearchParams;
}

const statuses = { POST: '201', PUT: '200', PATCH: '200', DELETE: '204' } as const;
const asking = ['_count', '_since', '_at'] as const;
const known: ReadonlySet<string> = new Set([...asking, '_page', '_format', '_pretty']);

/** 200 with a history Bundle. @throws not-found where nothing of the instance is visible */
export async function history(services: Services, context: RequestContext, request: HistoryRequest): Promise<Answer> {
  const { target } = request;
  const permit = decide(target, { ...context, at: services.clock() });
  const type = target.kind === 'history-system' ? findReadableTypes(services, context) : target.type;
  const id = target.kind === 'history-instance' ? target.id : undefined;
  const address = [...(typeof type === 'string' ? [type] : []), ...(id === undefined ? [] : [id])];
  const scope = `history ${address.join('/')}`;
  const { queryText, ...asked } = parseHistory(services, context, request.parameters, (sealed) =>
    openHistoryCursor(services.cursorKey, scope, sealed),
  );
  const query: HistoryQuery = { type, id, ...asked };
  const page = await services.store.history(permit, query);
  const isWhole = query.sinceMs === undefined && query.at === undefined;
  if (id !== undefined && page.total === 0 && isWhole) throw problem('not-found');
  await auditRead(services, permit, { type: typeof type === 'string' ? type : undefined, versions: page.versions });
  const url = [services.baseUrl, ...address, '_history'].join('/');
  const sealedSelf = request.parameters.get('_page');
  const selfQuery = sealedSelf === null ? queryText : `_page=${sealedSelf}`;
  const links: BundleLink[] = [{ relation: 'self', url: selfQuery === '' ? url : `${url}?${selfQuery}` }];
  if (page.next !== undefined) {
    links.push({
      relation: 'next',
      url: `${url}?_page=${sealCursor(services.cursorKey, scope, { query: queryText, position: page.next })}`,
    });
  }
  const entries = page.versions.map((version) => toEntry(services, version));
  return { status: 200, headers: {}, body: toHistory({ links, total: page.total, entries }) };
}

/** The types that the caller may read and search. @throws scope-insufficient where there are none */
function findReadableTypes(services: Services, { principal }: RequestContext): readonly string[] {
  const { policies } = services.mode;
  const types = listStoredTypes(policies).filter((type) => {
    const isOpen = principal.kind !== 'operator' || policies[type]?.kind === 'directory';
    return isOpen && hasScope(principal.scopes, type, 'r') && hasScope(principal.scopes, type, 's');
  });
  if (types.length === 0)
    throw problem('scope-insufficient', { diagnostics: 'This needs scopes such as system/*.rs.' });
  return types;
}

function parseHistory(
  services: Services,
  context: RequestContext,
  parameters: URLSearchParams,
  open: (sealed: string) => ReturnType<typeof openHistoryCursor>,
): Pick<HistoryQuery, 'sinceMs' | 'at' | 'count' | 'after'> & { readonly queryText: string } {
  for (const name of parameters.keys()) {
    if (!known.has(name) && !context.isLenient)
      throw problem('search-parameter-unknown', { diagnostics: 'History takes _count, _since and _at.' });
  }
  const sealed = parameters.get('_page');
  const cursor = sealed === null ? undefined : open(sealed);
  const asked = cursor === undefined ? parameters : new URLSearchParams(cursor.query);
  const since = asked.get('_since');
  const sinceSpan = since === null ? undefined : parseTimeSpan(since);
  if (since !== null && sinceSpan === undefined) throw invalid('_since', 'an instant, such as 2026-11-03T10:15:00Z');
  const atText = asked.get('_at');
  const at = atText === null ? undefined : parseTimeSpan(atText);
  if (atText !== null && at === undefined) throw invalid('_at', 'a date or an instant, such as 2026-11-03');
  const countText = asked.get('_count');
  if (countText !== null && !/^[1-9]\d{0,5}$/.test(countText)) throw invalid('_count', 'a whole number from 1');
  const count = Math.min(
    countText === null ? services.limits.defaultPageSize : Number(countText),
    services.limits.maxPageSize,
  );
  const queryText = new URLSearchParams(
    [...asked].filter(([name]) => asking.some((parameter) => parameter === name)),
  ).toString();
  return { sinceMs: sinceSpan?.lowMs, at, count, after: cursor?.position, queryText };
}

function invalid(name: string, form: string): Error {
  return problem('search-value-invalid', { diagnostics: `${name} takes ${form}.` });
}

function toEntry(services: Services, version: StoredVersion): Parameters<typeof toHistory>[0]['entries'][number] {
  const { type, id, body, method } = version;
  return {
    fullUrl: `${services.baseUrl}/${type}/${id}`,
    body: body === undefined ? undefined : toServedBody(services, { ...version, body }),
    method,
    url: method === 'POST' ? type : `${type}/${id}`,
    status: statuses[method],
    etag: toETag(version.versionId),
    lastModified: formatInstant(version.lastUpdated),
  };
}
