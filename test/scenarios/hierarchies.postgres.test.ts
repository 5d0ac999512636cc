// On PostgreSQL: see hierarchies.ts.
import { describeHierarchies } from './hierarchies.ts';
import { openTestHubOnPostgres } from './test-hub.ts';

describeHierarchies('PostgreSQL', openTestHubOnPostgres);
