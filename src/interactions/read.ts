// read and vread. https://hl7.org/fhir/R4/http.html#read · A hidden resource answers as an absent one.
import { decide } from '../access/decide.ts';
import { problem } from '../core/problem.ts';
import { matchesETag, toETag } from '../fhir/etag.ts';
import { toServedBody } from './answer.ts';
import { auditRead } from './audit-rows.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import type { StoredVersion } from '../store/store.ts';
import type { Permit } from '../access/permit.ts';

export interface ReadRequest {
  readonly type: string;
  readonly id: string;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

/** 200, or 304 where If-None-Match names the current version, or it is no newer than If-Modified-Since says. @throws not-found, gone */
export async function read(services: Services, context: RequestContext, request: ReadRequest): Promise<Answer> {
  const { type, id } = request;
  const permit = decide({ kind: 'read', type, id }, { ...context, at: services.clock() });
  const version = await services.store.read(permit, { type, id });
  const isKnown = version !== undefined && isKnownAlready(request, version);
  const answer = await toReadAnswer(services, permit, { version, status: isKnown ? 304 : 200 });
  return isKnown ? { ...answer, body: undefined } : answer;
}

/** If-None-Match counts before If-Modified-Since, which knows seconds only. https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2 */
function isKnownAlready({ ifNoneMatch, ifModifiedSince }: ReadRequest, version: StoredVersion): boolean {
  if (ifNoneMatch !== undefined) return matchesETag(ifNoneMatch, version.versionId);
  // A date that cannot be read is no condition.
  const sinceMs = Date.parse(ifModifiedSince ?? '');
  return Math.floor(version.lastUpdated.getTime() / 1000) * 1000 <= sinceMs;
}

/** 200 with the version asked for. @throws not-found, gone where that version is a deletion */
export async function vread(
  services: Services,
  context: RequestContext,
  request: { readonly type: string; readonly id: string; readonly versionId: string },
): Promise<Answer> {
  const permit = decide({ kind: 'vread', ...request }, { ...context, at: services.clock() });
  const version = await services.store.readVersion(permit, request);
  return toReadAnswer(services, permit, { version, status: 200 });
}

async function toReadAnswer(
  services: Services,
  permit: Permit,
  { version, status }: { readonly version: StoredVersion | undefined; readonly status: 200 | 304 },
): Promise<Answer> {
  if (version === undefined) throw problem('not-found');
  const { body, versionId } = version;
  if (body === undefined) throw problem('gone');
  await auditRead(services, permit, { type: version.type, versions: [version], status });
  return {
    status,
    headers: { ETag: toETag(versionId), 'Last-Modified': version.lastUpdated.toUTCString() },
    body: toServedBody(services, { ...version, body }),
  };
}
