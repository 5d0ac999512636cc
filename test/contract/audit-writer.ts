// A process that writes to the audit log of the database named: `node audit-writer.ts <url> <name> <rows>`.
import { createStore } from '../../src/store/create-store.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { auditRow } from './store-world.ts';

const [, , url = '', name = '', rows = '0'] = process.argv;
const { database, rowLevelSecurity } = await openDatabase({
  databaseUrl: url,
  dataFolder: undefined,
  poolSize: 4,
  statementTimeoutMs: 20_000,
  rowLevelSecurity: true,
});
// Four at a time, so that statements of one process meet as well.
const stores = Array.from({ length: 4 }, () => createStore(database, { rowLevelSecurity, maxIncluded: 10 }));
await Promise.all(
  stores.map(async (store, at) => {
    for (let n = at; n < Number(rows); n += stores.length) {
      await store.audit([auditRow({ requestId: `${name}-${n}` }), auditRow({ requestId: `${name}-${n}-more` })]);
    }
  }),
);
await database.close();
