// What a database holds after kills, row by row against the log of what was acknowledged: every version, its exact text, its index,
// grant, outbox and audit rows; and nothing that nobody asked for, nor half of anything.
import { readConfig, type Config } from '../../src/config.ts';
import { startHub } from '../../src/app.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { parseJson } from '../../src/fhir/json.ts';
import type { Database, Queryable } from '../../src/store/database.ts';
import type { IndexRows } from '../../src/search/index-rows.ts';
import { indexTables } from '../../src/store/index-tables.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { compileReindex } from '../../src/store/write-statement.ts';
import { toReindexSlots } from '../../src/store/write-values.ts';
import { isAcknowledged, writtenBy, type Sent } from './write-load.ts';

interface Version {
  readonly address: string;
  readonly versionId: string;
  readonly body: string | null;
  readonly isCurrent: boolean;
}

export interface Compared {
  /** What differs; empty where all is well. */
  readonly faults: readonly string[];
  readonly versions: number;
  readonly indexRows: number;
}

const keyOf = ({ address, versionId }: { readonly address: string; readonly versionId: string }): string =>
  `${address}/_history/${versionId}`;

/**
 * Starts a hub on the database, which no other may be using, and compares; then once more after `spoils`, statements that do damage,
 * to show that it would be seen.
 */
export async function compareWithLog(
  environment: Readonly<Record<string, string>>,
  log: readonly Sent[],
  spoils: readonly string[],
): Promise<{ readonly asFound: Compared; readonly spoilt: Compared }> {
  const config = readConfig(environment);
  const hub = await startHub(config, { log: () => undefined });
  const { search, limits } = hub.services;
  const extract = (body: string): IndexRows =>
    search.extract(parseJson(body, { maxDepth: limits.jsonDepth }) as FhirResource);
  try {
    return await withEveryRow(config, hub.database, async (inside) => {
      const asFound = await compare(inside, log, extract);
      for (const text of spoils) await inside.query({ text });
      return { asFound, spoilt: await compare(inside, log, extract) };
    });
  } finally {
    await hub.stop();
  }
}

async function compare(
  inside: Queryable,
  log: readonly Sent[],
  extract: (body: string) => IndexRows,
): Promise<Compared> {
  const versions = await readVersions(inside);
  const requests = await readRequests(inside);
  const index = await readIndex(inside);
  return {
    faults: [
      ...findLostFaults(versions, requests, log),
      ...findVersionFaults(versions, requests),
      ...(await findRowFaults(inside, versions)),
      ...(await findIndexFaults(inside, index, extract)),
    ],
    versions: versions.length,
    indexRows: index.length,
  };
}

/** Row-level security hides rows also from the owner of the tables: on a database that is thrown away it is put aside. */
async function withEveryRow<T>(config: Config, own: Database, work: (inside: Queryable) => Promise<T>): Promise<T> {
  if (config.databaseUrl === '') return own.transaction(work);
  const owner = openPostgres({ url: config.databaseUrl, poolSize: 1, statementTimeoutMs: 60_000 });
  try {
    return await owner.transaction(async (inside) => {
      const forced = await inside.query<{ name: string }>({
        text: "select relname as name from pg_class where relforcerowsecurity and relnamespace = 'public'::regnamespace",
      });
      for (const { name } of forced) await inside.query({ text: `alter table "${name}" no force row level security` });
      return work(inside);
    });
  } finally {
    await owner.close();
  }
}

const readVersions = (inside: Queryable): Promise<readonly Version[]> =>
  inside.query({
    text: `select type || '/' || id as address, version_id as "versionId", body, true as "isCurrent" from resource
      union all select type || '/' || id, version_id, body, false from resource_history`,
  });

/** What was written, by the request that the audit log says did it. */
async function readRequests(inside: Queryable): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await inside.query<{ requestId: string; versions: readonly string[] }>({
    text: `select request_id as "requestId", array(select (e ->> 'address') || '/_history/' || (e ->> 'versionId')
        from jsonb_array_elements(entities) e) as versions
      from audit_log where outcome = 'success' and interaction in ('create', 'update', 'patch', 'delete', 'transaction')`,
  });
  const requests = new Map<string, readonly string[]>();
  for (const { requestId, versions } of rows)
    requests.set(requestId, [...(requests.get(requestId) ?? []), ...versions]);
  return requests;
}

