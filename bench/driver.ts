// The load driver: a process of its own that takes one job, puts the load on, and tells what it saw. Started by start-driver.ts.
import { openConnection, type HttpConnection } from './http-connection.ts';
import type { DriverMessage, Job, JobResult, ReadFloorJob, StageJob } from './job.ts';
import { createLatencies, type Latencies } from './latencies.ts';
import { openRowWriter } from './written-rows.ts';
import { isStageName, stages } from './stages.ts';
import { openTokenSource } from './token-source.ts';

/** Does one thing and gives the bytes of the answer; throws what counts as an error. */
type Work = () => Promise<number>;

interface Load {
  /** One per connection. */
  readonly workers: readonly Work[];
  readonly nextRunning: () => number;
  readonly close: () => Promise<void>;
}

const tell = (message: DriverMessage): void => void process.send?.(message);

async function carryOut(job: Job): Promise<JobResult> {
  const load = await prepare(job);
  const latencies = createLatencies();
  const state = { isOver: false };
  let left = job.count ?? Infinity;
  const loops = load.workers.map(async (work) => {
    while (!state.isOver && left > 0) {
      left -= 1;
      await timed(work, latencies);
    }
  });
  await pause(job.warmUpMs);
  latencies.start();
  tell({ kind: 'started' });
  await Promise.race([pause(job.durationMs), Promise.all(loops)]);
  const result = latencies.end(load.nextRunning());
  tell({ kind: 'ended' });
  state.isOver = true;
  await Promise.all(loops);
  await load.close();
  return { ...result, nextRunning: load.nextRunning() };
}

async function timed(work: Work, latencies: Latencies): Promise<void> {
  const startedAt = performance.now();
  try {
    const bytes = await work();
    latencies.add(performance.now() - startedAt, bytes);
  } catch (error) {
    latencies.addError(error instanceof Error ? error.message : String(error));
    // A server that refuses everything must not be hammered.
    await pause(5);
  }
}

async function prepare(job: Job): Promise<Load> {
  switch (job.kind) {
    case 'stage':
      return prepareStage(job);
    case 'read-floor':
      return prepareReadFloor(job);
    case 'write-floor': {
      const writer = await openRowWriter(job);
      const workers = Array.from({ length: job.connections }, () => writer.write);
      return { workers, nextRunning: writer.nextRunning, close: writer.close };
    }
  }
}

async function prepareStage(job: StageJob): Promise<Load> {
  if (!isStageName(job.stage)) throw new Error(`There is no stage ${job.stage}.`);
  const stage = stages[job.stage];
  const organizations = [
    ...new Set([...job.pairs, job.smallPair].flatMap(({ custodian, recipient }) => [custodian, recipient])),
  ];
  const tokens = await openTokenSource(job.publicUrl, job.login, organizations);
  const connections = await openConnections(Number(new URL(job.publicUrl).port), job.connections);
  let running = job.firstRunning;
  const nextRunning = (): number => {
    running += 1;
    return running - 1;
  };
  const nextBlock = (length: number): number => {
    const first = Math.ceil(running / length) * length;
    running = first + length;
    return first;
  };
  const { authorize } = tokens;
  const workers = await Promise.all(
    connections.map(async (connection, connectionIndex): Promise<Work> => {
      const next = await stage.prepare({ job, connectionIndex, connection, authorize, nextRunning, nextBlock });
      return async () => {
        const { request, as, status, leastBytes, onAnswer } = next();
        const answer = await connection.send({ ...request, headers: `${authorize(as)}${request.headers}` });
        const { length } = answer.body;
        if (answer.status !== status || length < leastBytes) {
          throw new Error(
            `${request.method} ${request.path} answered ${answer.status} with ${length} bytes: ${answer.body.toString('utf8', 0, 600)}`,
          );
        }
        onAnswer?.(answer);
        return length;
      };
    }),
  );
  return {
    workers,
    nextRunning: () => running,
    close: async () => {
      tokens.stop();
      for (const connection of connections) connection.close();
    },
  };
}

async function prepareReadFloor({ port, connections: wanted, keys }: ReadFloorJob): Promise<Load> {
  const connections = await openConnections(port, wanted);
  const workers = connections.map((connection) => async () => {
    const path = `/${keys[Math.floor(Math.random() * keys.length)]}`;
    const answer = await connection.send({ method: 'GET', path, headers: '' });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}.`);
    return answer.body.length;
  });
  return {
    workers,
    nextRunning: () => 0,
    close: async () => {
      for (const connection of connections) connection.close();
    },
  };
}

function openConnections(port: number, wanted: number): Promise<readonly HttpConnection[]> {
  return Promise.all(Array.from({ length: wanted }, () => openConnection(port)));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

process.once('message', (job: Job) => {
  carryOut(job)
    .then((result) => tell({ kind: 'result', result }))
    .catch((error: unknown) =>
      tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
    .finally(() => process.disconnect());
});
