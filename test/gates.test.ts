// Proves that each gate of `npm run check` can fail: the tool runs with the repository's own configuration on a planted file.
// Every gate must also pass the same folder without the plant, so that a tool that always fails proves nothing.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

interface Gate {
  readonly command: readonly [tool: string, ...args: string[]];
  /** File to text: what a clean folder holds besides package.json and the configurations. */
  readonly clean: Readonly<Record<string, string>>;
  /** Added or replaced, one at a time; each must make the gate fail with the words. */
  readonly plants: readonly {
    readonly what: string;
    readonly files: Readonly<Record<string, string>>;
    readonly words: RegExp;
  }[];
}

const clean = {
  'src/main.ts': "// The edge.\nimport { answer } from './answer.ts';\n\nexport const shown = String(answer);\n",
};
const cleanAnswer = { ...clean, 'src/answer.ts': '// The answer.\nexport const answer = 42;\n' };
const plantAnswer = (code: string) => ({ 'src/answer.ts': `// The answer.\nexport const answer = 42;\n${code}\n` });

const gates: Readonly<Record<string, Gate>> = {
  format: {
    command: ['oxfmt', '--check'],
    clean: cleanAnswer,
    plants: [
      { what: 'double quotes', files: plantAnswer('export const words = "words";'), words: /answer\.ts/ },
      { what: 'lost indentation', files: plantAnswer('export const f = () => {\nreturn 1;\n};'), words: /answer\.ts/ },
    ],
  },
  lint: {
    command: ['oxlint'],
    clean: cleanAnswer,
    plants: [
      { what: 'any', files: plantAnswer('export const f = (x: any) => x as string;'), words: /no-explicit-any/ },
      {
        what: 'a promise nobody waits for',
        files: plantAnswer('export const f = (): void => {\n  Promise.resolve(1);\n};'),
        words: /no-floating-promises/,
      },
      { what: 'an unused variable', files: plantAnswer('const unused = 1;'), words: /no-unused-vars/ },
      { what: 'a default export', files: plantAnswer('export default answer;'), words: /no-default-export/ },
      {
        what: 'a type imported as a value',
        files: {
          ...plantAnswer("import { Shape } from './shape.ts';\nexport const shape: Shape = { x: answer };"),
          'src/shape.ts': '// A shape.\nexport interface Shape {\n  readonly x: number;\n}\n',
        },
        words: /consistent-type-imports/,
      },
      {
        what: 'a non-null assertion',
        files: plantAnswer('export const f = (x?: string) => x!.length;'),
        words: /no-non-null-assertion/,
      },
      {
        what: 'a file name in camel case',
        files: { 'src/theAnswer.ts': '// The answer.\nexport const x = 1;\n' },
        words: /filename-case/,
      },
      { what: 'console', files: plantAnswer("console.log('hello');"), words: /no-console/ },
      {
        what: 'a switch that leaves out a case',
        files: plantAnswer(
          "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}",
        ),
        words: /switch-exhaustiveness-check/,
      },
      {
        what: 'a test that runs alone',
        files: { 'src/answer.test.ts': "import { test } from 'vitest';\n\ntest.only('it is', () => {});\n" },
        words: /no-focused-tests/,
      },
    ],
  },
  types: {
    command: ['tsc'],
    clean: cleanAnswer,
    plants: [
      { what: 'a wrong type', files: plantAnswer("export const n: number = 'one';"), words: /TS2322/ },
      { what: 'an unchecked index', files: plantAnswer('export const n: number = [1][answer];'), words: /TS2322/ },
      { what: 'an enum', files: plantAnswer('export enum Colour {\n  Red,\n}'), words: /TS1294/ },
    ],
  },
  'unused code': {
    command: ['knip', '--no-config-hints', '--include', 'files,exports,types,dependencies,unlisted,unresolved'],
    clean: cleanAnswer,
    plants: [
      { what: 'an export nobody imports', files: plantAnswer('export const lonely = 1;'), words: /lonely/ },
      {
        what: 'a file nobody imports',
        files: { 'src/lonely.ts': '// Alone.\nexport const x = 1;\n' },
        words: /lonely\.ts/,
      },
      { what: 'a package that is not in package.json', files: plantAnswer("import 'koa';"), words: /koa/ },
    ],
  },
};

