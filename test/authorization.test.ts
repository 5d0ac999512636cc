// The authorization server over HTTP: who gets a token, who does not, and what the token then opens.
// https://hl7.org/fhir/smart-app-launch/backend-services.html · architecture decision 11
import { createHmac, generateKeyPairSync, KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { base64url, exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signClientAssertion, requestToken, toKeyId, type TokenAnswer } from '../src/auth/client-assertion.ts';
import { carryOutClientCommand, type ClientCommand, type ClientSummary } from '../src/auth/clients.ts';
import { systemClock } from '../src/core/clock.ts';
import { Problem } from '../src/core/problem.ts';
import type { Database } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPglite } from '../src/store/pglite.ts';
import { insertOrganization, startAuthorizationHub } from './authorization/authorization-hub.ts';

const hsaId = 'urn:oid:1.2.752.29.4.19';
const region = 'SE2321000016-A001';
const unit = 'SE2321000016-A002';
const municipality = 'SE2120000142-B001';
const municipalityNumber = '2120000142';

let database: Database;
let hub: Awaited<ReturnType<typeof startAuthorizationHub>>;
let ec: { privateKey: CryptoKey; publicKey: CryptoKey };
let rsa: { privateKey: CryptoKey; publicKey: CryptoKey };
let client: ClientSummary;

async function command(asked: ClientCommand): Promise<ClientSummary> {
  const [summary] = await carryOutClientCommand(asked, { database, clock: systemClock, allowLoopbackJwks: true });
  if (summary === undefined) throw new Error('The command gave no client.');
  return summary;
}

async function addClient(options: Partial<Extract<ClientCommand, { kind: 'add' }>> = {}): Promise<ClientSummary> {
  return command({
    kind: 'add',
    name: 'Journalsystemet',
    client: 'system',
    organizations: [region],
    scope: 'system/*.cruds',
    keys: options.jwksUri === undefined ? [JSON.stringify(await exportJWK(ec.publicKey))] : [],
    jwksUri: undefined,
    ...options,
  });
}

/** Asks as `client` unless told otherwise. */
async function ask(options: {
  readonly client?: ClientSummary;
  readonly scope?: string | undefined;
  readonly organization?: string;
  readonly assertion?: string;
} = {}): Promise<TokenAnswer> {
  const scope = 'scope' in options ? options.scope : 'system/CarePlan.rs';
  const assertion =
    options.assertion ??
    (await signClientAssertion({
      clientId: (options.client ?? client).clientId,
      privateKey: ec.privateKey,
      audience: hub.addresses.tokenEndpoint,
      organization: options.organization,
    }));
  return requestToken({ tokenEndpoint: hub.addresses.tokenEndpoint, assertion, scope });
}

/** An assertion with one part changed. */
async function signWith(change: {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: CryptoKey;
}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { clientId } = client;
  const claims = { iss: clientId, sub: clientId, aud: hub.addresses.tokenEndpoint, iat: now, exp: now + 240, jti: `${Math.random()}`, ...change.claims };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES384', kid: await toKeyId(ec.publicKey), typ: 'JWT', ...change.header })
    .sign(change.key ?? ec.privateKey);
}

async function requireToken(options: Parameters<typeof ask>[0] = {}): Promise<string> {
  const { body } = await ask(options);
  if (body.access_token === undefined) throw new Error(`Refused: ${JSON.stringify(body)}`);
  return body.access_token;
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  return work.then(
    () => {
      throw new Error('It was not refused.');
    },
    (error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    },
  );
}

beforeAll(async () => {
  database = await openPglite({ folder: undefined });
  await migrate(database);
  const regionKey = await insertOrganization(database, { id: 'region', name: 'Region Exempel', system: hsaId, value: region });
  await insertOrganization(database, { id: 'unit', name: 'Geriatriken', system: hsaId, value: unit, coveredBy: [regionKey] });
  await insertOrganization(database, { id: 'municipality', name: 'Exempels kommun', system: hsaId, value: municipality });
  await insertOrganization(database, { id: 'numbered', name: 'Bolaget', system: 'urn:oid:2.5.4.97', value: municipalityNumber });
  ec = await generateKeyPair('ES384', { extractable: true });
  rsa = await generateKeyPair('RS384', { extractable: true });
  hub = await startAuthorizationHub(database);
  client = await addClient();
});

afterAll(async () => {
  await hub.stop();
  await database.close();
});

describe('a registered client gets a token', () => {
  test('with ES384, and the token names client, party, scopes and key', async () => {
    const answer = await ask({ scope: 'system/CarePlan.cruds system/Goal.rs' });
    expect(answer).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 300, scope: 'system/CarePlan.cruds system/Goal.rs' },
    });
    const principal = await hub.readToken(`Bearer ${answer.body.access_token}`);
    expect(principal).toMatchObject({
      kind: 'system',
      clientId: client.clientId,
      keyThumbprint: await toKeyId(ec.publicKey),
      party: { organizationId: 'region', source: `${hsaId}#${region}` },
    });
    expect([...(principal.scopes.get('CarePlan') ?? [])].join('')).toBe('cruds');
    expect(principal.expiresAtMs - Date.now()).toBeLessThanOrEqual(300_000);
  });
});
