import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ClientSummary } from '../auth/clients.ts';
import { systemClock } from '../core/clock.ts';
import type { Database } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { openPglite } from '../store/pglite.ts';
import { openControlSocket } from './control-socket.ts';
import { executeControlCommand, runClientCommand } from './run-client-command.ts';

let folder: string;
let database: Database;
let opened: number;
let out: string;
let err: string;
let publicKeyFile: string;
let privateKeyFile: string;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-384' });

const run = (...argv: string[]): Promise<number> => {
  out = '';
  err = '';
  return runClientCommand(argv, {
    config: { databaseUrl: '', dataFolder: folder, host: '127.0.0.1' },
    clock: systemClock,
    openDatabase: async () => {
      opened += 1;
      return { ...database, close: async () => undefined };
    },
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
  });
};

const addOperator = async (...more: string[]): Promise<ClientSummary> => {
  const status = await run(
    'add',
    '--operator',
    '--name',
    'Driften',
    '--scope',
    'system/Organization.cruds',
    '--key',
    publicKeyFile,
    '--json',
    ...more,
  );
  expect([status, err]).toEqual([0, '']);
  const [client] = JSON.parse(out) as ClientSummary[];
  if (client === undefined) throw new Error('No client was shown.');
  return client;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sip-hub-test-'));
  publicKeyFile = join(folder, 'public.jwk');
  privateKeyFile = join(folder, 'private.pem');
  writeFileSync(publicKeyFile, JSON.stringify(pair.publicKey.export({ format: 'jwk' })));
  writeFileSync(privateKeyFile, pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  database = await openPglite({ folder: undefined });
  await migrate(database);
});

beforeEach(async () => {
  opened = 0;
  await database.query({ text: 'delete from client' });
});

afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

