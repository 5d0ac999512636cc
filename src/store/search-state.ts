// Which definitions index rows are made by, agreed between processes by one number, the generation. Every write holds a shared lock
// and compares the generation first; whoever changes definitions holds the lock alone. So no row is written by definitions that
// another process has replaced, and none is missed by the walk (search-walk.ts) that makes the earlier ones anew.
import type { Digests } from '../search/digests.ts';
import type { IndexRows } from '../search/index-rows.ts';
import type { Database, Queryable } from './database.ts';

/** By resource type: the digest of each parameter, and which of them every earlier version of the hub has indexed. */
export type WantedParameters = ReadonlyMap<string, { readonly digests: Digests; readonly known: readonly string[] }>;

/** Which search parameters there are, and how far they are indexed. Of the hub itself, so no permit is asked for. */
export interface SearchState {
  readonly generation: () => Promise<number>;
  /** `bodies`: the SearchParameters of the directory, oldest first; left out where the generation is the one that is known. */
  readonly load: (known: number | undefined) => Promise<{
    readonly generation: number;
    /** By type, code to digest: by these every resource can be found. */
    readonly indexed: ReadonlyMap<string, Digests>;
    /** How far the walk through all resources has come; undefined where none is going on. */
    readonly percent: number | undefined;
    readonly bodies?: readonly string[];
  }>;
  /** At start: says what rows are to be made by, from what is stored at that moment. */
  readonly agree: (wantedBy: (bodies: readonly string[]) => WantedParameters) => Promise<void>;
  /**
   * Indexes the next resources anew, at most `size`. `nothing`: nothing to do, or another process does it.
   * @throws DefinitionsMoved
   */
  readonly indexPage: (input: {
    readonly generation: number;
    readonly size: number;
    readonly extract: (body: string) => IndexRows;
  }) => Promise<'page' | 'end' | 'nothing'>;
}

/** The database holds another generation of definitions than the caller: to be read again, and the work done anew. */
export class DefinitionsMoved extends Error {
  override readonly name = 'DefinitionsMoved';
}

/** Any number that nothing else in the hub locks. */
const lockKey = 7_461_707;

const readGeneration = 'select generation from search_state';

/** The first statements of a transaction that writes: the lock before the look, so that what is seen stays so to its end. */
export function openingOf(isDefining: boolean): readonly string[] {
  return [`select pg_advisory_xact_lock${isDefining ? '' : '_shared'}(${lockKey})`, readGeneration];
}

/** @throws DefinitionsMoved */
export function requireGeneration(opened: readonly unknown[], expected: number): void {
  const [row] = opened as readonly { readonly generation: unknown }[];
  if (Number(row?.generation) !== expected) throw new DefinitionsMoved();
}

/** Inside a transaction that holds the lock alone: what each type's rows are to be made by. Starts the walk where that changes. */
export async function defineSearch(inside: Queryable, wanted: WantedParameters): Promise<void> {
  const given = [...wanted].map(([type, { digests, known }]) => ({
    type,
    wanted: digests,
    known: Object.fromEntries(known.flatMap((code) => (digests[code] === undefined ? [] : [[code, digests[code]]]))),
  }));
  await inside.query({ ...define, values: [JSON.stringify(given)] });
}

/** Of an empty database everything is done. A parameter that is gone is done no more, so that it counts as new if it comes back. */
const define = {
  name: 'store_define_search',
  text: `with given as (select g.* from jsonb_to_recordset($1::jsonb) g (type text, wanted jsonb, known jsonb)),
    has as (select is_called as resources, case when is_called then last_value else 0 end as last from resource_key),
    changed as (
      insert into search_index as i (type, wanted, done, is_stale)
      select g.type, g.wanted, case when h.resources then g.known else g.wanted end, h.resources from given g cross join has h
      on conflict (type) do update set wanted = excluded.wanted, is_stale = true,
        done = coalesce((select jsonb_object_agg(d.key, d.value) from jsonb_each(i.done) d where excluded.wanted -> d.key = d.value), '{}')
      where i.wanted <> excluded.wanted
      returning i.is_stale),
    told as (
      update search_state s set generation = s.generation + 1,
        position = case when w.stale then 0 else s.position end, until = case when w.stale then h.last else s.until end
      from has h cross join (select coalesce(bool_or(is_stale), false) as stale, count(*) as n from changed) w where w.n > 0)
    select`,
};

interface StateRow {
  readonly generation: number;
  readonly percent: number | null;
  readonly indexed: Readonly<Record<string, Digests>> | null;
}

export function createSearchState(database: Database): Pick<SearchState, 'generation' | 'load' | 'agree'> {
  const load: SearchState['load'] = async (known) => {
    const [row] = await database.query<StateRow>(readState);
    const generation = row?.generation ?? 0;
    const state = {
      generation,
      percent: row?.percent ?? undefined,
      indexed: new Map(Object.entries(row?.indexed ?? {})),
    };
    // Of everybody's directory: no reader is asked for.
    return generation === known ? state : { ...state, bodies: await readBodies(database) };
  };
  return {
    generation: async () => {
      const [row] = await database.query<{ generation: number }>({ name: 'store_generation', text: readGeneration });
      return row?.generation ?? 0;
    },
    load,
    agree: (wantedBy) =>
      database.transaction(
        async (inside) => {
          await defineSearch(inside, wantedBy(await readBodies(inside)));
        },
        { opening: openingOf(true) },
      ),
  };
}

const readState = {
  name: 'store_search_state',
  text: `select s.generation, case when s.position is not null then (100 * s.position / greatest(s.until, 1))::integer end as percent,
      (select jsonb_object_agg(i.type, i.done) from search_index i) as indexed
    from search_state s`,
};

/** The SearchParameters that the operator has written, in the order in which they were made. */
async function readBodies(inside: Queryable): Promise<readonly string[]> {
  const rows = await inside.query<{ body: string }>({
    text: `select body from resource
      where type = 'SearchParameter' and directory and custodian is null and not deleted order by key`,
  });
  return rows.map(({ body }) => body);
}
