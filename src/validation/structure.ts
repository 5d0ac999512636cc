// What R4's definitions say of a type, in the form in which an instance is checked against it: one table of properties per object.
// https://hl7.org/fhir/R4/elementdefinition.html · compiled from StructureDefinition snapshots when a type is first met
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import type { Definitions } from '../fhir/definitions.ts';
import type { BindingCheck } from './binding.ts';
import type { Invariant } from './invariants.ts';
import type { PrimitiveType } from './primitives.ts';
import { primitiveTypes } from './primitives.ts';

/** One JSON name of an object. A choice (`value[x]`) gives one property per type. */
export interface Property {
  /** The FHIRPath step: `value` for `valueQuantity`. */
  readonly step: string;
  /** Path in the definition: `Patient.name`, `CarePlan.activity.detail.scheduled[x]`. */
  readonly element: string;
  readonly type: string;
  readonly isList: boolean;
  readonly kind: 'primitive' | 'object' | 'resource' | 'extension' | 'xhtml';
  readonly primitive: PrimitiveType | undefined;
  /** Undefined for a primitive. */
  readonly node: (() => ObjectNode) | undefined;
  readonly isChoice: boolean;
  /** Resource types a Reference may point at; undefined: any. */
  readonly targets: ReadonlySet<string> | undefined;
  readonly typeProfiles: readonly string[];
  readonly binding: BindingCheck | undefined;
  readonly invariants: readonly Invariant[];
}

export interface ObjectNode {
  /** `Patient`, `CarePlan.activity`, `HumanName`. */
  readonly path: string;
  /** The data type or resource type, `BackboneElement` or `Element` for inner objects. */
  readonly type: string;
  /** The type and those it specialises: what an extension's context may name. */
  readonly ancestors: ReadonlySet<string>;
  readonly properties: ReadonlyMap<string, Property>;
  readonly required: readonly { readonly step: string; readonly names: readonly string[] }[];
  /** Steps of choices with more than one type. */
  readonly hasChoices: boolean;
  readonly invariants: readonly Invariant[];
}

export interface StructureParts {
  readonly definitions: Definitions;
  readonly bindingOf: (element: ElementDefinition) => BindingCheck | undefined;
  readonly invariantsOf: (element: ElementDefinition) => readonly Invariant[];
}

export interface Structures {
  /** The compiled type. @throws Error for a type R4 does not have; callers ask for known types only */
  readonly node: (type: string) => ObjectNode;
}

/** Compiles types on demand and remembers them. */
export function createStructures(parts: StructureParts): Structures {
  const nodes = new Map<string, ObjectNode>();
  const node = (type: string): ObjectNode => {
    const known = nodes.get(type);
    if (known !== undefined) return known;
    const structure = parts.definitions.typeStructure(type);
    if (structure === undefined) throw new Error(`R4 has no type ${type}.`);
    for (const [path, compiled] of compileStructure(structure, parts, node)) nodes.set(path, compiled);
    return node(type);
  };
  return { node };
}

type NodeOf = (type: string) => ObjectNode;

function compileStructure(
  structure: StructureDefinition,
  parts: StructureParts,
  node: NodeOf,
): ReadonlyMap<string, ObjectNode> {
  const elements = structure.snapshot?.element ?? [];
  const children = Map.groupBy(elements.slice(1), (element) => element.path.slice(0, element.path.lastIndexOf('.')));
  const compiled = new Map<string, ObjectNode>();
  const [root] = elements;
  if (root === undefined) throw new Error(`${structure.url} has no snapshot.`);
  for (const element of [root, ...elements.filter((item) => children.has(item.path) && item !== root)]) {
    const isRoot = element === root;
    const type = isRoot ? structure.type : (element.type?.[0]?.code ?? 'Element');
    const properties = new Map<string, Property>();
    const required: { step: string; names: string[] }[] = [];
    for (const child of children.get(element.path) ?? []) {
      const made = compileElement(child, {
        parts,
        node,
        inner: (path) => compiled.get(path),
        hasChildren: children.has(child.path),
        isResource: structure.kind === 'resource',
      });
      for (const [name, property] of made) properties.set(name, property);
      if ((child.min ?? 0) > 0) required.push({ step: stepOf(child.path), names: made.map(([name]) => name) });
    }
    compiled.set(element.path, {
      path: element.path,
      type,
      ancestors: new Set(isRoot ? ancestorsOf(structure, parts.definitions) : ['BackboneElement', 'Element']),
      properties,
      required,
      hasChoices: [...properties.values()].some((property) => property.isChoice),
      invariants: parts.invariantsOf(element),
    });
  }
  return compiled;
}

