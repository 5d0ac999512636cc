// Access tokens where they are read: what opens the hub, and every token that must not.
// RFC 6750, RFC 9068 · architecture decision 11
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { base64url, exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { carryOutClientCommand } from '../src/auth/clients.ts';
import { toAuthorizationAddresses } from '../src/auth/addresses.ts';
import { openSigningKeys, type SigningKeys } from '../src/auth/signing-keys.ts';
import { createTokenReader, type TokenReader } from '../src/auth/tokens.ts';
import { Problem } from '../src/core/problem.ts';
import { savePayload, type PayloadRow } from '../src/store/authorization.ts';
import type { Database, Statement } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPglite } from '../src/store/pglite.ts';
import { addPerson } from '../src/store/persons.ts';
import { insertOrganizations } from './authorization/authorization-hub.ts';
import { addApp } from './authorization/log-in-person.ts';

const publicUrl = 'https://hub.example';
const { issuer, audience } = toAuthorizationAddresses(publicUrl);
const start = Date.parse('2026-11-22T08:00:00Z');

let database: Database;
let signingKeys: SigningKeys;
let privateKey: CryptoKey;
let clientId: string;
let nowMs: number;
let statements: Statement[];
let readToken: TokenReader;

const clock = () => new Date(nowMs);

/** The database, noting what is asked of it. */
const watched = (): Database => ({
  ...database,
  query: (statement) => {
    statements.push(statement);
    return database.query(statement);
  },
});

interface Change {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: CryptoKey;
}

/** A token as the authorization server makes it, with one part changed. */
async function makeToken(change: Change = {}): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1000);
  const claims = {
    iss: issuer,
    aud: audience,
    sub: clientId,
    client_id: clientId,
    scope: 'system/CarePlan.rs',
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + 300,
    extensions: {
      ihe_iua: { subject_organization_id: 'urn:oid:1.2.752.29.4.19#SE2321000016-A001' },
      sip_hub: { client_key: 'thumbprint', organization: 'region' },
    },
    ...change.claims,
  };
  const header = { alg: 'ES256', kid: signingKeys.current.kid, typ: 'at+jwt', ...change.header };
  return new SignJWT(claims).setProtectedHeader(header).sign(change.key ?? privateKey);
}

async function refusalOf(authorization: string | undefined): Promise<Problem> {
  return readToken(authorization).then(
    () => {
      throw new Error('The token was accepted.');
    },
    (error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    },
  );
}

beforeAll(async () => {
  nowMs = start;
  database = await openPglite({ folder: undefined });
  await migrate(database);
  const organization = 'SE2321000016-A001';
  await insertOrganizations(database, [
    {
      id: 'region',
      name: 'Region Exempel',
      system: 'urn:oid:1.2.752.29.4.19',
      value: organization,
    },
  ]);
  signingKeys = await openSigningKeys({ database, clock });
  privateKey = (await importJWK(signingKeys.current, 'ES256')) as CryptoKey;
  const pair = await generateKeyPair('ES384');
  const [client] = await carryOutClientCommand(
    {
      kind: 'add',
      name: 'Journalsystemet',
      client: 'system',
      organizations: [organization],
      scope: 'system/*.cruds',
      keys: [JSON.stringify(await exportJWK(pair.publicKey))],
      jwksUri: undefined,
    },
    { database, clock, allowLoopbackJwks: false },
  );
  clientId = client?.clientId ?? '';
});

beforeEach(() => {
  nowMs = start;
  statements = [];
  readToken = createTokenReader({ database: watched(), signingKeys, publicUrl, clock });
});

afterAll(() => database.close());

describe('a token of the hub', () => {
  test('gives the principal it names', async () => {
    expect(await readToken(`Bearer ${await makeToken()}`)).toEqual({
      kind: 'system',
      clientId,
      clientKey: expect.any(Number),
      keyThumbprint: 'thumbprint',
      scopes: new Map([['CarePlan', new Set(['r', 's'])]]),
      expiresAtMs: start + 300_000,
      party: {
        key: expect.any(Number),
        organizationId: 'region',
        source: 'urn:oid:1.2.752.29.4.19#SE2321000016-A001',
      },
      purposes: [],
      staff: undefined,
    });
  });

  test('is verified and looked up once', async () => {
    const authorization = `Bearer ${await makeToken()}`;
    const first = await readToken(authorization);
    expect(await readToken(authorization)).toBe(first);
    expect(statements).toHaveLength(1);
  });

  test('ends when it says, also where it is remembered', async () => {
    const authorization = `Bearer ${await makeToken()}`;
    nowMs = start + 299_000;
    await readToken(authorization);
    nowMs = start + 300_000;
    for (const _time of [1, 2]) expect((await refusalOf(authorization)).findings[0].code).toBe('token-invalid');
  });

  test('is forgotten for newer ones when there are too many, and then read again', async () => {
    readToken = createTokenReader({ database: watched(), signingKeys, publicUrl, clock, capacity: 2 });
    const tokens = [await makeToken(), await makeToken(), await makeToken()];
    for (const token of tokens) await readToken(`Bearer ${token}`);
    expect(statements).toHaveLength(3);
    await readToken(`Bearer ${tokens[2]}`);
    expect(statements).toHaveLength(3);
    await readToken(`Bearer ${tokens[0]}`);
    expect(statements).toHaveLength(4);
  });

  test('is read by another process, also one that started before the key was made', async () => {
    const later = 91 * 24 * 60 * 60 * 1000;
    const older = await openSigningKeys({ database, clock });
    nowMs = start + later;
    const newer = await openSigningKeys({ database, clock });
    expect(newer.current.kid).not.toBe(older.current.kid);
    const key = (await importJWK(newer.current, 'ES256')) as CryptoKey;
    readToken = createTokenReader({ database, signingKeys: older, publicUrl, clock });
    await expect(
      readToken(`Bearer ${await makeToken({ key, header: { kid: newer.current.kid } })}`),
    ).resolves.toMatchObject({ clientId });
    readToken = createTokenReader({ database, signingKeys: newer, publicUrl, clock });
    await expect(readToken(`Bearer ${await makeToken()}`)).resolves.toMatchObject({ clientId });
    expect((await older.listPublicKeys()).map(({ kid }) => kid)).toEqual(
      (await newer.listPublicKeys()).map(({ kid }) => kid),
    );
  });
});

