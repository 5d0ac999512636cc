// Faults planted one by one, each in a copy of the sources of its own, and a secrecy suite run on every copy. A fault that the suite
// does not find is a fault of the suite.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openTestHub } from '../scenarios/test-hub.ts';
import type { LeakPart } from './leak-suite.ts';

/** A text that stands once in a file, and what stands there in the copy. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface Result {
  readonly tree: string;
  readonly leaks?: readonly string[];
  /** The suite did not come to its end. */
  readonly fault?: string;
}

/** All leak checks, a part of them, or the model. */
export type SuiteName = 'leaks' | LeakPart | 'model';

/** A fault, and the suite that must find it. */
export interface Plant {
  readonly suite: SuiteName;
  readonly edits: readonly Edit[];
}

/** The result of the sources as they are. */
export const unplanted = 'nothing planted';

const root = join(import.meta.dirname, '../..');

/** What `suite` finds where nothing is planted, and what each of `plants` is found by, by its name. */
export async function playPlanted(
  suite: SuiteName,
  plants: Readonly<Record<string, Plant>>,
): Promise<ReadonlyMap<string, Result>> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-plants-'));
  try {
    const seed = join(folder, 'seed');
    mkdirSync(seed);
    await (await openTestHub({ dataFolder: seed })).stop();
    const trees = [unplanted, ...Object.keys(plants)].map((name, at) => ({
      name,
      suite: plants[name]?.suite ?? suite,
      tree: makeTree(join(folder, String(at)), plants[name]?.edits ?? []),
    }));
    const found = await runTrees(seed, trees);
    return new Map(
      trees.flatMap(({ name, tree }) => {
        const result = found.get(tree);
        return result === undefined ? [] : [[name, result]];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A copy of the sources and of these suites, with the edits made; what is only read is linked. */
function makeTree(tree: string, edits: readonly Edit[]): string {
  for (const name of ['src', 'test/secrecy', 'test/scenarios', 'test/contract', 'test/authorization']) {
    cpSync(join(root, name), join(tree, name), { recursive: true });
  }
  cpSync(join(root, 'package.json'), join(tree, 'package.json'));
  for (const name of ['node_modules', 'profiles', 'terminology', 'examples'])
    symlinkSync(join(root, name), join(tree, name));
  for (const { file, find, put } of edits) {
    const path = join(tree, file);
    const parts = readFileSync(path, 'utf8').split(find);
    if (parts.length !== 2)
      throw new Error(`"${find}" stands ${parts.length - 1} times in ${file}: the fault cannot be planted.`);
    writeFileSync(path, parts.join(put));
  }
  return tree;
}

/** Runs its suite on every tree, in two processes that take turns. */
async function runTrees(
  seed: string,
  trees: readonly { readonly suite: SuiteName; readonly tree: string }[],
): Promise<ReadonlyMap<string, Result>> {
  const halves = [0, 1].map((half) => trees.filter((_tree, at) => at % 2 === half));
  const lists = await Promise.all(
    halves.map((half) =>
      runProcess([join(root, 'test/secrecy/show-leaks.ts'), seed, ...half.flatMap(({ suite, tree }) => [suite, tree])]),
    ),
  );
  return new Map(lists.flat().map((result) => [result.tree, result]));
}

function runProcess(args: readonly string[]): Promise<readonly Result[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const found: Result[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => found.push(JSON.parse(line) as Result));
    child.once('error', reject);
    child.once('close', () => resolve(found));
  });
}
