// The same values on PostgreSQL; takes part when DATABASE_URL is set (vitest.config.ts).
import { onPostgres } from '../contract/open-databases.ts';
import { describeSearchValues } from './search-values.ts';

describeSearchValues('PostgreSQL', onPostgres(true));