describe("a person's token", () => {
  const token = 'T'.repeat(43);
  const end = new Date(start + 300_000);
  const scope = 'launch/patient patient/CarePlan.rs';

  /** Puts down what the authorization server does, with parts changed. */
  async function keep(change: {
    readonly token?: object;
    readonly grant?: object;
    readonly session?: object;
    readonly clientId?: string;
  }): Promise<void> {
    const known = change.clientId ?? (await addApp(database)).clientId;
    await database.query({ text: 'delete from authorization_payload' });
    await addPerson(database, 'person');
    const common = { accountId: 'person', clientId: known };
    const save = (row: Pick<PayloadRow, 'model' | 'id' | 'payload'>) =>
      savePayload(database, { grantId: undefined, uid: undefined, expiresAt: end, ...row }, clock());
    await save({ model: 'Grant', id: 'grant', payload: { ...common, ...change.grant } });
    const authorizations = { [known]: { grantId: 'grant' } };
    const session = { uid: 'session', accountId: 'person', authorizations, ...change.session };
    await savePayload(
      database,
      { model: 'Session', id: 's', payload: session, grantId: undefined, uid: 'session', expiresAt: end },
      clock(),
    );
    const id = createHash('sha256').update(token).digest('base64url');
    const payload = { ...common, sessionUid: 'session', aud: audience, scope, ...change.token };
    await savePayload(
      database,
      { model: 'AccessToken', id, payload, grantId: 'grant', uid: undefined, expiresAt: end },
      clock(),
    );
  }

  test('is looked up for each request, and gives the person', async () => {
    await keep({});
    for (const times of [1, 2]) {
      expect(await readToken(`Bearer ${token}`)).toMatchObject({
        kind: 'individual',
        person: { key: expect.any(Number), patientId: 'person' },
        scopes: new Map([['CarePlan', new Set(['r', 's'])]]),
        expiresAtMs: end.getTime(),
      });
      expect(statements).toHaveLength(times);
    }
  });

  test.each([
    ['of another audience', { token: { aud: 'https://other.example/fhir' } }],
    ['without rights to resources', { token: { scope: 'launch/patient' } }],
    ['with rights of a system', { token: { scope: 'system/*.rs' } }],
    ['without scopes', { token: { scope: undefined } }],
    ['of a person that is not there', { token: { accountId: 'nobody' } }],
    ['of another person than the grant', { grant: { accountId: 'other' } }],
    ['of another app than the grant', { grant: { clientId: 'other' } }],
    ['of another person than is logged in', { session: { accountId: 'other' } }],
    ['of another session', { token: { sessionUid: 'other' } }],
    ['of a grant that the session has left', { session: { authorizations: {} } }],
  ] as const)('%s is refused', async (_name, change) => {
    await keep(change);
    expect((await refusalOf(`Bearer ${token}`)).findings[0].code).toBe('token-invalid');
  });

  test.each(['Grant', 'Session', 'AccessToken'])('is refused without its %s', async (model) => {
    await keep({});
    await database.query({ text: 'delete from authorization_payload where model = $1', values: [model] });
    expect((await refusalOf(`Bearer ${token}`)).findings[0].code).toBe('token-invalid');
  });

  test('is refused when it has ended, and of a system', async () => {
    await keep({});
    nowMs = end.getTime();
    expect((await refusalOf(`Bearer ${token}`)).findings[0].code).toBe('token-invalid');
    nowMs = start;
    await keep({ clientId });
    expect((await refusalOf(`Bearer ${token}`)).findings[0].code).toBe('token-invalid');
  });
});

