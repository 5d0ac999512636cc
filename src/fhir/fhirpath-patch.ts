// Carries out a FHIRPath Patch on a resource: add, insert, delete, replace and move. https://hl7.org/fhir/R4/fhirpatch.html
// An operation that cannot be carried out on this resource is refused by its place in the patch (422).
import { problem, type Problem } from '../core/problem.ts';
import { findElement, type ElementShape, type FindShapes } from './element-shapes.ts';
import { isTreeArray, measureTree, type Tree, type TreeArray, type TreeObject } from './exact-numbers.ts';
import type { PatchLimits } from './json-patch.ts';
import type { FhirPathPatchOperation, PartValue } from './parse-fhirpath-patch.ts';
import {
  findElements,
  locate,
  mostPlaces,
  PatchPathError,
  type PatchPath,
  type Place,
  type PlaceSearch,
} from './patch-path.ts';

interface Run extends PlaceSearch {
  readonly root: TreeObject;
  readonly limits: PatchLimits;
  readonly refuse: (diagnostics: string) => Problem;
}

/** Changes the tree in place; use it only if this returns. @throws patch-failed */
export function applyFhirPathPatch(
  root: TreeObject,
  operations: readonly FhirPathPatchOperation[],
  options: { readonly shapes: FindShapes; readonly limits: PatchLimits },
): void {
  const budget = { left: mostPlaces };
  operations.forEach((operation, at) => {
    const refuse = (diagnostics: string): Problem =>
      problem('patch-failed', { diagnostics: `Operation ${at} (${operation.type}): ${diagnostics}` });
    try {
      apply({ root, ...options, budget, refuse }, operation);
    } catch (cause) {
      if (cause instanceof PatchPathError) throw refuse(cause.message);
      throw cause;
    }
  });
  if (measureTree(root).depth > options.limits.jsonDepth) {
    throw problem('patch-failed', {
      diagnostics: `The result would be nested deeper than ${options.limits.jsonDepth} levels.`,
    });
  }
}

function apply(run: Run, operation: FhirPathPatchOperation): void {
  switch (operation.type) {
    case 'add':
      add(run, requireOne(run, operation.path), operation);
      break;
    case 'insert': {
      const list = requireList(run, operation.path);
      if (operation.index > list.length)
        throw run.refuse(`the list has ${list.length} items; index may be 0 to ${list.length}.`);
      putIn(run, { ...list, index: operation.index }, operation.value);
      break;
    }
    case 'replace':
      replace(run, requireOne(run, operation.path), operation.value);
      break;
    case 'delete': {
      const [place, other] = locate(run.root, operation.path.atom, run);
      if (other !== undefined) throw run.refuse('the path leads to several elements. Name one.');
      if (place !== undefined) takeOut(run, place);
      break;
    }
    case 'move': {
      const list = requireList(run, operation.path);
      const { source, destination } = operation;
      if (source >= list.length || destination >= list.length)
        throw run.refuse(`the list has ${list.length} items, counted from 0.`);
      for (const items of listsOf(list.holder, list.shape.key))
        items.splice(destination, 0, ...items.splice(source, 1));
    }
  }
}

function requireOne(run: Run, path: PatchPath): Place {
  const [place, other] = locate(run.root, path.atom, run);
  if (place === undefined) throw run.refuse('the path leads to nothing.');
  if (other !== undefined) throw run.refuse('the path leads to several elements. Name one.');
  return place;
}

interface ListPlace {
  readonly holder: TreeObject;
  readonly shape: ElementShape;
  readonly length: number;
}

/** The list that a path names, there or not yet. */
function requireList(run: Run, path: PatchPath): ListPlace {
  const { tail } = path;
  if (tail === undefined) throw run.refuse('the path must name a list: Patient.identifier.');
  const parent = requireOne(run, { atom: tail.parent, tail: undefined });
  const [shape] = findElement(run.shapes(parent.type), tail.name);
  if (shape === undefined || !shape.isList) throw run.refuse('the path must name a list.');
  const holder = toHolder(run, parent);
  const items = holder[shape.key];
  return { holder, shape, length: isTreeArray(items) ? items.length : 0 };
}

/** The object that elements of the place are put into; for a primitive it is made beside it, in `_name`. */
function toHolder(run: Run, place: Place): TreeObject {
  const found = findElements(place);
  if (found !== undefined) return found;
  const { at, type } = place;
  if (at === undefined || !/^[a-z]/.test(type))
    throw run.refuse('a value without elements of its own takes no others.');
  const made: TreeObject = {};
  const key = `_${at.shape.key}`;
  if (at.index === undefined) {
    at.holder[key] = made;
    return made;
  }
  if (!isTreeArray(at.holder[key])) at.holder[key] = [];
  listsOf(at.holder, at.shape.key);
  const beside = at.holder[key];
  if (isTreeArray(beside)) beside[at.index] = made;
  return made;
}

