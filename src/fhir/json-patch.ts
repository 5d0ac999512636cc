// JSON Patch. https://www.rfc-editor.org/rfc/rfc6902 · JSON Pointer: https://www.rfc-editor.org/rfc/rfc6901 · https://hl7.org/fhir/R4/http.html#patch
// An operation is refused by its place in the patch: 400 where it is malformed, 422 where it cannot be carried out on this resource.
// A list or object that a removal leaves empty goes too, since FHIR has neither. Refuses pointers to what JavaScript treats specially.
import { problem, type Problem } from '../core/problem.ts';
import {
  copyTree,
  isSameTree,
  isTreeArray,
  isTreeObject,
  measureTree,
  toTree,
  type Tree,
  type TreeArray,
  type TreeObject,
} from './exact-numbers.ts';

type Pointer = readonly string[];

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: Tree }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer };

export interface PatchLimits {
  /** Most operations in one patch. */
  readonly patchOperations: number;
  /** Deepest nesting of the result. */
  readonly jsonDepth: number;
}

/** Most values that the `copy` operations of one patch may add: each could double what is there. */
const mostCopied = 100_000;
const forbiddenTokens: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The operations of a patch document. @throws patch-malformed */
export function parseJsonPatch(
  document: unknown,
  limits: Pick<PatchLimits, 'patchOperations'>,
): readonly JsonPatchOperation[] {
  if (!Array.isArray(document))
    throw problem('patch-malformed', { diagnostics: 'A JSON Patch is an array of operations.' });
  if (document.length > limits.patchOperations) {
    throw problem('patch-malformed', { diagnostics: `A patch takes at most ${limits.patchOperations} operations.` });
  }
  return document.map((item: unknown, at) => parseOperation(item, at));
}

function parseOperation(item: unknown, at: number): JsonPatchOperation {
  const malformed = (diagnostics: string): Problem =>
    problem('patch-malformed', { diagnostics: `Operation ${at}: ${diagnostics}` });
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw malformed('it must be an object.');
  const { op, path, from } = item as Readonly<Record<string, unknown>>;
  const pointer = (name: string, text: unknown): Pointer => {
    const parsed = typeof text === 'string' ? parsePointer(text) : undefined;
    if (parsed === undefined) throw malformed(`${name} must be a JSON Pointer, such as /name/0/family.`);
    return parsed;
  };
  switch (op) {
    case 'add':
    case 'replace':
    case 'test': {
      if (!Object.hasOwn(item, 'value')) throw malformed(`${op} needs a value.`);
      const { value } = toTree(item) as TreeObject;
      return { op, path: pointer('path', path), value: value ?? null };
    }
    case 'remove':
      return { op, path: pointer('path', path) };
    case 'move':
    case 'copy':
      return { op, path: pointer('path', path), from: pointer('from', from) };
    default:
      throw malformed('op must be add, remove, replace, move, copy or test.');
  }
}

/** The unescaped tokens; undefined where the text is no pointer, or names a key that no resource has. */
export function parsePointer(text: string): Pointer | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  const tokens = text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return tokens.some((token) => forbiddenTokens.has(token)) ? undefined : tokens;
}

interface Run {
  root: Tree;
  copied: number;
  readonly emptied: Set<TreeArray | TreeObject>;
  readonly limits: PatchLimits;
  readonly refuse: (diagnostics: string) => Problem;
}

/** The tree after all operations; it is changed in place, so use it only if this returns. @throws patch-failed, patch-test-failed */
export function applyJsonPatch(tree: Tree, operations: readonly JsonPatchOperation[], limits: PatchLimits): Tree {
  const emptied = new Set<TreeArray | TreeObject>();
  let [root, copied] = [tree, 0];
  operations.forEach((operation, at) => {
    const refuse = (diagnostics: string): Problem =>
      problem('patch-failed', { diagnostics: `Operation ${at} (${operation.op}): ${diagnostics}` });
    const run: Run = { root, copied, emptied, limits, refuse };
    if (operation.op === 'test' && !isEqualAt(run, operation)) {
      throw problem('patch-test-failed', {
        diagnostics: `Operation ${at} (test): the value there is another, or there is none.`,
      });
    }
    if (operation.op !== 'test') applyOperation(run, operation);
    [root, copied] = [run.root, run.copied];
  });
  return prune(root, emptied) ?? root;
}

function isEqualAt(run: Run, { path, value }: { readonly path: Pointer; readonly value: Tree }): boolean {
  const found = find(run.root, path);
  return found !== undefined && isSameTree(found, value);
}

