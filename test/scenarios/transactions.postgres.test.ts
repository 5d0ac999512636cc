// On PostgreSQL: see transactions.ts.
import { describeTransactions } from './transactions.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeTransactions('PostgreSQL', openTestHubOnPostgres);