function ancestorsOf(structure: StructureDefinition, definitions: Definitions): readonly string[] {
  const parent = structure.baseDefinition === undefined ? undefined : definitions.structure(structure.baseDefinition);
  return [structure.type, ...(parent === undefined ? [] : ancestorsOf(parent, definitions))];
}

interface ElementSurroundings {
  readonly parts: StructureParts;
  readonly node: NodeOf;
  readonly inner: (path: string) => ObjectNode | undefined;
  readonly hasChildren: boolean;
  readonly isResource: boolean;
}

/** The JSON names of an element with what stands behind each. */
function compileElement(
  element: ElementDefinition,
  around: ElementSurroundings,
): readonly (readonly [string, Property])[] {
  const last = element.path.slice(element.path.lastIndexOf('.') + 1);
  const isChoice = last.endsWith('[x]');
  const step = stepOf(element.path);
  const shared = {
    step,
    element: element.path,
    isList: element.max !== '1',
    isChoice,
    binding: around.parts.bindingOf(element),
  };
  if (element.contentReference !== undefined) {
    const target = element.contentReference.slice(element.contentReference.indexOf('#') + 1);
    const node = (): ObjectNode => around.inner(target) ?? around.node(target.split('.')[0] ?? '');
    return [
      [
        last,
        {
          ...shared,
          type: 'BackboneElement',
          kind: 'object',
          primitive: undefined,
          node,
          targets: undefined,
          typeProfiles: [],
          invariants: around.parts.invariantsOf(element),
        },
      ],
    ];
  }
  return (element.type ?? []).map((type) => {
    const code = typeCode(element, type.code ?? '', around.isResource);
    const primitive = primitiveTypes.get(code);
    const kind =
      code === 'xhtml'
        ? 'xhtml'
        : primitive !== undefined
          ? 'primitive'
          : code === 'Extension'
            ? 'extension'
            : code === 'Resource' || around.parts.definitions.resourceTypes.has(code)
              ? 'resource'
              : 'object';
    const name = isChoice ? step + code.slice(0, 1).toUpperCase() + code.slice(1) : last;
    return [
      name,
      {
        ...shared,
        type: code,
        kind,
        primitive,
        node:
          kind === 'primitive' || kind === 'xhtml' || kind === 'resource'
            ? undefined
            : () => (around.hasChildren ? around.inner(element.path) : undefined) ?? around.node(code),
        targets: code === 'Reference' ? targetTypes(type.targetProfile, around.parts.definitions) : undefined,
        typeProfiles: type.profile ?? [],
        // Inner objects carry their rules themselves; a rule of the type is the type's.
        invariants: around.hasChildren ? [] : around.parts.invariantsOf(element),
      },
    ] as const;
  });
}

/** Ids and Extension.url are written as FHIRPath types in the definitions. */
function typeCode(element: ElementDefinition, code: string, isResource: boolean): string {
  if (!code.startsWith('http://hl7.org/fhirpath/')) return code;
  if (element.path === 'Extension.url') return 'uri';
  return isResource && /^[A-Za-z]+\.id$/.test(element.path) ? 'id' : 'string';
}

/** The types behind target profiles; undefined where any resource will do. */
export function targetTypes(
  profiles: readonly string[] | undefined,
  definitions: Definitions,
): ReadonlySet<string> | undefined {
  const types = (profiles ?? []).map(
    (profile) => definitions.structure(profile)?.type ?? profile.slice(profile.lastIndexOf('/') + 1),
  );
  return types.length === 0 || types.includes('Resource') ? undefined : new Set(types);
}

export function stepOf(path: string): string {
  const last = path.slice(path.lastIndexOf('.') + 1);
  return last.endsWith('[x]') ? last.slice(0, -3) : last;
}
