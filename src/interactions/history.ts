// history of an instance and of a type, newest first. https://hl7.org/fhir/R4/http.html#history
import { decide } from '../access/decide.ts';
import { problem } from '../core/problem.ts';
import { type BundleLink, toHistory } from '../fhir/bundle.ts';
import { toETag } from '../fhir/etag.ts';
import { formatInstant, parseTimeSpan } from '../fhir/instant.ts';
import { openHistoryCursor, sealCursor } from '../search/cursor.ts';
import type { HistoryQuery, StoredVersion } from '../store/store.ts';
import { toServedBody } from './answer.ts';
import { auditRead } from './audit-rows.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface HistoryRequest {
  readonly type: string;
  /** undefined: the whole type. */
  readonly id: string | undefined;
  readonly parameters: URLSearchParams;
}

const statuses = { POST: '201', PUT: '200', PATCH: '200', DELETE: '204' } as const;
const known = new Set(['_count', '_since', '_page', '_format', '_pretty']);

/** 200 with a history Bundle. @throws not-found where nothing of the instance is visible */
export async function history(services: Services, context: RequestContext, request: HistoryRequest): Promise<Answer> {
  const { type, id } = request;
  const kind =
    id === undefined ? { kind: 'history-type' as const, type } : { kind: 'history-instance' as const, type, id };
  const permit = decide(kind, { ...context, at: services.clock() });
  const address = id === undefined ? type : `${type}/${id}`;
  const scope = `history ${address}`;
  const { query, queryText } = parseHistory(services, request, (sealed) =>
    openHistoryCursor(services.cursorKey, scope, sealed),
  );
  const page = await services.store.history(permit, query);
  if (id !== undefined && page.total === 0 && query.sinceMs === undefined) throw problem('not-found');
  await auditRead(services, permit, { type, versions: page.versions });
  const url = `${services.baseUrl}/${address}/_history`;
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

function parseHistory(
  services: Services,
  { type, id, parameters }: HistoryRequest,
  open: (sealed: string) => ReturnType<typeof openHistoryCursor>,
): { readonly query: HistoryQuery; readonly queryText: string } {
  for (const name of parameters.keys()) {
    if (!known.has(name))
      throw problem('search-parameter-unknown', { diagnostics: 'History takes _count and _since.' });
  }
  const sealed = parameters.get('_page');
  const cursor = sealed === null ? undefined : open(sealed);
  const asked = cursor === undefined ? parameters : new URLSearchParams(cursor.query);
  const since = asked.get('_since');
  const sinceSpan = since === null ? undefined : parseTimeSpan(since);
  if (since !== null && sinceSpan === undefined) throw invalid('_since', 'an instant, such as 2026-11-03T10:15:00Z');
  const countText = asked.get('_count');
  if (countText !== null && !/^[1-9]\d{0,5}$/.test(countText)) throw invalid('_count', 'a whole number from 1');
  const count = Math.min(
    countText === null ? services.limits.defaultPageSize : Number(countText),
    services.limits.maxPageSize,
  );
  const queryText = new URLSearchParams(
    [...asked].filter(([name]) => name === '_since' || name === '_count'),
  ).toString();
  return { query: { type, id, sinceMs: sinceSpan?.lowMs, count, after: cursor?.position }, queryText };
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
