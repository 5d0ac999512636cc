// Proves that the sources keep to the layers and the house rules, and that each rule would notice a breach.
// Refuses to pass when it has not seen the files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rules } from './architecture/rules.ts';
import { readSource } from './architecture/source-file.ts';

const root = join(import.meta.dirname, '..');

const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => `src/${path}`)
  .filter((path) => path.endsWith('.ts'))
  .toSorted();

const files = paths.map((path) => readSource(path, readFileSync(join(root, path), 'utf8')));

/** A well-behaved file whose body is `code`. */
const planted = (path: string, code: string) => readSource(path, `// In charge of nothing.\n${code}\n`);

type RuleName = keyof typeof rules;

/** Per rule: files that break it, and files as close as possible that do not. */
const plants: Readonly<Record<RuleName, { readonly breaks: Plants; readonly keeps: Plants }>> = {
  'every file has a place in the layers': {
    breaks: [['src/extras/thing.ts', '']],
    keeps: [['src/sip/thing.ts', '']],
  },
  'a file imports only what stands to its left': {
    breaks: [
      ['src/core/ids.ts', "import type { Permit } from '../access/permit.ts';"],
      ['src/store/read.ts', "export { decide } from '../http/routes.ts';"],
      ['src/search/parse.ts', "const x = await import('../store/search.ts');"],
    ],
    keeps: [
      ['src/store/read.ts', "import type { Permit } from '../access/permit.ts';"],
      ['src/core/ids.test.ts', "import { read } from '../store/read.ts';"],
    ],
  },
  'folders of one layer do not import each other in a circle': {
    breaks: [
      ['src/access/decide.ts', "import { rule } from '../sip/rule.ts';"],
      ['src/sip/rule.ts', "import { decide } from '../access/decide.ts';"],
    ],
    keeps: [
      ['src/validation/binding.ts', "import { expand } from '../terminology/expand.ts';"],
      ['src/terminology/expand.ts', ''],
    ],
  },
  'src imports nothing from tests, tools or the bench': {
    breaks: [['src/store/read.ts', "import { start } from '../../test/contract/start.ts';"]],
    keeps: [['src/terminology/load.ts', "import codes from '../../terminology/codes.json' with { type: 'json' };"]],
  },
  'relative imports name the file with .ts or .json': {
    breaks: [['src/store/read.ts', "import { x } from './sql';"]],
    keeps: [['src/store/read.ts', "import { x } from './sql.ts';"]],
  },
  'Hono, the PostgreSQL drivers and oidc-provider stay in their folders': {
    breaks: [
      ['src/interactions/read.ts', "import { Hono } from 'hono';"],
      ['src/interactions/vread.ts', "import type { Context } from 'hono/jsx';"],
      ['src/auth/clients.ts', "import pg from 'pg';"],
      ['src/http/routes.ts', "import { PGlite } from '@electric-sql/pglite';"],
      ['src/http/on-error.ts', "import Provider from 'oidc-provider';"],
    ],
    keeps: [
      ['src/http/serve.ts', "import { serve } from '@hono/node-server';"],
      ['src/store/postgres.ts', "import pg from 'pg';"],
    ],
  },
  'SQL is written only in store': {
    breaks: [
      ['src/auth/clients.ts', "const sql = 'select id from client where id = $1';"],
      ['src/auth/keys.ts', 'const sql = `\n  INSERT INTO client (id)\n  VALUES ($1)`;'],
      ['src/interactions/read.ts', "const sql = 'update resource set body = $1';"],
    ],
    keeps: [
      ['src/store/read.ts', "const sql = 'select id from client';"],
      ['src/core/problem.ts', "const words = 'Update the resource with If-Match. Select another code.';"],
    ],
  },
  'process is touched only in main.ts': {
    breaks: [
      ['src/store/postgres.ts', "const url = process.env['DATABASE_URL'];"],
      ['src/cli/serve.ts', "import { exit } from 'node:process';"],
    ],
    keeps: [['src/main.ts', 'const code = process.exitCode;']],
  },
  'pure folders do no input or output': {
    breaks: [
      ['src/validation/check.ts', "import { readFileSync } from 'node:fs';"],
      ['src/fhir/definitions.ts', "import { connect } from 'node:net';"],
    ],
    keeps: [
      ['src/access/decide.ts', "import { createHash } from 'node:crypto';"],
      ['src/fhir/definitions.ts', "import { readFileSync } from 'node:fs';"],
    ],
  },
  'pure folders take clock and randomness from outside': {
    breaks: [
      ['src/sip/follow-up.ts', 'const today = new Date();'],
      ['src/sip/call-notice.ts', 'const today = Date.now();'],
      ['src/search/cursor.ts', 'const id = Math.random();'],
    ],
    keeps: [
      ['src/sip/follow-up.ts', 'const day = new Date(0);'],
      ['src/core/clock.ts', 'const now = new Date();'],
    ],
  },
  'only access/decide.ts makes a permit': {
    breaks: [
      ['src/interactions/read.ts', "import { grantPermit } from '../access/permit.ts';"],
      ['src/http/routes.ts', "import * as permit from '../access/permit.ts';"],
    ],
    keeps: [
      ['src/access/decide.ts', "import { grantPermit } from './permit.ts';"],
      ['src/store/store.ts', "import type { Permit } from '../access/permit.ts';"],
    ],
  },
  'only auth reads tokens': {
    breaks: [['src/http/authenticate.ts', "import { jwtVerify } from 'jose';"]],
    keeps: [
      ['src/auth/tokens.ts', "import { jwtVerify } from 'jose';"],
      ['src/cli/demo.ts', "import { SignJWT } from 'jose';"],
    ],
  },
  'no type is any': {
    breaks: [['src/fhir/bundle.ts', 'export const entries = (bundle: any[]) => bundle;']],
    keeps: [['src/fhir/bundle.ts', "export const any = 'any';"]],
  },
  'a file opens with one to four lines that say what it is in charge of': {
    breaks: [['src/fhir/bundle.ts', 'unopened']],
    keeps: [['src/fhir/bundle.ts', 'export const x = 1;']],
  },
  'a file has at most 300 lines unless it is one thing repeated': {
    breaks: [['src/fhir/bundle.ts', '\n'.repeat(300)]],
    keeps: [['src/core/problem.ts', '\n'.repeat(300)]],
  },
  'no default exports': {
    breaks: [['src/fhir/bundle.ts', 'export default 3;']],
    keeps: [['src/fhir/bundle.ts', 'export const entry = 3;']],
  },
  'no barrels': {
    breaks: [
      ['src/fhir/all.ts', "export { entry } from './bundle.ts';"],
      ['src/fhir/bundle.ts', "export * from './reference.ts';\nexport const x = 1;"],
    ],
    keeps: [['src/fhir/bundle.ts', 'export const entry = 3;']],
  },
  'names are kebab-case and say something': {
    breaks: [
      ['src/fhir/readBundle.ts', ''],
      ['src/fhir/utils.ts', ''],
      ['src/store/helpers/read.ts', ''],
    ],
    keeps: [
      ['src/fhir/read-bundle.test.ts', ''],
      ['src/store/read.postgres.test.ts', ''],
    ],
  },
};

