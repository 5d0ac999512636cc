// Links between the entries of a transaction, wherever they stand: references, elements of type uri, url, oid and uuid, and links and
// images in narrative. Canonicals stay as they are. https://hl7.org/fhir/R4/http.html#trules
import type { FindShapes } from './element-shapes.ts';
import { rewriteReferences } from './reference.ts';
import type { FhirResource } from './resource.ts';

/** The new text of a link; undefined leaves it as it is. */
export type ReplaceLink = (text: string) => string | undefined;

const linkTypes: ReadonlySet<string> = new Set(['uri', 'url', 'oid', 'uuid']);

/** A copy in which the links are replaced; the same object where nothing is. */
export function rewriteLinks(resource: FhirResource, replace: ReplaceLink, shapes: FindShapes): FhirResource {
  const referring = rewriteReferences(resource, ({ reference }) => replace(reference));
  if (!holdsOther(referring, '', replace)) return referring;
  return rewriteTyped(referring, referring.resourceType, { replace, shapes }) as FhirResource;
}

/** Is there any link beside the references? Most resources have none, and need no look at their types. */
function holdsOther(value: unknown, key: string, replace: ReplaceLink): boolean {
  if (typeof value === 'string')
    return key === 'div' ? /\b(?:href|src)\s*=/i.test(value) : replace(value) !== undefined;
  if (Array.isArray(value)) return value.some((item) => holdsOther(item, key, replace));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => holdsOther(member, name, replace));
}

interface Rewriting {
  readonly replace: ReplaceLink;
  readonly shapes: FindShapes;
}

function rewriteTyped(value: object, type: string, rewriting: Rewriting): object {
  const known = rewriting.shapes(type);
  let copy: object | undefined;
  for (const [key, member] of Object.entries(value)) {
    const beside = key.startsWith('_');
    const shape = known.get(beside ? key.slice(1) : key);
    if (shape === undefined) continue;
    const next = rewriteMember(member, beside ? 'Element' : shape.type, rewriting);
    if (next === member) continue;
    copy ??= { ...value };
    Reflect.set(copy, key, next);
  }
  return copy ?? value;
}

function rewriteMember(member: unknown, type: string, rewriting: Rewriting): unknown {
  if (Array.isArray(member)) {
    const items = member.map((item: unknown) => rewriteMember(item, type, rewriting));
    return items.every((item, at) => item === member[at]) ? member : items;
  }
  if (typeof member === 'string') {
    if (type === 'xhtml') return rewriteNarrative(member, rewriting.replace);
    return linkTypes.has(type) ? (rewriting.replace(member) ?? member) : member;
  }
  if (typeof member !== 'object' || member === null) return member;
  const inner = 'resourceType' in member && typeof member.resourceType === 'string' ? member.resourceType : type;
  return rewriteTyped(member, inner, rewriting);
}

function rewriteNarrative(text: string, replace: ReplaceLink): string {
  return text.replaceAll(
    /(\b(?:href|src)\s*=\s*)(?:"([^"]*)"|'([^']*)')/gi,
    (whole, start: string, one?: string, other?: string) => {
      const next = replace(one ?? other ?? '');
      return next === undefined ? whole : `${start}"${next}"`;
    },
  );
}