const configurations = ['.oxfmtrc.json', '.oxlintrc.json', 'tsconfig.json', 'knip.json'];

function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

let work = '';

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'sip-hub-gates-'));
});

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

/** Runs the gate's tool in a folder of its own that holds the clean files and the plant. */
function run(
  gate: Gate,
  name: string,
  plant: Readonly<Record<string, string>>,
): { status: number | null; output: string } {
  const folder = join(work, name);
  mkdirSync(folder);
  for (const file of configurations) cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeAll(folder, {
    'package.json': '{ "name": "planted", "private": true, "type": "module" }\n',
    ...gate.clean,
    ...plant,
  });
  const [tool, ...args] = gate.command;
  const result = spawnSync(bin(tool), args, { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}

describe.each(Object.entries(gates))('the gate %s', (name, gate) => {
  const slug = name.replaceAll(' ', '-');

  test('passes a clean folder', () => {
    const { status, output } = run(gate, `${slug}-clean`, {});
    expect(status, output).toBe(0);
  });

  test.each(gate.plants)('fails on $what', ({ what, files, words }) => {
    const { status, output } = run(gate, `${slug}-${what.replaceAll(' ', '-')}`, files);
    expect(output).toMatch(words);
    expect(status).not.toBe(0);
  });
});

describe('the gate generated pages', () => {
  const check = (folder: string) =>
    spawnSync(process.execPath, [join(root, 'docs', 'generate.ts'), '--check', folder], { encoding: 'utf8' });

  test('passes the committed pages', () => {
    const { status, stderr } = check(join(root, 'docs', 'reference'));
    expect(status, stderr).toBe(0);
  });

  test.each(['settings.md', 'errors.md'])('fails when %s differs by one word', (page) => {
    const folder = join(work, `reference-${page}`);
    cpSync(join(root, 'docs', 'reference'), folder, { recursive: true });
    writeFileSync(
      join(folder, page),
      readFileSync(join(folder, page), 'utf8').replace('The table is', 'The table was'),
    );
    const { status, stderr } = check(folder);
    expect(stderr).toContain(page);
    expect(status).toBe(1);
  });

  test('fails when a page is missing', () => {
    const folder = join(work, 'reference-empty');
    mkdirSync(folder);
    expect(check(folder).status).toBe(1);
  });
});

describe('the counter of tests', () => {
  const count = (ending: string, report: unknown) => {
    const path = join(work, 'report.json');
    writeFileSync(path, JSON.stringify(report));
    return spawnSync(process.execPath, [join(root, '.ci', 'count-tests.ts'), ending, path], { encoding: 'utf8' });
  };
  const file = (name: string, status: string, ...statuses: readonly string[]) => ({
    name,
    status,
    assertionResults: statuses.map((each) => ({ status: each })),
  });

  test('counts passed, failed and skipped tests, and a file that broke as failed', () => {
    const testResults = [file('/a.test.ts', 'failed', 'passed', 'failed', 'skipped'), file('/b.test.ts', 'failed')];
    expect(count('', { testResults }).stdout).toBe('1 2 1\n');
  });

  test('counts only the files of one database', () => {
    const testResults = [
      file('/store.pglite.test.ts', 'passed', 'passed', 'passed'),
      file('/store.postgres.test.ts', 'passed', 'passed'),
    ];
    expect(count('.postgres.test.ts', { testResults }).stdout).toBe('1 0 0\n');
  });

  test.each([[{ testResults: [] }], [{}], ['nonsense']])('fails on the report %j', (report) => {
    expect(count('', report).status).not.toBe(0);
  });
});
