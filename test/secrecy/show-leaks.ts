// Runs the leak suite of the source trees named, one after the other, each on a copy of the database folder named first, and writes
// a line of JSON for each: what leaked. A process of its own, so that a copy of the sources runs as the hub itself does, by plain Node.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openTestHub } from '../scenarios/test-hub.ts';
import type { runLeakSuite } from './leak-suite.ts';

interface Tree {
  readonly suite: { readonly runLeakSuite: typeof runLeakSuite };
  readonly harness: { readonly openTestHub: typeof openTestHub };
}

const [seed = '', ...trees] = process.argv.slice(2);

async function importTree(tree: string): Promise<Tree> {
  const urlOf = (path: string): string => pathToFileURL(join(tree, path)).href;
  const suite: unknown = await import(urlOf('test/secrecy/leak-suite.ts'));
  const harness: unknown = await import(urlOf('test/scenarios/test-hub.ts'));
  return { suite, harness } as Tree;
}

for (const tree of trees) {
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-leaks-'));
  try {
    cpSync(seed, folder, { recursive: true });
    const { suite, harness } = await importTree(tree);
    const leaks = await suite.runLeakSuite(() => harness.openTestHub({ dataFolder: folder }), 1);
    process.stdout.write(`${JSON.stringify({ tree, leaks })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ tree, fault: error instanceof Error ? error.stack : String(error) })}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
