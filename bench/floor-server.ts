// The floor of a read: bare Hono and `pg`, one row by key. Started by start-floor-server.ts with the database's address and a port.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pg from 'pg';

const [, , databaseUrl, port] = process.argv;
const pool = new pg.Pool({ connectionString: databaseUrl ?? '', max: 16 });
const app = new Hono();

app.get('/:key', async (context) => {
  const { rows } = await pool.query<{ body: string }>({
    name: 'row',
    text: 'select body from resource where key = $1',
    values: [context.req.param('key')],
  });
  const [row] = rows;
  if (row === undefined) return context.body(null, 404);
  return context.body(row.body, 200, { 'Content-Type': 'application/fhir+json; charset=utf-8' });
});

serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' }, () => process.stdout.write('ready\n'));