type Plants = readonly (readonly [path: string, code: string])[];

const plantedFile = ([path, code]: Plants[number]) =>
  code === 'unopened' ? readSource(path, 'export const x = 1;\n') : planted(path, code);

describe('the architecture test sees the sources', () => {
  test('it read the files that every later file stands on', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        'src/access/permit.ts',
        'src/config.ts',
        'src/core/problem.ts',
        'src/search/query.ts',
        'src/store/store.ts',
      ]),
    );
    expect(paths.length).toBeGreaterThan(15);
  });

  test('it found the imports of the store port', () => {
    const store = files.find((file) => file.path === 'src/store/store.ts');
    expect(store?.imports.map((found) => found.specifier)).toContain('../access/permit.ts');
  });

  test('a file that does not parse is an error, not an empty file', () => {
    expect(() => readSource('src/x.ts', 'const = ;')).toThrow('does not parse');
  });
});

describe.each(Object.entries(rules))('%s', (name, rule) => {
  const { breaks, keeps } = plants[name as RuleName];

  test('holds in src', () => {
    expect(rule(files)).toEqual([]);
  });

  test('notices every planted breach', () => {
    const noticed = new Set(rule(breaks.map(plantedFile)).map((violation) => violation.path));
    expect([...noticed].toSorted()).toEqual(breaks.map(([path]) => path).toSorted());
  });

  test('lets the nearest lawful file pass', () => {
    expect(rule(keeps.map(plantedFile))).toEqual([]);
  });
});
