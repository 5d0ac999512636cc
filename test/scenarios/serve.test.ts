// `sip-hub serve` as a process of its own: where it listens, what it says of itself, how it stops, and what stops it from starting.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKeyPair, signIn, type VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { createHubProcesses, freePort, type HubProcess } from './hub-process.ts';
import { readExample } from './test-hub.ts';

describe('sip-hub serve', () => {
  const work = mkdtempSync(join(tmpdir(), 'sip-hub-serve-'));
  const data = join(work, 'data');
  const processes = createHubProcesses();

  /** With a data folder for all of them, unless the settings name another. */
  const start = (commandLine: readonly string[], settings: Readonly<Record<string, string>> = {}): HubProcess =>
    processes.start(commandLine, { SIP_HUB_DATA: data, ...settings });

  afterAll(async () => {
    await processes.end();
    rmSync(work, { recursive: true, force: true });
  });

  describe('while it runs', () => {
    let hub: HubProcess;
    let port: number;
    let origin: string;
    let operator: VendorSystem;

    beforeAll(async () => {
      port = await freePort();
      hub = start(['serve'], { PORT: String(port), HOST: '127.0.0.1', DATABASE_URL: '' });
      const [, said] = await hub.says(/ready: (\S+)\/fhir\/metadata/);
      origin = said ?? '';
    });

    test('listens where PORT and HOST say', () => {
      expect(origin).toBe(`http://127.0.0.1:${port}`);
    });

    test('says that it lives and is ready, and what it can do', async () => {
      const get = async (path: string): Promise<readonly [number, unknown]> => {
        const response = await fetch(`${origin}${path}`);
        return [response.status, await response.json()];
      };
      expect(await get('/health/live')).toEqual([200, { status: 'live' }]);
      expect(await get('/health/ready')).toEqual([200, { status: 'ready' }]);
      expect(await get('/fhir/metadata')).toMatchObject([
        200,
        { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', implementation: { url: `${origin}/fhir` } },
      ]);
      const [status, smart] = await get('/fhir/.well-known/smart-configuration');
      expect(status).toBe(200);
      expect(smart).toMatchObject({
        token_endpoint: expect.stringContaining(origin),
        grant_types_supported: expect.arrayContaining(['client_credentials']),
        token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']),
        capabilities: expect.arrayContaining(['client-confidential-asymmetric', 'permission-v2']),
      });
    });

    test('takes commands of sip-hub client through its socket', async () => {
      const { privateKey, publicJwk } = await makeKeyPair();
      const keyFile = join(work, 'key.jwk');
      writeFileSync(keyFile, JSON.stringify(publicJwk));
      const scope = 'system/*.cruds';
      const added = await start([
        'client',
        'add',
        '--operator',
        '--name',
        'Driften',
        '--scope',
        scope,
        '--key',
        keyFile,
        '--json',
      ]).ended;
      expect([added.code, added.errors]).toEqual([0, '']);
      const [client] = JSON.parse(added.output) as readonly { readonly clientId: string }[];
      const listed = await start(['client', 'list']).ended;
      expect([listed.code, listed.output]).toEqual([0, expect.stringContaining(client?.clientId ?? 'none')]);
      const { token_endpoint: tokenEndpoint } = (await (
        await fetch(`${origin}/fhir/.well-known/smart-configuration`)
      ).json()) as {
        readonly token_endpoint: string;
      };
      operator = await signIn({
        name: 'Driften',
        clientId: client?.clientId ?? '',
        privateKey,
        baseUrl: `${origin}/fhir`,
        tokenEndpoint,
        scope,
        organization: undefined,
      });
      expect((await operator.call({ method: 'GET', path: 'Organization' })).status).toBe(200);
    });

    test('keeps its data folder to itself: a second process stops and explains', async () => {
      const second = await start(['serve'], { PORT: '0' }).ended;
      expect(second.code).toBe(1);
      expect(second.errors).toContain('is in use by another sip-hub process');
      expect(second.errors).not.toMatch(/at .*\.ts:\d+/);
      expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
    });

    test('keeps its port to itself: another hub there stops and explains', async () => {
      const other = await start(['serve'], { PORT: new URL(origin).port, SIP_HUB_DATA: join(work, 'other') }).ended;
      expect([other.code, other.errors]).toEqual([1, expect.stringContaining('The port is taken')]);
    });

    test('on SIGTERM lets a slow request end, takes no new ones, and exits 0; what was answered is there afterwards', async () => {
      const body = Buffer.from(readExample('directory.json'));
      const half = Math.floor(body.length / 2);
      const slow = httpRequest(`${origin}/fhir`, {
        method: 'POST',
        agent: false,
        headers: {
          authorization: `Bearer ${operator.token}`,
          'content-type': 'application/fhir+json',
          'content-length': String(body.length),
          expect: '100-continue',
        },
      });
      const answered = new Promise<number>((resolve, reject) => {
        slow.once('error', reject);
        slow.once('response', (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode ?? 0));
        });
      });
      slow.flushHeaders();
      // The hub has read the head: it asks for the body.
      await once(slow, 'continue');
      slow.write(body.subarray(0, half));
      hub.child.kill('SIGTERM');
      await expect
        .poll(
          () =>
            fetch(`${origin}/health/live`).then(
              ({ status }) => status,
              () => 'closed',
            ),
          { timeout: 10_000 },
        )
        .toBe('closed');
      slow.end(body.subarray(half));
      expect(await answered).toBe(200);
      const ended = await hub.ended;
      expect([ended.code, ended.signal]).toEqual([0, null]);
      expect(ended.errors).not.toContain('"level":"error"');

      const again = start(['serve'], { PORT: '0' });
      const [, next] = await again.says(/ready: (\S+)\/fhir\/metadata/);
      const call = await fetch(`${next}/fhir/Organization?_total=accurate&_count=0`, {
        headers: { authorization: `Bearer ${operator.token}` },
      });
      // Another port is another issuer: the old token is not for it. The commands see what is stored.
      expect(call.status).toBe(401);
      const { publicJwk } = await makeKeyPair();
      const keyFile = join(work, 'region.jwk');
      writeFileSync(keyFile, JSON.stringify(publicJwk));
      const party = ['--organization', 'SE2321000024-1020', '--name', 'Regionen', '--scope', 'system/*.rs'];
      const added = await start(['client', 'add', ...party, '--key', keyFile]).ended;
      expect([added.code, added.errors]).toEqual([0, '']);
      again.child.kill('SIGINT');
      expect((await again.ended).code).toBe(0);
    });

    test('when none runs, sip-hub client opens the folder itself', async () => {
      const listed = await start(['client', 'list']).ended;
      expect([listed.code, listed.output]).toEqual([0, expect.stringContaining('Regionen')]);
    });
  });

  describe('does not start', () => {
    test.each([
      ['with a setting that is unknown', { SIP_HUB_PROT: '1' }, 'SIP_HUB_PROT is not a setting of sip-hub.'],
      ['with a setting of the wrong form', { PORT: 'http' }, 'PORT must be whole number.'],
      [
        'with a switch that is neither on nor off',
        { SIP_HUB_ROW_LEVEL_SECURITY: 'yes' },
        'SIP_HUB_ROW_LEVEL_SECURITY must be on or off.',
      ],
    ])('%s', async (_name, settings, words) => {
      const ended = await start(['serve'], settings).ended;
      expect([ended.code, ended.errors]).toEqual([1, expect.stringContaining(words)]);
      expect(ended.errors).not.toMatch(/at .*\.ts:\d+/);
    });

    test('where the PostgreSQL it is to use does not answer, and shows no password', async () => {
      const port = await freePort();
      const url = `postgres://hub:hemligt-ord@127.0.0.1:${port}/hub`;
      const ended = await start(['serve'], { PORT: '0', DATABASE_URL: url }).ended;
      expect(ended.code).toBe(1);
      expect(ended.errors).toContain('Check DATABASE_URL');
      expect(ended.errors).not.toMatch(/at .*\.ts:\d+/);
      expect(ended.output + ended.errors).not.toContain('hemligt-ord');
    });

    test('with a command that is unknown, and lists those there are', async () => {
      const ended = await start(['sevre']).ended;
      expect([ended.code, ended.errors]).toEqual([2, expect.stringMatching(/serve .*\n.*demo/)]);
    });
  });
});
