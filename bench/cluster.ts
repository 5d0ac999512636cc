// A throw-away PostgreSQL for one run: own folder below the temporary one, own password, loopback only, gone afterwards.
// Durability is as in production (fsync and synchronous_commit on): figures without it would say nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { end, endWithParent } from './child-process.ts';

/** Everything that differs from a new cluster's own settings; told in the result. */
export const clusterSettings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  max_connections: '100',
} as const;

export interface Cluster {
  /** Of the process whose children are the backends. */
  readonly pid: number;
  readonly version: string;
  /** Makes a database, empty or as a copy of another that nobody is connected to, and gives its address. */
  readonly createDatabase: (name: string, template?: string) => Promise<string>;
  readonly dropDatabase: (name: string) => Promise<void>;
  /** Stops it and removes its folder. */
  readonly stop: () => Promise<void>;
}

/** Starts it, with pg_stat_statements where `countStatements`. @throws Error that says what to do where PostgreSQL is not installed */
export async function startCluster({ countStatements }: { readonly countStatements: boolean }): Promise<Cluster> {
  const binaries = findBinaries();
  const owner = findOwner();
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-bench-'));
  const password = randomBytes(18).toString('base64url');
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner !== undefined) for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await run(
      join(binaries, 'initdb'),
      ['-D', data, '-U', 'bench', '-E', 'UTF8', '--locale=C.UTF-8', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      owner,
    );
    const port = await findFreePort();
    const extra = countStatements ? { shared_preload_libraries: 'pg_stat_statements' } : {};
    const options = Object.entries({
      ...clusterSettings,
      ...extra,
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
    });
    const server = spawn(
      join(binaries, 'postgres'),
      ['-D', data, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {
        ...owner,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'ignore'],
      },
    );
    endWithParent(server, 'SIGINT');
    const stop = async (): Promise<void> => {
      await end(server, 'SIGINT');
      remove();
    };
    const addressOf = (name: string): string => `postgres://bench:${password}@127.0.0.1:${port}/${name}`;
    const version = await waitUntilReady(addressOf('postgres'), server);
    const administer = (statement: string): Promise<void> => runStatement(addressOf('postgres'), statement);
    return {
      pid: server.pid ?? 0,
      version,
      stop,
      createDatabase: async (name, template = 'template1') => {
        await administer(`create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`);
        return addressOf(name);
      },
      dropDatabase: (name) => administer(`drop database ${pg.escapeIdentifier(name)} with (force)`),
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function findBinaries(): string {
  const found = globSync('/usr/lib/postgresql/*/bin/initdb').toSorted(
    (a, b) => Number(b.split('/')[4]) - Number(a.split('/')[4]),
  );
  const [newest] = found;
  if (newest === undefined) {
    throw new Error(
      'The bench needs PostgreSQL 15 or later (Debian: apt install postgresql). Found none in /usr/lib/postgresql.',
    );
  }
  return join(newest, '..');
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian's package made. */
function findOwner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith('postgres:'))
      ?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error('Run the bench as an ordinary user: root may not run PostgreSQL, and there is no user postgres.');
  return { uid: Number(uid), gid: Number(gid) };
}

async function run(
  command: string,
  options: readonly string[],
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  const child = spawn(command, [...options], { ...owner, cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${complaint}`);
}

/** A port that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

async function waitUntilReady(address: string, server: ChildProcess): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode} instead of starting.`);
    const client = new pg.Client({ connectionString: address });
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('show server_version');
      await client.end();
      return rows[0]?.server_version ?? '';
    } catch {
      await client.end().catch(() => undefined);
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }
  throw new Error('PostgreSQL did not start within ten seconds.');
}

/** One statement on a connection of its own. */
export async function runStatement(address: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
