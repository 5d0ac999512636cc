// A process of its own with the authorization server, for tests that need several: prints its address and runs until it is killed.
// Usage: node serve.ts <public address>; DATABASE_URL names the database.
import process from 'node:process';
import { openPostgres } from '../../src/store/postgres.ts';
import { startAuthorizationHub } from './authorization-hub.ts';

const database = openPostgres({ url: process.env['DATABASE_URL'] ?? '', poolSize: 8, statementTimeoutMs: 20_000 });
const hub = await startAuthorizationHub(database, { publicUrl: process.argv[2] ?? '' });
process.stdout.write(`${hub.localUrl}\n`);
