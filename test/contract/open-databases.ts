// Openers for contract suites: PGlite in a folder of its own, and a database of its own on the PostgreSQL of DATABASE_URL.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/store/open-database.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { seedEmbedded } from './embedded-seed.ts';
import type { OpenDatabase } from './store-world.ts';

const common = { poolSize: 8, statementTimeoutMs: 20_000 } as const;

export const embedded: OpenDatabase = async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sip-hub-test-'));
  await seedEmbedded(dataFolder);
  return {
    ...(await openDatabase({ ...common, databaseUrl: undefined, dataFolder, rowLevelSecurity: true })),
    remove: async () => rmSync(dataFolder, { recursive: true, force: true }),
  };
};

/** Makes a database, and drops it with `remove`. */
export const onPostgres =
  (rowLevelSecurity: boolean): OpenDatabase =>
  async () => {
    const { url, remove } = await createDatabase();
    return {
      ...(await openDatabase({ ...common, databaseUrl: url, dataFolder: undefined, rowLevelSecurity })),
      remove,
    };
  };

/** The address of a new, empty database. */
export async function createDatabase(): Promise<{ readonly url: string; readonly remove: () => Promise<void> }> {
  const server = process.env['DATABASE_URL'] ?? '';
  const name = `sip_hub_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  const run = async (...texts: readonly string[]): Promise<void> => {
    const database = openPostgres({ url: server, poolSize: 1, statementTimeoutMs: 60_000 });
    try {
      for (const text of texts) await database.query({ text });
    } finally {
      await database.close();
    }
  };
  await run(`create database ${name}`);
  // Not `with (force)`: that ends every process on the database, and the hub's role may not end autovacuum's. A plain
  // DROP DATABASE asks autovacuum itself, and waits for it.
  const endSessions = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = '${name}' and usename = current_user and backend_type = 'client backend'`;
  return { url: url.href, remove: () => run(endSessions, `drop database ${name}`) };
}