/** Acknowledged and not there, or there otherwise; half there; there though it was refused. */
function findLostFaults(
  versions: readonly Version[],
  requests: ReadonlyMap<string, readonly string[]>,
  log: readonly Sent[],
): readonly string[] {
  const byKey = new Map(versions.map((version) => [keyOf(version), version]));
  return log.flatMap((sent): readonly string[] => {
    const { requestId, answer } = sent;
    const kept = requests.get(requestId) ?? [];
    if (!isAcknowledged(sent) || answer === undefined) {
      const isWhole = kept.length === 0 || kept.length === sent.versions;
      return isWhole ? [] : [`${requestId}: ${kept.length} of ${sent.versions} versions were written`];
    }
    if (kept.length !== sent.versions) return [`${requestId}: acknowledged, audited ${kept.length} times`];
    // A deletion's answer names its version in the ETag.
    if (answer.status === 204) {
      const [key = ''] = kept;
      const version = byKey.get(key);
      const isThere = version?.body === null && answer.headers.get('etag') === `W/"${version.versionId}"`;
      return isThere ? [] : [`${requestId}: ${key} was acknowledged and is not there`];
    }
    return writtenBy(answer).flatMap((written) => {
      const key = keyOf(written);
      const body = byKey.get(key)?.body ?? undefined;
      if (body === undefined || !kept.includes(key)) return [`${requestId}: ${key} was acknowledged and is not there`];
      return answer.text.includes(body) ? [] : [`${requestId}: ${key} is not what was acknowledged`];
    });
  });
}

/** A version that no audited request wrote, or that is not what it was before the next one. */
function findVersionFaults(
  versions: readonly Version[],
  requests: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const audited = new Set([...requests.values()].flat());
  const known = new Set(versions.map(keyOf));
  const current = new Set(versions.filter(({ isCurrent }) => isCurrent).map(({ address }) => address));
  return [
    ...versions.filter((version) => !audited.has(keyOf(version))).map((version) => `${keyOf(version)}: no audit row`),
    ...[...audited].filter((key) => !known.has(key)).map((key) => `${key}: audited and not there`),
    ...versions
      .filter(({ address }) => !current.has(address))
      .map((version) => `${keyOf(version)}: no current version`),
  ];
}

/** One outbox row for each version; grants from the present version of each Consent that is active, and from no other. */
async function findRowFaults(inside: Queryable, versions: readonly Version[]): Promise<readonly string[]> {
  const outbox = await inside.query<{ key: string }>({
    text: `select type || '/' || id || '/_history/' || version_id as key from outbox`,
  });
  const grants = await inside.query<{ key: string }>({
    text: `select 'Consent/' || consent_id || '/_history/' || consent_version as key from sharing_grant`,
  });
  const opening = versions.filter(
    ({ address, body, isCurrent }) => isCurrent && address.startsWith('Consent/') && isActive(body),
  );
  return [
    ...findDifferences(
      'outbox',
      versions.map(keyOf),
      outbox.map(({ key }) => key),
    ),
    ...findDifferences(
      'grants',
      opening.map(keyOf),
      grants.map(({ key }) => key),
    ),
  ];
}

const isActive = (body: string | null): boolean =>
  body !== null && (JSON.parse(body) as { readonly status?: string }).status === 'active';

/** Every index row as text, in an order of its own. */
async function readIndex(inside: Queryable): Promise<readonly string[]> {
  const tables: string[] = [];
  for (const table of indexTables) {
    const rows = await inside.query<{ row: string }>({ text: `select '${table} ' || t::text as row from ${table} t` });
    tables.push(...rows.map(({ row }) => row));
  }
  return tables;
}

/** What the index holds must be what indexing everything anew gives. */
async function findIndexFaults(
  inside: Queryable,
  before: readonly string[],
  extract: (body: string) => IndexRows,
): Promise<readonly string[]> {
  const reindex = compileReindex();
  const rows = await inside.query<{ key: number; type: string; body: string }>({
    text: 'select key, type, body from resource where not deleted order by key',
  });
  for (let at = 0; at < rows.length; at += 200) {
    const page = rows.slice(at, at + 200).map(({ key, type, body }) => ({ key, type, index: extract(body) }));
    await inside.query(reindex(toReindexSlots(page)));
  }
  return findDifferences('index', await readIndex(inside), before);
}

/** What stands in only one of the two, as often as it does. */
function findDifferences(name: string, wanted: readonly string[], found: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const key of wanted) counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const key of found) counts.set(key, (counts.get(key) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([key, count]) => `${name}: ${key} ${count > 0 ? 'is missing' : 'should not be there'}`);
}
