// Consent/$explain-access: does a party see what a custodian keeps about a person, which Consent and version opens it, or which denies it
// (sip.md §5). The answer is that of the visibility predicate itself, at this moment. A party asks about itself, as custodian or as
// recipient, and is told of the Consents it sees; the individual asks about any two parties.
import { decide, requireScope } from '../access/decide.ts';
import { canonicalBase } from '../core/canonical.ts';
import { problem } from '../core/problem.ts';
import { formatInstant } from '../fhir/instant.ts';
import { parseReference } from '../fhir/reference.ts';
import type { ResourceAddress } from '../fhir/resource.ts';
import { toConsentText, toSuccessRow } from '../interactions/audit-rows.ts';
import type { Operation, OperationRequest } from '../interactions/operation.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import type { AccessQuery, ExplainedAccess } from '../store/store.ts';
import { invalidParameter, type OperationParameters, readOperationParameters } from './operation-parameters.ts';

const name = '$explain-access';

export const explainAccess: Operation = {
  name,
  summary:
    'Whether an organization (`recipient`) sees what another (`custodian`) keeps about a person (`patient`) at this moment, and which Consent and version opens it or denies it. Takes references such as `Patient/[id]`; a party asks about itself, as one of them, and is that where it is left out; the individual names both. With `resource` about one resource of the custodian’s, otherwise about what bears no label and is named by no Consent. Gives `access`, `rule` (`own`, `consent`, `denied`, `no-consent`) and, where the caller sees it, `consent`.',
  definition: `${canonicalBase}/OperationDefinition/Consent-explain-access`,
  levels: ['type'],
  types: ['Consent'],
  allowsGet: true,
  run: runExplainAccess,
};

/** 200 with Parameters. @throws not-found where the caller sees no registration of the person, operation-parameter-invalid */
async function runExplainAccess(
  services: Services,
  context: RequestContext,
  request: OperationRequest,
): Promise<Answer> {
  const permit = decide({ kind: 'explain-access', type: 'Consent' }, { ...context, at: services.clock() });
  const { principal } = permit;
  // The operator is refused above: it never meets data about a person.
  if (principal.kind === 'operator') throw problem('role-forbidden');
  const names = ['patient', 'custodian', 'recipient', 'resource'];
  const asked = readOperationParameters(services, context, { request, names });
  const query = toQuery(services, asked, principal.kind === 'system' ? principal.party.organizationId : undefined);
  // The answer tells whether the person is known, and whether the resource is seen.
  for (const type of ['Patient', ...(query.resource === undefined ? [] : [query.resource.type])]) {
    requireScope(principal, type, 'r');
  }
  const found = await services.store.explain(permit, query);
  if (found === 'party-unknown') throw invalidParameter(name, 'knows no such Organization as custodian or recipient');
  if (found === undefined) throw problem('not-found');
  await services.store.audit([
    toSuccessRow(permit, services.clock(), {
      status: 200,
      type: 'Consent',
      entities: [
        {
          address: `Patient/${query.patientId}`,
          versionId: undefined,
          personKey: found.personKey,
          custodianKey: null,
          rule: undefined,
          consent: toConsentText(found.consent),
        },
      ],
    }),
  ]);
  return { status: 200, headers: {}, body: JSON.stringify(toParameters(query, found, permit.at)) };
}

/** @throws operation-parameter-invalid */
function toQuery(services: Services, asked: OperationParameters, callerId: string | undefined): AccessQuery {
  const addressOf = (parameter: string): ResourceAddress | undefined => {
    const text = asked.one(parameter);
    if (text === undefined) return undefined;
    const reference = parseReference(text, services.baseUrl);
    if (reference.kind !== 'local' || reference.versionId !== undefined) {
      throw invalidParameter(name, `takes a reference such as Patient/[id] as ${parameter}`);
    }
    return reference;
  };
  const idOf = (parameter: string, type: string): string | undefined => {
    const address = addressOf(parameter);
    if (address !== undefined && address.type !== type)
      throw invalidParameter(name, `takes ${type}/[id] as ${parameter}`);
    return address?.id;
  };
  const patientId = idOf('patient', 'Patient');
  if (patientId === undefined) throw invalidParameter(name, 'needs patient, such as Patient/[id]');
  const custodianId = idOf('custodian', 'Organization') ?? callerId;
  const recipientId = idOf('recipient', 'Organization') ?? callerId;
  if (custodianId === undefined || recipientId === undefined)
    throw invalidParameter(name, 'needs custodian and recipient, such as Organization/[id]');
  if (callerId !== undefined && custodianId !== callerId && recipientId !== callerId) {
    throw invalidParameter(name, `explains what concerns you: give Organization/${callerId} as custodian or recipient`);
  }
  return { patientId, custodianId, recipientId, resource: addressOf('resource') };
}

/** What is denied by a Consent that the caller does not see is closed for want of one. */
function ruleOf({ isOwn, isOpen, consent, isShown }: ExplainedAccess): 'own' | 'consent' | 'denied' | 'no-consent' {
  if (isOpen) return isOwn ? 'own' : 'consent';
  return consent !== undefined && isShown ? 'denied' : 'no-consent';
}

function toParameters(query: AccessQuery, found: ExplainedAccess, at: Date): object {
  const { consent, isShown } = found;
  const reference = (text: string): object => ({ valueReference: { reference: text } });
  const consentAt = consent === undefined ? '' : `Consent/${consent.consentId}/_history/${consent.versionId}`;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'access', valueBoolean: found.isOpen },
      { name: 'rule', valueCode: ruleOf(found) },
      ...(consent !== undefined && isShown ? [{ name: 'consent', ...reference(consentAt) }] : []),
      { name: 'custodian', ...reference(`Organization/${query.custodianId}`) },
      { name: 'recipient', ...reference(`Organization/${query.recipientId}`) },
      { name: 'at', valueInstant: formatInstant(at) },
    ],
  };
}
