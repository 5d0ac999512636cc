// Proves that the leak checks can fail: the predicate is taken from one path after the other, in a copy of the sources,
// and each time something must leak. The hub's own code has no switch for this.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { createStore } from '../src/store/create-store.ts';
import { visibilityPaths } from '../src/store/visibility.ts';
import type { VisibilityPath } from '../src/store/visibility.ts';
import { findLeaks, plantSecret } from './contract/leak-checks.ts';
import type { Secret } from './contract/leak-checks.ts';
import { embedded } from './contract/open-databases.ts';
import { openWorld } from './contract/store-world.ts';
import type { World } from './contract/store-world.ts';

const root = join(import.meta.dirname, '..');
let world: World;
let secret: Secret;
let folder = '';

beforeAll(async () => {
  world = await openWorld(embedded);
  secret = await plantSecret(world);
  folder = mkdtempSync(join(tmpdir(), 'visibility-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

/** A store from a copy of the sources in which this path asks nobody. */
async function storeWithout(path: VisibilityPath) {
  const copy = join(folder, path);
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
  const file = join(copy, 'src/store/visibility.ts');
  const source = readFileSync(file, 'utf8');
  const changed = source.replace(
    /(function \w+\(_path: VisibilityPath[^{]*\{)/g,
    `$1\n  if (_path === '${path}') return sql\`true\`;`,
  );
  // visibleTo, versionVisibleTo, concernsReader, isToldOfEntity, isToldOfAct
  expect(changed.split(`_path === '${path}'`)).toHaveLength(6);
  writeFileSync(file, changed);
  const module: unknown = await import(/* @vite-ignore */ pathToFileURL(join(copy, 'src/store/create-store.ts')).href);
  const { createStore: create } = module as { readonly createStore: typeof createStore };
  return create(world.database, { rowLevelSecurity: false, maxIncluded: 5000 });
}

test('nothing leaks from the store as it is', async () => {
  expect(await findLeaks(world.store, secret)).toEqual([]);
});

describe.each(visibilityPaths)('without the predicate at %s', (path) => {
  test('something leaks', async () => {
    expect(await findLeaks(await storeWithout(path), secret)).not.toEqual([]);
  });

  test('the path stands at one place in the sources', () => {
    const places = [
      'read',
      'history',
      'search',
      'search-candidates',
      'search-filters',
      'search-hierarchy',
      'search-includes',
      'visibility',
      'write',
      'everything',
      'explain',
      'export-lines',
      'audit-events',
    ]
      .map((name) => readFileSync(join(root, 'src/store', `${name}.ts`), 'utf8'))
      .flatMap((source) => source.match(new RegExp(`(?:isibleTo|concernsReader|isToldOf\\w+)\\('${path}'`, 'g')) ?? []);
    expect(places).toHaveLength(1);
  });
});
