// The lines of a bulk export. Listing asks who may see what, as any search; fetching asks again, line by line, so that a file never
// holds what a consent no longer opens. A line is the version that was current when the export began; later ones wait for the next.
import type { Queryable } from './database.ts';
import { holdsClaim, isOwn } from './export-jobs.ts';
import type { ClaimedExport, ExportStore } from './export-store.ts';
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { CheckedReader, LiveRow } from './reader.ts';
import { selectCandidates } from './search-candidates.ts';
import { requireGeneration } from './search-state.ts';
import { sql, toStatement, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import type { CursorPosition } from '../search/query.ts';
import { isFound, toStoredVersion, versionColumns } from './version-row.ts';
import type { VersionRow } from './version-row.ts';
import { isReadersRegistration, visibleTo } from './visibility.ts';

interface ListedRow extends LiveRow {
  readonly generation: number;
  readonly is_mine: boolean;
  readonly met: number;
  readonly position: CursorPosition['values'] | null;
  readonly id: string | null;
}

export function createExportLines(database: Queryable, isProtected: boolean): Pick<ExportStore, 'list' | 'lines'> {
  return {
    list: async (permit, { job, query, generation }) => {
      const reader = readerOf(permit, isProtected);
      const candidates = selectCandidates(query, { sort: query.sort, after: query.after, limit: query.count }, reader);
      const [row] = await database.query<ListedRow>(
        toStatement(listStatement(reader, { job, candidates, generation })),
      );
      requireLive(row === undefined ? [] : [row]);
      requireGeneration([row], generation);
      if (row?.is_mine !== true) return false;
      const isMore = row.met === query.count && row.id !== null;
      return { next: isMore && row.id !== null ? { values: row.position ?? [], id: row.id } : undefined };
    },
    lines: async (permit, query) => {
      const reader = readerOf(permit, isProtected);
      const wanted = sql`select l.n, r.key, r.type, r.id, r.version_id, l.version_id as listed, r.deleted from export_job j
        join export_line l on l.job = j.key and l.type = ${value('text', query.type)}
          and l.n > ${value('bigint', query.after)} and l.n <= ${value('bigint', query.until)}
        join resource r on r.key = l.resource
        where j.id = ${value('text', query.jobId)} and j.state = 'done' and ${isOwn(permit)} and (select ok from live)`;
      const rows = await database.query<LiveRow & VersionRow>(
        toStatement(sql`with ${liveCheck(reader)}, wanted as materialized (${wanted})
          select live.ok, v.* from live left join lateral (
            select w.n, ${versionColumns(reader, 'r')} from wanted w join resource r on r.key = w.key
            where w.listed = w.version_id and not w.deleted
              and ${visibleTo('export-current', reader, 'r')} and ${isReadersRegistration(reader, 'r')}
            union all
            -- Changed since: the version that was listed, unless the resource has gone.
            select w.n, ${versionColumns(reader, 'h')} from wanted w
            join resource_history h on h.type = w.type and h.id = w.id and h.version_id = w.listed and h.key = w.key
            where w.listed <> w.version_id and not w.deleted and not h.deleted
              and ${visibleTo('export-superseded', reader, 'h')} and ${isReadersRegistration(reader, 'h')}
          ) v on live.ok order by v.n`),
      );
      requireLive(rows);
      return rows.filter(isFound).map(toStoredVersion);
    },
  };
}

/** Adds the candidates to the job's lines, each resource once, as the version it had when the export began. */
function listStatement(
  reader: CheckedReader,
  {
    job,
    candidates,
    generation,
  }: { readonly job: ClaimedExport; readonly candidates: Fragment; readonly generation: number },
): Fragment {
  const { patients } = job.work;
  const isAboutThem =
    patients === undefined
      ? sql`true`
      : sql`r.person in (select x.person from resource x
          where x.type = 'Patient' and x.id = any (${value('text[]', patients)}) and ${isReadersRegistration(reader, 'x')})`;
  const at = value('timestamptz', job.transactionAt);
  return sql`with ${liveCheck(reader)},
    -- Of one snapshot with the index rows: were they made by other definitions, nothing would be listed.
    defined as materialized (select s.generation, s.generation = ${value('bigint', generation)} as is_known from search_state s),
    mine as materialized (
      select j.key from export_job j where (select ok and is_known from live, defined) and ${holdsClaim(job)} for update),
    page as materialized (select p.* from (${candidates}) p where (select ok from live)),
    listed as materialized (
      select p.ord, r.type, r.key, case when r.last_updated <= ${at} then r.version_id else (
          select case when h.deleted then null else h.version_id end from resource_history h
          where h.type = r.type and h.id = r.id and h.key = r.key and h.last_updated <= ${at}
          order by h.last_updated desc, h.version_id desc limit 1) end as version_id
      from page p join resource r on r.key = p.key where ${isAboutThem}),
    added as (
      insert into export_line (job, type, n, resource, version_id)
      select m.key, l.type, coalesce((select max(x.n) from export_line x where x.job = m.key and x.type = l.type), 0)
          + row_number() over (order by l.ord), l.key, l.version_id
      from mine m cross join listed l
      where l.version_id is not null and not exists (select from export_line x where x.job = m.key and x.resource = l.key))
    select live.ok, d.generation, exists (select from mine) as is_mine, (select count(*) from page) as met, q.position, q.id
    from live cross join defined d left join lateral (
      select p.position, r.id from page p join resource r on r.key = p.key order by p.ord desc limit 1) q on live.ok`;
}
