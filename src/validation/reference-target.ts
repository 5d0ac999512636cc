// Which type a Reference points at, as far as it can be told without looking anything up.
// https://hl7.org/fhir/R4/references.html
import { isObject } from './walk.ts';
import type { JsonObject } from './walk.ts';

const typed =
  /^(?:https?:\/\/[^\s?#]+\/)?([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const conditional = /^([A-Z][A-Za-z]{1,63})\?/;

const relative = /^[A-Za-z0-9\-.]{1,64}$/;

/** The type in a reference written out: `Type/id` first, since nearly all are. */
function typeIn(reference: string): string | undefined {
  const slash = reference.indexOf('/');
  if (slash > 0 && relative.test(reference.slice(slash + 1))) {
    const type = reference.slice(0, slash);
    if (/^[A-Z][A-Za-z]{1,63}$/.test(type)) return type;
  }
  return (typed.exec(reference) ?? conditional.exec(reference))?.[1];
}

/** The resource that `#id` names in the container (`#` alone: the container itself). */
export function findContained(reference: string, container: JsonObject): JsonObject | undefined {
  if (reference === '#') return container;
  const contained = Array.isArray(container['contained']) ? container['contained'] : [];
  return contained.filter(isObject).find((item) => item['id'] === reference.slice(1));
}

/** The type of the target; undefined where it cannot be told (urn:uuid, identifiers, display alone). */
export function findTargetType(value: JsonObject, container: JsonObject): string | undefined {
  const { reference, type } = value;
  if (typeof reference === 'string') {
    if (reference.startsWith('#')) {
      const target = findContained(reference, container)?.['resourceType'];
      return typeof target === 'string' ? target : undefined;
    }
    const found = typeIn(reference);
    if (found !== undefined) return found;
  }
  return typeof type === 'string' && /^[A-Z][A-Za-z]{1,63}$/.test(type) ? type : undefined;
}

/** What is wrong with the form of a literal reference; undefined when nothing is. */
export function findReferenceFault(reference: string, resourceTypes: ReadonlySet<string>): string | undefined {
  if (reference.startsWith('#') || /^[a-z][a-z0-9+.-]*:/i.test(reference)) return undefined;
  const type = typeIn(reference);
  if (type === undefined) return 'must be Type/id, an absolute URL, urn:uuid, or #id of a contained resource';
  return resourceTypes.has(type) ? undefined : 'names a resource type that R4 does not have';
}
