// The entries of a transaction or batch, read from the Bundle. https://hl7.org/fhir/R4/bundle.html#transaction
// Refuses a Bundle that is no transaction or batch, has too many entries, or an entry without a usable request.
import { type Finding, Problem, problem, throwIfErrors } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { requireResource } from './accept-resource.ts';
import { parseTarget, type Target } from './target.ts';

export interface BundleEntry {
  readonly at: number;
  /** `Bundle.entry[3]` */
  readonly path: string;
  readonly fullUrl: string | undefined;
  readonly resource: FhirResource | undefined;
  readonly target: Target;
  /** GET or HEAD. */
  readonly isRead: boolean;
  readonly isHead: boolean;
  readonly parameters: URLSearchParams;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifNoneExist: string | undefined;
}

/** In a batch, an entry that cannot be understood is refused by itself and stands here as its problem. */
export type ParsedBundle =
  | { readonly type: 'transaction'; readonly entries: readonly BundleEntry[] }
  | { readonly type: 'batch'; readonly entries: readonly (BundleEntry | Problem)[] };

const entryKeys = new Set(['id', 'fullUrl', 'resource', 'request', 'link', 'search', 'response', 'extension']);
const requestKeys = new Set([
  'id',
  'method',
  'url',
  'ifNoneMatch',
  'ifModifiedSince',
  'ifMatch',
  'ifNoneExist',
  'extension',
]);
const bundleKeys = new Set([
  'resourceType',
  'id',
  'meta',
  'implicitRules',
  'language',
  'identifier',
  'type',
  'timestamp',
  'total',
  'link',
  'entry',
  'signature',
]);

/** @throws resource-type-mismatch, bundle-type, bundle-too-large, bundle-entry, bundle-duplicate-target, unknown-element, endpoint-unknown, method-not-allowed */
export function parseBundle(bundle: FhirResource, limits: { readonly bundleEntries: number }): ParsedBundle {
  if (bundle.resourceType !== 'Bundle') {
    throw problem('resource-type-mismatch', {
      expression: 'resourceType',
      diagnostics: 'The base address takes a Bundle.',
    });
  }
  const { type, entry = [] } = bundle;
  if (type !== 'transaction' && type !== 'batch') throw problem('bundle-type', { expression: 'Bundle.type' });
  throwIfErrors(unknownKeys(bundle, bundleKeys, 'Bundle'));
  if (!Array.isArray(entry))
    throw problem('wrong-type', { expression: 'Bundle.entry', diagnostics: 'Send an array of entries.' });
  if (entry.length > limits.bundleEntries) {
    throw problem('bundle-too-large', {
      expression: 'Bundle.entry',
      diagnostics: `At most ${limits.bundleEntries} entries are accepted.`,
    });
  }
  if (type === 'batch') return { type, entries: entry.map(parseOrRefuse) };
  const entries = entry.map(parseEntry);
  throwIfErrors(findDuplicates(entries));
  return { type, entries };
}

function parseOrRefuse(value: unknown, at: number): BundleEntry | Problem {
  try {
    return parseEntry(value, at);
  } catch (cause) {
    if (cause instanceof Problem) return cause;
    throw cause;
  }
}

function parseEntry(value: unknown, at: number): BundleEntry {
  const path = `Bundle.entry[${at}]`;
  const entry = requireObject(value, path);
  const request = requireObject(entry['request'], `${path}.request`);
  throwIfErrors([...unknownKeys(entry, entryKeys, path), ...unknownKeys(request, requestKeys, `${path}.request`)]);
  const method = requireText(request, 'method', path);
  const url = requireText(request, 'url', path);
  const [address = '', ...query] = url.split('?');
  const target = findTarget(method, address, path);
  const needsBody = target.kind === 'create' || target.kind === 'update' || target.kind === 'patch';
  if (needsBody && entry['resource'] === undefined) {
    throw problem('bundle-entry', { expression: `${path}.resource`, diagnostics: `${method} needs a resource.` });
  }
  const isRead = method === 'GET' || method === 'HEAD';
  const hasBody = needsBody || (target.kind === 'operation' && !isRead && entry['resource'] !== undefined);
  return {
    at,
    path,
    fullUrl: optionalText(entry, 'fullUrl', path),
    resource: hasBody ? requireResource(entry['resource'], `${path}.resource`) : undefined,
    target,
    isRead,
    isHead: method === 'HEAD',
    parameters: new URLSearchParams(query.join('?')),
    ifMatch: optionalText(request, 'ifMatch', `${path}.request`),
    ifNoneMatch: optionalText(request, 'ifNoneMatch', `${path}.request`),
    ifModifiedSince: optionalText(request, 'ifModifiedSince', `${path}.request`),
    ifNoneExist: optionalText(request, 'ifNoneExist', `${path}.request`),
  };
}

function findTarget(method: string, address: string, path: string): Target {
  let target: Target;
  try {
    target = parseTarget(method, address);
  } catch (cause) {
    const diagnostics = 'Send a method and an address relative to the base, such as POST CarePlan or PUT CarePlan/id.';
    throw problem('bundle-entry', { expression: `${path}.request`, diagnostics, cause });
  }
  if (target.kind === 'bundle') {
    throw problem('bundle-entry', {
      expression: `${path}.request.url`,
      diagnostics: 'An entry cannot hold another Bundle.',
    });
  }
  if (target.kind === 'operation' && target.name.startsWith('$export')) {
    throw problem('bundle-entry', {
      expression: `${path}.request.url`,
      diagnostics: 'Bulk export is asynchronous: ask for it in a request of its own.',
    });
  }
  return target;
}

function findDuplicates(entries: readonly BundleEntry[]): readonly Finding[] {
  const seen = new Set<string>();
  return entries.flatMap((entry): Finding[] => {
    const { target } = entry;
    const isChange = target.kind === 'update' || target.kind === 'patch' || target.kind === 'delete';
    const changed = isChange && target.id !== undefined ? `${target.type}/${target.id}` : undefined;
    const keys = [entry.fullUrl, changed].filter((key) => key !== undefined);
    const isRepeated = keys.some((key) => seen.has(key));
    for (const key of keys) seen.add(key);
    return isRepeated ? [{ code: 'bundle-duplicate-target', severity: 'error', expression: entry.path }] : [];
  });
}

function requireObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (value === undefined) throw problem('bundle-entry', { expression: path, diagnostics: `Add ${path}.` });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem('wrong-type', { expression: path, diagnostics: 'Send an object.' });
  }
  return value as Readonly<Record<string, unknown>>;
}

function requireText(holder: Readonly<Record<string, unknown>>, key: string, path: string): string {
  const value = optionalText(holder, key, `${path}.request`);
  if (value === undefined)
    throw problem('bundle-entry', { expression: `${path}.request.${key}`, diagnostics: `Add ${key}.` });
  return value;
}

function optionalText(holder: Readonly<Record<string, unknown>>, key: string, path: string): string | undefined {
  const value = holder[key];
  if (value === undefined || typeof value === 'string') return value;
  throw problem('wrong-type', { expression: `${path}.${key}`, diagnostics: 'Send a string.' });
}

function unknownKeys(holder: object, known: ReadonlySet<string>, path: string): readonly Finding[] {
  return Object.keys(holder)
    .filter((key) => !known.has(key) && !key.startsWith('_'))
    .map((key) => ({ code: 'unknown-element', severity: 'error', expression: `${path}.${key}` }));
}
