// The architecture as rules: each takes all source files and gives what breaks it. docs/architecture.md explains them.
// Pure: the test hands in the files of src/, or planted ones that prove that a rule can fail.
import { posix } from 'node:path';
import type { Import, SourceFile } from './source-file.ts';

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly words: string;
}

export type Rule = (files: readonly SourceFile[]) => readonly Violation[];

/** From left to right; a folder imports only what stands to its left, or beside it in the same row. */
const layers: readonly (readonly string[])[] = [
  ['core', 'config.ts'],
  ['fhir'],
  ['access', 'search', 'validation', 'terminology', 'sip', 'audit'],
  ['store'],
  ['auth'],
  ['interactions', 'operations', 'subscriptions', 'statistics', 'connectors'],
  ['http', 'portal'],
  ['app.ts'],
  ['cli'],
  ['main.ts'],
];

/** Folders without I/O, clock or randomness of their own: everything comes in from outside. */
const pureFolders = new Set(['fhir', 'access', 'search', 'validation', 'terminology', 'sip', 'audit']);
const ioModule =
  /^(node:)?(fs|fs\/promises|net|tls|dgram|http|http2|https|child_process|worker_threads|cluster|os|process)$/;

/** Read the FHIR definitions, profiles and codes from disk, once at start: data in the form of files, not input. */
const dataReaders: ReadonlySet<string> = new Set([
  'src/fhir/definition-bundle.ts',
  'src/fhir/definitions.ts',
  'src/fhir/packages.ts',
]);

/** Foreign packages that belong to certain folders. */
const homes: readonly { readonly specifier: RegExp; readonly folders: readonly string[] }[] = [
  { specifier: /^(hono|@hono\/.+)(\/|$)/, folders: ['http', 'portal'] },
  { specifier: /^(pg|pg-.+|@electric-sql\/.+)(\/|$)/, folders: ['store'] },
  { specifier: /^oidc-provider(\/|$)/, folders: ['auth'] },
];

/** Functions of `jose` that read a token or an assertion. */
const tokenReaders =
  /^(jwtVerify|jwtDecrypt|decodeJwt|decodeProtectedHeader|compactVerify|flattenedVerify|generalVerify|\*)$/;

const sqlStart =
  /^\s*(select\s.*\sfrom\b|select\s+(pg_|set_config|1\b|count\()|insert\s+into\b|update\s+\w+\s+set\b|delete\s+from\s+\w+(\s+where\b|\s*$)|with\s+(recursive\s+)?\w+(\s*\([^)]*\))?\s+as\s*(materialized\s*)?\(|(create|alter|drop|truncate)\s+(table|(unique\s+)?index|role|policy|schema|function|type)\b|begin\s*;?\s*$|commit\s*;?\s*$|rollback\s*;?\s*$)/is;

const longestFile = 300;

/** Long because they are one thing repeated. */
const longFiles: ReadonlyMap<string, string> = new Map([
  ['src/core/problem.ts', 'the closed table of errors: one row per code'],
]);

const vagueName = /^(utils?|helpers?|common|managers?|misc|shared|index)$/;

const isTest = (file: SourceFile): boolean => file.path.endsWith('.test.ts');

/** The folder (or file) under src/ that the path belongs to. */
const areaOf = (path: string): string => path.split('/')[1] ?? '';

const rankOf = (area: string): number => layers.findIndex((layer) => layer.includes(area));

const targetOf = (file: SourceFile, { specifier }: Import): string | undefined =>
  specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file.path), specifier)) : undefined;

const sources = (files: readonly SourceFile[]): readonly SourceFile[] => files.filter((file) => !isTest(file));

function everyImport(
  files: readonly SourceFile[],
  judge: (file: SourceFile, found: Import) => string | undefined,
): readonly Violation[] {
  return files.flatMap((file) =>
    file.imports.flatMap((found) => {
      const words = judge(file, found);
      return words === undefined ? [] : [{ path: file.path, line: found.line, words }];
    }),
  );
}

