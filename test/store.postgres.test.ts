// The same suite on PostgreSQL, with and without row-level security; takes part when DATABASE_URL is set (vitest.config.ts).
import { describeStore } from './contract/store-suite.ts';
import { onPostgres } from './contract/open-databases.ts';

describeStore('PostgreSQL with row-level security', onPostgres(true));
describeStore('PostgreSQL without row-level security', onPostgres(false));
