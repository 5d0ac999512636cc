// The authorization server over HTTP: who gets a token, who does not, and what the token then opens.
// https://hl7.org/fhir/smart-app-launch/backend-services.html · architecture decision 11
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  base64url,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  SignJWT,
  type CryptoKey,
} from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signClientAssertion, requestToken, toKeyId, type TokenAnswer } from '../src/auth/client-assertion.ts';
import { carryOutClientCommand, type ClientCommand, type ClientSummary } from '../src/auth/clients.ts';
import { systemClock } from '../src/core/clock.ts';
import type { Database } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPglite } from '../src/store/pglite.ts';
import { insertOrganizations, startAuthorizationHub } from './authorization/authorization-hub.ts';

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
async function ask(
  options: {
    readonly client?: ClientSummary;
    readonly scope?: string | undefined;
    readonly organization?: string;
    readonly assertion?: string;
  } = {},
): Promise<TokenAnswer> {
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
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: hub.addresses.tokenEndpoint,
    iat: now,
    exp: now + 240,
    jti: randomUUID(),
    ...change.claims,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES384', kid: await toKeyId(ec.publicKey), typ: 'JWT', ...change.header })
    .sign(change.key ?? ec.privateKey);
}

beforeAll(async () => {
  database = await openPglite({ folder: undefined });
  await migrate(database);
  await insertOrganizations(database, [
    { id: 'region', name: 'Region Exempel', system: hsaId, value: region },
    { id: 'unit', name: 'Geriatriken', system: hsaId, value: unit, partOf: 'region' },
    { id: 'municipality', name: 'Exempels kommun', system: hsaId, value: municipality },
    { id: 'numbered', name: 'Bolaget', system: 'urn:oid:2.5.4.97', value: municipalityNumber },
  ]);
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

  test('with RS384, from a PEM key', async () => {
    const registered = await addClient({ keys: [await exportSPKI(rsa.publicKey)] });
    const assertion = await signClientAssertion({
      clientId: registered.clientId,
      privateKey: rsa.privateKey,
      algorithm: 'RS384',
      audience: hub.addresses.tokenEndpoint,
    });
    expect(await ask({ assertion })).toMatchObject({ status: 200 });
  });

  test('with the issuer as audience', async () => {
    const assertion = await signWith({ claims: { aud: [hub.addresses.issuer] } });
    expect(await ask({ assertion })).toMatchObject({ status: 200 });
  });

  test('as a JWT that carries the IUA claims and is signed by a published key', async () => {
    const { body } = await ask();
    const token = body.access_token ?? '';
    expect(decodeJwt(token)).toMatchObject({
      iss: hub.addresses.issuer,
      aud: hub.addresses.audience,
      client_id: client.clientId,
      extensions: {
        ihe_iua: { subject_organization: 'Region Exempel', subject_organization_id: `${hsaId}#${region}` },
      },
    });
    const published = (await (await fetch(hub.addresses.jwksUri)).json()) as { keys: Record<string, unknown>[] };
    const { kid, alg, typ } = decodeProtectedHeader(token);
    expect({ alg, typ }).toEqual({ alg: 'ES256', typ: 'at+jwt' });
    expect(published.keys.filter((key) => key['kid'] === kid)).toHaveLength(1);
    expect(published.keys.filter((key) => 'd' in key)).toEqual([]);
  });

  test('for at most the configured lifetime, and never for more than 300 seconds', async () => {
    for (const [configured, expected] of [
      [60, 60],
      [86_400, 300],
    ] as const) {
      const other = await startAuthorizationHub(database, { tokenLifetimeSeconds: configured });
      const { clientId } = client;
      const { tokenEndpoint } = other.addresses;
      const assertion = await signClientAssertion({ clientId, privateKey: ec.privateKey, audience: tokenEndpoint });
      expect(await requestToken({ tokenEndpoint, assertion, scope: 'system/*.r' })).toMatchObject({
        body: { expires_in: expected },
      });
      await other.stop();
    }
  });

  test('from an operator client, which acts for no organization', async () => {
    const operator = await addClient({ client: 'operator', organizations: [], scope: 'system/Organization.cruds' });
    const answer = await ask({ client: operator, scope: 'system/Organization.cu' });
    expect(await hub.readToken(`Bearer ${answer.body.access_token}`)).toMatchObject({
      kind: 'operator',
      clientId: operator.clientId,
    });
    expect(await ask({ client: operator, scope: 'system/Organization.cu', organization: region })).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    });
  });
});

