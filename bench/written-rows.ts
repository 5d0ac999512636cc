// The floor of a write: the rows that the hub wrote for one request, put down again and again in one bare statement.
// Same tables, same indexes, same number and size of rows; no HTTP, no validation, no look-up, no decision.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { WriteFloorJob } from './job.ts';

type Value = string | null;

/** The rows of one table, column by column, every value as PostgreSQL writes it. */
export interface TableRows {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly values: readonly Value[] }[];
}

/** Which rows of a table belong to the resources with the keys `$1`, or to the request with the id `$2`. */
const belongings: Readonly<Record<string, string>> = {
  // A request makes the person's row where it registers the person.
  person: `key in (select person from resource where key = any ($1) and type = 'Patient') and $2::text is not null`,
  resource: 'key = any ($1) and $2::text is not null',
  search_token: 'resource = any ($1) and $2::text is not null',
  search_reference: 'resource = any ($1) and $2::text is not null',
  search_date: 'resource = any ($1) and $2::text is not null',
  search_string: 'resource = any ($1) and $2::text is not null',
  search_value: 'resource = any ($1) and $2::text is not null',
  search_text: 'resource = any ($1) and $2::text is not null',
  sharing_grant: 'consent = any ($1) and $2::text is not null',
  outbox: 'resource = any ($1) and $2::text is not null',
  audit_log: 'request_id = $2 and $1::bigint[] is not null',
};

/** The database counts these itself. */
const counted = new Set(['outbox.seq', 'outbox.xid']);

/** Reads what a request wrote. */
export async function readWrittenRows(client: pg.Client, requestId: string): Promise<readonly TableRows[]> {
  const { rows: found } = await client.query<{ key: string }>(
    `select r.key from audit_log a cross join jsonb_array_elements(a.entities) e
     join resource r on r.type || '/' || r.id = e ->> 'address' where a.request_id = $1`,
    [requestId],
  );
  const keys = found.map(({ key }) => key);
  const tables = [];
  for (const [table, condition] of Object.entries(belongings)) {
    const { rows: described } = await client.query<{ name: string; type: string }>(
      'select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and length(attgenerated) = 0 order by attnum',
      [table],
    );
    const columns = described.filter(({ name }) => !counted.has(`${table}.${name}`));
    const { rows } = await client.query<Record<string, Value>>(
      `select ${columns.map(({ name }) => `${name}::text`).join(', ')} from ${table} where ${condition}`,
      [keys, requestId],
    );
    if (rows.length === 0) continue;
    tables.push({
      table,
      columns: columns.map(({ name, type }) => ({ name, type, values: rows.map((row) => row[name] ?? null) })),
    });
  }
  return tables;
}

export const countRows = (tables: readonly TableRows[]): Readonly<Record<string, number>> =>
  Object.fromEntries(tables.map(({ table, columns }) => [table, columns[0]?.values.length ?? 0]));

/** One INSERT per table in one statement; every column one array. Arrays and JSON travel as text. */
function toStatement(tables: readonly TableRows[]): string {
  let parameter = 0;
  const inserts = tables.map(({ table, columns }) => {
    const arrays = columns.map(({ type }) => {
      parameter += 1;
      return `$${parameter}::${isNested(type) ? 'text' : type}[]`;
    });
    const names = columns.map(({ name }) => name).join(', ');
    const selected = columns.map(({ name, type }) => (isNested(type) ? `i.${name}::${type}` : `i.${name}`)).join(', ');
    return `${table}_in as (insert into ${table} (${names}) overriding system value
      select ${selected} from unnest(${arrays.join(', ')}) i (${names}))`;
  });
  return `with ${inserts.join(',\n')} select 1`;
}

const isNested = (type: string): boolean => type.endsWith('[]') || type === 'jsonb';

/** How a value differs from write to write: keys move on, ids begin anew, times are now. */
type Change = (value: Value, running: number, now: string) => Value;

const keep: Change = (value) => value;
const isNow: Change = (_value, _running, now) => now;
const times = new Set(['last_updated', 'at']);
const keyColumns = new Set(['key', 'resource', 'consent', 'person', 'seq']);
const idColumns = new Set(['id', 'patient_id', 'consent_id', 'target_id']);

/** Keys move by so much from write to write that those of no two writes are the same. */
function findStride(samples: readonly (readonly TableRows[])[]): number {
  const keys = samples
    .flat()
    .flatMap(({ columns }) => columns.filter(({ name }) => name === 'key' || name === 'resource'))
    .flatMap(({ values }) => values)
    .filter((value) => value !== null)
    .map(Number);
  const [least, most] = keys.reduce(([low, high], key) => [Math.min(low, key), Math.max(high, key)], [Infinity, 0]);
  return Math.max(100, most - least + 1);
}

/** Plain mode names a person by party and id: `12:resource-7`. */
function changeId(value: Value, running: number, ids: ReadonlySet<string>): Value {
  if (value === null) return null;
  const start = value.lastIndexOf(':') + 1;
  const id = value.slice(start);
  return ids.has(id) ? `${value.slice(0, start)}${running.toString(16).padStart(8, '0')}${id.slice(8)}` : value;
}

function chooseChange(
  column: string,
  { ids, stride }: { readonly ids: ReadonlySet<string>; readonly stride: number },
): Change {
  if (idColumns.has(column)) return (value, running) => changeId(value, running, ids);
  if (keyColumns.has(column)) {
    return (value, running) => (value === null ? null : String(Number(value) + 10_000_000_000 + running * stride));
  }
  return times.has(column) ? isNow : keep;
}

/** One sample as a prepared statement and what it is given. */
function compileSample(tables: readonly TableRows[], stride: number) {
  const ids = new Set(
    tables
      .filter(({ table }) => table === 'resource')
      .flatMap(({ columns }) => columns.find(({ name }) => name === 'id')?.values ?? [])
      .filter((id) => id !== null),
  );
  const columns = tables
    .flatMap((table) => table.columns)
    .map((column) => ({ ...column, change: chooseChange(column.name, { ids, stride }) }));
  const query = { name: `floor_${randomUUID()}`, text: toStatement(tables) };
  return (running: number, now: string): pg.QueryConfig => ({
    ...query,
    values: columns.map(({ values, change }) =>
      change === keep ? values : values.map((value) => change(value, running, now)),
    ),
  });
}

export interface RowWriter {
  /** Puts the next sample's rows down. */
  readonly write: () => Promise<number>;
  readonly nextRunning: () => number;
  readonly close: () => Promise<void>;
}

/** Writes by `pg` on as many connections as the job says, the samples in turn. */
export async function openRowWriter({
  databaseUrl,
  samples,
  connections,
  firstRunning,
}: WriteFloorJob): Promise<RowWriter> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    options: '-c jit=off -c plan_cache_mode=force_generic_plan',
  });
  const stride = findStride(samples);
  const compiled = samples.map((tables) => compileSample(tables, stride));
  let running = firstRunning;
  return {
    write: async () => {
      running += 1;
      const toQuery = compiled[running % compiled.length];
      if (toQuery === undefined) throw new Error('A write floor needs a sample.');
      await pool.query(toQuery(running, new Date().toISOString()));
      return 0;
    },
    nextRunning: () => running + 1,
    close: () => pool.end(),
  };
}
