// $meta on one resource: its profiles, tags and security labels, as the caller is shown them. https://hl7.org/fhir/R4/resource-operation-meta.html
// Not offered for a type or the whole hub: a summary of all labels in use would say what others keep, or cost a walk through everything.
import { decide } from '../access/decide.ts';
import { problem } from '../core/problem.ts';
import { auditRead } from '../interactions/audit-rows.ts';
import type { Operation } from '../interactions/operation.ts';
import { toMetaAnswer, toServedMeta } from './change-meta.ts';
import { readOperationParameters } from './operation-parameters.ts';

export const meta: Operation = {
  name: '$meta',
  summary: 'Profiles, tags and security labels of one resource, as the caller is shown them.',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta',
  levels: ['instance'],
  types: undefined,
  isOfStored: true,
  allowsGet: true,
  run: async (services, context, request) => {
    const { type = '', id = '' } = request;
    const permit = decide({ kind: 'meta', type, id }, { ...context, at: services.clock() });
    readOperationParameters(services, context, { request, names: [] });
    const version = await services.store.read(permit, { type, id });
    if (version === undefined) throw problem('not-found');
    const { body, versionId } = version;
    if (body === undefined) throw problem('gone');
    await auditRead(services, permit, { type, versions: [version] });
    return toMetaAnswer(toServedMeta(services, { ...version, body }), versionId);
  },
};
