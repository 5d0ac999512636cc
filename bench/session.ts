// What all parts of a run share: the cluster, the options, who plays, and how one stretch of load is measured.
import pg from 'pg';
import type { Cluster } from './cluster.ts';
import type { Directory } from './directory.ts';
import type { Job, JobResult, KnownPlan } from './job.ts';
import type { BenchOptions } from './options.ts';
import { runJob, type ServerProcess } from './processes.ts';
import { readFamilyMs, readProcessMs } from './processor-time.ts';
import type { Measurement } from './report.ts';
import type { Stage } from './stage.ts';
import type { StageName } from './stages.ts';

export interface Session {
  readonly cluster: Cluster;
  readonly options: BenchOptions;
  readonly mode: Stage['mode'];
  readonly databaseUrl: string;
  readonly directory: Directory;
  readonly say: (text: string) => void;
  /** Plain mode: the resources with running numbers below this are there, and stay. */
  stored: number;
  /** Persons (in plain mode: resources) from here on are not there yet. */
  nextRunning: number;
}

/** Rows of one statement, on a connection of its own. */
export async function select<Row extends pg.QueryResultRow>(
  databaseUrl: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

export interface StageInput {
  readonly stage: StageName;
  readonly pairs: Directory['pairs'];
  readonly plans: readonly KnownPlan[];
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly count?: number;
  readonly connections?: number;
  /** Where it takes running numbers of before. */
  readonly firstRunning?: number;
}

/** Puts one stage's load on the hub. */
export async function runStage(session: Session, hub: ServerProcess, input: StageInput): Promise<Measurement> {
  const { connections = session.options.connections, firstRunning = session.nextRunning, ...rest } = input;
  const result = await measure(session, hub.pid, {
    kind: 'stage',
    publicUrl: hub.publicUrl,
    login: session.directory.login,
    smallPair: session.directory.smallPair,
    stored: session.stored,
    firstRunning,
    connections,
    ...rest,
  });
  session.nextRunning = Math.max(session.nextRunning, result.nextRunning);
  return result;
}

/** Sends so many requests, as fast as they go, that others are to find. @throws Error where one of them fails */
export async function fill(
  session: Session,
  hub: ServerProcess,
  input: Omit<StageInput, 'warmUpMs' | 'durationMs'> & { readonly count: number },
): Promise<void> {
  const { errors, firstError } = await runStage(session, hub, { ...input, warmUpMs: 0, durationMs: 3_600_000 });
  if (errors > 0) throw new Error(`The hub refuses what the bench writes: ${firstError}`);
}

/** Runs the job and reads what the processes use meanwhile. */
export async function measure({ cluster }: Session, serverPid: number | undefined, job: Job): Promise<Measurement> {
  const readBoth = (): readonly [number, number] => [
    serverPid === undefined ? 0 : readProcessMs(serverPid),
    readFamilyMs(cluster.pid),
  ];
  let before = readBoth();
  let after = before;
  const result: JobResult = await runJob(job, {
    onStarted: () => {
      before = readBoth();
    },
    onEnded: () => {
      after = readBoth();
    },
  });
  const perRequest = (index: 0 | 1): number =>
    result.requests === 0 ? 0 : (after[index] - before[index]) / result.requests;
  return { ...result, serverCpuMs: perRequest(0), postgresCpuMs: perRequest(1) };
}
