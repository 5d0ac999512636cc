// Jobs of bulk export: kept so that any process can go on with one, and each worked on by one process at a time.
// A claim is a token with an end: who has lost it writes nothing more. https://hl7.org/fhir/uv/bulkdata/STU2/export.html
import type { Permit } from '../access/permit.ts';
import type { Finding } from '../core/problem.ts';
import type { Database, Queryable } from './database.ts';
import type { ClaimedExport, ExportJob, ExportStore } from './export-store.ts';
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { LiveRow } from './reader.ts';
import { sql, toStatement, value } from './sql.ts';
import type { Fragment } from './sql.ts';

interface JobRow {
  readonly id: string | null;
  readonly request: string;
  readonly work: ExportJob['work'];
  readonly transaction_at: Date;
  readonly expires_at: Date;
  readonly state: ExportJob['state'];
  readonly step: number;
  readonly listed: number;
  readonly failure: Finding | null;
}

interface ClaimedRow extends JobRow {
  readonly claim: string;
  readonly principal: unknown;
  readonly position: ClaimedExport['position'] | null;
  readonly tries: number;
}

const columns = sql`j.id, j.request, j.work, j.transaction_at, j.expires_at, j.state, j.step, j.listed, j.failure`;

/** True of the jobs `j` of this caller that have not expired. */
export function isOwn(permit: Permit): Fragment {
  const { principal } = permit;
  const party = principal.kind === 'system' ? principal.party.key : null;
  return sql`(j.client = ${value('bigint', principal.clientKey)} and j.party is not distinct from ${value('bigint', party)}
    and j.expires_at > ${value('timestamptz', permit.at)})`;
}

export function createExportJobs(database: Database, isProtected: boolean): Omit<ExportStore, 'list' | 'lines'> {
  const live = (permit: Permit): Fragment => liveCheck(readerOf(permit, isProtected));
  return {
    create: (permit, job) =>
      database.transaction(async (inside) => {
        const { principal } = permit;
        const party = principal.kind === 'system' ? principal.party.key : null;
        await inside.query({ ...lockOwner, values: [`export|${principal.clientKey}|${party}`] });
        const rows = await inside.query<LiveRow & { readonly made: boolean }>(
          toStatement(sql`with ${live(permit)},
            made as (
              insert into export_job (id, client, party, principal, request, work, transaction_at, expires_at, state)
              select ${value('text', job.id)}, ${value('bigint', principal.clientKey)}, ${value('bigint', party)},
                ${value('jsonb', JSON.stringify(job.principal))}, ${value('text', job.request)}, ${value('jsonb', JSON.stringify(job.work))},
                ${value('timestamptz', job.transactionAt)}, ${value('timestamptz', job.expiresAt)}, 'open'
              where (select ok from live) and (select count(*) from export_job j where ${isOwn(permit)}) < ${value('bigint', job.most)}
              returning key)
            select live.ok, exists (select from made) as made from live`),
        );
        requireLive(rows);
        return rows[0]?.made === true;
      }),
    find: async (permit, id) => {
      const rows = await database.query<LiveRow & JobRow>(
        toStatement(sql`with ${live(permit)} select live.ok, j.* from live
          left join lateral (select ${columns} from export_job j where j.id = ${value('text', id)} and ${isOwn(permit)}) j on live.ok`),
      );
      requireLive(rows);
      const [row] = rows;
      return row === undefined ? undefined : toJob(row);
    },
    countLines: async (permit, id) => {
      const rows = await database.query<LiveRow & { readonly type: string | null; readonly last: number }>(
        toStatement(sql`with ${live(permit)} select live.ok, c.* from live left join lateral (
            select l.type, max(l.n) as last from export_job j join export_line l on l.job = j.key
            where j.id = ${value('text', id)} and ${isOwn(permit)} group by l.type) c on live.ok
          order by c.type`),
      );
      requireLive(rows);
      return rows.flatMap(({ type, last }) => (type === null ? [] : [{ type, last }]));
    },
    remove: async (permit, id) => {
      const rows = await database.query<LiveRow & { readonly removed: boolean }>(
        toStatement(sql`with ${live(permit)},
          removed as (delete from export_job j where j.id = ${value('text', id)} and ${isOwn(permit)} and (select ok from live) returning j.key)
          select live.ok, exists (select from removed) as removed from live`),
      );
      requireLive(rows);
      return rows[0]?.removed === true;
    },
    claim: async ({ claim, at, until }) => {
      await removeExpired(database, at);
      const [row] = await database.query<ClaimedRow>(
        toStatement(sql`update export_job j set claim = ${value('text', claim)}, claimed_until = ${value('timestamptz', until)}, tries = j.tries + 1
          where j.key = (
            select w.key from export_job w
            where w.state = 'open' and (w.claimed_until is null or w.claimed_until <= ${value('timestamptz', at)})
            order by w.tries, w.key limit 1 for update skip locked)
          returning ${columns}, j.claim, j.principal, j.position, j.tries`),
      );
      const job = row === undefined ? undefined : toJob(row);
      if (row === undefined || job === undefined) return undefined;
      return {
        ...job,
        claim: row.claim,
        principal: row.principal,
        position: row.position ?? undefined,
        tries: row.tries,
      };
    },
    advance: async (job, progress) => {
      const isOpen = progress.state === 'open';
      const position = isOpen && progress.position !== undefined ? JSON.stringify(progress.position) : null;
      const failure =
        progress.state === 'failed' && progress.failure !== undefined ? JSON.stringify(progress.failure) : null;
      const rows = await database.query(
        toStatement(sql`update export_job j set state = ${value('text', progress.state)},
            step = coalesce(${value('integer', isOpen ? progress.step : null)}, j.step), position = ${value('jsonb', position)}, tries = 0,
            failure = ${value('jsonb', failure)},
            listed = (select count(*) from export_line l where l.job = j.key),
            claimed_until = ${value('timestamptz', isOpen ? progress.until : null)}
          where ${holdsClaim(job)} returning j.key`),
      );
      return rows.length > 0;
    },
    release: async (job, from) => {
      await database.query(
        toStatement(sql`update export_job j set claim = null, claimed_until = ${value('timestamptz', from ?? null)}, tries = greatest(j.tries - 1, 0)
          where ${holdsClaim(job)}`),
      );
    },
  };
}

/** True of the job `j` while the claim on it is this one. */
export function holdsClaim({ id, claim }: Pick<ClaimedExport, 'id' | 'claim'>): Fragment {
  return sql`j.id = ${value('text', id)} and j.claim = ${value('text', claim)} and j.state = 'open'`;
}

async function removeExpired(database: Queryable, at: Date): Promise<void> {
  await database.query(toStatement(sql`delete from export_job where expires_at <= ${value('timestamptz', at)}`));
}

/** So that of many requests at once no more go through than are allowed. */
const lockOwner = {
  name: 'store_lock_export_owner',
  text: 'select pg_advisory_xact_lock(hashtextextended($1::text, 7461706))',
};

function toJob(row: JobRow): ExportJob | undefined {
  if (row.id === null) return undefined;
  const { id, request, work, state, step, listed } = row;
  const times = { transactionAt: row.transaction_at, expiresAt: row.expires_at };
  return { id, request, work, ...times, state, step, listed, failure: row.failure ?? undefined };
}
