// The operations of a FHIRPath Patch, read from its Parameters resource. https://hl7.org/fhir/R4/fhirpatch.html
// An operation that is malformed is refused by its place in the patch (400).
import { problem, type Problem } from '../core/problem.ts';
import { toTree, type Tree, type TreeObject } from './exact-numbers.ts';
import type { PatchLimits } from './json-patch.ts';
import { parsePatchPath, PatchPathError, type PatchPath } from './patch-path.ts';

export type FhirPathPatchOperation =
  | { readonly type: 'add'; readonly path: PatchPath; readonly name: string; readonly value: PartValue }
  | { readonly type: 'insert'; readonly path: PatchPath; readonly index: number; readonly value: PartValue }
  | { readonly type: 'replace'; readonly path: PatchPath; readonly value: PartValue }
  | { readonly type: 'delete'; readonly path: PatchPath }
  | { readonly type: 'move'; readonly path: PatchPath; readonly source: number; readonly destination: number };

/** A value as the patch gives it: of a data type, or an inner element made of parts named as its elements. */
export type PartValue =
  | {
      readonly kind: 'typed';
      readonly suffix: string;
      readonly value: Tree | undefined;
      readonly beside: Tree | undefined;
    }
  | { readonly kind: 'resource'; readonly value: Tree }
  | { readonly kind: 'parts'; readonly parts: readonly { readonly name: string; readonly value: PartValue }[] };

type Json = Readonly<Record<string, unknown>>;

/** The operations of a Parameters resource. @throws patch-malformed */
export function parseFhirPathPatch(
  parameters: unknown,
  limits: Pick<PatchLimits, 'patchOperations'>,
): readonly FhirPathPatchOperation[] {
  const list =
    isObject(parameters) && parameters['resourceType'] === 'Parameters' ? (parameters['parameter'] ?? []) : undefined;
  if (!Array.isArray(list)) {
    throw problem('patch-malformed', {
      diagnostics: 'A FHIRPath Patch is a Parameters resource with parameters named operation.',
    });
  }
  if (list.length > limits.patchOperations) {
    throw problem('patch-malformed', { diagnostics: `A patch takes at most ${limits.patchOperations} operations.` });
  }
  return list.map((item: unknown, at) => parseOperation(item, at));
}

function parseOperation(item: unknown, at: number): FhirPathPatchOperation {
  const expression = `Parameters.parameter[${at}]`;
  const malformed = (diagnostics: string): Problem =>
    problem('patch-malformed', { expression, diagnostics: `Operation ${at}: ${diagnostics}` });
  if (!isObject(item) || item['name'] !== 'operation' || !Array.isArray(item['part'])) {
    throw malformed('it must be a parameter named operation, with parts.');
  }
  const parts = new Map<string, Json>();
  for (const part of item['part'] as readonly unknown[]) {
    if (!isObject(part) || typeof part['name'] !== 'string') throw malformed('each part needs a name.');
    if (parts.has(part['name'])) throw malformed('a part is there twice.');
    parts.set(part['name'], part);
  }
  const text = (name: string, keys: readonly string[]): string => {
    const value = keys.map((key) => parts.get(name)?.[key]).find((found) => found !== undefined);
    if (typeof value !== 'string') throw malformed(`it needs the part ${name} (${keys.join(' or ')}).`);
    return value;
  };
  const whole = (name: string): number => {
    const value = parts.get(name)?.['valueInteger'];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw malformed(`it needs the part ${name} (valueInteger, from 0).`);
    return value;
  };
  const value = (): PartValue => {
    const part = parts.get('value');
    const parsed = part === undefined ? undefined : parsePart(part);
    if (parsed === undefined)
      throw malformed('it needs the part value, with one value[x], or parts for an inner element.');
    return parsed;
  };
  const type = text('type', ['valueCode', 'valueString']);
  let path: PatchPath;
  try {
    path = parsePatchPath(text('path', ['valueString']));
  } catch (cause) {
    if (cause instanceof PatchPathError) throw malformed(cause.message);
    throw cause;
  }
  switch (type) {
    case 'add':
      return { type, path, name: text('name', ['valueString']), value: value() };
    case 'insert':
      return { type, path, index: whole('index'), value: value() };
    case 'replace':
      return { type, path, value: value() };
    case 'delete':
      return { type, path };
    case 'move':
      return { type, path, source: whole('source'), destination: whole('destination') };
    default:
      throw malformed('type must be add, insert, delete, replace or move.');
  }
}

function parsePart(part: Json): PartValue | undefined {
  const tree = toTree(part) as TreeObject;
  const keys = Object.keys(part).filter((key) => /^_?value[A-Z]/.test(key));
  const suffixes = new Set(keys.map((key) => key.replace(/^_?value/, '')));
  const [suffix] = suffixes;
  if (suffix !== undefined) {
    if (suffixes.size > 1) return undefined;
    return { kind: 'typed', suffix, value: tree[`value${suffix}`], beside: tree[`_value${suffix}`] };
  }
  const { resource, part: inner } = part;
  if (isObject(resource)) return { kind: 'resource', value: tree['resource'] ?? null };
  if (!Array.isArray(inner) || inner.length === 0) return undefined;
  const parts = (inner as readonly unknown[]).map((item) => {
    const value = isObject(item) ? parsePart(item) : undefined;
    return isObject(item) && typeof item['name'] === 'string' && value !== undefined
      ? { name: item['name'], value }
      : undefined;
  });
  return parts.includes(undefined) ? undefined : { kind: 'parts', parts: parts.filter((found) => found !== undefined) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
