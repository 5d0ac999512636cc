// What a FHIR reference says, and every place in a resource where one stands. https://hl7.org/fhir/R4/references.html
// Literal references only: canonicals and links in narrative are not looked at.
import type { FhirResource } from './resource.ts';

export type ParsedReference =
  /** In this hub: `Type/id`, or the same under the hub's own base address. */
  | { readonly kind: 'local'; readonly type: string; readonly id: string; readonly versionId: string | undefined }
  /** An absolute URL elsewhere. */
  | { readonly kind: 'external'; readonly url: string }
  /** `urn:uuid:…` or `urn:oid:…`. */
  | { readonly kind: 'urn'; readonly urn: string }
  /** `#id`; an empty id means the containing resource itself. */
  | { readonly kind: 'contained'; readonly id: string }
  /** `Type?query`, allowed in a transaction only. */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  | { readonly kind: 'invalid' };

const relativeForm = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?$/;
const conditionalForm = /^([A-Z][A-Za-z]{1,63})\?([^#\s]+)$/;
const urnForm =
  /^urn:(?:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|oid:[0-2](?:\.(?:0|[1-9][0-9]*))+)$/i;
const absoluteForm = /^[a-z][a-z0-9+.-]*:\S+$/i;
const containedForm = /^#[A-Za-z0-9\-.]{0,64}$/;

/** What the text of a Reference points at. `base` is the hub's own FHIR base address without a trailing slash. */
export function parseReference(text: string, base: string): ParsedReference {
  const relative = text.startsWith(base) && text[base.length] === '/' ? text.slice(base.length + 1) : text;
  const local = relativeForm.exec(relative);
  if (local !== null) {
    const [, type = '', id = '', versionId] = local;
    return { kind: 'local', type, id, versionId };
  }
  const conditional = conditionalForm.exec(relative);
  if (conditional !== null) {
    const [, type = '', query = ''] = conditional;
    return { kind: 'conditional', type, query };
  }
  if (containedForm.test(text)) return { kind: 'contained', id: text.slice(1) };
  if (urnForm.test(text)) return { kind: 'urn', urn: text };
  if (absoluteForm.test(text) && !/^urn:(?:uuid|oid):/i.test(text)) return { kind: 'external', url: text };
  return { kind: 'invalid' };
}

/** The type a reference text names, also in an absolute URL of another server; undefined for urns, `#id` and nonsense. */
export function typeOfReference(text: string): string | undefined {
  return /(?:^|\/)([A-Z][A-Za-z]{1,63})(?:\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?|\?.*)$/.exec(
    text,
  )?.[1];
}

/** A Reference element with a literal reference in it. */
export interface LiteralReference {
  readonly reference: string;
  readonly [key: string]: unknown;
}

type Path = readonly (string | number)[];

/**
 * Visits every Reference element that has a literal `reference`, in document order, also those in contained resources and in
 * `Identifier.assigner`. `expression` is FHIRPath (`CarePlan.activity[0].reference`).
 */
export function forEachReference(
  resource: FhirResource,
  visit: (element: LiteralReference, expression: string) => void,
): void {
  const path: (string | number)[] = [];
  const walk = (value: object, key: string): void => {
    if (isLiteralReference(value, key, path.length === 0)) visit(value, toExpression(resource.resourceType, path));
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) step(item, index, key);
    } else {
      for (const [name, member] of Object.entries(value)) step(member, name, name);
    }
  };
  const step = (value: unknown, at: string | number, key: string): void => {
    if (typeof value !== 'object' || value === null) return;
    path.push(at);
    walk(value, key);
    path.pop();
  };
  walk(resource, '');
}

/**
 * A copy of the resource in which `replace` has changed the text of references; undefined leaves one as it is, null takes the
 * whole Reference element out, and with it whatever that leaves empty. Shares all that did not change; the same object if nothing did.
 */
export function rewriteReferences(
  resource: FhirResource,
  replace: (element: LiteralReference, expression: string) => string | null | undefined,
): FhirResource {
  const path: (string | number)[] = [];
  const at = <T>(part: string | number, work: () => T): T => {
    path.push(part);
    const result = work();
    path.pop();
    return result;
  };
  const rewriteArray = (items: readonly unknown[], key: string): unknown => {
    const next = items.map((item, index) => at(index, () => rewrite(item, key)));
    if (next.every((item, index) => item === items[index])) return items;
    const kept = next.filter((item) => item !== undefined);
    return kept.length === 0 ? undefined : kept;
  };
  const rewriteObject = (value: Record<string, unknown>): unknown => {
    let copy: Record<string, unknown> | undefined;
    for (const [name, member] of Object.entries(value)) {
      const next = at(name, () => rewrite(member, name));
      if (next === member) continue;
      copy ??= { ...value };
      if (next === undefined) delete copy[name];
      else copy[name] = next;
    }
    if (copy === undefined) return value;
    // An extension without its value says nothing either.
    return Object.keys(copy).every((name) => name === 'url' || name === 'id') ? undefined : copy;
  };
  const rewrite = (value: unknown, key: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return rewriteArray(value, key);
    if (!isLiteralReference(value, key, path.length === 0)) return rewriteObject(value as Record<string, unknown>);
    const text = replace(value, toExpression(resource.resourceType, path));
    if (text === null) return undefined;
    return rewriteObject(text === undefined || text === value.reference ? value : { ...value, reference: text });
  };
  return rewrite(resource, '') as FhirResource;
}

/**
 * Three R4 elements have a plain uri named `reference`: DetectedIssue itself, Immunization.education and Expression (known by its
 * mandatory `language`). Everything else with a text there is a Reference.
 */
export function isLiteralReference(value: object, key: string, isRoot: boolean): value is LiteralReference {
  if (!('reference' in value) || typeof value.reference !== 'string') return false;
  return !isRoot && key !== 'education' && !('language' in value) && !('resourceType' in value);
}

function toExpression(type: string, path: Path): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${part}`), type);
}
