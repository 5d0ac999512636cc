// create. https://hl7.org/fhir/R4/http.html#create
import { decide } from '../access/decide.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { toChangeAnswer } from './answer.ts';
import { parseResource, requireType, requireValid } from './accept-resource.ts';
import { carryOut } from './carry-out.ts';
import { parseCondition } from './condition.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface CreateRequest {
  readonly type: string;
  readonly body: string;
  /** The If-None-Exist header: search parameters without the type. */
  readonly ifNoneExist: string | undefined;
}

/** 201 with the new resource, or 200 where If-None-Exist has its match. */
export async function create(services: Services, context: RequestContext, request: CreateRequest): Promise<Answer> {
  const { type, ifNoneExist } = request;
  const permit = decide({ kind: 'create', type, ifNoneExist }, { ...context, at: services.clock() });
  const resource = parseResource(request.body, services);
  requireType(resource, type, type);
  requireValid(resource, type, services);
  const [outcome] = await carryOut(
    services,
    permit,
    [
      {
        kind: 'create',
        type,
        id: chooseId(resource, services, permit.at),
        permit,
        path: type,
        resource,
        ifNoneExist: ifNoneExist === undefined ? undefined : parseCondition(services, `${type}?${ifNoneExist}`),
      },
    ],
    'create',
  );
  return toChangeAnswer(services, context, outcome);
}

/** A person has one id at the hub; everything else gets a new one. The id a client sends never counts. */
export function chooseId(resource: FhirResource, services: Services, at: Date): string {
  const { mode, hubKey } = services;
  const derived = resource.resourceType === 'Patient' ? mode.derivePersonIds(resource, hubKey)[0] : undefined;
  return derived ?? services.ids.resourceId(at.getTime());
}
