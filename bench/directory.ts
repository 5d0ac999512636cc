// What stands before any plan: the operator's client, the system's client, and pairs of organizations with a coordinator and a contact
// point, all of it written the way an operator and a vendor do it. The organizations do not exist.
import { exportJWK, generateKeyPair } from 'jose';
import { carryOutClientCommand, type ClientCommand } from '../src/auth/clients.ts';
import { systemClock } from '../src/core/clock.ts';
import { openPostgres } from '../src/store/postgres.ts';
import type { Pair, SystemLogin } from './job.ts';
import { askForToken } from './token-source.ts';

export interface Directory {
  readonly login: SystemLogin;
  readonly pairs: readonly Pair[];
  /** One more, for few plans. */
  readonly smallPair: Pair;
}

const hsaSystem = 'urn:oid:1.2.752.29.4.19';
const hsaId = (kind: 'R' | 'K', number: number): string => `SE0000000000-${kind}${number}`;

/** Registers clients and organizations: so many pairs of a region and a municipality, and one more. */
export async function writeDirectory(publicUrl: string, databaseUrl: string, pairCount: number): Promise<Directory> {
  const addClient = await openRegistry(databaseUrl);
  const operator = await addClient({
    name: 'Bench operator',
    client: 'operator',
    organizations: [],
    scope: 'system/Organization.crus',
  });
  const asOperator = await openWriter(publicUrl, {
    login: operator.login,
    organization: undefined,
    scope: 'system/Organization.crus',
  });
  const numbers = Array.from({ length: pairCount + 1 }, (_, index) => index + 1);
  const organizations: { readonly region: string; readonly municipality: string }[] = [];
  for (const number of numbers) {
    organizations.push({
      region: await asOperator(makeOrganization('R', number)),
      municipality: await asOperator(makeOrganization('K', number)),
    });
  }
  const system = await addClient({
    name: 'Bench system',
    client: 'system',
    organizations: numbers.flatMap((number) => [hsaId('R', number), hsaId('K', number)]),
    scope: 'system/*.cruds',
  });
  const pairs: Pair[] = [];
  for (const [index, { region, municipality }] of organizations.entries()) {
    const [custodian, recipient] = [hsaId('R', index + 1), hsaId('K', index + 1)];
    const asRegion = await openWriter(publicUrl, { login: system.login, organization: custodian });
    const asMunicipality = await openWriter(publicUrl, { login: system.login, organization: recipient });
    const practitioner = await asRegion({
      resourceType: 'Practitioner',
      active: true,
      name: [{ family: 'Samordnare', given: ['Prov'] }],
    });
    const coordinator = await asRegion({
      resourceType: 'PractitionerRole',
      active: true,
      practitioner: { reference: practitioner },
      organization: { reference: region },
      telecom: [{ system: 'phone', value: '+46701740612', use: 'work' }],
    });
    const contactPoint = await asMunicipality({
      resourceType: 'HealthcareService',
      active: true,
      providedBy: { reference: municipality },
      name: `Provkommun ${index + 1}, SIP`,
      telecom: [{ system: 'phone', value: '+46701740606', use: 'work' }],
    });
    pairs.push({
      custodian,
      recipient,
      references: { custodian: region, recipient: municipality, coordinator, contactPoint },
    });
  }
  await addClient.close();
  const smallPair = pairs.pop();
  if (smallPair === undefined) throw new Error('No pair was written.');
  return { login: system.login, pairs, smallPair };
}

function makeOrganization(kind: 'R' | 'K', number: number): Readonly<Record<string, unknown>> {
  const isRegion = kind === 'R';
  return {
    resourceType: 'Organization',
    identifier: [
      { system: hsaSystem, value: hsaId(kind, number) },
      isRegion
        ? { system: 'urn:oid:1.2.752.129.2.2.1.18', value: '03' }
        : { system: 'urn:oid:1.2.752.129.2.2.1.17', value: '0380' },
    ],
    active: true,
    type: [
      {
        coding: [
          { system: 'https://siphub.se/fhir/CodeSystem/sip-party-type', code: isRegion ? 'region' : 'municipality' },
        ],
      },
    ],
    name: `${isRegion ? 'Provregion' : 'Provkommun'} ${number}`,
  };
}

type NewClient = Omit<ClientCommand & { readonly kind: 'add' }, 'kind' | 'keys' | 'jwksUri'>;

/** Adds clients with new keys, as `sip-hub client add` does. */
async function openRegistry(
  databaseUrl: string,
): Promise<
  ((client: NewClient) => Promise<{ readonly login: SystemLogin }>) & { readonly close: () => Promise<void> }
> {
  const database = openPostgres({ url: databaseUrl, poolSize: 1, statementTimeoutMs: 10_000 });
  const add = async (client: NewClient): Promise<{ readonly login: SystemLogin }> => {
    const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
    const keys = [JSON.stringify(await exportJWK(publicKey))];
    const [added] = await carryOutClientCommand(
      { ...client, kind: 'add', keys, jwksUri: undefined },
      { database, clock: systemClock, allowLoopbackJwks: false },
    );
    if (added === undefined) throw new Error('The client was not added.');
    return { login: { clientId: added.clientId, privateKey: await exportJWK(privateKey) } };
  };
  return Object.assign(add, { close: database.close });
}

type TokenRequest = Parameters<typeof askForToken>[1];

/** Writes resources as one organization and gives their addresses (`Type/id`). */
async function openWriter(
  publicUrl: string,
  request: TokenRequest,
): Promise<(resource: Readonly<Record<string, unknown>>) => Promise<string>> {
  const { token } = await askForToken(publicUrl, request);
  return async (resource) => {
    const type = String(resource['resourceType']);
    const response = await fetch(`${publicUrl}/fhir/${type}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify(resource),
    });
    const id = /\/([^/]+)\/_history\//.exec(response.headers.get('location') ?? '')?.[1];
    if (response.status !== 201 || id === undefined)
      throw new Error(`The ${type} was answered with ${response.status}: ${await response.text()}`);
    return `${type}/${id}`;
  };
}
