// What each JSON member of a type is: its element's name, data type, whether it is a list, whether it may be left out.
// Made from the StructureDefinitions, a type when it is first asked for. https://hl7.org/fhir/R4/elementdefinition.html
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';

export interface ElementShape {
  /** The JSON member: `valueQuantity`. */
  readonly key: string;
  /** The element: `value`. */
  readonly name: string;
  /** A data type, `Resource`, or the path of an element with children of its own (`CarePlan.activity`). */
  readonly type: string;
  readonly isList: boolean;
  readonly isChoice: boolean;
  /** A resource without it is not valid. */
  readonly isMandatory: boolean;
  /** What it says changes what the rest means. */
  readonly isModifier: boolean;
  /** Part of a summary. https://hl7.org/fhir/R4/search.html#summary */
  readonly isSummary: boolean;
}

/** The members of a data type, a resource type or the path of an inner element, by JSON key; empty where there is no such type. */
export type FindShapes = (type: string) => ReadonlyMap<string, ElementShape>;

const fhirTypeExtension = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';
const none: ReadonlyMap<string, ElementShape> = new Map();

/** `typeStructure` as in fhir/definitions.ts. */
export function createFindShapes(typeStructure: (type: string) => StructureDefinition | undefined): FindShapes {
  const known = new Map<string, ReadonlyMap<string, ElementShape>>();
  return (type) => {
    const found = known.get(type);
    if (found !== undefined) return found;
    const [root = ''] = type.split('.');
    const elements = typeStructure(root)?.snapshot?.element;
    // A name that somebody made up must not be remembered.
    if (elements === undefined) return none;
    const depth = type.split('.').length + 1;
    const own = elements.filter(({ path }) => path.startsWith(`${type}.`) && path.split('.').length === depth);
    if (own.length === 0 && depth > 2) return none;
    const shapes = new Map(own.flatMap(toShapes).map((shape) => [shape.key, shape]));
    known.set(type, shapes);
    return shapes;
  };
}

const byName = new WeakMap<ReadonlyMap<string, ElementShape>, ReadonlyMap<string, readonly ElementShape[]>>();

/** The members that the element with this name stands for: several for a choice, none where there is no such element. */
export function findElement(shapes: ReadonlyMap<string, ElementShape>, name: string): readonly ElementShape[] {
  let names = byName.get(shapes);
  if (names === undefined) {
    names = Map.groupBy(shapes.values(), (shape) => shape.name);
    byName.set(shapes, names);
  }
  return names.get(name) ?? [];
}

function toShapes(element: ElementDefinition): readonly ElementShape[] {
  const last = element.path.slice(element.path.lastIndexOf('.') + 1);
  const isChoice = last.endsWith('[x]');
  const name = isChoice ? last.slice(0, -3) : last;
  const common = {
    name,
    isList: element.max !== '1' && element.max !== '0',
    isChoice,
    isMandatory: (element.min ?? 0) > 0,
    isModifier: element.isModifier === true,
    isSummary: element.isSummary === true,
  };
  if (!isChoice) return [{ ...common, key: name, type: singleType(element) }];
  return (element.type ?? []).map(({ code }) => ({
    ...common,
    key: `${name}${code.slice(0, 1).toUpperCase()}${code.slice(1)}`,
    type: code,
  }));
}

function singleType(element: ElementDefinition): string {
  const { contentReference, path } = element;
  if (contentReference !== undefined) return contentReference.slice(contentReference.indexOf('#') + 1);
  const [type] = element.type ?? [];
  const code = type?.code ?? 'Element';
  if (code === 'BackboneElement' || code === 'Element') return path;
  // The ids of elements and resources are given as FHIRPath's own String.
  if (code.startsWith('http://hl7.org/fhirpath/'))
    return type?.extension?.find(({ url }) => url === fhirTypeExtension)?.valueUrl ?? 'string';
  return code;
}
