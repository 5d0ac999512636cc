// A whole hub for scenario tests: the real wiring on a real database and a real listener, with the example directory loaded and a
// client for each party that a test asks for. Fakes only the clock.
import type { ClientAssertion } from '../../src/auth/client-assertion.ts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub, type RunningHub } from '../../src/app.ts';
import { toAuthorizationAddresses } from '../../src/auth/addresses.ts';
import { carryOutClientCommand } from '../../src/auth/clients.ts';
import { callFhir, makeKeyPair, signIn, type VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { readConfig, type Config } from '../../src/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createLog } from '../../src/core/log.ts';
import type { Database, Queryable } from '../../src/store/database.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { logInPerson } from '../authorization/log-in-person.ts';
import { seedEmbedded } from '../contract/embedded-seed.ts';
import { requireCleanLog } from '../contract/log-secrets.ts';
import { createDatabase } from '../contract/open-databases.ts';

export interface TestHub {
  readonly hub: RunningHub;
  readonly baseUrl: string;
  /** What the hub logged, one JSON object a line. */
  readonly logged: readonly string[];
  readonly operator: VendorSystem;
  /** A system that acts for the organization with this HSA-id; registered when it is first asked for, and signed in anew in good time. */
  readonly party: (hsaId: string, scope?: string, staff?: ClientAssertion['staff']) => Promise<VendorSystem>;
  /** The app of the person with this number, who has logged in to it. */
  readonly individual: (personalNumber: string, scope?: string) => Promise<VendorSystem>;
  /** Moves the hub's clock on. */
  readonly advance: (ms: number) => void;
  readonly now: () => Date;
  /** Rows in every table of the database, by table. */
  readonly countRows: () => Promise<Readonly<Record<string, number>>>;
  /** Takes a table away, or brings it back: for what must not happen without it. */
  readonly renameTable: (from: string, to: string) => Promise<void>;
  /** @throws Error where the log holds what it may not (log-secrets.ts) */
  readonly stop: () => Promise<void>;
}

interface Party {
  readonly signIn: () => Promise<VendorSystem>;
  readonly system: VendorSystem;
  /** When it signed in. */
  readonly sinceMs: number;
}

/** Tokens last 300 s by the machine's clock, which the hub's may be ahead of. */
const renewAfterMs = 100_000;

export const hsa = {
  careCentre: 'SE2321000024-1020',
  orthopaedics: 'SE2321000024-1010',
  regionUppsala: 'SE2321000024-1000',
  homeCare: 'SE2120003005-2011',
  elderBoard: 'SE2120003005-2010',
  uppsala: 'SE2120003005-2000',
  childPsychiatry: 'SE2321000131-1010',
  childUnit: 'SE2120001355-3011',
  school: 'SE2120001355-3021',
  psychosisClinic: 'SE2321000016-1010',
  housingSupport: 'SE2120000068-4011',
} as const;

/** The text of a file in `examples/`. */
export function readExample(name: string): string {
  return readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8');
}

/** How a suite gets its hub: on either database, with settings that differ from the defaults. */
export type OpenHub = (settings?: Partial<Config>) => Promise<TestHub>;

/** Starts a hub on a new database of its own on the PostgreSQL of DATABASE_URL, which goes away with the hub. */
export async function openTestHubOnPostgres(settings: Partial<Config> = {}): Promise<TestHub> {
  const { url, remove } = await createDatabase();
  const hub = await openTestHub({ databaseUrl: url, databasePoolSize: 8, ...settings }).catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
  const owner = openPostgres({ url, poolSize: 1, statementTimeoutMs: 20_000 });
  return {
    ...hub,
    countRows: () => countUnprotectedRows(owner),
    renameTable: (from, to) => renameTable(owner, from, to),
    stop: async () => {
      await owner.close();
      try {
        await hub.stop();
      } finally {
        await remove();
      }
    },
  };
}

/** Starts a hub on the embedded database in a temporary folder, unless `settings` name another; without rate limits, unless they say so. */
export async function openTestHub(settings: Partial<Config> = {}): Promise<TestHub> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-test-'));
  let offsetMs = 0;
  const logged: string[] = [];
  const clock = (): Date => new Date(systemClock().getTime() + offsetMs);
  const log = createLog({ least: 'debug', now: clock, write: (line) => void logged.push(line.slice(0, -1)) });
  const config = {
    ...readConfig({ PORT: '0', SIP_HUB_DATA: folder, SIP_HUB_CLIENT_REQUESTS: '0', SIP_HUB_ADDRESS_REQUESTS: '0' }),
    ...settings,
  };
  if (config.databaseUrl === '' && config.dataFolder === folder) await seedEmbedded(folder);
  const hub = await startHub(config, { log, clock });
  const baseUrl = hub.services.baseUrl;
  /** Gives what signs it in. */
  const register = async (
    name: string,
    organization: string | undefined,
    scope: string,
    staff?: ClientAssertion['staff'],
  ): Promise<() => Promise<VendorSystem>> => {
    const keys = await makeKeyPair();
    const [client] = await carryOutClientCommand(
      {
        kind: 'add',
        name,
        client: organization === undefined ? 'operator' : 'system',
        organizations: organization === undefined ? [] : [organization],
        scope,
        keys: [JSON.stringify(keys.publicJwk)],
        jwksUri: undefined,
      },
      { database: hub.database, clock, allowLoopbackJwks: true },
    );
    if (client === undefined) throw new Error('no client');
    const { tokenEndpoint } = toAuthorizationAddresses(hub.publicUrl);
    const { clientId } = client;
    const { privateKey } = keys;
    return () => signIn({ name, clientId, privateKey, baseUrl, tokenEndpoint, scope, organization, staff });
  };
  const signInOperator = await register('operator', undefined, 'system/*.cruds');
  const operator = await signInOperator();
  const directory = await operator.call({ method: 'POST', path: '', body: readExample('directory.json') });
  if (directory.status !== 200) throw new Error(`The directory was refused: ${directory.text}`);
  const parties = new Map<string, Party>();
  return {
    hub,
    baseUrl,
    logged,
    operator,
    party: async (hsaId, scope = 'system/*.cruds', staff = undefined) => {
      const key = JSON.stringify([hsaId, scope, staff]);
      const known = parties.get(key);
      const sinceMs = clock().getTime();
      if (known !== undefined && sinceMs - known.sinceMs < renewAfterMs) return known.system;
      const signInAgain = known?.signIn ?? (await register(hsaId, hsaId, scope, staff));
      const system = await signInAgain();
      parties.set(key, { signIn: signInAgain, system, sinceMs });
      return system;
    },
    individual: async (personalNumber, scope = 'launch/patient patient/*.cruds') => {
      const { token } = await logInPerson({ publicUrl: hub.publicUrl, database: hub.database, personalNumber, scope });
      return { name: personalNumber, token, call: (call) => callFhir(baseUrl, token, call) };
    },
    advance: (ms) => {
      offsetMs += ms;
    },
    now: clock,
    countRows: () => countRows(hub.database),
    renameTable: (from, to) => renameTable(hub.database, from, to),
    stop: async () => {
      await hub.stop();
      rmSync(folder, { recursive: true, force: true });
      requireCleanLog(logged);
    },
  };
}

