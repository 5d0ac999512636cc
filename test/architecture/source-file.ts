// Reads one TypeScript file into what the architecture rules ask about: imports, exports and telling places.
// Uses a real parser (https://oxc.rs). Refuses a file that does not parse: an unread file would pass every rule.
import { parseSync, Visitor } from 'oxc-parser';

export interface Import {
  /** As written: `../core/problem.ts`, `node:fs`, `hono`. */
  readonly specifier: string;
  /** The imported names; `*` for a namespace or a whole re-export, `default` for a default import. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface Place {
  readonly line: number;
  readonly text: string;
}

export interface SourceFile {
  /** From the root of the repository: `src/core/problem.ts`. */
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  readonly exportedNames: readonly string[];
  /** True where every export only passes on another file's. */
  readonly onlyReExports: boolean;
  /** The `//` lines the file opens with (after a `#!` line). */
  readonly openingComment: readonly string[];
  readonly anyTypes: readonly Place[];
  readonly strings: readonly Place[];
  /** Global things a file reaches for: `process.env`, `Date.now`, `new Date()`, `Math.random`, `fetch`. */
  readonly ambient: readonly Place[];
}

const ambientMembers = new Set(['Date.now', 'Math.random', 'crypto.randomUUID', 'performance.now']);

/** What the rules need to know of a file. @throws Error where the text does not parse */
export function readSource(path: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`);
  const lineOf = lineFinder(text);

  const anyTypes: Place[] = [];
  const strings: Place[] = [];
  const ambient: Place[] = [];
  const note = (list: Place[], offset: number, words: string): void => {
    list.push({ line: lineOf(offset), text: words });
  };
  new Visitor({
    TSAnyKeyword: (node) => note(anyTypes, node.start, 'any'),
    Literal: (node) => {
      if (typeof node.value === 'string') note(strings, node.start, node.value);
    },
    TemplateElement: (node) => note(strings, node.start, node.value.raw),
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier') return;
      const member = node.property.type === 'Identifier' ? node.property.name : '[…]';
      const name = `${node.object.name}.${member}`;
      if (node.object.name === 'process' || ambientMembers.has(name)) note(ambient, node.start, name);
    },
    NewExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0) {
        note(ambient, node.start, 'new Date()');
      }
    },
  }).visit(program);

  const imports: Import[] = [
    ...module.staticImports.map((found) => ({
      specifier: found.moduleRequest.value,
      names: found.entries.map((entry) => nameOf(entry.importName.kind, entry.importName.name)),
      line: lineOf(found.start),
    })),
    ...module.dynamicImports.map((found) => ({
      specifier: text.slice(found.moduleRequest.start + 1, found.moduleRequest.end - 1),
      names: ['*'],
      line: lineOf(found.start),
    })),
  ];
  const exportEntries = module.staticExports.flatMap((found) => found.entries);
  for (const entry of exportEntries) {
    if (entry.moduleRequest === null) continue;
    imports.push({
      specifier: entry.moduleRequest.value,
      names: [entry.importName.name ?? '*'],
      line: lineOf(entry.start),
    });
  }

  return {
    path,
    lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports,
    exportedNames: exportEntries.map((entry) => nameOf(entry.exportName.kind, entry.exportName.name)),
    onlyReExports: exportEntries.length > 0 && exportEntries.every((entry) => entry.moduleRequest !== null),
    openingComment: openingLines(text, comments),
    anyTypes,
    strings,
    ambient,
  };
}

const nameOf = (kind: string, name: string | null): string => (kind === 'Default' ? 'default' : (name ?? '*'));

function openingLines(text: string, comments: readonly { readonly type: string; readonly value: string }[]): string[] {
  const lines = text.split('\n');
  const first = lines[0]?.startsWith('#!') === true ? 1 : 0;
  const lineComments = new Set(comments.filter(({ type }) => type === 'Line').map(({ value }) => value.trim()));
  const end = lines.findIndex((line, at) => at >= first && !line.startsWith('//'));
  return lines
    .slice(first, end === -1 ? lines.length : end)
    .map((line) => line.slice(2).trim())
    .filter((line) => lineComments.has(line));
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const after = starts.findIndex((start) => start > offset);
    return after === -1 ? starts.length : after;
  };
}
