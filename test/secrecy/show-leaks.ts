// Runs a suite (`leaks`, its part `consents`, or `model`) of the source trees named, one after the other, each on a copy of the database folder named before
// them, and writes a line of JSON for each: what leaked. A process of its own, so that a copy of the sources runs as the hub itself does, by plain Node.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openTestHub } from '../scenarios/test-hub.ts';
import type { consentChecks, runLeakSuite } from './leak-suite.ts';
import type { playModel } from './model-play.ts';
import type { SuiteName } from './plants.ts';

interface Tree {
  readonly leaks: { readonly runLeakSuite: typeof runLeakSuite; readonly consentChecks: typeof consentChecks };
  readonly model: { readonly playModel: typeof playModel };
  readonly harness: { readonly openTestHub: typeof openTestHub };
}

const [suite = 'leaks', seed = '', ...trees] = process.argv.slice(2) as [SuiteName?, string?, ...string[]];

async function importTree(tree: string): Promise<Tree> {
  const urlOf = (path: string): string => pathToFileURL(join(tree, path)).href;
  const leaks: unknown = await import(urlOf('test/secrecy/leak-suite.ts'));
  const model: unknown = await import(urlOf('test/secrecy/model-play.ts'));
  const harness: unknown = await import(urlOf('test/scenarios/test-hub.ts'));
  return { leaks, model, harness } as Tree;
}

/** What the suite finds first. */
async function run({ leaks, model, harness }: Tree, dataFolder: string): Promise<readonly string[]> {
  const open = (): ReturnType<typeof openTestHub> => harness.openTestHub({ dataFolder });
  if (suite === 'consents') return leaks.runLeakSuite(open, 1, leaks.consentChecks);
  if (suite === 'leaks') return leaks.runLeakSuite(open, 1);
  try {
    await model.playModel(open, { seed: 20_261_103, steps: 1500 });
    return [];
  } catch (error) {
    const { message, cause } = error as Error;
    if (!message.startsWith('step ')) throw error;
    return [`${message}: ${String(cause)}`];
  }
}

for (const tree of trees) {
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-leaks-'));
  try {
    cpSync(seed, folder, { recursive: true });
    const leaks = await run(await importTree(tree), folder);
    process.stdout.write(`${JSON.stringify({ tree, leaks })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ tree, fault: error instanceof Error ? error.stack : String(error) })}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
