// update and conditional update. https://hl7.org/fhir/R4/http.html#update
// In the hub PUT never creates, and If-Match is mandatory; plain mode lets both go (interactions/mode.ts).
import { decide } from '../access/decide.ts';
import { isReduced } from '../access/redact.ts';
import { problem } from '../core/problem.ts';
import { findIfMatch } from '../fhir/etag.ts';
import { toChangeAnswer } from './answer.ts';
import { parseResource, requireId, requireType, requireValidUpdate } from './accept-resource.ts';
import { carryOut } from './carry-out.ts';
import { parseConditionOf } from './condition.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface UpdateRequest {
  readonly type: string;
  /** undefined: the one that the parameters match. */
  readonly id: string | undefined;
  readonly parameters?: URLSearchParams;
  readonly body: string;
  readonly ifMatch: string | undefined;
}

/** 200 with the new version, or 201. @throws if-match-required, not-found, gone, version-conflict, not-your-resource … */
export async function update(services: Services, context: RequestContext, request: UpdateRequest): Promise<Answer> {
  const { type, id } = request;
  const permit = decide({ kind: 'update', type, id }, { ...context, at: services.clock() });
  const condition = id === undefined ? parseConditionOf(services, type, request.parameters) : undefined;
  const ifMatch = findIfMatch(request.ifMatch, services.mode.requiresIfMatch);
  const resource = parseResource(request.body, services);
  requireType(resource, type, type);
  if (id !== undefined) requireId(resource, id, type);
  // A view with parts taken out may lack what is mandatory: the first thing to know is that it cannot be put back.
  if (isReduced(resource)) throw problem('reduced-view', { expression: type });
  const faults = requireValidUpdate(resource, type, services);
  const target = { type, id: id ?? services.ids.resourceId(permit.at.getTime()), permit, path: type, condition };
  const [outcome] = await carryOut(
    services,
    permit,
    [{ kind: 'update', ...target, resource, ifMatch, faults }],
    'update',
  );
  return toChangeAnswer(services, context, outcome);
}
