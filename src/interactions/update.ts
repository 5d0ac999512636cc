// update. https://hl7.org/fhir/R4/http.html#update · In the hub PUT never creates, and If-Match is mandatory.
import { decide } from '../access/decide.ts';
import { problem } from '../core/problem.ts';
import { requireIfMatch } from '../fhir/etag.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { toChangeAnswer } from './answer.ts';
import { parseResource, requireType, requireValid } from './accept-resource.ts';
import { carryOut } from './carry-out.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface UpdateRequest {
  readonly type: string;
  readonly id: string;
  readonly body: string;
  readonly ifMatch: string | undefined;
}

/** 200 with the new version. @throws if-match-required, not-found, gone, version-conflict, not-your-resource … */
export async function update(services: Services, context: RequestContext, request: UpdateRequest): Promise<Answer> {
  const { type, id } = request;
  const permit = decide({ kind: 'update', type, id }, { ...context, at: services.clock() });
  const ifMatch = requireIfMatch(request.ifMatch);
  const resource = parseResource(request.body, services);
  requireType(resource, type, type);
  requireId(resource, id, type);
  requireValid(resource, type, services);
  const [outcome] = await carryOut(
    services,
    permit,
    [{ kind: 'update', type, id, permit, path: type, resource, ifMatch }],
    'update',
  );
  return toChangeAnswer(services, context, outcome);
}

/** @throws id-mismatch unless Resource.id is that of the address */
export function requireId(resource: FhirResource, id: string, path: string): void {
  if (resource.id !== id) throw problem('id-mismatch', { expression: `${path}.id` });
}