describe('sip-hub client', () => {
  test('adds, lists, disables and enables a client', async () => {
    const { clientId } = await addOperator();
    expect(await run('list')).toBe(0);
    expect(out).toContain(clientId);
    expect(out).toContain('enabled');
    expect(await run('disable', clientId)).toBe(0);
    expect(out).toMatch(/state\s+disabled/);
    expect(await run('enable', clientId, '--json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject([{ clientId, enabled: true, kind: 'operator' }]);
  });

  test('adds a second key and disables the first', async () => {
    const client = await addOperator();
    const second = join(folder, 'second.pem');
    writeFileSync(
      second,
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' }),
    );
    expect(await run('add-key', client.clientId, '--key', second)).toBe(0);
    expect(await run('disable-key', client.clientId, client.keys[0]?.thumbprint ?? '', '--json')).toBe(0);
    const [changed] = JSON.parse(out) as ClientSummary[];
    expect(changed?.keys.map(({ algorithm, enabled }) => [algorithm, enabled]).toSorted()).toEqual([
      ['ES384', false],
      ['RS384', true],
    ]);
  });

  test('takes a thumbprint that begins with a hyphen for no option', async () => {
    const client = await addOperator();
    expect(await run('disable-key', client.clientId, `-${'a'.repeat(42)}`)).toBe(1);
    expect(await run('disable-key', client.clientId, `--${'a'.repeat(41)}`, '--json')).toBe(1);
  });

  test('adds an app, public without a key, and lists where persons are sent back to', async () => {
    const address = 'com.example.app:/cb';
    const scopes = ['--scope', 'patient/*.rs', '--scope', 'patient/Consent.cu'];
    const app = ['add', '--app', '--name', 'Min plan', ...scopes, '--redirect-uri', address];
    expect(await run(...app, '--redirect-uri', 'https://app.example/cb', '--json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      {
        kind: 'app',
        scope: 'patient/*.rs patient/Consent.cu',
        redirectUris: [address, 'https://app.example/cb'],
        keys: [],
      },
    ]);
    expect(await run(...app, '--key', publicKeyFile)).toBe(0);
    expect(out).toContain('ES384');
    expect(await run('list')).toBe(0);
    expect(out).toMatch(/sent back to\s+com\.example\.app:\/cb/);
  });

  test.each([
    [['--redirect-uri', 'http://app.example/cb'], 'must be https'],
    [['--redirect-uri', 'https://app.example/*'], 'wildcard'],
    [[], 'redirect addresses'],
    [['--redirect-uri', 'https://app.example/cb', '--organization', 'SE2321000016-A001'], 'no organization'],
    [['--redirect-uri', 'https://app.example/cb', '--scope', 'system/*.r'], 'patient/'],
  ])('refuses an app with %j', async (more, reason) => {
    const scopes = more.includes('--scope') ? [] : ['--scope', 'patient/*.rs'];
    expect(await run('add', '--app', '--name', 'Min plan', ...scopes, ...more)).toBe(1);
    expect(err).toContain(reason);
  });

  test('refuses a redirect address of what is no app, and an operator that is an app', async () => {
    const common = ['add', '--operator', '--name', 'x', '--scope', 'system/*.r', '--key', publicKeyFile];
    expect(await run(...common, '--redirect-uri', 'https://app.example/cb')).toBe(1);
    expect(err).toContain('--app');
    expect(await run(...common, '--app')).toBe(2);
  });

  test('says so when there are no clients', async () => {
    expect(await run('list')).toBe(0);
    expect(out).toContain('No clients');
    await run('list', '--json');
    expect(JSON.parse(out)).toEqual([]);
  });

  test('shows its usage', async () => {
    expect(await run()).toBe(0);
    expect(out).toContain('sip-hub client add');
  });

  test.each([
    [['nonsense'], 'no command'],
    [['list', 'extra'], 'more arguments'],
    [['list', '--name', 'x'], '--name'],
    [['enable'], 'by its id'],
    [['disable-key', 'id'], 'thumbprint'],
    [['add', '--scope', 'system/*.r'], '--name'],
    [['add', '--name', 'x'], '--scope'],
    [['add', '--name', 'x', '--name', 'y', '--scope', 'system/*.r'], 'one --name'],
    [['add-key', 'id'], '--key'],
  ])('ends with 2 and the usage for %j', async (argv, reason) => {
    expect(await run(...argv)).toBe(2);
    expect(err).toContain(reason);
    expect(err).toContain('sip-hub client list');
    expect(opened).toBe(0);
  });

  const add = ['add', '--name', 'Journalsystemet', '--scope', 'system/*.cruds'];
  const refusals: readonly (readonly [string, () => readonly string[], string])[] = [
    [
      'an organization that the hub does not have',
      () => [...add, '--organization', 'SE2321000016-A001', '--key', publicKeyFile],
      'no active Organization',
    ],
    [
      'an organization that is none',
      () => [...add, '--organization', 'Regionen', '--key', publicKeyFile],
      'neither an HSA-id',
    ],
    ['no organization', () => [...add, '--key', publicKeyFile], 'at least one organization'],
    [
      'an operator with an organization',
      () => [...add, '--operator', '--organization', 'SE2321000016-A001', '--key', publicKeyFile],
      'no organization',
    ],
    ['a private key', () => [...add, '--operator', '--key', privateKeyFile], 'private key'],
    ['the same key twice', () => [...add, '--operator', '--key', publicKeyFile, '--key', publicKeyFile], 'twice'],
    ['a file that is not there', () => [...add, '--operator', '--key', join(folder, 'absent')], 'cannot be read'],
    ['neither key nor address', () => [...add, '--operator'], 'JWKS address'],
    [
      'both key and address',
      () => [...add, '--operator', '--key', publicKeyFile, '--jwks-uri', 'https://vendor.example/jwks'],
      'either',
    ],
    ['an address that is not public', () => [...add, '--operator', '--jwks-uri', 'https://10.0.0.1/jwks'], 'public'],
    [
      'malformed scopes',
      () => ['add', '--operator', '--name', 'x', '--scope', 'system/*.read', '--key', publicKeyFile],
      'scopes',
    ],
    [
      'an empty name',
      () => ['add', '--operator', '--name', ' ', '--scope', 'system/*.r', '--key', publicKeyFile],
      'name',
    ],
    ['an unknown client', () => ['disable', 'nobody'], 'no client nobody'],
    ['a key for an unknown client', () => ['add-key', 'nobody', '--key', publicKeyFile], 'no client nobody'],
    ['an unknown key', () => ['disable-key', 'nobody', 'x'], 'no key'],
  ];
  test.each(refusals)('refuses %s with 1, and registers nothing', async (_name, argv, reason) => {
    expect(await run(...argv())).toBe(1);
    expect(err).toContain(reason);
    expect(out).toBe('');
    expect(await database.query({ text: 'select client_id from client' })).toEqual([]);
  });

  test('a name cannot move the cursor of whoever lists it', async () => {
    await run('add', '--operator', '--name', 'evil\u001b[2J', '--scope', 'system/*.r', '--key', publicKeyFile);
    await run('list');
    expect(out).not.toContain('\u001b');
  });
});

describe('while a hub runs on the embedded database', () => {
  test('commands go through it and never open the folder; refusals come back as they are', async () => {
    const context = { database, clock: systemClock, allowLoopbackJwks: false };
    const failures: unknown[] = [];
    const socket = await openControlSocket({
      dataFolder: folder,
      execute: (command) => executeControlCommand(command, context),
      onFailure: (error) => failures.push(error),
    });
    const { clientId } = await addOperator();
    expect(await run('disable', clientId)).toBe(0);
    expect(await run('disable', 'nobody')).toBe(1);
    expect(err).toBe('There is no client nobody.\n');
    expect(opened).toBe(0);
    expect(failures).toEqual([]);
    await socket.close();
    expect(await run('list')).toBe(0);
    expect(opened).toBe(1);
  });

  test.each([
    undefined,
    null,
    7,
    {},
    { kind: 'drop' },
    { kind: 'disable' },
    { kind: 'toString' },
    { kind: 'add', name: 'x' },
  ])('the hub refuses %j as a command', async (command) => {
    const answer = await executeControlCommand(command, { database, clock: systemClock, allowLoopbackJwks: false });
    expect(answer).toEqual({ error: expect.stringContaining('does not know') });
  });
});
