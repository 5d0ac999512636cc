// Where in a resource a FHIRPath leads: not the values, as an evaluator gives them, but the places, so that they can be changed.
// https://hl7.org/fhir/R4/fhirpatch.html · https://hl7.org/fhirpath/N1
// Steps along elements, [index], where(), first(), last(), extension(), ofType() and `as`; the criteria of where() are real FHIRPath.
// Refuses every other expression, and functions in criteria that take long or look outside the resource.
import {
  AsAtom,
  DotAtom,
  evalFhirPathTyped,
  FhirPathAtom,
  FunctionAtom,
  IndexerAtom,
  LiteralAtom,
  parseFhirPath,
  SymbolAtom,
  type Atom,
} from '@medplum/core';
import { findElement, type ElementShape, type FindShapes } from './element-shapes.ts';
import { fromTree, isTreeArray, isTreeObject, type Tree, type TreeObject } from './exact-numbers.ts';

/** One element: `holder[key]`, or `holder[key][index]` in a list. The root has no holder. */
export interface Place {
  readonly value: Tree;
  /** A data type, a resource type, or the path of an inner element. */
  readonly type: string;
  readonly at:
    | {
        readonly holder: TreeObject;
        /** The type that `shape` is an element of. */
        readonly owner: string;
        readonly shape: ElementShape;
        readonly index: number | undefined;
      }
    | undefined;
}

export interface PatchPath {
  readonly atom: Atom;
  /** The last step by name and what stands before it: `Patient.contact[0]` and `telecom`. undefined where it ends otherwise. */
  readonly tail: { readonly parent: Atom; readonly name: string } | undefined;
}

/** Said when a path is not understood or not offered. */
export class PatchPathError extends Error {
  override readonly name = 'PatchPathError';
}

const longestPath = 1000;

/** In criteria. None of them takes long or leaves the resource: no matches(), resolve(), repeat(), descendants(). */
const criteriaFunctions: ReadonlySet<string> = new Set([
  'all',
  'allTrue',
  'anyTrue',
  'as',
  'contains',
  'count',
  'distinct',
  'empty',
  'endsWith',
  'exists',
  'extension',
  'first',
  'hasValue',
  'is',
  'last',
  'length',
  'lower',
  'not',
  'ofType',
  'single',
  'startsWith',
  'toString',
  'upper',
  'where',
]);

/** @throws PatchPathError */
export function parsePatchPath(text: string): PatchPath {
  if (text.length > longestPath) throw new PatchPathError('The path is too long.');
  let child: Atom;
  try {
    ({ child } = parseFhirPath(text));
  } catch {
    throw new PatchPathError('The path is not FHIRPath.');
  }
  requireKnownFunctions(child);
  const tail =
    child instanceof DotAtom && child.right instanceof SymbolAtom
      ? { parent: child.left, name: child.right.name }
      : undefined;
  return { atom: child, tail };
}

function requireKnownFunctions(atom: unknown): void {
  if (typeof atom !== 'object' || atom === null) return;
  if (atom instanceof FunctionAtom && !criteriaFunctions.has(atom.name)) {
    throw new PatchPathError(
      `${/^[A-Za-z]{1,30}$/.test(atom.name) ? `${atom.name}()` : 'A function'} cannot be used in the path of a patch.`,
    );
  }
  // What criteria could reach from outside their element would have to be looked at once for each.
  if (atom instanceof SymbolAtom && /^%(?!resource$)/.test(atom.name))
    throw new PatchPathError('Variables cannot be used in the path of a patch.');
  const isCriteria = atom instanceof FunctionAtom;
  if (isCriteria && holdsVariable(atom.args))
    throw new PatchPathError('Criteria speak of their own element, without variables.');
  for (const member of Object.values(atom)) requireKnownFunctions(member);
}

function holdsVariable(atom: unknown): boolean {
  if (typeof atom !== 'object' || atom === null) return false;
  if (atom instanceof SymbolAtom && atom.name.startsWith('%')) return true;
  return Object.values(atom).some(holdsVariable);
}

/** What is known of elements, and how many places may still be looked at: shared by all operations of a patch. */
export interface PlaceSearch {
  readonly shapes: FindShapes;
  readonly budget: { left: number };
}

/** So many places one patch may look at. */
export const mostPlaces = 1_000_000;

/** Criteria take longer than a step. */
const placesPerCriterion = 20;

function spend({ budget }: PlaceSearch, places: number): void {
  budget.left -= places;
  if (budget.left < 0)
    throw new PatchPathError('The paths of the patch take too long to follow. Use indexes or fewer operations.');
}

