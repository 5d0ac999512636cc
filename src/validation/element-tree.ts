// A snapshot's flat list of elements as a tree: children below elements, slices beside them, slices of slices below slices.
// https://hl7.org/fhir/R4/elementdefinition.html#id
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';

export interface ElementTree {
  readonly element: ElementDefinition;
  /** Last part of the path: `identifier`, `value[x]`. */
  readonly name: string;
  readonly children: ElementTree[];
  readonly slices: ElementTree[];
}

/** The tree of a snapshot. @throws Error for a definition without one */
export function toElementTree(structure: StructureDefinition): ElementTree {
  const [first, ...others] = structure.snapshot?.element ?? [];
  if (first === undefined) throw new Error(`${structure.url} has no snapshot.`);
  const root = toTree(first);
  const byId = new Map<string, ElementTree>([[first.id ?? first.path, root]]);
  for (const element of others) {
    const id = element.id ?? element.path;
    const tree = toTree(element);
    byId.set(id, tree);
    const dot = id.lastIndexOf('.');
    const colon = id.indexOf(':', dot);
    if (colon < 0) byId.get(id.slice(0, dot))?.children.push(tree);
    else {
      // `identifier:a/b` is slice b of slice a.
      const slash = id.indexOf('/', colon);
      const owner = (slash < 0 ? undefined : byId.get(id.slice(0, slash))) ?? byId.get(id.slice(0, colon));
      owner?.slices.push(tree);
    }
  }
  return root;
}

function toTree(element: ElementDefinition): ElementTree {
  return { element, name: element.path.slice(element.path.lastIndexOf('.') + 1), children: [], slices: [] };
}

/** The value of `fixed[x]`, `pattern[x]` and their like. */
export function findChoice(element: ElementDefinition, prefix: 'fixed' | 'pattern' | 'minValue' | 'maxValue'): unknown {
  for (const [name, value] of Object.entries(element)) {
    if (name.startsWith(prefix) && /^[A-Z]/.test(name.slice(prefix.length))) return value;
  }
  return undefined;
}
