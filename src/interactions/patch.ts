// patch and conditional patch, by JSON Patch or FHIRPath Patch. https://hl7.org/fhir/R4/http.html#patch
// The patch is made to what the caller sees of the resource (access/reduced-view.ts); in the hub If-Match is mandatory.
import { decide } from '../access/decide.ts';
import { findIfMatch } from '../fhir/etag.ts';
import { toChangeAnswer } from './answer.ts';
import { carryOut } from './carry-out.ts';
import { parseConditionOf } from './condition.ts';
import { parsePatch, type PatchFormat } from './parse-patch.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface PatchRequest {
  readonly type: string;
  /** undefined: the one that the parameters match. */
  readonly id: string | undefined;
  readonly parameters?: URLSearchParams;
  readonly body: string;
  readonly format: PatchFormat;
  readonly ifMatch: string | undefined;
}

/** 200 with the new version. @throws patch-…, if-match-required, not-found, gone, version-conflict, reduced-view, not-your-resource … */
export async function patchResource(
  services: Services,
  context: RequestContext,
  request: PatchRequest,
): Promise<Answer> {
  const { type, id } = request;
  const permit = decide({ kind: 'patch', type, id }, { ...context, at: services.clock() });
  const condition = id === undefined ? parseConditionOf(services, type, request.parameters) : undefined;
  const ifMatch = findIfMatch(request.ifMatch, services.mode.requiresIfMatch);
  const patch = parsePatch(services, request.body, request.format);
  const target = { type, id: id ?? '', permit, path: type, condition };
  const [outcome] = await carryOut(services, permit, [{ kind: 'patch', ...target, patch, ifMatch }], 'patch');
  return toChangeAnswer(services, context, outcome);
}
