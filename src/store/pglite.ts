// Opens the embedded PostgreSQL (PGlite): one connection, so transactions queue and nothing but SQL is awaited in one.
// It survives a killed process, not a power cut. https://pglite.dev/docs/api
import { join } from 'node:path';
import { Mutex, PGlite } from '@electric-sql/pglite';
import type { Database, Statement } from './database.ts';
import { lockFolder } from './folder-lock.ts';
import { createNamedStatements } from './pglite-statements.ts';
import { toProblem } from './postgres-problems.ts';

export interface PgliteOptions {
  /** Where it is kept; undefined: in memory, gone when closed. */
  readonly folder: string | undefined;
}

const parseInt8Array = (text: string): (number | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : Number(item)));

const parsers = {
  17: (text: string) => Buffer.from(text.slice(2), 'hex'), // bytea
  20: Number, // int8
  114: String, // json
  1016: parseInt8Array, // int8[]
};

/** A Database in a folder or in memory. @throws FolderInUse when another process has the folder open */
export async function openPglite(options: PgliteOptions): Promise<Database> {
  const lock = options.folder === undefined ? undefined : lockFolder(options.folder);
  const pglite = await PGlite.create({
    ...(options.folder === undefined ? {} : { dataDir: join(options.folder, 'pglite') }),
    parsers,
  }).catch((error: unknown) => {
    lock?.release();
    throw error;
  });
  // As postgres.ts sets them for its connections.
  await pglite.exec(
    "set timezone = 'UTC'; set plan_cache_mode = force_generic_plan; set jit = off; set random_page_cost = 1.1",
  );
  const runNamed = createNamedStatements(pglite);
  const run = async <Row>(statement: Statement): Promise<readonly Row[]> => {
    try {
      if (statement.name !== undefined) return (await runNamed(statement)) as readonly Row[];
      return (await pglite.query<Row>(statement.text, [...(statement.values ?? [])])).rows;
    } catch (error) {
      throw toProblem(error);
    }
  };
  const keepStatistics = createStatisticsKeeper(pglite);
  const turns = new Mutex();
  return {
    kind: 'pglite',
    query: (statement) => turns.runExclusive(() => run(statement)),
    transaction: (work, { settings = {}, opening = [], closing } = {}) =>
      turns.runExclusive(async () => {
        await pglite.exec('begin').catch(rethrow);
        try {
          for (const [name, value] of Object.entries(settings)) {
            await pglite.query('select set_config($1, $2, true)', [name, value]);
          }
          const results = opening.length === 0 ? [] : await pglite.exec(opening.join('; ')).catch(rethrow);
          const result = await work({ query: run }, results.at(-1)?.rows ?? []);
          const last = closing?.();
          if (last !== undefined) await run(last);
          await pglite.exec('commit').catch(rethrow);
          return result;
        } catch (error) {
          // What went wrong first is what is told.
          await pglite.exec('rollback').catch(() => undefined);
          throw error;
        } finally {
          // The transaction has ended, well or not: statistics that fail change nothing of that, and are tried again.
          await keepStatistics().catch(() => undefined);
        }
      }),
    script: (sql) =>
      turns.runExclusive(async () => {
        await pglite.exec(sql).catch(rethrow);
      }),
    close: () =>
      turns.runExclusive(async () => {
        await pglite.close();
        lock?.release();
      }),
  };
}

/**
 * What autovacuum does in a server, and nobody does here: without statistics of a table that has grown, its plans stay those of an empty
 * one. To be called after each transaction; looks once in a second.
 */
function createStatisticsKeeper(pglite: PGlite): () => Promise<void> {
  let lookedAt = performance.now();
  return async () => {
    if (performance.now() - lookedAt < 1000) return;
    lookedAt = performance.now();
    await pglite.query('select pg_stat_force_next_flush()');
    const { rows } = await pglite.query<{ name: string }>(
      `select quote_ident(s.relname) as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
       where s.n_mod_since_analyze > 200 + greatest(c.reltuples, 0) / 5`,
    );
    if (rows.length > 0) await pglite.exec(`analyze ${rows.map(({ name }) => name).join(', ')}`);
  };
}

function rethrow(error: unknown): never {
  throw toProblem(error);
}