function add(run: Run, parent: Place, { name, value }: { readonly name: string; readonly value: PartValue }): void {
  const holder = toHolder(run, parent);
  const members = findElement(run.shapes(parent.type), name);
  const shape = chooseMember(run, members, value);
  if (shape.isList) {
    const items = holder[shape.key];
    putIn(run, { holder, shape, index: isTreeArray(items) ? items.length : 0 }, value);
    return;
  }
  if (members.some(({ key }) => Object.hasOwn(holder, key) || Object.hasOwn(holder, `_${key}`))) {
    throw run.refuse('the element is there already. Use replace.');
  }
  putAt(run, { holder, shape }, value);
}

function replace(run: Run, { at }: Place, value: PartValue): void {
  if (at === undefined) throw run.refuse('the whole resource cannot be replaced. Use PUT.');
  const { holder, owner, shape, index } = at;
  if (index !== undefined) {
    for (const items of listsOf(holder, shape.key)) items.splice(index, 1);
    putIn(run, { holder, shape, index }, value);
    return;
  }
  const members = shape.isChoice ? findElement(run.shapes(owner), shape.name) : [shape];
  const next = chooseMember(run, members, value);
  delete holder[shape.key];
  delete holder[`_${shape.key}`];
  putAt(run, { holder, shape: next }, value);
}

/** Which JSON member takes the value: for a choice, the one of the value's type. */
function chooseMember(run: Run, members: readonly ElementShape[], value: PartValue): ElementShape {
  const [first] = members;
  if (first === undefined) throw run.refuse('there is no element of this name.');
  if (!first.isChoice) return first;
  const chosen = value.kind === 'typed' ? members.find(({ key, name }) => key === `${name}${value.suffix}`) : undefined;
  if (chosen === undefined) throw run.refuse(`${first.name} takes ${members.map(({ type }) => type).join(', ')}.`);
  return chosen;
}

function takeOut(run: Run, { at }: Place): void {
  if (at === undefined) throw run.refuse('the whole resource cannot be deleted by a patch.');
  const { holder, shape, index } = at;
  if (index === undefined) {
    delete holder[shape.key];
    delete holder[`_${shape.key}`];
    return;
  }
  for (const items of listsOf(holder, shape.key)) items.splice(index, 1);
  for (const key of [shape.key, `_${shape.key}`]) {
    const items = holder[key];
    const isSpent =
      isTreeArray(items) && (items.length === 0 || (key.startsWith('_') && items.every((item) => item === null)));
    if (isSpent) delete holder[key];
  }
}

/** The list itself, and beside it the list of its primitives' ids and extensions, filled up to the same length. */
function listsOf(holder: TreeObject, key: string): readonly TreeArray[] {
  const [main, beside] = [holder[key], holder[`_${key}`]];
  const lists = [main, beside].filter((list) => isTreeArray(list));
  const length = Math.max(0, ...lists.map((list) => list.length));
  for (const list of lists) while (list.length < length) list.push(null);
  return lists;
}

interface InList {
  readonly holder: TreeObject;
  readonly shape: ElementShape;
  readonly index: number;
}

function putIn(run: Run, { holder, shape, index }: InList, value: PartValue): void {
  const made = make(run, shape, value);
  const before = isTreeArray(holder[shape.key]) ? (holder[shape.key] as TreeArray) : [];
  holder[shape.key] = before;
  const besideKey = `_${shape.key}`;
  if (made.beside !== undefined && !isTreeArray(holder[besideKey])) holder[besideKey] = before.map(() => null);
  const [list, beside] = [before, holder[besideKey]];
  if (isTreeArray(beside)) {
    listsOf(holder, shape.key);
    beside.splice(index, 0, made.beside ?? null);
    if (beside.every((item) => item === null)) delete holder[besideKey];
  }
  list.splice(index, 0, made.value ?? null);
}

function putAt(
  run: Run,
  { holder, shape }: { readonly holder: TreeObject; readonly shape: ElementShape },
  value: PartValue,
): void {
  const made = make(run, shape, value);
  if (made.value !== undefined) holder[shape.key] = made.value;
  if (made.beside !== undefined) holder[`_${shape.key}`] = made.beside;
}

function make(
  run: Run,
  shape: ElementShape,
  value: PartValue,
): { readonly value: Tree | undefined; readonly beside: Tree | undefined } {
  if (value.kind === 'typed') return { value: value.value, beside: value.beside };
  if (value.kind === 'resource') return { value: value.value, beside: undefined };
  const made: TreeObject = {};
  const inner: Place = { value: made, type: shape.type, at: undefined };
  for (const part of value.parts) add(run, inner, part);
  return { value: made, beside: undefined };
}