describe('an assertion counts once', () => {
  test('of 20 simultaneous requests with one assertion exactly one gets a token', async () => {
    const assertion = await signWith({});
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask({ assertion })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 401 && body.error === 'invalid_client')).toHaveLength(19);
  });

  test('also after a restart of the authorization server', async () => {
    const assertion = await signWith({ claims: { aud: 'https://hub.example/oauth' } });
    const publicUrl = 'https://hub.example';
    const first = await startAuthorizationHub(database, { publicUrl });
    const scope = 'system/CarePlan.r';
    expect(await requestToken({ tokenEndpoint: `${first.localUrl}/oauth/token`, assertion, scope })).toMatchObject({
      status: 200,
    });
    await first.stop();
    const second = await startAuthorizationHub(database, { publicUrl });
    expect(await requestToken({ tokenEndpoint: `${second.localUrl}/oauth/token`, assertion, scope })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: expect.stringContaining('used before') },
    });
    await second.stop();
  });

  test('and is used up when the request is refused for its scope', async () => {
    const assertion = await signWith({});
    expect(await ask({ assertion, scope: 'nonsense' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    expect(await ask({ assertion })).toMatchObject({ status: 401 });
  });

  test('the same jti from another client is another assertion', async () => {
    const jti = randomUUID();
    const other = await addClient();
    const sign = (clientId: string) =>
      signClientAssertion({ clientId, privateKey: ec.privateKey, audience: hub.addresses.tokenEndpoint, jti });
    expect(await ask({ assertion: await sign(client.clientId) })).toMatchObject({ status: 200 });
    expect(await ask({ assertion: await sign(other.clientId) })).toMatchObject({ status: 200 });
  });
});

describe('an assertion that does not hold is refused with 401 invalid_client and a reason', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const cases: readonly (readonly [string, () => Parameters<typeof signWith>[0], string])[] = [
    ['that lives longer than five minutes', () => ({ claims: { exp: now() + 301 } }), 'five minutes'],
    [
      'that lives for a year and hides when it was issued',
      () => ({ claims: { iat: undefined, exp: now() + 31_536_000 } }),
      'five minutes',
    ],
    ['that has expired', () => ({ claims: { iat: now() - 200, exp: now() - 60 } }), 'expired'],
    ['without exp', () => ({ claims: { exp: undefined } }), 'exp'],
    ['issued in the future', () => ({ claims: { iat: now() + 60 } }), 'iat'],
    ['not valid yet', () => ({ claims: { nbf: now() + 60 } }), 'nbf'],
    ['without jti', () => ({ claims: { jti: undefined } }), 'jti'],
    ['with a jti that is far too long', () => ({ claims: { jti: 'x'.repeat(300) } }), 'jti'],
    ['for another audience', () => ({ claims: { aud: 'https://other.example/token' } }), 'aud'],
    [
      'for another audience as well',
      () => ({ claims: { aud: [hub.addresses.tokenEndpoint, 'https://other.example/token'] } }),
      'nobody else',
    ],
    ['without audience', () => ({ claims: { aud: undefined } }), 'aud'],
    ['with another issuer', () => ({ claims: { iss: 'someone-else' } }), 'iss and sub'],
    ['without a kid', () => ({ header: { kid: undefined } }), 'kid'],
    ['with an unknown kid', () => ({ header: { kid: 'unknown' } }), 'kid'],
    ['of the type of an access token', () => ({ header: { typ: 'at+jwt' } }), 'typ'],
    [
      'whose organization is not a text',
      () => ({ claims: { extensions: { ihe_iua: { subject_organization_id: 7 } } } }),
      'subject_organization_id',
    ],
    [
      'whose extensions are not an object',
      () => ({ claims: { extensions: 'region' } }),
      'extensions.ihe_iua must be an object',
    ],
  ];
  test.each(cases)('one %s', async (_name, change, reason) => {
    const answer = await ask({ assertion: await signWith(change()) });
    expect(answer).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: expect.stringContaining(reason) },
    });
    expect(answer.body.access_token).toBeUndefined();
  });

  test('one of an unknown client', async () => {
    const assertion = await signWith({ claims: { iss: 'nobody', sub: 'nobody' } });
    expect(await ask({ assertion })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: 'The client is unknown or disabled.' },
    });
  });

  test('one signed with another key', async () => {
    const { privateKey } = await generateKeyPair('ES384');
    expect(await ask({ assertion: await signWith({ key: privateKey }) })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: expect.stringContaining('signature') },
    });
  });

  test('one with alg none', async () => {
    const [, claims] = (await signWith({})).split('.');
    const header = base64url.encode(JSON.stringify({ alg: 'none', kid: await toKeyId(ec.publicKey) }));
    expect(await ask({ assertion: `${header}.${claims}.` })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });

  test('one with HS256 or HS384 over the public key', async () => {
    const publicKeys = [await exportSPKI(ec.publicKey), JSON.stringify(await exportJWK(ec.publicKey))];
    const [, claims] = (await signWith({})).split('.');
    for (const alg of ['HS256', 'HS384']) {
      for (const secret of publicKeys) {
        const signed = `${base64url.encode(JSON.stringify({ alg, kid: await toKeyId(ec.publicKey) }))}.${claims}`;
        const mac = createHmac(alg.replace('HS', 'sha'), secret).update(signed).digest('base64url');
        expect(await ask({ assertion: `${signed}.${mac}` })).toMatchObject({
          status: 401,
          body: { error: 'invalid_client' },
        });
      }
    }
  });

  test('one with another algorithm of a registered RSA key', async () => {
    const registered = await addClient({ keys: [await exportSPKI(rsa.publicKey)] });
    const signature = { key: (await importJWK(await exportJWK(rsa.privateKey), 'RS256')) as CryptoKey };
    const assertion = await signWith({
      header: { alg: 'RS256', kid: await toKeyId(rsa.publicKey) },
      claims: { iss: registered.clientId, sub: registered.clientId },
      ...signature,
    });
    expect(await ask({ assertion })).toMatchObject({
      status: 401,
      body: { error_description: 'The assertion must be signed with RS384 or ES384.' },
    });
  });

  test('none at all, a shared secret, or nonsense in its place', async () => {
    const post = async (form: Record<string, string>) =>
      fetch(hub.addresses.tokenEndpoint, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      });
    expect((await post({})).status).toBe(400);
    expect((await post({ client_id: client.clientId })).status).toBe(401);
    expect((await post({ client_id: client.clientId, client_secret: 'secret' })).status).toBe(401);
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    expect((await post({ client_assertion: 'nonsense', client_assertion_type })).status).toBe(400);
    expect((await post({ client_assertion: 'a.b.c', client_assertion_type })).status).toBe(400);
  });
});

