// What a call of $validate says: the resource, alone or in Parameters, and by which mode and profiles it is to be judged.
// https://hl7.org/fhir/R4/resource-operation-validate.html · Refuses what the operation does not know.
import { problem } from '../core/problem.ts';
import { stringifyJson } from '../fhir/json.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { parseResource, requireResource, requireType } from '../interactions/accept-resource.ts';
import type { OperationRequest } from '../interactions/operation.ts';
import type { RequestContext, Services } from '../interactions/services.ts';
import { invalidParameter, readOperationParameters } from './operation-parameters.ts';

const modes = ['create', 'update', 'delete', 'profile'] as const;

export interface ValidateRequest {
  readonly type: string;
  readonly id: string | undefined;
  /** Undefined: what is stored under the id, or nothing with mode delete. */
  readonly resource: FhirResource | undefined;
  readonly mode: (typeof modes)[number] | undefined;
  /** Canonical URLs; none: those that the hub holds the type to. */
  readonly profiles: readonly string[];
  readonly ifMatch: string | undefined;
}

/** @throws operation-parameter-invalid, resource-type-mismatch, body-missing, json-…, wrong-type */
export function readValidateRequest(
  services: Services,
  context: RequestContext,
  request: OperationRequest,
): ValidateRequest {
  const { type = '', id, ifMatch } = request;
  const { resource, rest } = splitBody(services, request);
  const given = readOperationParameters(services, context, {
    request: { ...request, body: rest },
    names: ['mode', 'profile'],
  });
  const text = given.one('mode');
  const mode = modes.find((known) => known === text);
  if (text !== undefined && mode === undefined) throw invalidParameter(request.name, `takes mode ${modes.join(', ')}`);
  const profiles = given.all('profile').filter((canonical) => canonical !== '');
  if (mode === 'profile' && profiles.length === 0)
    throw invalidParameter(request.name, 'needs a profile with mode profile');
  if (resource !== undefined) requireType(resource, type, type);
  else if (id === undefined) throw problem('body-missing');
  else if (mode === 'create' || mode === 'update')
    throw invalidParameter(request.name, `needs a resource with mode ${mode}`);
  if (mode === 'create' && id !== undefined) throw invalidParameter(request.name, 'takes mode create on the type only');
  if (mode === 'delete' && id === undefined)
    throw invalidParameter(request.name, 'takes mode delete on one resource only');
  return { type, id, resource, mode, profiles, ifMatch };
}

/** The resource to be judged, and the Parameters without it as JSON text. */
function splitBody(
  services: Services,
  request: OperationRequest,
): { readonly resource: FhirResource | undefined; readonly rest: string } {
  if (request.isRead || request.body.trim() === '') return { resource: undefined, rest: '' };
  const body = parseResource(request.body, services);
  const list: readonly unknown[] = Array.isArray(body['parameter']) ? body['parameter'] : [];
  const isResource = (parameter: unknown): boolean =>
    typeof parameter === 'object' && parameter !== null && 'name' in parameter && parameter.name === 'resource';
  const holders = list.filter(isResource);
  // A Parameters resource may itself be what is to be judged.
  const isWrapper = body.resourceType === 'Parameters' && (request.type !== 'Parameters' || holders.length > 0);
  if (!isWrapper) return { resource: body, rest: '' };
  if (holders.length > 1) throw invalidParameter(request.name, 'takes one resource');
  const [holder] = holders as readonly { readonly resource?: unknown }[];
  return {
    resource: holder === undefined ? undefined : requireResource(holder.resource, 'Parameters.parameter.resource'),
    rest: stringifyJson({
      ...body,
      ...(Array.isArray(body['parameter']) ? { parameter: list.filter((item) => !isResource(item)) } : {}),
    }),
  };
}
