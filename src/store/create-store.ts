// The store: reading, searching, writing and logging put together on one database.
import type { Database, Queryable } from './database.ts';
import { appendAuditRows, createAudit, rethrowUnlogged } from './audit-log.ts';
import { createAuditEvents } from './audit-events.ts';
import { createEverything } from './everything.ts';
import { createExplain } from './explain.ts';
import { createExportJobs } from './export-jobs.ts';
import { createExportLines } from './export-lines.ts';
import { createHistory } from './history.ts';
import { createRead } from './read.ts';
import { readerSettings } from './reader.ts';
import { createSearch } from './search.ts';
import { createSearchState, openingOf, requireGeneration } from './search-state.ts';
import { createSearchWalk } from './search-walk.ts';
import type { AuditRow, Store, WriteTransaction } from './store.ts';
import { createWrite } from './write.ts';

export interface StoreOptions {
  /** The database was opened with row-level security (open-database.ts): statements tell the policies who reads. */
  readonly rowLevelSecurity: boolean;
  /** Most resources that a page of a search brings with it. */
  readonly maxIncluded: number;
}

/** A Store on a migrated database. */
export function createStore(database: Database, options: StoreOptions): Store {
  const isProtected = options.rowLevelSecurity;
  const write = createWrite(isProtected);
  const readingOf = (inside: Queryable): Omit<ReturnType<WriteTransaction['reading']>, 'audit'> => ({
    ...createRead(inside, isProtected),
    ...createHistory(inside, isProtected),
    ...createSearch(inside, options),
    ...createEverything(inside, isProtected),
    ...createExplain(inside, isProtected),
    ...createAuditEvents(inside, isProtected),
  });
  return {
    kind: database.kind,
    ...readingOf(database),
    audit: createAudit(database),
    exports: { ...createExportJobs(database, isProtected), ...createExportLines(database, isProtected) },
    searchState: { ...createSearchState(database), ...createSearchWalk(database, isProtected) },
    transaction: (permit, work, start) => {
      const done: AuditRow[] = [];
      const state = { isClosing: false };
      const audit: Store['audit'] = (rows) => {
        done.push(...rows);
        return Promise.resolve();
      };
      const transaction = database.transaction(
        (inside, opened) => {
          if (start !== undefined) requireGeneration(opened, start.generation);
          return work({ ...write(inside, audit), reading: () => ({ ...readingOf(inside), audit }) });
        },
        {
          settings: isProtected ? readerSettings(permit) : {},
          opening: start === undefined ? [] : openingOf(start.isDefining),
          closing: () => {
            state.isClosing = done.length > 0;
            return state.isClosing ? appendAuditRows(done) : undefined;
          },
        },
      );
      return transaction.catch((error: unknown) => {
        if (state.isClosing) return rethrowUnlogged(error);
        throw error;
      });
    },
    ping: async () => {
      await database.query({ text: 'select 1' });
    },
    close: database.close,
  };
}
