// Consent/{id}/$confirm: a custodian says that its own data, too, may be shared as a Consent says that another party has recorded (sip.md §5).
// Makes no new version: the Consent stays the recording party's. Refuses without the ETag of the version that was read, so that nobody
// confirms what has been changed unseen.
import { namesCustodian, toSharingGrants } from '../access/consent.ts';
import { custodianOf, individualCustodian } from '../access/decide-write.ts';
import { decide } from '../access/decide.ts';
import { byIndividual } from '../access/grants.ts';
import { canonicalBase } from '../core/canonical.ts';
import { problem } from '../core/problem.ts';
import { requireIfMatch, toETag } from '../fhir/etag.ts';
import { formatInstant } from '../fhir/instant.ts';
import { parseJson } from '../fhir/json.ts';
import { requireResource } from '../interactions/accept-resource.ts';
import { toEntity, toSuccessRow } from '../interactions/audit-rows.ts';
import type { Operation } from '../interactions/operation.ts';
import { readOperationParameters } from './operation-parameters.ts';

export const confirm: Operation = {
  name: '$confirm',
  summary:
    'A custodian named in a joint Consent that another party has recorded lets its own data be shared as the Consent says, from then on; the individual, what he or she has written. Takes an empty Parameters resource; needs `If-Match` with the version that was read. A version that opens more must be confirmed anew.',
  definition: `${canonicalBase}/OperationDefinition/Consent-confirm`,
  levels: ['instance'],
  types: ['Consent'],
  allowsGet: false,
  run: async (services, context, request) => {
    const address = { type: 'Consent', id: request.id ?? '' } as const;
    const permit = decide({ kind: 'confirm', ...address }, { ...context, at: services.clock() });
    readOperationParameters(services, context, { request, names: [] });
    const { principal } = permit;
    // The operator is refused above: it never meets data about a person.
    if (principal.kind === 'operator') throw problem('role-forbidden');
    const custodianId = principal.kind === 'individual' ? byIndividual : principal.party.organizationId;
    const custodianAddress =
      principal.kind === 'individual' ? `Patient/${principal.person.patientId}` : `Organization/${custodianId}`;
    const wanted = requireIfMatch(request.ifMatch);
    const seen = await services.store.read(permit, address);
    if (seen === undefined) throw problem('not-found');
    if (seen.body === undefined) throw problem('gone');
    return services.store.transaction(permit, async (transaction) => {
      const [consent] = await transaction.lockCurrent(permit, [address]);
      // Changed, or closed to this party, since it was read a moment ago.
      if (consent?.body === undefined || consent.versionId !== wanted) throw problem('version-conflict');
      if (consent.custodianKey === custodianOf(permit)) {
        throw problem('consent-not-asked', {
          diagnostics: 'Who records a Consent opens its own data by naming itself in it.',
        });
      }
      if (consent.custodianKey === individualCustodian) {
        throw problem('consent-not-asked', {
          diagnostics: 'The individual has recorded this Consent: it is in effect with nothing to confirm.',
        });
      }
      const resource = requireResource(parseJson(consent.body, { maxDepth: services.limits.jsonDepth }), undefined);
      if (custodianId !== byIndividual && !namesCustodian(resource, custodianId)) {
        throw problem('consent-not-asked', { expression: 'Consent.organization' });
      }
      const grants = toSharingGrants(resource, custodianId, consent.lastUpdated).filter(
        (grant) => grant.kind === undefined && grant.custodianId === custodianId,
      );
      if (grants.length === 0) throw problem('consent-not-active', { expression: 'Consent.status' });
      await transaction.confirm(permit, {
        consent,
        grants,
        audit: toSuccessRow(permit, services.clock(), {
          status: 200,
          type: 'Consent',
          entities: [toEntity(permit, consent)],
        }),
      });
      const parameter = [
        { name: 'consent', valueReference: { reference: `Consent/${consent.id}/_history/${consent.versionId}` } },
        { name: 'custodian', valueReference: { reference: custodianAddress } },
        { name: 'confirmed', valueInstant: formatInstant(permit.at) },
      ];
      const body = JSON.stringify({ resourceType: 'Parameters', parameter });
      return { status: 200, headers: { ETag: toETag(consent.versionId) }, body };
    });
  },
};
