// Openers for contract suites: PGlite in memory, and a database of its own on the PostgreSQL of DATABASE_URL.
import { randomBytes } from 'node:crypto';
import { migrate } from '../../src/store/migrate.ts';
import { openPglite } from '../../src/store/pglite.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import type { OpenDatabase } from './store-world.ts';

export const inMemory: OpenDatabase = async () => {
  const database = await openPglite({ folder: undefined });
  await migrate(database);
  return { database, rowLevelSecurity: true, remove: () => Promise.resolve() };
};

/** Makes a database, and drops it with `remove`. */
export const onPostgres =
  (rowLevelSecurity: boolean): OpenDatabase =>
  async () => {
    const { url, remove } = await createDatabase();
    const database = openPostgres({ url, poolSize: 8, statementTimeoutMs: 20_000 });
    await migrate(database);
    return { database, rowLevelSecurity, remove };
  };

/** The address of a new, empty database. */
export async function createDatabase(): Promise<{ readonly url: string; readonly remove: () => Promise<void> }> {
  const server = process.env['DATABASE_URL'] ?? '';
  const name = `sip_hub_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  const run = async (text: string): Promise<void> => {
    const database = openPostgres({ url: server, poolSize: 1, statementTimeoutMs: 60_000 });
    try {
      await database.query({ text });
    } finally {
      await database.close();
    }
  };
  await run(`create database ${name}`);
  return { url: url.href, remove: () => run(`drop database ${name} with (force)`) };
}
