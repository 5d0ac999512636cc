// The processes of a run besides PostgreSQL: the hub as an operator starts it, the floor's server, and the load driver.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { end, endWithParent } from './child-process.ts';
import { findFreePort } from './cluster.ts';
import type { DriverMessage, Job, JobResult } from './job.ts';
import { bundleSize } from './plain-resources.ts';

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  readonly publicUrl: string;
  /** SIGTERM, and waits for it to end. */
  readonly stop: () => Promise<void>;
}

export interface HubOptions {
  readonly databaseUrl: string;
  readonly mode: 'hub' | 'plain';
  readonly rowLevelSecurity: boolean;
  /** Folder to leave a V8 profile in. */
  readonly profileFolder: string | undefined;
}

const root = join(import.meta.dirname, '..');

/** `node src/main.ts serve` on a free port, with every setting but these at its default. Requests are counted, and never too many. Plain mode takes Bundles of 1 000. */
export async function startHub({
  databaseUrl,
  mode,
  rowLevelSecurity,
  profileFolder,
}: HubOptions): Promise<ServerProcess> {
  const ownSettings = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SIP_HUB_')));
  return startServer({
    arguments: [
      ...(profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]),
      join(root, 'src/main.ts'),
      'serve',
    ],
    readyText: 'sip-hub is ready',
    environment: (port) => ({
      ...ownSettings,
      NODE_ENV: 'production',
      PORT: String(port),
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      SIP_HUB_LOG: 'warn',
      SIP_HUB_MODE: mode,
      SIP_HUB_CLIENT_REQUESTS: '1000000000',
      SIP_HUB_ADDRESS_REQUESTS: '1000000000',
      ...(mode === 'plain' ? { SIP_HUB_MAX_BUNDLE_ENTRIES: String(bundleSize) } : {}),
      SIP_HUB_ROW_LEVEL_SECURITY: rowLevelSecurity ? 'on' : 'off',
    }),
  });
}

export async function startFloorServer(databaseUrl: string): Promise<ServerProcess> {
  return startServer({
    arguments: (port) => [join(import.meta.dirname, 'floor-server.ts'), databaseUrl, String(port)],
    readyText: 'ready',
    environment: () => ({ ...process.env, NODE_ENV: 'production' }),
  });
}

interface ServerOptions {
  readonly arguments: readonly string[] | ((port: number) => readonly string[]);
  readonly readyText: string;
  readonly environment: (port: number) => NodeJS.ProcessEnv;
}

async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const port = await findFreePort();
  const { arguments: given, environment, readyText } = options;
  const child = spawn(process.execPath, [...(typeof given === 'function' ? given(port) : given)], {
    cwd: root,
    env: environment(port),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithParent(child, 'SIGTERM');
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString()}`.slice(-4_000);
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(readyText)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (status) =>
      reject(new Error(`A server of the bench ended with ${status} before it was ready:\n${complaint}`)),
    );
  });
  return { pid: child.pid ?? 0, port, publicUrl: `http://127.0.0.1:${port}`, stop: () => end(child, 'SIGTERM') };
}

/** Gives the job to a new driver. `onStarted` and `onEnded` come as its measured time begins and ends. */
export async function runJob(
  job: Job,
  { onStarted, onEnded }: { readonly onStarted: () => void; readonly onEnded: () => void },
): Promise<JobResult> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'driver.ts'), {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  endWithParent(child, 'SIGTERM');
  try {
    return await new Promise((resolve, reject) => {
      child.on('message', (message: DriverMessage) => {
        if (message.kind === 'started') onStarted();
        else if (message.kind === 'ended') onEnded();
        else if (message.kind === 'result') resolve(message.result);
        else reject(new Error(`The load driver failed: ${message.message}`));
      });
      child.once('exit', () => reject(new Error('The load driver ended without a result.')));
      child.send(job);
    });
  } finally {
    await end(child, 'SIGTERM');
  }
}
