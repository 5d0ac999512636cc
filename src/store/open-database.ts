// Opens the database the settings ask for, brings it to the newest form, and puts row-level security in place.
// Errors name what an operator can do: FolderInUse, MigrationError, RowLevelSecurityError, or a Problem (database-unavailable).
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import { prepareRowLevelSecurity } from './row-level-security.ts';

export interface DatabaseOptions {
  /** PostgreSQL's address; undefined or empty: embedded. */
  readonly databaseUrl: string | undefined;
  /** Folder of the embedded database; undefined: in memory. */
  readonly dataFolder: string | undefined;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  /** Counts with PostgreSQL only. */
  readonly rowLevelSecurity: boolean;
}

export interface OpenedDatabase {
  readonly database: Database;
  /** For createStore: whether row-level security is really on. */
  readonly rowLevelSecurity: boolean;
}

/** A database ready for createStore. The migrations take as long as they take: the time limit is for what follows. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenedDatabase> {
  if (options.databaseUrl === undefined || options.databaseUrl === '') {
    const database = await openPglite({ folder: options.dataFolder });
    await closeOnError(database, () => migrate(database));
    return { database, rowLevelSecurity: false };
  }
  const owner = openPostgres({ url: options.databaseUrl, poolSize: 1, statementTimeoutMs: 0 });
  const role = await closeOnError(owner, async () => {
    await migrate(owner);
    return prepareRowLevelSecurity(owner, options.rowLevelSecurity);
  });
  await owner.close();
  const database = openPostgres({
    url: options.databaseUrl,
    poolSize: options.poolSize,
    statementTimeoutMs: options.statementTimeoutMs,
    ...(role === undefined ? {} : { role }),
  });
  return { database, rowLevelSecurity: options.rowLevelSecurity };
}

async function closeOnError<T>(database: Database, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await database.close();
    throw error;
  }
}
