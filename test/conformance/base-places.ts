// Where in an instance each element of R4's definitions stands, data types included: `Period.start` at `Patient.name[0].period.start`.
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import type { Definitions } from '../../src/fhir/definitions.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';

export interface BasePlace {
  readonly element: ElementDefinition;
  /** JSON keys to the object that has the value, then the value's own key. */
  readonly holder: readonly (string | number)[];
  readonly key: string;
  readonly isList: boolean;
  /** FHIRPath of the object and of the (first) value. */
  readonly holderExpression: string;
  readonly expression: string;
  /** The data type of the value. */
  readonly type: string;
}

interface Spot {
  readonly path: readonly (string | number)[];
  readonly expression: string;
}

/** Every place of the resource, in document order; of a list, its first item. The root is a place as well. */
export function* findBasePlaces(resource: Json, definitions: Definitions): Generator<BasePlace> {
  const type = String(resource['resourceType']);
  const structure = definitions.typeStructure(type);
  const [root] = structure?.snapshot?.element ?? [];
  if (structure === undefined || root === undefined) return;
  yield { element: root, holder: [], key: '', isList: false, holderExpression: type, expression: type, type };
  yield* walk(resource, { path: [], expression: type }, { structure, at: type, definitions });
}

interface Surroundings {
  readonly structure: StructureDefinition;
  /** Path in the definition of the object that is walked. */
  readonly at: string;
  readonly definitions: Definitions;
}

function* walk(value: Json, spot: Spot, around: Surroundings): Generator<BasePlace> {
  const children = childrenOf(around.structure).get(around.at) ?? [];
  for (const [key, member] of Object.entries(value)) {
    const found = findChild(children, key);
    if (found === undefined) continue;
    const { element, type } = found;
    const step = element.path.slice(element.path.lastIndexOf('.') + 1).replace('[x]', '');
    const isList = Array.isArray(member);
    const items: readonly unknown[] = isList ? member : [member];
    const expression = `${spot.expression}.${step}${isList ? '[0]' : ''}`;
    yield { element, holder: spot.path, key, isList, holderExpression: spot.expression, expression, type };
    for (const [index, item] of items.entries()) {
      if (!isRecord(item)) continue;
      const below = {
        path: [...spot.path, key, ...(isList ? [index] : [])],
        expression: `${spot.expression}.${step}${isList ? `[${index}]` : ''}`,
      };
      yield* walkInto(item, below, { element, type, around });
    }
  }
}

function* walkInto(
  item: Json,
  spot: Spot,
  found: { readonly element: ElementDefinition; readonly type: string; readonly around: Surroundings },
): Generator<BasePlace> {
  const { element, type, around } = found;
  const own = element.contentReference?.split('#')[1] ?? element.path;
  const hasChildren = childrenOf(around.structure).has(own);
  if (hasChildren) yield* walk(item, spot, { ...around, at: own });
  else {
    const inner = type === 'Resource' ? String(item['resourceType']) : type;
    const structure = around.definitions.typeStructure(inner);
    if (structure !== undefined) yield* walk(item, spot, { ...around, structure, at: inner });
  }
}

const known = new WeakMap<StructureDefinition, ReadonlyMap<string, readonly ElementDefinition[]>>();

/** The elements right below each path. */
function childrenOf(structure: StructureDefinition): ReadonlyMap<string, readonly ElementDefinition[]> {
  const found = known.get(structure);
  if (found !== undefined) return found;
  const [, ...elements] = structure.snapshot?.element ?? [];
  const made = Map.groupBy(elements, ({ path }) => path.slice(0, path.lastIndexOf('.')));
  known.set(structure, made);
  return made;
}

function findChild(
  children: readonly ElementDefinition[],
  key: string,
): { readonly element: ElementDefinition; readonly type: string } | undefined {
  for (const element of children) {
    const name = element.path.slice(element.path.lastIndexOf('.') + 1);
    const types = (element.type ?? []).map(({ code = '' }) => code);
    if (name === key) return { element, type: types[0] ?? '' };
    if (!name.endsWith('[x]')) continue;
    const type = types.find((code) => key === name.slice(0, -3) + code.slice(0, 1).toUpperCase() + code.slice(1));
    if (type !== undefined) return { element, type };
  }
  return undefined;
}
