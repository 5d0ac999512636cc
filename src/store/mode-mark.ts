// The mode that a database was made with. Ids mean other things in the other mode, so it is kept and compared at each start.
import type { Queryable } from './database.ts';

/** The database belongs to the other mode; the message says what to do. */
export class ModeMismatch extends Error {
  override readonly name = 'ModeMismatch';
}

/** Notes the mode of a new database. @throws ModeMismatch where it was made with another */
export async function requireMode(database: Queryable, mode: string): Promise<void> {
  await database.query({
    text: 'insert into secret (name, value) values ($1, $2) on conflict (name) do nothing',
    values: ['mode', Buffer.from(mode)],
  });
  const [row] = await database.query<{ value: Buffer }>({
    text: 'select value from secret where name = $1',
    values: ['mode'],
  });
  const kept = row === undefined ? '' : Buffer.from(row.value).toString();
  if (kept === mode) return;
  throw new ModeMismatch(
    `This database was made with SIP_HUB_MODE=${kept}. Start with that, or name another database or data folder.`,
  );
}
