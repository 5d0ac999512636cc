// $meta-add: adds profiles, tags and security labels that are not there yet, as a new version. Only the custodian.
// https://hl7.org/fhir/R4/resource-operation-meta-add.html · Refuses labels that are not a client's to set.
import type { Operation } from '../interactions/operation.ts';
import { changeMeta, selectCodings, withLists } from './change-meta.ts';

export const metaAdd: Operation = {
  name: '$meta-add',
  summary:
    'Adds profiles, tags and security labels, as a new version; what is there already makes none. Only the custodian. `If-Match` counts where it is sent and need not be.',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta-add',
  levels: ['instance'],
  types: undefined,
  isOfStored: true,
  allowsGet: false,
  run: (services, context, request) =>
    changeMeta(services, context, {
      request,
      operation: {
        kind: 'meta-add',
        apply: (before, { profile, tag, security }) => {
          const { profile: profiles = [], tag: tags = [], security: labels = [] } = before;
          return withLists(before, {
            profile: [...new Set([...profiles, ...profile])],
            tag: [...tags, ...selectCodings(tag, { others: tags, isAmong: false })],
            security: [...labels, ...selectCodings(security, { others: labels, isAmong: false })],
          });
        },
      },
    }),
};
