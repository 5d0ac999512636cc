// Runs docs/tutorial.md as written against a hub of its own: each ```sh block, and the ```text block after it
// must be exactly what the block printed. Fails at the first difference. Needs bash, curl and openssl.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath, exit, stderr, stdout } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');
const mark = '--- end of block';

interface Block {
  readonly code: string;
  readonly expected: string;
}

const blocks: readonly Block[] = [
  ...readFileSync(join(root, 'docs', 'tutorial.md'), 'utf8').matchAll(/```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs),
].map(([, code = '', expected = '']) => ({ code, expected }));

/** A copy of the project that may be written to: the tutorial works in the folder it is run in. */
function layOutProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-tutorial-'));
  const paths = ['package.json', 'node-version.mjs', 'src', 'docs', 'profiles', 'terminology'];
  for (const path of paths) cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function waitUntilReady(url: string, hub: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 240 && hub.exitCode === null; attempt += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
    await wait(250);
  }
  throw new Error('The hub did not become ready.');
}

/** What is wrong with what the blocks printed; undefined where all is as written. */
function findDifference(outputs: readonly string[]): string | undefined {
  for (const [at, { code, expected }] of blocks.entries()) {
    const printed = outputs[at];
    if (printed === undefined) return `This block was not reached:\n${code}`;
    if (expected !== '' && printed.trim() !== expected.trim()) {
      return `This block:\n${code}\nprinted:\n${printed.trim()}\ninstead of:\n${expected}`;
    }
  }
  return undefined;
}

async function runTutorial(): Promise<string | undefined> {
  if (blocks.length < 8 || blocks.filter(({ expected }) => expected !== '').length < 6) {
    return 'The blocks of the tutorial were not found.';
  }
  const folder = layOutProject();
  const port = await findFreePort();
  const hubEnv = { ...env, PORT: String(port), DATABASE_URL: '', SIP_HUB_DATA: join(folder, 'data') };
  const hub = spawn(execPath, ['src/main.ts', 'serve'], {
    cwd: folder,
    env: hubEnv,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await waitUntilReady(`http://127.0.0.1:${port}/health/ready`, hub);
    const script = blocks.map(({ code }) => `${code}\necho '${mark}'\n`).join('');
    const run = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { ...hubEnv, SIP_HUB: `http://127.0.0.1:${port}` },
      encoding: 'utf8',
    });
    stderr.write(run.stderr);
    const difference = findDifference(run.stdout.split(`${mark}\n`).slice(0, -1));
    if (run.status === 0) return difference;
    const answer = readFileSync(join(folder, 'tutorial-work', 'answer.json'), 'utf8');
    return `${difference ?? ''}
bash ended with status ${run.status}. The last answer of the hub:
${answer}`;
  } finally {
    if (hub.exitCode === null) {
      hub.kill('SIGTERM');
      await new Promise((resolve) => hub.once('exit', resolve));
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

const difference = await runTutorial().catch((error: unknown) => String(error));
if (difference === undefined) {
  stdout.write(`The tutorial holds: ${blocks.length} blocks.\n`);
} else {
  stderr.write(`${difference}\n`);
  exit(1);
}
