// AuditEvent: who has seen and done what, read and searched as FHIR. Made of the hub's own log when it is asked for; the log is seen by
// the party that acted and by the custodians whose data were concerned, each of its own part (store/audit-events.ts).
// https://hl7.org/fhir/R4/auditevent.html · Reading it is logged like anything else.
import { decide } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import { problem } from '../core/problem.ts';
import { toSearchset, type BundleLink } from '../fhir/bundle.ts';
import { openSearchCursor, sealCursor } from '../search/cursor.ts';
import { parseQuery } from '../search/parse-query.ts';
import type { SearchQuery } from '../search/query.ts';
import type { AuditEvent, AuditEventQuery } from '../store/audit-event.ts';
import type { AuditRow } from '../store/store.ts';
import { deriveAuditEventKey, openAuditEventId, sealAuditEventId } from './audit-event-id.ts';
import { toAuditEventFilters } from './audit-event-filters.ts';
import { toSuccessRow } from './audit-rows.ts';
import type { SearchRequest } from './search.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import { toAuditEvent } from './to-audit-event.ts';

const type = 'AuditEvent';

/** 200 with the AuditEvent. @throws not-found */
export async function readAuditEvent(services: Services, context: RequestContext, id: string): Promise<Answer> {
  const permit = decide({ kind: 'read', type, id }, { ...context, at: services.clock() });
  const form = formOf(services);
  const place = openAuditEventId(form.key, id);
  const filters = [{ kind: 'place', places: place === undefined ? [] : [place] }] as const;
  const query = {
    filters,
    isOldestFirst: false,
    count: 1,
    total: 'none',
    after: undefined,
    untilMs: undefined,
  } as const;
  const { events } = await services.store.auditEvents(permit, query);
  const [event] = events;
  if (event === undefined) throw problem('not-found');
  await auditEventRead(services, permit, events);
  return {
    status: 200,
    headers: { 'Last-Modified': event.at.toUTCString() },
    body: JSON.stringify(toAuditEvent(event, form)),
  };
}

/** 200 with a searchset, newest first unless `_sort` says otherwise. @throws search-… */
export async function searchAuditEvents(
  services: Services,
  context: RequestContext,
  { parameters, patientId }: Pick<SearchRequest, 'parameters' | 'patientId'>,
): Promise<Answer> {
  const permit = decide({ kind: 'search-type', type }, { ...context, at: services.clock() });
  const form = formOf(services);
  const path = patientId === undefined ? type : `Patient/${patientId}/${type}`;
  const scope = `search ${path}`;
  const { query, selfQuery, cursorQuery } = parseQuery({
    type,
    compartmentOf: patientId,
    parameters,
    registry: services.search,
    limits: services.limits,
    canonicalSystem: services.canonicalSystem,
    baseUrl: services.baseUrl,
    isLenient: context.isLenient,
    openCursor: (sealed) => openSearchCursor(services.cursorKey, scope, sealed),
  });
  if (query.includes.length > 0) {
    throw problem('search-parameter-unknown', { diagnostics: 'Nothing is included with AuditEvents.' });
  }
  // A later page is of the same list: reading it has added to the log.
  const { place, untilMs = permit.at.getTime() } = toPlace(query.after);
  const page = await services.store.auditEvents(permit, {
    filters: toAuditEventFilters(query.filters, (id) => openAuditEventId(form.key, id)),
    isOldestFirst: isOldestFirst(query),
    count: query.count,
    total: query.total,
    after: place,
    untilMs,
  });
  await auditEventRead(services, permit, page.events);
  const address = `${services.baseUrl}/${path}`;
  const links: BundleLink[] = [{ relation: 'self', url: selfQuery === '' ? address : `${address}?${selfQuery}` }];
  if (page.next !== undefined) {
    const { atMs, seq, ordinal } = page.next;
    const position = { values: [atMs, seq, ordinal, untilMs], id: '' };
    const sealed = sealCursor(services.cursorKey, scope, { query: cursorQuery, position });
    links.push({ relation: 'next', url: `${address}?_page=${sealed}` });
  }
  const entries = page.events.map((event) => {
    const resource = toAuditEvent(event, form);
    return {
      fullUrl: `${services.baseUrl}/${type}/${resource.id}`,
      body: JSON.stringify(resource),
      mode: 'match' as const,
    };
  });
  return { status: 200, headers: {}, body: toSearchset({ links, total: page.total, entries }) };
}

const keys = new WeakMap<Buffer, Buffer>();

function formOf({ hubKey, baseUrl }: Services): { readonly key: Buffer; readonly baseUrl: string } {
  const key = keys.get(hubKey) ?? deriveAuditEventKey(hubKey);
  keys.set(hubKey, key);
  return { key, baseUrl };
}

/** Resolves when it is committed that these were read, and `besides` with them. */
export function auditEventRead(
  services: Services,
  permit: Permit,
  events: readonly AuditEvent[],
  besides: AuditRow['entities'] = [],
): Promise<void> {
  const { key } = formOf(services);
  const entities = events.map(({ place, personKey }) => ({
    address: `${type}/${sealAuditEventId(key, place)}`,
    versionId: undefined,
    personKey,
    // The log is the hub's own.
    custodianKey: null,
    consent: undefined,
    rule: undefined,
  }));
  return services.store.audit([
    toSuccessRow(permit, services.clock(), { type, status: 200, entities: [...besides, ...entities] }),
  ]);
}

/** `date` and `_lastUpdated` are the same time. @throws search-value-invalid for any other order */
function isOldestFirst({ sort }: SearchQuery): boolean {
  const [key, ...others] = sort;
  if (key === undefined || others.length > 0 || (key.kind !== 'last-updated' && key.param !== 'date')) {
    throw problem('search-value-invalid', { diagnostics: '_sort takes date or -date here.' });
  }
  return !key.descending;
}

/** As it was sealed into the page link. */
function toPlace(position: SearchQuery['after']): {
  readonly place: AuditEventQuery['after'];
  readonly untilMs?: number;
} {
  if (position === undefined) return { place: undefined };
  const [atMs, seq, ordinal, untilMs] = position.values;
  if (typeof atMs !== 'number' || typeof seq !== 'number' || typeof ordinal !== 'number' || typeof untilMs !== 'number')
    throw problem('search-cursor-invalid');
  return { place: { atMs, seq, ordinal }, untilMs };
}
