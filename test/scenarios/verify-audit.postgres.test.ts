// On PostgreSQL: see verify-audit.ts.
import { openPostgres } from '../../src/store/postgres.ts';
import { createDatabase } from '../contract/open-databases.ts';
import { describeVerifyAudit } from './verify-audit.ts';

describeVerifyAudit('PostgreSQL', async (dataFolder) => {
  const { url, remove } = await createDatabase();
  return {
    environment: { DATABASE_URL: url, SIP_HUB_DATA: dataFolder },
    openDatabase: () => Promise.resolve(openPostgres({ url, poolSize: 1, statementTimeoutMs: 20_000 })),
    remove,
  };
});
