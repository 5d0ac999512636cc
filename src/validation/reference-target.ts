// Which type a Reference points at, as far as it can be told without looking anything up.
// https://hl7.org/fhir/R4/references.html
import { isObject } from './walk.ts';
import type { JsonObject } from './walk.ts';

const typed = /^(?:https?:\/\/[^\s?#]+\/)?([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const conditional = /^([A-Z][A-Za-z]{1,63})\?/;

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
    const match = typed.exec(reference) ?? conditional.exec(reference);
    if (match !== null) return match[1];
  }
  return typeof type === 'string' && /^[A-Z][A-Za-z]{1,63}$/.test(type) ? type : undefined;
}

/** What is wrong with the form of a literal reference; undefined when nothing is. */
export function findReferenceFault(reference: string, resourceTypes: ReadonlySet<string>): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference) || reference.startsWith('#')) return undefined;
  const match = typed.exec(reference) ?? conditional.exec(reference);
  if (match === null) return 'must be Type/id, an absolute URL, urn:uuid, or #id of a contained resource';
  return resourceTypes.has(match[1] ?? '') ? undefined : 'names a resource type that R4 does not have';
}
