// One request below the FHIR base, from HTTP or from a Bundle's entry, to its interaction.
import { problem } from '../core/problem.ts';
import { runBundle } from './bundle.ts';
import { readAuditEvent, searchAuditEvents } from './audit-events.ts';
import { capabilities } from './capabilities.ts';
import { create } from './create.ts';
import { deleteResource } from './delete.ts';
import { history } from './history.ts';
import type { PatchFormat } from './parse-patch.ts';
import { patchResource } from './patch.ts';
import { present } from './present.ts';
import { read, vread } from './read.ts';
import { search } from './search.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import type { Target } from './target.ts';
import { runOperation } from './run-operation.ts';
import { update } from './update.ts';
import { withFreshSearch } from './with-fresh-search.ts';

export interface FhirRequest {
  readonly target: Target;
  /** GET and HEAD promise to change nothing. */
  readonly isRead: boolean;
  /** The query of the address, or the form of POST _search. */
  readonly parameters: URLSearchParams;
  readonly body: string;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  /** Of the body of a patch. */
  readonly patchFormat: PatchFormat;
  readonly ifNoneExist: string | undefined;
}

/** The answer. @throws Problem */
export function run(services: Services, context: RequestContext, request: FhirRequest): Promise<Answer> {
  return withFreshSearch(services, () => runOnce(services, context, request));
}

async function runOnce(services: Services, context: RequestContext, request: FhirRequest): Promise<Answer> {
  const { target, body, parameters, ifMatch } = request;
  switch (target.kind) {
    case 'bundle':
      return runBundle(services, context, { body, runEntry: run });
    case 'capabilities':
      return capabilities(services, parameters);
    case 'create':
      return create(services, context, { type: target.type, body, ifNoneExist: request.ifNoneExist });
    case 'search':
      return present(services, parameters, (rest) =>
        isOfLog(services, target.type)
          ? searchAuditEvents(services, context, { patientId: target.patientId, parameters: rest })
          : search(services, context, { type: target.type, patientId: target.patientId, parameters: rest }),
      );
    case 'history-system':
    case 'history-type':
    case 'history-instance':
      return present(services, parameters, (rest) => history(services, context, { target, parameters: rest }));
    case 'read':
      return present(services, parameters, () =>
        isOfLog(services, target.type)
          ? readAuditEvent(services, context, target.id)
          : read(services, context, { ...request, ...target }),
      );
    case 'vread':
      return present(services, parameters, () => vread(services, context, target));
    case 'update':
      return update(services, context, { ...target, parameters, body, ifMatch });
    case 'patch':
      return patchResource(services, context, { ...target, parameters, body, ifMatch, format: request.patchFormat });
    case 'delete':
      return deleteResource(services, context, { ...target, parameters, ifMatch });
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

function isOfLog({ mode }: Services, type: string | undefined): boolean {
  return type !== undefined && mode.findTypePolicy(type)?.kind === 'log';
}
