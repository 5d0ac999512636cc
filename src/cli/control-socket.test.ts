import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openControlSocket, sendControlCommand, toControlSocketPath, type ControlSocket } from './control-socket.ts';

let folder: string;
let open: ControlSocket[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-hub-test-'));
  open = [];
});

afterEach(async () => {
  for (const socket of open) await socket.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(dataFolder: string, failures: unknown[] = []): Promise<ControlSocket> {
  const socket = await openControlSocket({
    dataFolder,
    execute: async (command) => {
      if (command === 'fail') throw new Error('SELECT secret');
      return command === 'refuse' ? { error: 'Not so.' } : { result: { echoed: command } };
    },
    onFailure: (error) => failures.push(error),
  });
  open.push(socket);
  return socket;
}

describe('the control socket', () => {
  test('carries a command to the hub and its answer back', async () => {
    await listen(folder);
    expect(await sendControlCommand(folder, { kind: 'list', name: 'Åsa' })).toEqual({
      result: { echoed: { kind: 'list', name: 'Åsa' } },
    });
    expect(await sendControlCommand(folder, 'refuse')).toEqual({ error: 'Not so.' });
  });

  test("is the owner's alone, and nothing else is left in the folder", async () => {
    const { path } = await listen(folder);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  test('tells the hub of a failure and the caller nothing of it', async () => {
    const failures: unknown[] = [];
    await listen(folder, failures);
    const answer = await sendControlCommand(folder, 'fail');
    expect(JSON.stringify(answer)).not.toContain('SELECT');
    expect(failures).toHaveLength(1);
  });

  test('answers what is no command without dying', async () => {
    const { path } = await listen(folder);
    await new Promise<void>((resolve) => {
      const raw = connect(path, () => raw.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nnonsense'));
      raw.resume().once('close', () => resolve());
    });
    expect(await sendControlCommand(folder, 1)).toEqual({ result: { echoed: 1 } });
  });

  test('nobody answers where no hub runs, nor after it stopped', async () => {
    expect(await sendControlCommand(folder, 1)).toBeUndefined();
    expect(await sendControlCommand(join(folder, 'absent'), 1)).toBeUndefined();
    const socket = await listen(folder);
    await socket.close();
    open = [];
    expect(await sendControlCommand(folder, 1)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('takes over a socket that a killed hub left behind', async () => {
    writeFileSync(join(folder, 'control.sock'), '');
    await listen(folder);
    expect(await sendControlCommand(folder, 2)).toEqual({ result: { echoed: 2 } });
  });

  test('stands in a private folder of its own where the path would be too long', async () => {
    const long = join(folder, 'x'.repeat(100));
    mkdirSync(long);
    const { path } = await listen(long);
    expect(path.startsWith(long)).toBe(false);
    expect(path).toBe(toControlSocketPath(long));
    expect(statSync(join(path, '..')).mode & 0o077).toBe(0);
    expect(await sendControlCommand(long, 3)).toEqual({ result: { echoed: 3 } });
    chmodSync(join(path, '..'), 0o755);
    await open.pop()?.close();
    await expect(listen(long)).rejects.toThrow('others');
    rmSync(join(path, '..'), { recursive: true });
  });
});
