// Opens a PostgreSQL 15 or later by `pg`: a pool of connections, named prepared statements, a time limit on every statement.
import pg from 'pg';
import type { Database, Statement, TransactionOptions } from './database.ts';
import { toProblem } from './postgres-problems.ts';

export interface PostgresOptions {
  readonly url: string;
  readonly poolSize: number;
  /** Milliseconds; 0 is no limit. */
  readonly statementTimeoutMs: number;
  /** The role that every connection takes on; its own where not given. */
  readonly role?: string;
}

const parseInt8Array = (text: string): (number | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : Number(item)));

/** Parsers that differ from the driver's own; kept in the pool, so that nothing else in the process is touched. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  20: Number, // int8
  114: String, // json
  1016: parseInt8Array, // int8[]
};

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    const own = format === 'binary' ? undefined : parsers[oid];
    // oxlint-disable-next-line typescript/no-unsafe-return -- the driver types its parsers so
    return own ?? pg.types.getTypeParser(oid, format);
  },
};

/** Sent with every connection. Statements are written so that their generic plan is the right one: planning again costs more. */
const connectionOptions = '-c jit=off -c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan -c timezone=UTC';

/** A Database on a pool of connections; connects with the first statement. */
export function openPostgres(options: PostgresOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    statement_timeout: options.statementTimeoutMs,
    connectionTimeoutMillis: 10_000,
    application_name: 'sip-hub',
    options: options.role === undefined ? connectionOptions : `${connectionOptions} -c role=${options.role}`,
    types,
  });
  // An idle connection that breaks is replaced by the pool; the statement that needs one reports if none can be had.
  pool.on('error', () => undefined);
  // The pool hears only the idle ones. One that breaks within a transaction is reported by its statement; unheard, it would end the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));

  return {
    kind: 'postgres',
    query: (statement) => run(pool, statement),
    transaction: async (work, transactionOptions) => {
      const client = await pool.connect().catch(rethrow);
      let broken = true;
      try {
        const opened = await client.query(beginWith(transactionOptions ?? {})).catch(rethrow);
        const result = await work({ query: (statement) => run(client, statement) }, lastRows(opened));
        await client.query(commitWith(transactionOptions?.closing?.())).catch(rethrow);
        broken = false;
        return result;
      } catch (error) {
        broken = await client.query('rollback').then(
          () => false,
          () => true,
        );
        throw error;
      } finally {
        client.release(broken);
      }
    },
    script: async (sql) => {
      await pool.query(sql).catch(rethrow);
    },
    close: () => pool.end(),
  };
}

function rethrow(error: unknown): never {
  throw toProblem(error);
}

/** BEGIN, the settings and what comes first in one round trip. Each statement has its own snapshot. */
function beginWith({ settings = {}, opening = [] }: TransactionOptions): string {
  const set = Object.entries(settings).map(
    ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  return ['begin', ...(set.length === 0 ? [] : [`select ${set.join(', ')}`]), ...opening].join('; ');
}

/** What comes last and COMMIT in one round trip: should the first fail, the database does not come to the second. */
function commitWith(closing: Statement | undefined): string {
  if (closing === undefined) return 'commit';
  const { text, values = [] } = closing;
  const literal = text.replace(/\$(\d+)/g, (_, number) => pg.escapeLiteral(String(values[Number(number) - 1])));
  return `${literal}; commit`;
}

/** Several statements in one text give several results; the driver's types do not say so. */
function lastRows(results: pg.QueryResult | readonly pg.QueryResult[]): readonly unknown[] {
  const last = Array.isArray(results) ? (results as readonly pg.QueryResult[]).at(-1) : (results as pg.QueryResult);
  return last?.rows ?? [];
}

async function run<Row>(connection: pg.Pool | pg.PoolClient, statement: Statement): Promise<readonly Row[]> {
  try {
    const result = await connection.query({
      text: statement.text,
      values: [...(statement.values ?? [])],
      ...(statement.name === undefined ? {} : { name: statement.name }),
    });
    return result.rows as Row[];
  } catch (error) {
    throw toProblem(error);
  }
}
