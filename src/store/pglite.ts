// Opens the embedded PostgreSQL (PGlite): one connection, so transactions queue and nothing but SQL is awaited in one.
// It survives a killed process, not a power cut. https://pglite.dev/docs/api
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Transaction } from '@electric-sql/pglite';
import type { Database, Statement } from './database.ts';
import { lockFolder } from './folder-lock.ts';
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
  await pglite.exec("set timezone = 'UTC'");
  return {
    kind: 'pglite',
    query: (statement) => run(pglite, statement),
    transaction: (work, transactionOptions) =>
      pglite.transaction(async (inside) => {
        for (const [name, value] of Object.entries(transactionOptions?.settings ?? {})) {
          await inside.query('select set_config($1, $2, true)', [name, value]);
        }
        const opening = transactionOptions?.opening ?? [];
        const results = opening.length === 0 ? [] : await inside.exec(opening.join('; ')).catch(rethrow);
        const opened = results.at(-1)?.rows ?? [];
        const result = await work({ query: (statement) => run(inside, statement) }, opened);
        const closing = transactionOptions?.closing?.();
        if (closing !== undefined) await run(inside, closing);
        return result;
      }),
    script: async (sql) => {
      await pglite.exec(sql).catch(rethrow);
    },
    close: async () => {
      await pglite.close();
      lock?.release();
    },
  };
}

function rethrow(error: unknown): never {
  throw toProblem(error);
}

async function run<Row>(
  connection: Pick<PGlite, 'query'> | Transaction,
  statement: Statement,
): Promise<readonly Row[]> {
  try {
    const result = await connection.query<Row>(statement.text, [...(statement.values ?? [])]);
    return result.rows;
  } catch (error) {
    throw toProblem(error);
  }
}
