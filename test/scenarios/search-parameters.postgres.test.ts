// On PostgreSQL: see search-parameters.ts.
import { createDatabase } from '../contract/open-databases.ts';
import { describeSearchParameters } from './search-parameters.ts';

describeSearchParameters('PostgreSQL', {
  open: async () => {
    const { url, remove } = await createDatabase();
    return { settings: { databaseUrl: url, databasePoolSize: 8 }, remove };
  },
  isShared: true,
});
