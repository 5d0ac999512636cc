// One request below the FHIR base, from HTTP or from a Bundle's entry, to its interaction.
import { problem } from '../core/problem.ts';
import { runBundle } from './bundle.ts';
import { capabilities } from './capabilities.ts';
import { create } from './create.ts';
import { deleteResource } from './delete.ts';
import { history } from './history.ts';
import { read, vread } from './read.ts';
import { search } from './search.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import type { Target } from './target.ts';
import { runOperation } from './run-operation.ts';
import { update } from './update.ts';

export interface FhirRequest {
  readonly target: Target;
  /** The query of the address, or the form of POST _search. */
  /** GET and HEAD promise to change nothing. */
  readonly isRead: boolean;
  readonly parameters: URLSearchParams;
  readonly body: string;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifNoneExist: string | undefined;
}

/** The answer. @throws Problem */
export async function run(services: Services, context: RequestContext, request: FhirRequest): Promise<Answer> {
  const { target, body, parameters, ifMatch } = request;
  switch (target.kind) {
    case 'bundle':
      return runBundle(services, context, { body, runEntry: run });
    case 'capabilities':
      return capabilities(services);
    case 'create':
      return create(services, context, { type: target.type, body, ifNoneExist: request.ifNoneExist });
    case 'search':
      return search(services, context, { type: target.type, parameters });
    case 'history-type':
      return history(services, context, { type: target.type, id: undefined, parameters });
    case 'history-instance':
      return history(services, context, { type: target.type, id: target.id, parameters });
    case 'read':
      return read(services, context, { type: target.type, id: target.id, ifNoneMatch: request.ifNoneMatch });
    case 'vread':
      return vread(services, context, { type: target.type, id: target.id, versionId: target.versionId });
    case 'update':
      return update(services, context, { type: target.type, id: target.id, body, ifMatch });
    case 'delete':
      return deleteResource(services, context, { type: target.type, id: target.id, ifMatch });
    case 'operation':
      return runOperation(services, context, {
        ...request,
        name: target.name,
        type: target.type,
        id: target.id,
        isDelete: target.isDelete === true,
      });
    default:
      throw problem('endpoint-unknown', { detail: `no interaction for ${JSON.stringify(target satisfies never)}` });
  }
}
