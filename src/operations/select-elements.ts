// _elements of an export: a resource with the named elements of its root, what says which resource it is, and the tag SUBSETTED.
// https://hl7.org/fhir/R4/search.html#elements
import type { FhirResource } from '../fhir/resource.ts';

const always: ReadonlySet<string> = new Set(['resourceType', 'id', 'meta', 'implicitRules', 'modifierExtension']);

/** Without these a resource would say something else, whatever was asked for: R4 marks them as modifiers, or asks for one. */
const alwaysNamed: ReadonlySet<string> = new Set([
  'status',
  'intent',
  'active',
  'lifecycleStatus',
  'subject',
  'patient',
  'for',
  'scope',
  'category',
]);

const subsetted = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
  display: 'subsetted',
};

/** `elements` as given: `status`, or `CarePlan.status` for that type alone. A type that none speaks of comes whole. */
export function selectElements(resource: FhirResource, elements: readonly string[]): FhirResource {
  const wanted = new Set(
    elements.flatMap((element) => {
      const [first = '', second] = element.split('.');
      if (second === undefined) return [first];
      return first === resource.resourceType ? [second] : [];
    }),
  );
  if (wanted.size === 0) return resource;
  const kept = Object.entries(resource).filter(([key]) => {
    const name = key.startsWith('_') ? key.slice(1) : key;
    return always.has(name) || alwaysNamed.has(name) || wanted.has(name) || wanted.has(name.replace(/[A-Z].*$/, ''));
  });
  const tag = [...(resource.meta?.tag ?? []).filter(({ code }) => code !== subsetted.code), subsetted];
  return { ...(Object.fromEntries(kept) as FhirResource), meta: { ...resource.meta, tag } };
}
