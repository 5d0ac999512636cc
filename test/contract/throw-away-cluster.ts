// A PostgreSQL of a test's own, made to be killed: a new cluster on a free port, whose postmaster is a child of this process.
// The one of DATABASE_URL stays as it is; only the folder of its binaries is looked for. Missing binaries are an error, not a skip.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** `backend`: one of its processes by SIGKILL, after which it starts anew by itself. */
export const waysToDie = ['postmaster', 'immediate', 'backend'] as const;

export interface ThrowAwayCluster {
  /** The hub's own role and database. */
  readonly url: string;
  /** Kills it in this way, and resolves when it answers again. */
  readonly killAndRestart: (way: (typeof waysToDie)[number]) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Makes and starts a cluster. */
export async function startThrowAwayCluster(port: number): Promise<ThrowAwayCluster> {
  const binaries = findBinaries();
  const account = process.getuid?.() === 0 ? findAccount('postgres') : undefined;
  const password = randomBytes(16).toString('hex');
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-cluster-'));
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`);
  mkdirSync(data, { mode: 0o700 });
  // initdb and postgres refuse to run as root.
  if (account !== undefined) for (const path of [folder, passwordFile, data]) chownSync(path, account.uid, account.gid);
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'owner', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '-E', 'UTF8', '--locale=C.UTF-8'],
    { ...account, cwd: folder, stdio: 'pipe' },
  );

  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`];
  let postmaster: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const removed = new AbortController();
  const start = (): void => {
    const child = spawn(join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...account,
      cwd: folder,
      stdio: 'ignore',
    });
    postmaster = child;
    ended = once(child, 'close');
  };
  const owner = `postgres://owner:${password}@127.0.0.1:${port}/postgres`;

  /** Until it answers. What is left of a killed one holds its memory for a moment, and stops the next: that is started again. */
  const answers = async (): Promise<void> => {
    for (let attempt = 0; attempt < 600 && !removed.signal.aborted; attempt += 1) {
      if (postmaster === undefined || postmaster.exitCode !== null || postmaster.signalCode !== null) start();
      const isUp = await ask(owner, 'select 1').then(
        () => true,
        () => false,
      );
      if (isUp) return;
      await sleep(50);
    }
    throw new Error('PostgreSQL did not start in time.');
  };

  await answers();
  await ask(owner, `create role sip_hub login createdb createrole password '${password}'`);
  await ask(owner, 'create database sip_hub owner sip_hub');
  return {
    url: `postgres://sip_hub:${password}@127.0.0.1:${port}/sip_hub`,
    killAndRestart: async (way) => {
      if (way === 'backend') {
        const [backend] = await ask(
          owner,
          `select pid from pg_stat_activity where usename = 'sip_hub' order by state = 'active' desc, random() limit 1`,
        );
        if (backend === undefined) throw new Error('The hub holds no connection.');
        process.kill(Number(backend['pid']), 'SIGKILL');
        // It takes a moment to see that, and then breaks every connection.
        await sleep(100);
      } else {
        postmaster?.kill(way === 'postmaster' ? 'SIGKILL' : 'SIGQUIT');
        await ended;
      }
      await answers();
    },
    remove: async () => {
      removed.abort();
      postmaster?.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One statement on a connection of its own. */
async function ask(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A connection that breaks while nobody waits for it is no news here.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function findBinaries(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).toSorted((one, other) => Number(other) - Number(one)) : [];
  const folders = [...versions.map((version) => join(root, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')));
  if (found === undefined) throw new Error('No initdb below /usr/lib/postgresql or on the PATH.');
  return found;
}

function findAccount(name: string): { readonly uid: number; readonly gid: number } {
  const idOf = (option: string): number => Number(execFileSync('id', [option, name], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
