// The same on PostgreSQL, with row-level security and without: the second line must neither hide what is visible nor be needed.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testLeaks } from './leaks.ts';

testLeaks('PostgreSQL', openTestHubOnPostgres);
testLeaks('PostgreSQL without row-level security', (settings) =>
  openTestHubOnPostgres({ ...settings, rowLevelSecurity: false }),
);