describe('what is no token of the hub answers 401', () => {
  test.each([[undefined], ['']])('nothing sent (%s): login-required', async (authorization) => {
    const refusal = await refusalOf(authorization);
    expect(refusal.findings[0].code).toBe('login-required');
    expect(refusal.status).toBe(401);
    expect(refusal.headers).toEqual({ 'WWW-Authenticate': 'Bearer realm="sip-hub"' });
  });

  test.each([
    ['Basic dXNlcjpwYXNz'],
    ['Bearer'],
    ['Bearer nonsense'],
    ['Bearer a.b'],
    ['Bearer a.b.c'],
    ['Bearer a.b.c.d.e'],
    [`Bearer ${'a'.repeat(10_000)}.b.c`],
  ])('nonsense: %.40s', async (authorization) => {
    const refusal = await refusalOf(authorization);
    expect(refusal.findings[0].code).toBe('token-invalid');
    expect(refusal.headers['WWW-Authenticate']).toContain('error="invalid_token"');
    expect(statements).toEqual([]);
  });

  const cases: readonly (readonly [string, () => Change | Promise<Change>])[] = [
    ['one for another audience', () => ({ claims: { aud: 'https://other.example/fhir' } })],
    ['one for the token endpoint', () => ({ claims: { aud: issuer } })],
    ['one of another issuer', () => ({ claims: { iss: 'https://other.example/oauth' } })],
    ['one that has ended', () => ({ claims: { exp: start / 1000 } })],
    ['one that is not valid yet', () => ({ claims: { nbf: start / 1000 + 60 } })],
    ['one without an end', () => ({ claims: { exp: undefined } })],
    ['one of another type', () => ({ header: { typ: 'JWT' } })],
    ['one without a type', () => ({ header: { typ: undefined } })],
    ['one that names no key', () => ({ header: { kid: undefined } })],
    ['one that names an unknown key', () => ({ header: { kid: 'unknown' } })],
    ['one signed with a foreign key under our kid', async () => ({ key: (await generateKeyPair('ES256')).privateKey })],
    [
      'one signed with another algorithm',
      async () => ({ key: (await generateKeyPair('ES384')).privateKey, header: { alg: 'ES384' } }),
    ],
    ['one without scopes', () => ({ claims: { scope: undefined } })],
    ['one with malformed scopes', () => ({ claims: { scope: 'system/*.read' } })],
    ['one whose subject is not its client', () => ({ claims: { sub: 'someone' } })],
    ['one of a client that is not registered', () => ({ claims: { sub: 'nobody', client_id: 'nobody' } })],
    ['one without what the hub puts in', () => ({ claims: { extensions: undefined } })],
    ['one of a system without a party', () => ({ claims: { extensions: { sip_hub: { client_key: 'thumbprint' } } } })],
    [
      'one for an organization that is not there',
      () => ({
        claims: {
          extensions: {
            ihe_iua: { subject_organization_id: 'urn:oid:1.2.752.29.4.19#SE2321000016-XXXX' },
            sip_hub: { client_key: 'thumbprint', organization: 'absent' },
          },
        },
      }),
    ],
  ];
  test.each(cases)('%s', async (_name, change) => {
    const refusal = await refusalOf(`Bearer ${await makeToken(await change())}`);
    expect(refusal.findings[0].code).toBe('token-invalid');
    expect(refusal.status).toBe(401);
  });

  test('alg none', async () => {
    const [, claims] = (await makeToken()).split('.');
    const header = base64url.encode(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: signingKeys.current.kid }));
    for (const signature of ['', 'AAAA']) {
      expect((await refusalOf(`Bearer ${header}.${claims}.${signature}`)).findings[0].code).toBe('token-invalid');
    }
  });

  test('HS256 over the published key', async () => {
    const published = await signingKeys.findPublicKey(signingKeys.current.kid);
    if (published === undefined) throw new Error('The key is not published.');
    const [, claims] = (await makeToken()).split('.');
    const header = base64url.encode(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: signingKeys.current.kid }));
    for (const secret of [await exportSPKI(published), JSON.stringify(await exportJWK(published))]) {
      const mac = createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url');
      expect((await refusalOf(`Bearer ${header}.${claims}.${mac}`)).findings[0].code).toBe('token-invalid');
    }
  });

  test('claims changed under a good signature', async () => {
    const [header, claims, signature] = (await makeToken()).split('.');
    const changed = {
      ...(JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()) as object),
      scope: 'system/*.cruds',
    };
    const forged = `${header}.${base64url.encode(JSON.stringify(changed))}.${signature}`;
    expect((await refusalOf(`Bearer ${forged}`)).findings[0].code).toBe('token-invalid');
  });

  test('a JWT for an app, which has no right of its own', async () => {
    const app = await addApp(database);
    const claims = { sub: app.clientId, client_id: app.clientId, scope: 'system/*.rs' };
    expect((await refusalOf(`Bearer ${await makeToken({ claims })}`)).findings[0].code).toBe('token-invalid');
  });

  test('no refusal repeats the token', async () => {
    const token = await makeToken({ claims: { aud: 'https://other.example/fhir' } });
    const refusal = await refusalOf(`Bearer ${token}`);
    expect(JSON.stringify([refusal.findings, refusal.headers, refusal.detail ?? '', refusal.message])).not.toContain(
      token.slice(0, 40),
    );
  });
});
