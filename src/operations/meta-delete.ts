// $meta-delete: takes away the profiles, tags and security labels that are named, as a new version; what is not there is passed over.
// Only the custodian. https://hl7.org/fhir/R4/resource-operation-meta-delete.html · Refuses labels that are not a client's to remove.
import type { Operation } from '../interactions/operation.ts';
import { changeMeta, selectCodings, withLists } from './change-meta.ts';

export const metaDelete: Operation = {
  name: '$meta-delete',
  summary:
    'Takes away profiles, tags and security labels, as a new version. Only the custodian. `If-Match` counts where it is sent and need not be.',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta-delete',
  levels: ['instance'],
  types: undefined,
  isOfStored: true,
  allowsGet: false,
  run: (services, context, request) =>
    changeMeta(services, context, {
      request,
      operation: {
        kind: 'meta-delete',
        apply: (before, { profile, tag, security }) => {
          const { profile: profiles = [], tag: tags = [], security: labels = [] } = before;
          return withLists(before, {
            profile: profiles.filter((canonical) => !profile.includes(canonical)),
            tag: selectCodings(tags, { others: tag, isAmong: false }),
            security: selectCodings(labels, { others: security, isAmong: false }),
          });
        },
      },
    }),
};
