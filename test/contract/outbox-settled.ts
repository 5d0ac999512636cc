// A transaction anywhere in the cluster, of another database too, holds back the rows written after it began: a test that wants
// to see them waits until none is held back.
import { expect } from 'vitest';
import type { Queryable } from '../../src/store/database.ts';

/** Resolves when readOutbox would give every row there is. */
export async function outboxSettled(database: Queryable): Promise<void> {
  await expect
    .poll(
      async () => {
        const [row] = await database.query<{ held: number }>({
          text: 'select count(*)::integer as held from outbox where xid >= pg_snapshot_xmin(pg_current_snapshot())',
        });
        return row?.held;
      },
      { timeout: 20_000 },
    )
    .toBe(0);
}
