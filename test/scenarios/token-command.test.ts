// `sip-hub token` against a running hub: what it prints opens the hub, and it is for development alone.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carryOutClientCommand } from '../../src/auth/clients.ts';
import { tokenCommand } from '../../src/cli/token-command.ts';
import { readConfig, type Config } from '../../src/config.ts';
import { hsa, openTestHub, type TestHub } from './test-hub.ts';

describe('sip-hub token', () => {
  let hub: TestHub;
  let folder: string;
  let registered = 0;

  beforeAll(async () => {
    hub = await openTestHub({ mode: 'plain' });
    folder = mkdtempSync(join(tmpdir(), 'sip-hub-token-'));
  });

  afterAll(async () => {
    await hub.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (
    argv: readonly string[],
    changes: Partial<Config> = {},
  ): Promise<{ readonly status: number; readonly out: string; readonly err: string }> => {
    let [out, err] = ['', ''];
    const config = { ...readConfig({}), port: hub.hub.port, dataFolder: folder, ...changes };
    const status = await tokenCommand({
      arguments: argv,
      config,
      write: (text) => void (out += text),
      writeError: (text) => void (err += text),
      register: (command) => {
        registered += 1;
        return carryOutClientCommand(command, { database: hub.hub.database, clock: hub.now, allowLoopbackJwks: true });
      },
    });
    return { status, out: out.trim(), err };
  };

  const call = (token: string, path: string, method = 'GET'): Promise<Response> =>
    fetch(`${hub.baseUrl}/${path}`, { method, headers: { authorization: `Bearer ${token}` } });

  test('prints a token of a named organization, by a client that is registered once', async () => {
    const first = await run(['--organization', hsa.careCentre]);
    expect([first.status, first.err]).toEqual([0, '']);
    expect((await call(first.out, 'Patient')).status).toBe(200);
    const before = registered;
    const second = await run(['--organization', hsa.careCentre]);
    expect([second.status, registered]).toEqual([0, before]);
    expect(second.out).not.toBe(first.out);
    const narrow = await run(['--organization', hsa.careCentre, '--scope', 'system/Goal.r']);
    expect(registered).toBe(before + 1);
    expect((await call(narrow.out, 'Patient')).status).toBe(403);
  });

  test('keeps private keys where their owner alone can read them', async () => {
    const file = join(folder, 'development-clients.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('"d"');
  });

  test('makes a sandbox organization where none is named', async () => {
    for (const _time of [1, 2]) {
      const { status, out, err } = await run([]);
      expect([status, err]).toEqual([0, '']);
      expect((await call(out, 'Observation')).status).toBe(200);
    }
    const found = await hub.operator.call({
      method: 'GET',
      path: 'Organization?identifier=SE0000000000-SANDBOX&_summary=count',
    });
    expect(found.body).toMatchObject({ total: 1 });
  });

  test('prints the operator’s token', async () => {
    const { out } = await run(['--operator']);
    expect((await call(out, 'Organization')).status).toBe(200);
    expect((await call(out, 'Patient')).status).toBe(403);
  });

  test('registers anew where the hub does not know the client that is kept', async () => {
    const file = join(folder, 'development-clients.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"clientId": "[^"]+"/g, '"clientId": "gone"'));
    const { status, out } = await run(['--organization', hsa.careCentre]);
    expect(status).toBe(0);
    expect((await call(out, 'Patient')).status).toBe(200);
  });

  test.each<[string, readonly string[], Partial<Config>, number, RegExp]>([
    ['listening on more than loopback', [], { host: '0.0.0.0' }, 1, /loopback/],
    ['a public address elsewhere', [], { publicUrl: 'https://hub.example' }, 1, /loopback/],
    ['an organization the hub does not have', ['--organization', 'SE1234567890-X'], {}, 1, /SE1234567890-X/],
    ['a malformed scope', ['--operator', '--scope', 'everything'], {}, 1, /scopes are malformed/],
    ['no running hub', ['--organization', hsa.careCentre], { port: 1 }, 1, /No hub answers/],
    ['an operator with an organization', ['--operator', '--organization', 'x'], {}, 2, /sip-hub token/],
    ['an unknown option', ['--all'], {}, 2, /sip-hub token/],
  ])('refuses %s', async (...row) => {
    const [, argv, changes, status, words] = row;
    const answer = await run(argv, changes);
    expect([answer.status, answer.out]).toEqual([status, '']);
    expect(answer.err).toMatch(words);
  });
});
