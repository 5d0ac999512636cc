// $validate: what the hub would say of a resource, without storing it. https://hl7.org/fhir/R4/resource-operation-validate.html
// 200 whatever is found; the OperationOutcome tells. Refuses only a call that is wrong in itself.
// With mode create, update or delete the write is rehearsed: rights, references and conflicts are told exactly as the write would tell them.
import { decide } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import { type Finding, Problem, problem } from '../core/problem.ts';
import { toETag } from '../fhir/etag.ts';
import { stringifyJson } from '../fhir/json.ts';
import { toIssues } from '../fhir/outcome.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { findFaults, parseResource } from '../interactions/accept-resource.ts';
import { toServedBody } from '../interactions/answer.ts';
import { auditRead, toSuccessRow } from '../interactions/audit-rows.ts';
import { create } from '../interactions/create.ts';
import { deleteResource } from '../interactions/delete.ts';
import type { Operation } from '../interactions/operation.ts';
import { rehearse } from '../interactions/rehearse.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import { update } from '../interactions/update.ts';
import { readValidateRequest, type ValidateRequest } from './validate-request.ts';

export const validate: Operation = {
  name: '$validate',
  summary:
    'Says what is wrong with a resource, as a create or an update would find it, and stores nothing. Takes `mode` and `profile`.',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  levels: ['type', 'instance'],
  types: undefined,
  allowsGet: true,
  run: async (services, context, request) => {
    const permit = decide({ kind: 'validate' }, { ...context, at: services.clock() });
    const wanted = readValidateRequest(services, context, request);
    const isStored = wanted.resource === undefined && wanted.mode !== 'delete';
    const findings = isStored
      ? await judgeStored(services, context, wanted)
      : [...judge(services, wanted), ...(await judgeWrite(services, context, wanted))];
    if (!isStored) await auditValidation(services, permit, wanted);
    return toAnswer(context, findings);
  },
};

/** What is wrong with the resource in itself. */
function judge(services: Services, { resource, profiles, type }: ValidateRequest): readonly Finding[] {
  if (resource === undefined) return [];
  // Against profiles that are named the resource is judged as it was sent; otherwise as the hub would store it.
  return profiles.length > 0
    ? services.validator.validate(resource, { profiles })
    : findFaults(copyOf(resource, services), type, services);
}

/** Aliases are rewritten in place; the original is still to be rehearsed with. */
function copyOf(resource: FhirResource, services: Services): FhirResource {
  return parseResource(stringifyJson(resource), services);
}

/** What the write would refuse beyond that. */
async function judgeWrite(
  services: Services,
  context: RequestContext,
  wanted: ValidateRequest,
): Promise<readonly Finding[]> {
  const { mode, type, resource } = wanted;
  if (mode === undefined || mode === 'profile') return [];
  const body = resource === undefined ? '' : stringifyJson(resource);
  try {
    await rehearse(services, async (rehearsal) => {
      if (mode === 'create') return create(rehearsal, context, { type, body, ifNoneExist: undefined });
      const id = wanted.id ?? resource?.id;
      if (id === undefined) throw problem('id-mismatch', { expression: `${type}.id` });
      const ifMatch = wanted.ifMatch ?? (await findETag(rehearsal, context, { mode, type, id }));
      return mode === 'update'
        ? update(rehearsal, context, { type, id, body, ifMatch })
        : deleteResource(rehearsal, context, { type, id, ifMatch });
    });
    return [];
  } catch (error) {
    if (!(error instanceof Problem) || error.status === 401 || error.status >= 500) throw error;
    return error.findings;
  }
}

/** The current version, where the caller names none: that it has not changed meanwhile is for the write to ask. */
async function findETag(
  services: Services,
  context: RequestContext,
  { mode, type, id }: { readonly mode: 'update' | 'delete'; readonly type: string; readonly id: string },
): Promise<string> {
  const permit = decide({ kind: mode, type, id }, { ...context, at: services.clock() });
  const version = await services.store.read(permit, { type, id });
  if (version === undefined) throw problem('not-found', { expression: type });
  return toETag(version.versionId);
}

/** The resource as the caller may read it. @throws not-found, gone, scope-insufficient */
async function judgeStored(
  services: Services,
  context: RequestContext,
  wanted: ValidateRequest,
): Promise<readonly Finding[]> {
  const { type, id = '', profiles } = wanted;
  const permit = decide({ kind: 'read', type, id }, { ...context, at: services.clock() });
  const version = await services.store.read(permit, { type, id });
  if (version === undefined) throw problem('not-found');
  const { body } = version;
  if (body === undefined) throw problem('gone');
  await auditRead(services, permit, { type, versions: [version] });
  const resource = parseResource(toServedBody(services, { ...version, body }), services);
  const findings = judge(services, { ...wanted, resource, profiles });
  if (version.hiddenReferences.length === 0 && !version.isPlaceHidden) return findings;
  return [...findings, { code: 'reduced-view', severity: 'information', expression: type }];
}

/** Who had what judged. The store is asked as well whether the client is still enabled. */
async function auditValidation(services: Services, permit: Permit, { type }: ValidateRequest): Promise<void> {
  await services.store.transaction(permit, (transaction) => transaction.resolve(permit, []));
  await services.store.audit([toSuccessRow(permit, permit.at, { status: 200, type, entities: [] })]);
}

const allOk = { severity: 'information', code: 'informational', details: { text: 'All OK' } };

function toAnswer(context: RequestContext, findings: readonly Finding[]): Answer {
  const seen = new Set<string>();
  const distinct = findings.filter((finding) => {
    const key = JSON.stringify([finding.code, finding.severity, finding.expression, finding.diagnostics]);
    return seen.has(key) ? false : seen.add(key).has(key);
  });
  const issue = toIssues(distinct, context.language);
  const isValid = !distinct.some(({ severity }) => severity === 'error');
  const body = JSON.stringify({ resourceType: 'OperationOutcome', issue: isValid ? [...issue, allOk] : issue });
  return { status: 200, headers: {}, body };
}
