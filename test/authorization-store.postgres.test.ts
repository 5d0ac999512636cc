// The contract of the authorization server's tables on PostgreSQL, and what only several processes on one database can show.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestToken, signClientAssertion, type TokenAnswer } from '../src/auth/client-assertion.ts';
import { carryOutClientCommand } from '../src/auth/clients.ts';
import { systemClock } from '../src/core/clock.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPostgres } from '../src/store/postgres.ts';
import { insertOrganizations, startAuthorizationHub } from './authorization/authorization-hub.ts';
import { describeAuthorizationStore } from './contract/authorization-store.ts';
import { createDatabase, onPostgres } from './contract/open-databases.ts';

const open = (url: string) => openPostgres({ url, poolSize: 8, statementTimeoutMs: 20_000 });

describeAuthorizationStore('PostgreSQL', async () => {
  const { url, remove } = await createDatabase();
  return { database: open(url), remove };
});

describe('two processes on one PostgreSQL', () => {
  const publicUrl = 'https://hub.example';
  const processes: ChildProcess[] = [];
  let created: Awaited<ReturnType<typeof createDatabase>>;
  let clientId: string;
  let privateKey: CryptoKey;

  /** Starts a process and gives the address of its token endpoint. */
  async function startProcess(): Promise<{ readonly process: ChildProcess; readonly tokenEndpoint: string }> {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./authorization/serve.ts')), publicUrl], {
      env: { ...process.env, DATABASE_URL: created.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(child);
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { process: child, tokenEndpoint: `${line}/oauth/token` };
  }

  const sign = (): Promise<string> =>
    signClientAssertion({ clientId, privateKey, audience: `${publicUrl}/oauth/token` });
  const ask = (tokenEndpoint: string, assertion: string): Promise<TokenAnswer> =>
    requestToken({ tokenEndpoint, assertion, scope: 'system/Organization.rs' });

  beforeAll(async () => {
    created = await createDatabase();
    const database = open(created.url);
    await migrate(database);
    const pair = await generateKeyPair('ES384', { extractable: true });
    privateKey = pair.privateKey;
    const [client] = await carryOutClientCommand(
      {
        kind: 'add',
        name: 'Driften',
        client: 'operator',
        organizations: [],
        scope: 'system/*.cruds',
        keys: [JSON.stringify(await exportJWK(pair.publicKey))],
        jwksUri: undefined,
      },
      { database, clock: systemClock, allowLoopbackJwks: false },
    );
    clientId = client?.clientId ?? '';
    await database.close();
  });

  afterAll(async () => {
    for (const child of processes) child.kill('SIGKILL');
    await created.remove();
  });

  test('of 20 simultaneous requests with one assertion exactly one gets a token, and after a restart none', async () => {
    const first = await startProcess();
    const second = await startProcess();
    // Each has answered once, so that the 20 meet two warm processes.
    expect((await ask(first.tokenEndpoint, await sign())).status).toBe(200);
    expect((await ask(second.tokenEndpoint, await sign())).status).toBe(200);
    for (let round = 0; round < 3; round += 1) {
      const assertion = await sign();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => ask((index % 2 === 0 ? first : second).tokenEndpoint, assertion)),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status, body }) => status === 401 && body.error === 'invalid_client')).toHaveLength(19);
      if (round < 2) continue;
      for (const { process: child } of [first, second]) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      const restarted = await startProcess();
      expect((await ask(restarted.tokenEndpoint, assertion)).status).toBe(401);
      expect((await ask(restarted.tokenEndpoint, await sign())).status).toBe(200);
    }
  });
});

describe('with row-level security on', () => {
  test('clients are registered for organizations, and their tokens read, as without', async () => {
    const { database, remove } = await onPostgres(true)();
    const organization = 'SE2321000016-A001';
    await insertOrganizations(
      database,
      [
        {
          id: 'region',
          name: 'Region Exempel',
          system: 'urn:oid:1.2.752.29.4.19',
          value: organization,
        },
      ],
      { rowLevelSecurity: true },
    );
    const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
    const [client] = await carryOutClientCommand(
      {
        kind: 'add',
        name: 'Journalsystemet',
        client: 'system',
        organizations: [organization],
        scope: 'system/*.cruds',
        keys: [JSON.stringify(await exportJWK(publicKey))],
        jwksUri: undefined,
      },
      { database, clock: systemClock, allowLoopbackJwks: false },
    );
    const hub = await startAuthorizationHub(database);
    const { tokenEndpoint } = hub.addresses;
    const assertion = await signClientAssertion({
      clientId: client?.clientId ?? '',
      privateKey,
      audience: tokenEndpoint,
      organization,
    });
    const { body } = await requestToken({ tokenEndpoint, assertion, scope: 'system/CarePlan.rs' });
    expect(await hub.readToken(`Bearer ${body.access_token}`)).toMatchObject({ party: { organizationId: 'region' } });
    await hub.stop();
    await database.close();
    await remove();
  });
});
