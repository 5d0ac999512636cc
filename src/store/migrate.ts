// Brings a database to the newest form: numbered files in migrations/, each run once, in order, in one transaction with its mark.
// Refuses to go on when a file that has been run was changed since, or when the database is newer than the program.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from './database.ts';

export interface Migration {
  /** The file's name, `0001_initial.sql`: its order and its identity. */
  readonly name: string;
  readonly sql: string;
}

/** The database and the program do not fit; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const folder = join(import.meta.dirname, 'migrations');

/** The program's own migrations, in order. */
export function readMigrations(): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({ name, sql: readFileSync(join(folder, name), 'utf8') }));
}

/** Any number that nothing else in the hub locks. */
const lockKey = 7_461_702;

/**
 * Runs what has not been run and gives the names of those. Safe with several starting processes (one runs, the others wait),
 * and to repeat. @throws MigrationError
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[] = readMigrations(),
): Promise<readonly string[]> {
  return database.transaction(async (inside) => {
    await inside.query({ text: 'select pg_advisory_xact_lock($1)', values: [lockKey] });
    await inside.query({
      text: `create table if not exists migration (
        name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
    });
    const applied = await inside.query<{ name: string; checksum: string }>({
      text: 'select name, checksum from migration',
    });
    const missing = selectMissing(migrations, applied);
    for (const { name, sql } of missing) {
      for (const text of splitStatements(sql)) await inside.query({ text });
      await inside.query({
        text: 'insert into migration (name, checksum) values ($1, $2)',
        values: [name, checksumOf(sql)],
      });
    }
    return missing.map(({ name }) => name);
  });
}

function selectMissing(
  migrations: readonly Migration[],
  applied: readonly { readonly name: string; readonly checksum: string }[],
): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum } of applied) {
    const migration = known.get(name);
    if (migration === undefined) {
      throw new MigrationError(
        `The database has ${name}, which this version of sip-hub does not know. Run the version that made it, or a later one.`,
      );
    }
    if (checksumOf(migration.sql) !== checksum) {
      throw new MigrationError(
        `${name} was changed after it had been run. Restore the file, and write the change as a new migration.`,
      );
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}

const checksumOf = (sql: string): string => createHash('sha256').update(sql).digest('hex');

/** Statements end with a semicolon at the end of a line; what stands between `$$` is the body of a function. */
function splitStatements(sql: string): readonly string[] {
  const bodies: string[] = [];
  const outline = sql.replace(/\$\$.*?\$\$/gs, (body) => `$${bodies.push(body) - 1}$`);
  return outline
    .split(/;[ \t]*(?:--[^\n]*)?$/m)
    .map((statement) => statement.trim().replace(/\$(\d+)\$/g, (_, at) => bodies[Number(at)] ?? ''))
    .filter((statement) => statement.replace(/^\s*--[^\n]*$/gm, '').trim() !== '');
}
