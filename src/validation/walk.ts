// One validation on its way through a resource: where it is, what it has found, what it has put off.
// The path is kept as parts and written out only when something is wrong: most resources are right.
import type { Finding, ProblemCode } from '../core/problem.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What has to wait until the structure is known to be sound: profiles and FHIRPath read freely and must find clean data. */
export interface Deferred {
  readonly run: (walk: Walk, value: unknown) => void;
  readonly value: unknown;
  readonly path: readonly (string | number)[];
  readonly resource: JsonObject;
  readonly root: JsonObject;
}

export interface Walk {
  /** The resource that `#id` references are looked up in: the one handed in, or one in an entry of a Bundle. */
  root: JsonObject;
  /** The resource the walk is in: the root, or one contained in it or in an entry. */
  resource: JsonObject;
  path: (string | number)[];
  /** For each resource the ids of the elements that have been met in it, and `#id` for the resources it contains. */
  readonly ids: Map<JsonObject, Set<string>>;
  readonly findings: Finding[];
  readonly deferred: Deferred[];
  /** True once the message cannot be understood as FHIR (HTTP 400). */
  isMalformed: boolean;
}

/** Enough to correct a resource by; a body of nothing but faults must not be answered with a larger one. */
const findingLimit = 200;

const malformedCodes: ReadonlySet<ProblemCode> = new Set([
  'unknown-element',
  'wrong-type',
  'invalid-value',
  'empty-element',
  'resource-type-unknown',
]);

export function startWalk(root: JsonObject, type: string): Walk {
  return { root, resource: root, path: [type], ids: new Map(), findings: [], deferred: [], isMalformed: false };
}

/** Puts work off until the structure has been checked, remembering the place. */
export function defer(walk: Walk, run: Deferred['run'], value: unknown): void {
  walk.deferred.push({ run, value, path: walk.path.slice(), resource: walk.resource, root: walk.root });
}

/** Notes the id of the element the walk is at. https://hl7.org/fhir/R4/element.html#id */
export function noteElementId(walk: Walk, id: string): void {
  const { resource, path } = walk;
  // The elements of a snapshot and of its differential have the same ids, by R4's own rule.
  const part = path.includes('differential') ? resource['differential'] : undefined;
  noteId(walk, { scope: resource['resourceType'] === 'StructureDefinition' && isObject(part) ? part : resource, id });
}

/** Notes the id of the contained resource the walk is at. https://hl7.org/fhir/R4/references.html#contained */
export function noteContainedId(walk: Walk, id: string): void {
  noteId(walk, { scope: walk.root, id: `#${id}` });
}

function noteId(walk: Walk, at: { readonly scope: JsonObject; readonly id: string }): void {
  const ids = walk.ids.get(at.scope);
  if (ids === undefined) walk.ids.set(at.scope, new Set([at.id]));
  else if (ids.has(at.id))
    report(walk, 'element-id-repeated', {
      at: ['id'],
      diagnostics: at.id.startsWith('#')
        ? `Two contained resources have the id ${quoteCode(at.id.slice(1))}. Give each its own.`
        : `Another element of this resource has the id ${quoteCode(at.id)} too. Give each its own.`,
    });
  else ids.add(at.id);
}

/** Does what was put off, and what that puts off in turn. */
export function runDeferred(walk: Walk): void {
  for (let next = walk.deferred.shift(); next !== undefined; next = walk.deferred.shift()) {
    walk.path = next.path.slice();
    walk.resource = next.resource;
    walk.root = next.root;
    next.run(walk, next.value);
  }
}

export interface ReportOptions {
  readonly diagnostics: string;
  /** Steps below the current path. */
  readonly at?: readonly (string | number)[];
  readonly severity?: Finding['severity'];
}

/** Notes a finding at the current path. */
export function report(walk: Walk, code: ProblemCode, options: ReportOptions): void {
  const severity = options.severity ?? 'error';
  if (severity === 'error' && malformedCodes.has(code)) walk.isMalformed = true;
  if (walk.findings.length >= findingLimit) return;
  const expression = toExpression(options.at === undefined ? walk.path : [...walk.path, ...options.at]);
  walk.findings.push({ code, severity, diagnostics: options.diagnostics, expression });
}

/** `['CarePlan', 'activity', 0, 'reference']` as FHIRPath. */
export function toExpression(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}

/** True for a key that looks like a name of FHIR and may be shown back: a wrong key could hold anything, a personal number too. */
export function isElementName(name: string): boolean {
  return /^_?[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) && !/\d{4}/.test(name);
}

/** A name from the sender in quotes, or words in its place. */
export function quoteName(name: string): string {
  return isElementName(name) ? `"${name}"` : 'an element whose name is no FHIR name';
}

/** A code or URL from the sender, shortened; long runs of digits (personal numbers) are left out. */
export function quoteCode(text: string): string {
  const safe = text.replace(/\d{8}[-+]?\d{4}|\d{6}[-+]\d{4}|\d{10,}/g, '…');
  return `"${safe.length > 120 ? `${safe.slice(0, 120)}…` : safe}"`;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
