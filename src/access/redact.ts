// Takes references to hidden resources out of a body before it leaves, and says so with the tag SUBSETTED (sip.md §4).
// https://hl7.org/fhir/R4/valueset-common-tags.html
import { parseReference, rewriteReferences } from '../fhir/reference.ts';
import type { FhirCoding, FhirResource } from '../fhir/resource.ts';

/** v3-ObservationValue: not all of the resource is here. */
export const subsetted: FhirCoding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
  display: 'subsetted',
};

/** A copy of the resource without every Reference to one of `hidden` (`Type/id`), and without whatever becomes empty by that. */
export function redactReferences(resource: FhirResource, hidden: ReadonlySet<string>, baseUrl: string): FhirResource {
  const reduced = rewriteReferences(resource, ({ reference }) => {
    const parsed = parseReference(reference, baseUrl);
    return parsed.kind === 'local' && hidden.has(`${parsed.type}/${parsed.id}`) ? null : undefined;
  });
  return markReduced(reduced);
}

/** The resource with the tag that says that something has been taken out of it. */
export function markReduced(resource: FhirResource): FhirResource {
  const tag = [...(resource.meta?.tag ?? []).filter((coding) => coding.code !== subsetted.code), subsetted];
  return { ...resource, meta: { ...resource.meta, tag } };
}

/** True of a body that says itself that something has been taken out of it. */
export function isReduced({ meta }: FhirResource): boolean {
  // Asked before the shape has been judged.
  const tags: unknown = meta?.tag;
  if (!Array.isArray(tags)) return false;
  return (tags as readonly (FhirCoding | null)[]).some(
    (tag) => tag?.system === subsetted.system && tag?.code === subsetted.code,
  );
}