/** Every place that the path leads to. @throws PatchPathError where a step cannot be located */
export function locate(root: TreeObject, atom: Atom, search: PlaceSearch): readonly Place[] {
  const type = typeOf(root);
  const top: Place = { value: root, type, at: undefined };
  const walk = (step: Atom): readonly Place[] => {
    if (step instanceof SymbolAtom) {
      if (step.name === type || step.name === '$this' || step.name === '%resource') return [top];
      return childrenOf(top, step.name, search);
    }
    if (step instanceof DotAtom) {
      const left = walk(step.left);
      const { right } = step;
      if (right instanceof SymbolAtom) return left.flatMap((place) => childrenOf(place, right.name, search));
      if (right instanceof FunctionAtom) return applyFunction(left, right, search);
    }
    if (step instanceof IndexerAtom && step.expr instanceof LiteralAtom) {
      const index: unknown = step.expr.value.value;
      if (typeof index === 'number' && Number.isSafeInteger(index) && index >= 0)
        return walk(step.left).slice(index, index + 1);
    }
    if (step instanceof AsAtom && step.right instanceof SymbolAtom) return ofType(walk(step.left), step.right.name);
    if (step instanceof FunctionAtom) return applyFunction([top], step, search);
    throw new PatchPathError(
      'The path of a patch goes along elements, with [index], where(), first(), last(), extension(), ofType() or as.',
    );
  };
  return walk(atom);
}

/** The places of an element by its name; none where it is absent. @throws PatchPathError where the type has no such element */
function childrenOf(place: Place, name: string, search: PlaceSearch): readonly Place[] {
  const owner = place.type;
  const members = findElement(search.shapes(owner), name);
  if (members.length === 0) {
    const printed = /^[A-Za-z]{1,60}$/.test(name) ? name : 'a step';
    throw new PatchPathError(`${owner} has no element ${printed}.`);
  }
  const holder = findElements(place);
  if (holder === undefined) return [];
  return members.flatMap((shape): Place[] => {
    const member = Object.hasOwn(holder, shape.key) ? holder[shape.key] : undefined;
    spend(search, isTreeArray(member) ? member.length : 1);
    if (isTreeArray(member)) {
      return member.map((item, index) => ({
        value: item,
        type: typeIn(item, shape),
        at: { holder, owner, shape, index },
      }));
    }
    const isThere = member !== undefined || Object.hasOwn(holder, `_${shape.key}`);
    return isThere
      ? [{ value: member ?? null, type: typeIn(member ?? null, shape), at: { holder, owner, shape, index: undefined } }]
      : [];
  });
}

/** The object that holds the elements inside a place: the value itself, or for a primitive what stands beside it in `_name`. */
export function findElements({ value, at, type }: Place): TreeObject | undefined {
  if (isTreeObject(value)) return value;
  if (at === undefined || !/^[a-z]/.test(type)) return undefined;
  const beside = at.holder[`_${at.shape.key}`];
  const own = at.index === undefined ? beside : isTreeArray(beside) ? beside[at.index] : undefined;
  return isTreeObject(own) ? own : undefined;
}

function typeIn(value: Tree, shape: ElementShape): string {
  if (shape.type !== 'Resource' || !isTreeObject(value)) return shape.type;
  return typeof value['resourceType'] === 'string' ? value['resourceType'] : shape.type;
}

function applyFunction(places: readonly Place[], { name, args }: FunctionAtom, search: PlaceSearch): readonly Place[] {
  const [argument] = args;
  if (name === 'first' || name === 'single') {
    if (name === 'single' && places.length > 1) throw new PatchPathError('single() meets several elements.');
    return places.slice(0, 1);
  }
  if (name === 'last') return places.slice(-1);
  if (name === 'where' && argument !== undefined && args.length === 1) {
    spend(search, places.length * placesPerCriterion);
    return places.filter((place) => holds(place, argument));
  }
  if (name === 'extension' && argument instanceof LiteralAtom) {
    const url: unknown = argument.value.value;
    return places
      .flatMap((place) => childrenOf(place, 'extension', search))
      .filter(({ value }) => isTreeObject(value) && value['url'] === url);
  }
  if ((name === 'ofType' || name === 'as') && argument instanceof SymbolAtom) return ofType(places, argument.name);
  throw new PatchPathError(
    `${name}() cannot be located in a resource. Use [index], where(), first(), last(), extension() or ofType().`,
  );
}

function ofType(places: readonly Place[], name: string): readonly Place[] {
  return places.filter(({ type }) => type === name);
}

/** As in FHIRPath: the criteria hold where they give true. @throws PatchPathError where they cannot be evaluated */
function holds(place: Place, criteria: Atom): boolean {
  try {
    const value = { type: toLibraryName(place.type), value: fromTree(place.value) };
    const result = evalFhirPathTyped(new FhirPathAtom('criteria', criteria), [value]);
    return result.length === 1 && result[0]?.value === true;
  } catch {
    throw new PatchPathError('The criteria of where() cannot be evaluated.');
  }
}

/** `Patient.contact` is `PatientContact` there. */
function toLibraryName(type: string): string {
  if (!type.includes('.')) return type;
  return type
    .split('.')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('');
}

function typeOf({ resourceType }: TreeObject): string {
  return typeof resourceType === 'string' ? resourceType : 'Resource';
}
