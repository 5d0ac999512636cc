// Who and what the secrecy tests stand on: parties of the example directory, a person one party keeps data about, consents that open them.
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { addressOf, consent, organizationOf } from '../scenarios/fixtures.ts';
import { hsa } from '../scenarios/test-hub.ts';

/** In every text of what is kept secret: no answer to a party that may not see it holds this word. */
export const secretWord = 'hemligtord';

export interface Written {
  /** `Goal/1` */
  readonly address: string;
  readonly id: string;
  readonly versionId: string;
  /** As stored. */
  readonly resource: FhirResource;
}

/** Creates the resource. @throws where the hub refuses it */
export async function create(system: VendorSystem, resource: FhirResource): Promise<Written> {
  const answer = await system.call({ method: 'POST', path: resource.resourceType, body: resource });
  const address = addressOf(answer);
  return toWritten(address, answer);
}

/** Puts a new version after the one given. @throws where the hub refuses it */
export async function change(
  system: VendorSystem,
  before: Written,
  changes: Readonly<Record<string, unknown>>,
): Promise<Written> {
  const answer = await system.call({
    method: 'PUT',
    path: before.address,
    body: { ...before.resource, ...changes },
    headers: { 'If-Match': `W/"${before.versionId}"` },
  });
  if (answer.status !== 200) throw new Error(`${before.address} was not changed: ${answer.text}`);
  return toWritten(before.address, answer);
}

export async function remove(system: VendorSystem, { address, versionId }: Written): Promise<void> {
  const answer = await system.call({ method: 'DELETE', path: address, headers: { 'If-Match': `W/"${versionId}"` } });
  if (answer.status !== 204) throw new Error(`${address} was not deleted: ${answer.text}`);
}

function toWritten(address: string, { body }: { readonly body: unknown }): Written {
  const resource = body as FhirResource;
  return { address, id: address.split('/')[1] ?? '', versionId: resource.meta?.versionId ?? '', resource };
}

export interface Opening {
  /** Who records it. */
  readonly by: VendorSystem;
  /** `Patient/id` */
  readonly person: string;
  /** HSA-ids. */
  readonly custodian: string;
  readonly recipient: string;
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly status?: string;
}

/** Records a Consent. */
export function open({ by, person, custodian, recipient, period, status = 'active' }: Opening): Promise<Written> {
  const resource = consent(person, organizationOf(custodian), organizationOf(recipient));
  const provision = resource['provision'] as Readonly<Record<string, unknown>>;
  return create(by, { ...resource, status, ...(period === undefined ? {} : { provision: { ...provision, period } }) });
}

/** Records a Consent of several custodians. */
export function openJointly(given: {
  readonly by: VendorSystem;
  readonly person: string;
  /** HSA-ids. */
  readonly custodians: readonly string[];
  readonly recipients: readonly string[];
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly status?: string;
  /** Nested provisions. */
  readonly denied?: readonly object[];
  /** Codings. */
  readonly purposes?: readonly object[];
}): Promise<Written> {
  const { by, person, custodians, recipients, period, status = 'active', denied = [], purposes = [] } = given;
  const resource = consent(person, '', '');
  const provision = resource['provision'] as object;
  const actor = recipients.map(actorOf);
  return create(by, {
    ...resource,
    status,
    organization: custodians.map((custodian) => ({ reference: organizationOf(custodian) })),
    provision: {
      ...provision,
      actor,
      ...(period === undefined ? {} : { period }),
      ...(denied.length === 0 ? {} : { provision: denied }),
      ...(purposes.length === 0 ? {} : { purpose: purposes }),
    },
  });
}

const actorOf = (hsaId: string): object => ({
  role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
  reference: { reference: organizationOf(hsaId) },
});

/** Nested provisions. */
export const denyActor = (hsaId: string): object => ({ type: 'deny', actor: [actorOf(hsaId)] });
export const denyData = (reference: string): object => ({
  type: 'deny',
  data: [{ meaning: 'instance', reference: { reference } }],
});
export const denyLabel = (system: string, code: string): object => ({
  type: 'deny',
  securityLabel: [{ system, code }],
});

/** What asks to confirm the version of the Consent. */
export const confirmCall = ({ address, versionId }: Written) =>
  ({
    method: 'POST',
    path: `${address}/$confirm`,
    body: { resourceType: 'Parameters' },
    headers: { 'If-Match': `W/"${versionId}"` },
  }) as const;

export const confirm = (by: VendorSystem, given: Written): ReturnType<VendorSystem['call']> =>
  by.call(confirmCall(given));

/** Sets the Consent `inactive`. */
export const withdraw = (by: VendorSystem, given: Written): Promise<Written> =>
  change(by, given, { status: 'inactive' });

/** Records the same once more: a Consent that was withdrawn stays so. */
export function reopen(by: VendorSystem, { resource }: Written): Promise<Written> {
  const { id: _id, ...same } = resource;
  return create(by, { ...same, resourceType: resource.resourceType, status: 'active' });
}

export const messageIdSystem = 'https://siphub.se/fhir/sid/cosmic-link-message-id';

/** A Task about the person that leads to another resource. */
export function task(
  person: string,
  owner: string,
  focus: string,
  changes: Readonly<Record<string, unknown>> = {},
): FhirResource {
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-task-code', code: 'prepare-meeting' }] },
    focus: { reference: focus },
    for: { reference: person },
    owner: { reference: organizationOf(owner) },
    ...changes,
  };
}

/** A message about the person to a party. */
export function message(
  person: string,
  recipient: string,
  changes: Readonly<Record<string, unknown>> = {},
): FhirResource {
  return {
    resourceType: 'Communication',
    status: 'completed',
    category: [
      { coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-communication-category', code: 'message' }] },
    ],
    subject: { reference: person },
    sent: '2026-10-28T09:00:00+01:00',
    sender: { reference: organizationOf(hsa.careCentre) },
    recipient: [{ reference: organizationOf(recipient) }],
    payload: [{ contentString: 'Kan vi höras i veckan?' }],
    ...changes,
  };
}
