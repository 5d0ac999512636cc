// `sip-hub …` as a process of its own: what it says, how it ends, and no process left behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { requireCleanLog } from '../contract/log-secrets.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errors: string;
}

export interface HubProcess {
  readonly child: ChildProcess;
  /** Resolves with the first match in what it has written to its output. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

export interface HubProcesses {
  /** Starts `sip-hub …` with only these settings in its environment. */
  readonly start: (commandLine: readonly string[], settings: Readonly<Record<string, string>>) => HubProcess;
  /** Kills what still runs, and resolves when it is gone. @throws Error where a log holds what it may not (log-secrets.ts) */
  readonly end: () => Promise<void>;
}

export function createHubProcesses(): HubProcesses {
  const running = new Map<ChildProcess, Promise<Ended>>();
  const logs: string[] = [];
  return {
    start: (commandLine, settings) => {
      const env = { PATH: process.env['PATH'] ?? '', ...settings };
      const child = spawn(process.execPath, ['src/main.ts', ...commandLine], { cwd: root, env });
      let output = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
      const ended = once(child, 'close').then(([code, signal]): Ended => {
        running.delete(child);
        // A process that is killed may leave half a line; the line break is the end of one.
        logs.push(...errors.split('\n'));
        return { code: code as number | null, signal: signal as string | null, output, errors };
      });
      running.set(child, ended);
      const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
        for (;;) {
          const found = pattern.exec(output);
          if (found !== null) return found;
          const isOver = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]);
          if (isOver && pattern.exec(output) === null)
            throw new Error(`It ended without saying ${pattern}:\n${output}\n${errors}`);
        }
      };
      return { child, says, ended };
    },
    end: async () => {
      for (const child of running.keys()) child.kill('SIGKILL');
      await Promise.all(running.values());
      requireCleanLog(logs);
    },
  };
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
