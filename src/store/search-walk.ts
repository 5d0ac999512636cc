// Makes index rows anew, page by page in the order of keys, for the types whose definitions have changed. A page is one transaction:
// its rows and how far the walk has come are committed together, so a process may die at any point and any process goes on.
// It reads every row, as the hub itself: see row-level-security.ts.
import type { Database, Queryable } from './database.ts';
import { indexerSettings } from './row-level-security.ts';
import { openingOf, requireGeneration } from './search-state.ts';
import type { SearchState } from './search-state.ts';
import { compileReindex } from './write-statement.ts';
import { toReindexSlots } from './write-values.ts';

interface Place {
  readonly position: number;
  readonly until: number;
  readonly types: readonly string[] | null;
}

interface Row {
  readonly key: number;
  readonly type: string;
  readonly body: string;
}

export function createSearchWalk(database: Database, isProtected: boolean): Pick<SearchState, 'indexPage'> {
  const reindex = compileReindex();
  return {
    indexPage: ({ generation, size, extract }) =>
      database.transaction(
        async (inside, opened) => {
          requireGeneration(opened, generation);
          // Who does not get it leaves the work to whoever has it.
          const [place] = await inside.query<Place>({
            name: 'store_walk_place',
            text: `select s.position, s.until, (select array_agg(i.type) from search_index i where i.is_stale) as types
              from search_state s where s.position is not null for update of s skip locked`,
          });
          if (place === undefined) return 'nothing';
          const last = await findEnd(inside, place, size);
          if (last !== null) {
            const rows = await lockRows(inside, { ...place, last });
            if (rows.length > 0) {
              const indexed = rows.map(({ key, type, body }) => ({ key, type, index: extract(body) }));
              await inside.query(reindex(toReindexSlots(indexed)));
            }
          }
          if (last !== null && last < place.until) {
            await inside.query({ text: 'update search_state set position = $1', values: [last] });
            return 'page';
          }
          await inside.query({ text: 'update search_index set done = wanted, is_stale = false where is_stale' });
          await inside.query({ text: 'update search_state set position = null, generation = generation + 1' });
          return 'end';
        },
        { opening: openingOf(false), settings: isProtected ? indexerSettings : {} },
      ),
  };
}

/** The last key of the page; null where there is none. */
async function findEnd(inside: Queryable, { position, until }: Place, size: number): Promise<number | null> {
  const [row] = await inside.query<{ last: number | null }>({
    name: 'store_walk_end',
    text: `select max(p.key) as last from (
      select r.key from resource r where r.key > $1 and r.key <= $2 order by r.key limit $3) p`,
    values: [position, until, size],
  });
  return row?.last ?? null;
}

/** Locked in the order of every other write: what another transaction has just changed is read as it left it. */
async function lockRows(
  inside: Queryable,
  { position, last, types }: Place & { readonly last: number },
): Promise<readonly Row[]> {
  return inside.query<Row>({
    name: 'store_walk_rows',
    text: `select r.key, r.type, r.body from resource r
      where r.key > $1 and r.key <= $2 and r.type = any ($3) and not r.deleted order by r.key for update of r`,
    values: [position, last, types ?? []],
  });
}