describe('scopes are granted whole or not at all', () => {
  test.each([
    ['none', undefined],
    ['malformed', 'system/CarePlan.xyz'],
    ['in the wrong order', 'system/CarePlan.sr'],
    ['of version 1', 'system/CarePlan.read'],
    ['for a person', 'user/CarePlan.rs'],
    ['one good and one malformed', 'system/CarePlan.rs openid'],
    ['repeated', 'system/CarePlan.rs system/CarePlan.rs'],
    ['with two spaces', 'system/CarePlan.rs  system/Goal.rs'],
  ])('%s: invalid_scope', async (_name, scope) => {
    const answer = await ask({ scope });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    expect(answer.body.error_description?.length).toBeGreaterThan(20);
  });

  test('a scope that the client is not registered for spoils the request', async () => {
    const reader = await addClient({ scope: 'system/CarePlan.rs system/Goal.rs' });
    expect(await ask({ client: reader, scope: 'system/CarePlan.rs' })).toMatchObject({ status: 200 });
    for (const scope of ['system/CarePlan.rs system/Task.r', 'system/CarePlan.cruds', 'system/*.rs', 'system/*.r']) {
      expect(await ask({ client: reader, scope })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    }
  });
});

describe('the acting party comes from the assertion', () => {
  test('in each of its written forms', async () => {
    const registered = await addClient({ organizations: [region, municipality, municipalityNumber] });
    const forms = [
      [municipality, `${hsaId}#${municipality}`],
      [`${hsaId}#${municipality}`, `${hsaId}#${municipality}`],
      [`urn:oid:1.2.752.129.2.1.4.1#${municipality}`, `${hsaId}#${municipality}`],
      [`${hsaId}|${municipality}`, `${hsaId}#${municipality}`],
      [municipalityNumber, `urn:oid:2.5.4.97#${municipalityNumber}`],
      ['212000-0142', `urn:oid:2.5.4.97#${municipalityNumber}`],
    ] as const;
    for (const [organization, source] of forms) {
      const { body } = await ask({ client: registered, organization });
      expect(await hub.readToken(`Bearer ${body.access_token}`)).toMatchObject({ party: { source } });
    }
  });

  test('may be left out only where exactly one organization is registered', async () => {
    const several = await addClient({ organizations: [region, municipality] });
    expect(await ask({ client: several })).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client', error_description: expect.stringContaining('several') },
    });
    expect(await ask({ client })).toMatchObject({ status: 200 });
  });

  test('may be a unit below a registered organization, never one beside or above it', async () => {
    expect(await ask({ organization: unit })).toMatchObject({ status: 200 });
    const ofUnit = await addClient({ organizations: [unit] });
    expect(await ask({ client: ofUnit, organization: region })).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    });
  });

  test('that is unknown, and one the client is not registered for, are refused alike', async () => {
    const unknown = await ask({ organization: 'SE2321000016-ZZZZ' });
    const unregistered = await ask({ organization: municipality });
    expect(unknown).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    expect(unregistered).toEqual(unknown);
    expect(await ask({ organization: 'Region Exempel' })).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    });
  });

  test('that is no longer enabled gets no token', async () => {
    const value = 'SE2321000016-C009';
    await insertOrganizations(database, [{ id: 'closing', name: 'Läggs ned', system: hsaId, value }]);
    const closing = await addClient({ organizations: [value] });
    await database.query({ text: "update organization set enabled = false where id = 'closing'" });
    for (const organization of [undefined, value]) {
      const options = organization === undefined ? { client: closing } : { client: closing, organization };
      expect(await ask(options)).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    }
  });
});

