// delete and conditional delete of one. https://hl7.org/fhir/R4/http.html#delete · The history stays; in the hub If-Match is mandatory.
import { decide } from '../access/decide.ts';
import { findIfMatch } from '../fhir/etag.ts';
import { toChangeAnswer } from './answer.ts';
import { carryOut } from './carry-out.ts';
import { parseConditionOf } from './condition.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface DeleteRequest {
  readonly type: string;
  /** undefined: the one that the parameters match. */
  readonly id: string | undefined;
  readonly parameters?: URLSearchParams;
  readonly ifMatch: string | undefined;
}

/** 204, also where nothing matches. @throws if-match-required, not-found, gone, version-conflict, precondition-multiple, not-your-resource */
export async function deleteResource(
  services: Services,
  context: RequestContext,
  request: DeleteRequest,
): Promise<Answer> {
  const { type, id } = request;
  const permit = decide({ kind: 'delete', type, id }, { ...context, at: services.clock() });
  const condition = id === undefined ? parseConditionOf(services, type, request.parameters) : undefined;
  const ifMatch = findIfMatch(request.ifMatch, services.mode.requiresIfMatch);
  const target = { type, id: id ?? '', permit, path: type, condition };
  const [outcome] = await carryOut(services, permit, [{ kind: 'delete', ...target, ifMatch }], 'delete');
  return toChangeAnswer(services, context, outcome);
}
