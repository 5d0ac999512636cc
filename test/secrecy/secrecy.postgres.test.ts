// Who may see and write what, on PostgreSQL with row-level security.
import { openTestHubOnPostgres } from '../scenarios/test-hub.ts';
import { testSecrecy } from './secrecy.ts';

testSecrecy('PostgreSQL', openTestHubOnPostgres);