function applyOperation(run: Run, operation: Exclude<JsonPatchOperation, { op: 'test' }>): void {
  const { path } = operation;
  if (operation.op === 'remove') {
    remove(run, path);
    return;
  }
  if ('value' in operation) {
    if (operation.op === 'replace') requireFound(run, path);
    insert(run, path, { value: operation.value, isReplacing: operation.op === 'replace' });
    return;
  }
  const { from } = operation;
  const source = requireFound(run, from);
  if (operation.op === 'copy') {
    run.copied += measureTree(source).values;
    if (run.copied > mostCopied) throw run.refuse('the patch copies more than the hub accepts.');
    insert(run, path, { value: copyTree(source), isReplacing: false });
    return;
  }
  if (isSamePointer(path, from)) return;
  if (from.length < path.length && from.every((token, at) => token === path[at])) {
    throw run.refuse('a value cannot be moved into itself.');
  }
  remove(run, from);
  insert(run, path, { value: source, isReplacing: false });
}

function isSamePointer(one: Pointer, other: Pointer): boolean {
  return one.length === other.length && one.every((token, at) => token === other[at]);
}

function find(root: Tree, pointer: Pointer): Tree | undefined {
  let found: Tree | undefined = root;
  for (const token of pointer) {
    if (isTreeArray(found)) found = isIndex(token) ? found[Number(token)] : undefined;
    else if (isTreeObject(found)) found = Object.hasOwn(found, token) ? found[token] : undefined;
    else return undefined;
  }
  return found;
}

function requireFound(run: Run, pointer: Pointer): Tree {
  const found = find(run.root, pointer);
  if (found === undefined) throw run.refuse(`there is nothing at ${print(pointer)}.`);
  return found;
}

function isIndex(token: string): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(token);
}

function remove(run: Run, pointer: Pointer): void {
  requireFound(run, pointer);
  const key = pointer.at(-1);
  if (key === undefined) throw run.refuse('the whole resource cannot be removed.');
  const holder = find(run.root, pointer.slice(0, -1));
  if (isTreeArray(holder)) holder.splice(Number(key), 1);
  else if (isTreeObject(holder)) delete holder[key];
  if ((isTreeArray(holder) && holder.length === 0) || (isTreeObject(holder) && Object.keys(holder).length === 0))
    run.emptied.add(holder);
}

function insert(
  run: Run,
  pointer: Pointer,
  { value, isReplacing }: { readonly value: Tree; readonly isReplacing: boolean },
): void {
  if (pointer.length + measureTree(value).depth > run.limits.jsonDepth) {
    throw run.refuse(`the result would be nested deeper than ${run.limits.jsonDepth} levels.`);
  }
  const key = pointer.at(-1);
  if (key === undefined) {
    run.root = value;
    return;
  }
  const holder = find(run.root, pointer.slice(0, -1));
  if (isTreeObject(holder)) {
    holder[key] = value;
  } else if (isTreeArray(holder)) {
    const at = key === '-' ? holder.length : isIndex(key) ? Number(key) : Number.NaN;
    if (!(at <= holder.length))
      throw run.refuse(
        `the list at ${print(pointer.slice(0, -1))} has ${holder.length} items; name a place among them, or - for its end.`,
      );
    holder.splice(at, isReplacing ? 1 : 0, value);
  } else {
    throw run.refuse(`there is nothing at ${print(pointer.slice(0, -1))} to put a value into.`);
  }
}

/** Takes out what removals have left empty, and what that leaves empty in turn; undefined where nothing is left. */
function prune(tree: Tree, emptied: ReadonlySet<TreeArray | TreeObject>): Tree | undefined {
  if (emptied.size === 0) return tree;
  if (isTreeArray(tree)) {
    const before = tree.length;
    const kept = tree.filter((item) => prune(item, emptied) !== undefined);
    tree.splice(0, before, ...kept);
    return tree.length === 0 && (emptied.has(tree) || before > 0) ? undefined : tree;
  }
  if (!isTreeObject(tree)) return tree;
  const before = Object.keys(tree).length;
  for (const [key, member] of Object.entries(tree)) if (prune(member, emptied) === undefined) delete tree[key];
  return Object.keys(tree).length === 0 && (emptied.has(tree) || before > 0) ? undefined : tree;
}

/** The pointer as written, unless it holds what could be a personal number. */
function print(pointer: Pointer): string {
  const text = pointer.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (text === '') return 'the root';
  return text.length > 200 || /\d{6}/.test(text) ? 'the place it names' : text;
}