async function renameTable(database: Queryable, from: string, to: string): Promise<void> {
  await database.query({ text: `alter table "${from}" rename to "${to}"` });
}

/** Of all tables but audit_concern, which only says the log once more. */
async function countRows(database: Queryable): Promise<Readonly<Record<string, number>>> {
  const tables = await database.query<{ name: string }>({
    text: "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'audit_concern' order by tablename",
  });
  const counts: [string, number][] = [];
  for (const { name } of tables) {
    const [row] = await database.query<{ count: number }>({ text: `select count(*)::int as count from "${name}"` });
    counts.push([name, row?.count ?? 0]);
  }
  return Object.fromEntries(counts);
}

/** Row-level security hides rows also from the owner: it is put aside for the count, in a transaction that is taken back. */
async function countUnprotectedRows(owner: Database): Promise<Readonly<Record<string, number>>> {
  const takeBack = new Error('the transaction is taken back');
  let counts: Readonly<Record<string, number>> = {};
  await owner
    .transaction(async (inside) => {
      const isForced = await inside.query<{ name: string }>({
        text: "select relname as name from pg_class where relforcerowsecurity and relnamespace = 'public'::regnamespace",
      });
      for (const { name } of isForced) {
        await inside.query({ text: `alter table "${name}" no force row level security` });
      }
      counts = await countRows(inside);
      throw takeBack;
    })
    .catch((error: unknown) => {
      if (error !== takeBack) throw error;
    });
  return counts;
}
