// An expression, for one resource type, as plain steps through the JSON: one path per type of value it can end at.
// No interpretation at run time: choices and types are settled here, from the StructureDefinitions.
import { typeOfReference } from '../../fhir/reference.ts';
import type { FhirResource } from '../../fhir/resource.ts';
import type { FindMembers } from './element-types.ts';
import type { Expression } from './expression.ts';

type Step = { readonly key: string } | { readonly holds: (value: object, resource: FhirResource) => boolean };

/** A way through the JSON, and the type of what stands at its end. */
export interface ValuePath {
  readonly type: string;
  readonly steps: readonly Step[];
  /** Set where the path only lets references to this type through. */
  readonly targetType: string | undefined;
  /** Each element it enters or compares, as `Type.name`. */
  readonly trail: readonly string[];
}

/** The paths of `expression` from a resource of `type`; none where it is about other types. */
export function compilePaths(expression: Expression, type: string, findMembers: FindMembers): readonly ValuePath[] {
  const compile = (node: Expression): readonly ValuePath[] => compilePaths(node, type, findMembers);
  switch (expression.kind) {
    case 'union':
      return expression.parts.flatMap(compile);
    case 'name':
      if (expression.name === type || expression.name === 'Resource' || expression.name === 'DomainResource') {
        return [{ type, steps: [], targetType: undefined, trail: [] }];
      }
      return enter({ type, steps: [], targetType: undefined, trail: [] }, expression.name, findMembers);
    case 'member':
      return compile(expression.of).flatMap((path) => enter(path, expression.name, findMembers));
    case 'of-type':
      return compile(expression.of).filter((path) => path.type === expression.type);
    case 'where-target':
      return compile(expression.of).map((path) => ({
        ...path,
        targetType: expression.type,
        steps: [...path.steps, { holds: (value, resource) => targetTypeOf(value, resource) === expression.type }],
      }));
    case 'where-equals':
      return compile(expression.of).map((path) => ({
        ...path,
        trail: [...path.trail, ...trailOf(path.type, expression.path, findMembers)],
        steps: [...path.steps, { holds: (value) => hasText(value, expression.path, expression.value) }],
      }));
  }
}

/** Calls `visit` with every value at the end of the path, which starts at the resource or at the element `from` of it. */
export function walkPath(
  path: ValuePath,
  resource: FhirResource,
  visit: (value: unknown) => void,
  from: unknown = resource,
): void {
  const { steps } = path;
  const walk = (value: unknown, at: number): void => {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) {
      for (const item of value) walk(item, at);
      return;
    }
    const step = steps[at];
    if (step === undefined) visit(value);
    else if (typeof value !== 'object') return;
    else if ('key' in step) walk((value as Readonly<Record<string, unknown>>)[step.key], at + 1);
    else if (step.holds(value, resource)) walk(value, at + 1);
  };
  walk(from, 0);
}

function enter(path: ValuePath, name: string, findMembers: FindMembers): readonly ValuePath[] {
  return findMembers(path.type, name).map(({ key, type }) => ({
    ...path,
    type,
    steps: [...path.steps, { key }],
    trail: [...path.trail, `${path.type}.${name}`],
  }));
}

function trailOf(type: string, [name, ...rest]: readonly string[], findMembers: FindMembers): readonly string[] {
  if (name === undefined) return [];
  const members = findMembers(type, name);
  return [`${type}.${name}`, ...members.flatMap((member) => trailOf(member.type, rest, findMembers))];
}

/** The type a Reference leads to, as far as its own text, its `type` or the contained resource tells. */
function targetTypeOf(value: object, resource: FhirResource): string | undefined {
  const { reference, type } = value as { readonly reference?: unknown; readonly type?: unknown };
  if (typeof reference !== 'string') return undefined;
  const named = typeOfReference(reference);
  if (named !== undefined) return named;
  if (reference.startsWith('#') && Array.isArray(resource['contained'])) {
    const contained = resource['contained'] as readonly FhirResource[];
    return contained.find(({ id }) => id === reference.slice(1))?.resourceType;
  }
  return typeof type === 'string' ? type : undefined;
}

function hasText(value: object, path: readonly string[], text: string): boolean {
  let found: unknown = value;
  for (const name of path)
    found =
      typeof found === 'object' && found !== null ? (found as Readonly<Record<string, unknown>>)[name] : undefined;
  return found === text;
}
