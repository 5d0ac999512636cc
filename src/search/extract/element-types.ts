// Which JSON members an element name stands for, and of which type each is, from the StructureDefinitions.
// https://hl7.org/fhir/R4/elementdefinition.html
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';

/** One JSON member: `value` as CodeableConcept is `{ key: 'valueCodeableConcept', type: 'CodeableConcept' }`. */
export interface Member {
  readonly key: string;
  /** A data type, or the path of an element with children of its own (`CarePlan.activity`). */
  readonly type: string;
}

/** The members that `name` stands for in `type`; several for a choice, none where there is no such element. */
export type FindMembers = (type: string, name: string) => readonly Member[];

const fhirTypeExtension = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

export function createFindMembers(typeStructure: (type: string) => StructureDefinition | undefined): FindMembers {
  const elementsByType = new Map<string, ReadonlyMap<string, ElementDefinition>>();
  const elementsOf = (type: string): ReadonlyMap<string, ElementDefinition> => {
    let elements = elementsByType.get(type);
    if (elements === undefined) {
      elements = new Map(typeStructure(type)?.snapshot?.element.map((element) => [element.path, element]));
      elementsByType.set(type, elements);
    }
    return elements;
  };
  return (type, name) => {
    const elements = elementsOf(type.split('.')[0] ?? type);
    const path = `${type}.${name}`;
    const single = elements.get(path);
    if (single !== undefined) return [{ key: name, type: singleType(single, path) }];
    const choice = elements.get(`${path}[x]`);
    return (choice?.type ?? []).map(({ code }) => ({
      key: `${name}${code.slice(0, 1).toUpperCase()}${code.slice(1)}`,
      type: code,
    }));
  };
}

function singleType(element: ElementDefinition, path: string): string {
  if (element.contentReference !== undefined)
    return element.contentReference.slice(element.contentReference.indexOf('#') + 1);
  const [type] = element.type ?? [];
  const code = type?.code ?? 'Element';
  if (code === 'BackboneElement' || code === 'Element') return path;
  // The ids of elements and resources are given as FHIRPath's own String.
  if (code.startsWith('http://hl7.org/fhirpath/'))
    return type?.extension?.find(({ url }) => url === fhirTypeExtension)?.valueUrl ?? 'string';
  return code;
}
