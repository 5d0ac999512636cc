// Random bytes the hub makes for itself once and keeps: the key that person ids and page links are made with.
// In the database, because all processes of a hub must have the same.
import { randomBytes } from 'node:crypto';
import type { Queryable } from './database.ts';

/** The secret of this name; made if there is none. Processes that start together get the same. */
export async function readOrCreateSecret(database: Queryable, name: string, bytes: number): Promise<Buffer> {
  await database.query({
    text: 'insert into secret (name, value) values ($1, $2) on conflict (name) do nothing',
    values: [name, randomBytes(bytes)],
  });
  const [row] = await database.query<{ value: Buffer }>({
    text: 'select value from secret where name = $1',
    values: [name],
  });
  if (row === undefined || row.value.length !== bytes)
    throw new Error(`the secret ${name} is missing or has another length`);
  return row.value;
}