/** All rules by name. The names are the sentences the test prints. */
export const rules = {
  'every file has a place in the layers': (files) =>
    files
      .filter((file) => rankOf(areaOf(file.path)) === -1)
      .map(({ path }) => ({ path, line: 1, words: `${areaOf(path)} is not in the list of layers` })),

  'a file imports only what stands to its left': (files) =>
    everyImport(sources(files), (file, found) => {
      const target = targetOf(file, found);
      if (target === undefined) return undefined;
      if (!target.startsWith('src/')) return undefined;
      const [from, to] = [areaOf(file.path), areaOf(target)];
      return rankOf(to) > rankOf(from) ? `${from} may not import ${to}` : undefined;
    }),

  'folders of one layer do not import each other in a circle': (files) => findFolderCircles(sources(files)),

  'src imports nothing from tests, tools or the bench': (files) =>
    everyImport(sources(files), (file, found) => {
      const target = targetOf(file, found);
      if (target === undefined || target.endsWith('.json')) return undefined;
      return target.startsWith('src/') && !target.endsWith('.test.ts') ? undefined : `${target} is outside src`;
    }),

  'relative imports name the file with .ts or .json': (files) =>
    everyImport(files, (_file, { specifier }) =>
      specifier.startsWith('.') && !/\.(ts|json)$/.test(specifier) ? `${specifier} has no file ending` : undefined,
    ),

  'Hono, the PostgreSQL drivers and oidc-provider stay in their folders': (files) =>
    everyImport(sources(files), (file, { specifier }) => {
      const home = homes.find((candidate) => candidate.specifier.test(specifier));
      if (home === undefined || home.folders.includes(areaOf(file.path))) return undefined;
      return `${specifier} may be imported only in ${home.folders.join(' and ')}`;
    }),

  'SQL is written only in store': (files) =>
    sources(files)
      .filter((file) => areaOf(file.path) !== 'store')
      .flatMap(({ path, strings }) =>
        strings
          .filter(({ text }) => sqlStart.test(text))
          .map(({ line, text }) => ({ path, line, words: `SQL: ${text.trim().slice(0, 40)}` })),
      ),

  'process is touched only in main.ts': (files) =>
    sources(files)
      .filter((file) => file.path !== 'src/main.ts')
      .flatMap(({ path, ambient, imports }) => [
        ...ambient
          .filter(({ text }) => text.startsWith('process.'))
          .map(({ line, text }) => ({ path, line, words: text })),
        ...imports
          .filter(({ specifier }) => /^(node:)?process$/.test(specifier))
          .map(({ line }) => ({ path, line, words: 'import of node:process' })),
      ]),

  'pure folders do no input or output': (files) =>
    everyImport(
      sources(files).filter((file) => pureFolders.has(areaOf(file.path))),
      (file, { specifier }) => {
        if (specifier === 'node:fs' && dataReaders.has(file.path)) return undefined;
        return ioModule.test(specifier) ? `${specifier} in a pure folder` : undefined;
      },
    ),

  'pure folders take clock and randomness from outside': (files) =>
    sources(files)
      .filter((file) => pureFolders.has(areaOf(file.path)))
      .flatMap(({ path, ambient }) => ambient.map(({ line, text }) => ({ path, line, words: text }))),

  'only access/decide.ts makes a permit': (files) =>
    everyImport(sources(files), (file, found) =>
      targetOf(file, found) === 'src/access/permit.ts' &&
      found.names.some((name) => name === 'grantPermit' || name === '*') &&
      file.path !== 'src/access/decide.ts'
        ? 'grantPermit outside access/decide.ts'
        : undefined,
    ),

  'only auth reads tokens': (files) =>
    everyImport(sources(files), (file, { specifier, names }) =>
      /^jose(\/|$)/.test(specifier) && names.some((name) => tokenReaders.test(name)) && areaOf(file.path) !== 'auth'
        ? `${names.filter((name) => tokenReaders.test(name)).join(', ')} outside auth`
        : undefined,
    ),

  'no type is any': (files) =>
    files.flatMap(({ path, anyTypes }) => anyTypes.map(({ line }) => ({ path, line, words: 'any' }))),

  'a file opens with one to four lines that say what it is in charge of': (files) =>
    sources(files)
      .filter(({ openingComment }) => openingComment.length < 1 || openingComment.length > 4)
      .map(({ path, openingComment }) => ({ path, line: 1, words: `${openingComment.length} opening lines` })),

  'a file has at most 300 lines unless it is one thing repeated': (files) =>
    sources(files)
      .filter(({ path, lineCount }) => lineCount > longestFile && !longFiles.has(path))
      .map(({ path, lineCount }) => ({ path, line: longestFile, words: `${lineCount} lines` })),

  'no default exports': (files) =>
    files
      .filter(({ exportedNames }) => exportedNames.includes('default'))
      .map(({ path }) => ({ path, line: 1, words: 'default export' })),

  'no barrels': (files) =>
    files
      .filter(({ onlyReExports, exportedNames }) => onlyReExports || exportedNames.includes('*'))
      .map(({ path }) => ({ path, line: 1, words: 'passes on what other files export' })),

  'names are kebab-case and say something': (files) =>
    files.flatMap(({ path }) =>
      path
        .split('/')
        .slice(1)
        .map((part) => part.replace(/(\.[a-z]+)?\.test\.ts$|\.ts$/, ''))
        .filter((part) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part) || vagueName.test(part))
        .map((part) => ({ path, line: 1, words: `the name ${part}` })),
    ),
} as const satisfies Readonly<Record<string, Rule>>;

function findFolderCircles(files: readonly SourceFile[]): readonly Violation[] {
  const edges = new Map<string, Map<string, Violation>>();
  for (const file of files) {
    for (const found of file.imports) {
      const target = targetOf(file, found);
      const [from, to] = [areaOf(file.path), areaOf(target ?? '')];
      if (target === undefined || to === '' || from === to) continue;
      const row = edges.get(from) ?? new Map<string, Violation>();
      row.set(to, { path: file.path, line: found.line, words: `${from} imports ${to}, which leads back to ${from}` });
      edges.set(from, row);
    }
  }
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean => {
    if (from === goal) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(edges.get(from)?.keys() ?? [])].some((next) => reaches(next, goal, seen));
  };
  return [...edges].flatMap(([from, row]) => [...row].flatMap(([to, words]) => (reaches(to, from) ? [words] : [])));
}
