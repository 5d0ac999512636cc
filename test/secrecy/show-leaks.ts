// Runs suites (`leaks`, a part of it, or `model`) of source trees, named in pairs, one after the other, each on a copy of the database folder named before
// them, and writes a line of JSON for each: what leaked. A process of its own, so that a copy of the sources runs as the hub itself does, by plain Node.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openTestHub } from '../scenarios/test-hub.ts';
import type { leakParts, runLeakSuite } from './leak-suite.ts';
import type { playModel } from './model-play.ts';
import type { SuiteName } from './plants.ts';

interface Tree {
  readonly leaks: { readonly runLeakSuite: typeof runLeakSuite; readonly leakParts: typeof leakParts };
  readonly model: { readonly playModel: typeof playModel };
  readonly harness: { readonly openTestHub: typeof openTestHub };
}

const [seed = '', ...pairs] = process.argv.slice(2);

async function importTree(tree: string): Promise<Tree> {
  const urlOf = (path: string): string => pathToFileURL(join(tree, path)).href;
  const leaks: unknown = await import(urlOf('test/secrecy/leak-suite.ts'));
  const model: unknown = await import(urlOf('test/secrecy/model-play.ts'));
  const harness: unknown = await import(urlOf('test/scenarios/test-hub.ts'));
  return { leaks, model, harness } as Tree;
}

/** What the suite finds first. */
async function run({ leaks, model, harness }: Tree, suite: SuiteName, dataFolder: string): Promise<readonly string[]> {
  const open = (): ReturnType<typeof openTestHub> => harness.openTestHub({ dataFolder });
  if (suite === 'leaks') return leaks.runLeakSuite(open, 1);
  if (suite !== 'model') return leaks.runLeakSuite(open, 1, leaks.leakParts[suite]);
  try {
    await model.playModel(open, { seed: 20_261_103, steps: 3000 });
    return [];
  } catch (error) {
    const { message, cause } = error as Error;
    if (!message.startsWith('step ')) throw error;
    return [`${message}: ${String(cause)}`];
  }
}

for (let at = 0; at + 1 < pairs.length; at += 2) {
  const [suite, tree] = pairs.slice(at, at + 2) as [SuiteName, string];
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-leaks-'));
  try {
    cpSync(seed, folder, { recursive: true });
    const leaks = await run(await importTree(tree), suite, folder);
    process.stdout.write(`${JSON.stringify({ tree, leaks })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ tree, fault: error instanceof Error ? error.stack : String(error) })}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
