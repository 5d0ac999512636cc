// delete. https://hl7.org/fhir/R4/http.html#delete · The history stays; If-Match is mandatory.
import { decide } from '../access/decide.ts';
import { requireIfMatch } from '../fhir/etag.ts';
import { toChangeAnswer } from './answer.ts';
import { carryOut } from './carry-out.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface DeleteRequest {
  readonly type: string;
  readonly id: string;
  readonly ifMatch: string | undefined;
}

/** 204. @throws if-match-required, not-found, gone, version-conflict, not-your-resource */
export async function deleteResource(
  services: Services,
  context: RequestContext,
  request: DeleteRequest,
): Promise<Answer> {
  const { type, id } = request;
  const permit = decide({ kind: 'delete', type, id }, { ...context, at: services.clock() });
  const ifMatch = requireIfMatch(request.ifMatch);
  const [outcome] = await carryOut(
    services,
    permit,
    [{ kind: 'delete', type, id, permit, path: type, ifMatch }],
    'delete',
  );
  return toChangeAnswer(services, context, outcome);
}