describe('what the operator disables gets no more tokens', () => {
  test('a client, until it is enabled again', async () => {
    const registered = await addClient();
    await command({ kind: 'disable', clientId: registered.clientId });
    expect(await ask({ client: registered })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    await command({ kind: 'enable', clientId: registered.clientId });
    expect(await ask({ client: registered })).toMatchObject({ status: 200 });
  });

  test('one key of two', async () => {
    const second = await generateKeyPair('ES384', { extractable: true });
    const registered = await addClient();
    await command({
      kind: 'add-key',
      clientId: registered.clientId,
      key: JSON.stringify(await exportJWK(second.publicKey)),
    });
    await command({ kind: 'disable-key', clientId: registered.clientId, thumbprint: await toKeyId(ec.publicKey) });
    expect(await ask({ client: registered })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const assertion = await signClientAssertion({
      clientId: registered.clientId,
      privateKey: second.privateKey,
      audience: hub.addresses.tokenEndpoint,
    });
    expect(await ask({ assertion })).toMatchObject({ status: 200 });
  });
});

describe('a client may publish its keys at an address', () => {
  test('and a key that it adds there is found, one that the operator disables is not', async () => {
    const keys = [{ ...(await exportJWK(ec.publicKey)), kid: 'first' } as Record<string, unknown>];
    const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    const registered = await addClient({ jwksUri });
    const sign = (keyId: string) =>
      signClientAssertion({
        clientId: registered.clientId,
        privateKey: ec.privateKey,
        keyId,
        audience: hub.addresses.tokenEndpoint,
      });
    expect(await ask({ assertion: await sign('first') })).toMatchObject({ status: 200 });
    expect(await ask({ assertion: await sign('other') })).toMatchObject({ status: 401 });
    await command({ kind: 'disable-key', clientId: registered.clientId, thumbprint: await toKeyId(ec.publicKey) });
    expect(await ask({ assertion: await sign('first') })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    server.close();
  });

  test('that does not answer: the client is told so', async () => {
    const registered = await addClient({ jwksUri: 'http://127.0.0.1:9/jwks.json' });
    expect(await ask({ client: registered })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: 'The JWKS address could not be reached.' },
    });
  });
});

describe('the token endpoint', () => {
  test('takes nothing from Host or forwarded headers', async () => {
    const behindProxy = await startAuthorizationHub(database, { publicUrl: 'https://hub.example' });
    const tryAudience = async (audience: string) => {
      const { clientId } = client;
      const assertion = await signClientAssertion({ clientId, privateKey: ec.privateKey, audience });
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        scope: 'system/CarePlan.r',
      });
      const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
      return (await fetch(`${behindProxy.localUrl}/oauth/token`, { method: 'POST', body: form, headers })).status;
    };
    expect(await tryAudience('https://hub.example/oauth/token')).toBe(200);
    expect(await tryAudience('https://hub.example/oauth')).toBe(200);
    expect(await tryAudience(`${behindProxy.localUrl}/oauth/token`)).toBe(401);
    expect(await tryAudience('https://evil.example/oauth/token')).toBe(401);
    await behindProxy.stop();
  });

  test('gives no other grant and no other audience', async () => {
    const post = async (change: Record<string, string>) => {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await signWith({}),
        scope: 'system/CarePlan.r',
        ...change,
      });
      const response = await fetch(hub.addresses.tokenEndpoint, { method: 'POST', body: form });
      return { status: response.status, body: await response.json() };
    };
    expect(await post({ grant_type: 'password', username: 'x', password: 'y' })).toMatchObject({
      status: 400,
      body: { error: 'unsupported_grant_type' },
    });
    expect(await post({ resource: 'https://other.example/fhir' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    });
    expect(await post({ resource: hub.addresses.audience })).toMatchObject({ status: 200 });
  });

  test('answers other paths and methods with OAuth JSON, and keeps nothing in caches', async () => {
    const { issuer, tokenEndpoint, jwksUri } = hub.addresses;
    for (const path of ['auth', 'token/introspection', 'reg', 'me', '.well-known/openid-configuration', '']) {
      const response = await fetch(`${issuer}/${path}`);
      expect([path, response.status]).toEqual([path, 404]);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    }
    expect((await fetch(tokenEndpoint)).status).toBe(405);
    expect((await fetch(jwksUri, { method: 'DELETE' })).status).toBe(405);
    const json = await fetch(tokenEndpoint, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(json.status).toBe(400);
    const html = await fetch(tokenEndpoint, { method: 'POST', headers: { accept: 'text/html' } });
    expect(html.headers.get('content-type')).toContain('application/json');
    expect(html.headers.get('cache-control')).toContain('no-store');
  });

  test('refuses a body that is too large and lives on', async () => {
    const response = await fetch(hub.addresses.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({ scope: 'x'.repeat(100_000) }),
    });
    expect(response.status).toBe(400);
    expect(await ask()).toMatchObject({ status: 200 });
  });

  test('logs a refusal without the assertion', async () => {
    const assertion = await signWith({ claims: { aud: 'https://other.example' } });
    await ask({ assertion });
    expect(hub.logged.some((line) => line.includes('token-refused'))).toBe(true);
    expect(hub.logged.filter((line) => line.includes(assertion))).toEqual([]);
  });
});
