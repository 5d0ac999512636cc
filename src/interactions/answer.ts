// From what was done or found to what goes back: status, ETag, Location, Last-Modified, body by Prefer.
// https://hl7.org/fhir/R4/http.html#ops
import { withoutPlaces } from '../access/protected-identity.ts';
import { redactReferences } from '../access/redact.ts';
import { problem } from '../core/problem.ts';
import { toETag } from '../fhir/etag.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import { requireResource } from './accept-resource.ts';
import type { StoredVersion } from '../store/store.ts';
import type { Outcome } from './change.ts';
import type { Answer, RequestContext, Services } from './services.ts';

/** The answer to create, update and delete. Prefer decides the body; without it a written resource comes back whole. */
export function toChangeAnswer(services: Services, context: RequestContext, outcome: Outcome | undefined): Answer {
  if (outcome === undefined) throw problem('internal', { detail: 'a change without an outcome' });
  const { status, type, id, versionId, lastUpdated, body } = outcome;
  // A conditional deletion that found nothing.
  if (versionId === undefined) return { status, headers: {}, body: undefined };
  const headers = {
    ETag: toETag(versionId),
    ...(lastUpdated === undefined ? {} : { 'Last-Modified': lastUpdated.toUTCString() }),
    ...(status === 204 ? {} : { Location: `${services.baseUrl}/${type}/${id}/_history/${versionId}` }),
  };
  if (status === 204 || body === undefined || context.preferReturn === 'minimal')
    return { status, headers, body: undefined };
  return { status, headers, body: context.preferReturn === 'OperationOutcome' ? allOk : body };
}

/** An OperationOutcome that says all went well. https://hl7.org/fhir/R4/operationoutcome-example-allok.html */
export const allOk = JSON.stringify({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'information', code: 'informational', details: { text: 'All OK' } }],
});

/** The exact text as stored, or a reduced one where the reader may not see everything it refers to, or where the person is. */
export function toServedBody(services: Services, version: StoredVersion & { readonly body: string }): string {
  const text = toReducedText(services, version.body, new Set(version.hiddenReferences));
  if (!version.isPlaceHidden) return text;
  return stringifyJson(
    withoutPlaces(requireResource(parseJson(text, { maxDepth: services.limits.jsonDepth }), undefined)),
  );
}

/** The text without the references to what is hidden. */
export function toReducedText<Text extends string | undefined>(
  services: Services,
  body: Text,
  hidden: ReadonlySet<string> | undefined,
): Text | string {
  if (body === undefined || hidden === undefined || hidden.size === 0) return body;
  const resource = requireResource(parseJson(body, { maxDepth: services.limits.jsonDepth }), undefined);
  return stringifyJson(redactReferences(resource, hidden, services.baseUrl));
}
