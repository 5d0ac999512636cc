// The store: reading, searching, writing and logging put together on one database.
import type { Database } from './database.ts';
import { createAudit } from './audit-log.ts';
import { createHistory } from './history.ts';
import { createRead } from './read.ts';
import { readerSettings } from './reader.ts';
import { prepareRowLevelSecurity } from './row-level-security.ts';
import { createSearch } from './search.ts';
import type { Store } from './store.ts';
import { createWrite } from './write.ts';

export interface StoreOptions {
  /** Counts on PostgreSQL only. */
  readonly rowLevelSecurity: boolean;
}

/**
 * A Store on a migrated database. Puts row-level security in place (or away) first, and closes the database with itself.
 * @throws RowLevelSecurityError
 */
export async function createStore(database: Database, options: StoreOptions): Promise<Store> {
  const isProtected = database.kind === 'postgres' && options.rowLevelSecurity;
  if (database.kind === 'postgres') await prepareRowLevelSecurity(database, isProtected);
  const write = createWrite(isProtected);
  return {
    kind: database.kind,
    ...createRead(database, isProtected),
    ...createHistory(database, isProtected),
    ...createSearch(database, isProtected),
    transaction: (permit, work) =>
      database.transaction((inside) => work(write(inside)), { settings: isProtected ? readerSettings(permit) : {} }),
    audit: createAudit(database),
    ping: async () => {
      await database.query({ text: 'select 1' });
    },
    close: database.close,
  };
}
