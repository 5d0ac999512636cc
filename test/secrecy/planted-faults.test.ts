// Proves that the leak suite can fail: each fault is planted alone in a copy of the sources, and the suite must find a leak there.
// A path of the visibility predicate that no check watches fails the build. The hub's own code has no switch for this.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { visibilityPaths } from '../../src/store/visibility.ts';
import { openTestHub } from '../scenarios/test-hub.ts';

interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const visibility = 'src/store/visibility.ts';
const consent = 'src/access/consent.ts';

const withoutPredicate = (path: string): readonly Edit[] =>
  ['visibleTo', 'versionVisibleTo'].map((name) => {
    const opening = `export function ${name}(_path: VisibilityPath, reader: Reader, alias: string): Fragment {\n`;
    return { file: visibility, find: opening, put: `${opening}  if (_path === '${path}') return sql\`true\`;\n` };
  });

const rememberedRead = `const key = JSON.stringify([context.principal, type, id]);
  const known = remembered.get(key);
  const version = known !== undefined && known.untilMs > Date.now() ? known.version : await services.store.read(permit, { type, id });
  remembered.set(key, { version, untilMs: Date.now() + 1000 });`;

const plants: Readonly<Record<string, readonly Edit[]>> = {
  ...Object.fromEntries(visibilityPaths.map((path) => [`no predicate at ${path}`, withoutPredicate(path)])),
  'a read is remembered for a second': [
    {
      file: 'src/interactions/read.ts',
      find: '\nexport interface ReadRequest',
      put: '\nconst remembered = new Map();\nexport interface ReadRequest',
    },
    {
      file: 'src/interactions/read.ts',
      find: 'const version = await services.store.read(permit, { type, id });',
      put: rememberedRead,
    },
  ],
  'a grant of one person opens every person': [
    { file: visibility, find: 'opening.person = ${row}.person and', put: '' },
  ],
  "a grant of one custodian opens every custodian's": [
    { file: visibility, find: '${row}.custodian and above.covering = opening.custodian', put: '${row}.custodian' },
  ],
  'every registration of a person is the reader’s': [
    {
      file: visibility,
      find: 'export function isReadersRegistration(reader: Reader, alias: string): Fragment {\n',
      put: "export function isReadersRegistration(reader: Reader, alias: string): Fragment {\n  if (alias !== '') return sql`true`;\n",
    },
  ],
  'hidden references are not computed': [
    {
      file: visibility,
      find: 'select array_agg(f.ref) from',
      put: 'select array_agg(f.ref) filter (where false) from',
    },
  ],
  "references to other parties' resources are not noted": [
    {
      file: 'src/store/write-statement.ts',
      find: 'filter (where not u.is_own',
      put: 'filter (where false',
    },
  ],
  'coverage passes an authority of its own': [
    { file: 'src/store/organizations.ts', find: 'where not below.is_authority', put: 'where true' },
  ],
  'the start of a consent is ignored': [{ file: visibility, find: 'opening.starts_at <= ${reader.at} and', put: '' }],
  'the end of a consent is ignored': [{ file: visibility, find: 'opening.ends_at is null or', put: 'true or' }],
  'the end of a consent is not read': [{ file: consent, find: 'new Date(endSpan.highMs)', put: 'undefined' }],
  'the status of a consent is ignored': [{ file: consent, find: "consent.status !== 'active' ||", put: '' }],
  'who recorded a consent is ignored': [
    { file: consent, find: 'if (!isNamed) return [];', put: '' },
    {
      file: consent,
      find: '[{ custodianId: recorderId, recipientId, startsAt, endsAt }]',
      put: "asArray(consent.organization).map((named) => ({ custodianId: findOrganization(named) ?? '', recipientId, startsAt, endsAt }))",
    },
  ],
  'what a withdrawn consent opened stays open': [
    {
      file: 'src/store/write-statement.ts',
      find: "where w.type = 'Consent' and w.follows is not null",
      put: 'where false',
    },
  ],
  'a disabled client is let in': [{ file: 'src/store/reader.ts', find: 'and c.enabled and', put: 'and' }],
};

const unplanted = 'nothing planted';
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'sip-hub-plants-'));
let results: ReadonlyMap<string, Result>;

interface Result {
  readonly tree: string;
  readonly leaks?: readonly string[];
  /** The suite did not come to its end. */
  readonly fault?: string;
}

beforeAll(async () => {
  const seed = join(folder, 'seed');
  mkdirSync(seed);
  await (await openTestHub({ dataFolder: seed })).stop();
  const trees = [unplanted, ...Object.keys(plants)].map((name, at) => ({
    name,
    tree: makeTree(join(folder, String(at)), plants[name] ?? []),
  }));
  const found = await runTrees(
    seed,
    trees.map(({ tree }) => tree),
  );
  results = new Map(
    trees.flatMap(({ name, tree }) => {
      const result = found.get(tree);
      return result === undefined ? [] : [[name, result]];
    }),
  );
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the hub as it is passes the suite', () => {
  expect(results.get(unplanted)).toMatchObject({ leaks: [] });
});

test.each(Object.keys(plants))('is found: %s', (name) => {
  const result = results.get(name);
  expect(result?.fault).toBeUndefined();
  expect(result?.leaks).not.toEqual([]);
});

/** A copy of the sources and of this suite, with the edits made; what is only read is linked. */
function makeTree(tree: string, edits: readonly Edit[]): string {
  for (const name of ['src', 'test/secrecy', 'test/scenarios', 'test/contract']) {
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

/** Runs the suite on every tree, in two processes that take turns. */
async function runTrees(seed: string, trees: readonly string[]): Promise<ReadonlyMap<string, Result>> {
  const halves = [0, 1].map((half) => trees.filter((_tree, at) => at % 2 === half));
  const lists = await Promise.all(
    halves.map((half) => runProcess([join(root, 'test/secrecy/show-leaks.ts'), seed, ...half])),
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
