// A profile as the checks it adds to what R4 already asks: nothing is checked twice, an element without additions costs nothing.
// https://hl7.org/fhir/R4/profiling.html · compiled from the snapshot when the profile is first needed
// Runs on instances whose structure is known to be sound.
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import type { Definitions } from '../fhir/definitions.ts';
import type { Codes } from '../terminology/codes.ts';
import type { BindingCheck } from './binding.ts';
import type { ElementTree } from './element-tree.ts';
import { toElementTree } from './element-tree.ts';
import { compileElementChecks } from './element-checks.ts';
import type { Invariant } from './invariants.ts';
import type { Item, ItemNames } from './items.ts';
import { itemsOf, namesOf } from './items.ts';
import { compileSliceMatch, findSliceUrl } from './slicing.ts';
import type { SliceMatch } from './slicing.ts';
import { stepOf } from './structure.ts';
import type { JsonObject, Walk } from './walk.ts';
import { quoteName, report } from './walk.ts';

export interface Profile {
  readonly url: string;
  readonly type: string;
  /** Checks an object of the profile's type; the walk's path is that of the object. */
  readonly check: (walk: Walk, value: JsonObject) => void;
}

export interface ProfileParts {
  readonly definitions: Definitions;
  readonly codes: Codes;
  readonly bindingOf: (element: ElementDefinition) => BindingCheck | undefined;
  readonly invariantsOf: (element: ElementDefinition) => readonly Invariant[];
  /** The profile of a canonical, or undefined where it is not held. */
  readonly profile: (canonical: string) => Profile | undefined;
  readonly conforms: (walk: Walk, value: JsonObject, profile: string) => boolean;
}

export type ItemCheck = (walk: Walk, item: Item) => void;

interface ProfileNode {
  readonly step: string;
  readonly names: ItemNames;
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly checks: readonly ItemCheck[];
  readonly children: readonly ProfileNode[];
  readonly slices: readonly { readonly name: string; readonly match: SliceMatch; readonly node: ProfileNode }[];
  /** Position of each slice by the URL of its extension, where that is what tells them apart. */
  readonly slicesByUrl: ReadonlyMap<unknown, number> | undefined;
  readonly rules: 'open' | 'closed' | 'openAtEnd';
}

/** Compiles one profile. */
export function compileProfile(structure: StructureDefinition, parts: ProfileParts): Profile {
  const tree = toElementTree(structure);
  const baseRoot = parts.definitions.typeStructure(structure.type)?.snapshot?.element[0];
  const root = compileNode(tree, {
    parts,
    title: structure.name ?? structure.url ?? '',
    base: baseRoot,
    isSlice: false,
  });
  const check = (walk: Walk, value: JsonObject): void => {
    if (root !== undefined) checkItem(walk, root, { value, children: value, index: undefined, type: structure.type });
  };
  return { url: structure.url ?? '', type: structure.type, check };
}

interface NodeContext {
  readonly parts: ProfileParts;
  /** The profile's name, for words to a reader. */
  readonly title: string;
  readonly base: ElementDefinition | undefined;
  readonly isSlice: boolean;
}

/** The node of an element, or undefined when neither it nor anything below it adds to the base. */
function compileNode(tree: ElementTree, context: NodeContext): ProfileNode | undefined {
  const { parts, title, base, isSlice } = context;
  const { element } = tree;
  const below = (child: ElementTree, childIsSlice: boolean): ProfileNode | undefined =>
    compileNode(child, { parts, title, base: findBase(child.element, parts.definitions), isSlice: childIsSlice });
  const children = tree.children.map((child) => below(child, false)).filter((child) => child !== undefined);
  const discriminators = element.slicing?.discriminator ?? [];
  const slices = tree.slices.flatMap((slice) => {
    const node = below(slice, true);
    const match = compileSliceMatch(
      slice,
      tree.name.endsWith('[x]') && discriminators.length === 0 ? [{ type: 'type', path: '$this' }] : discriminators,
      parts,
    );
    return node === undefined
      ? []
      : [{ name: slice.element.sliceName ?? '', match, node, url: findSliceUrl(slice, discriminators) }];
  });
  const min = element.min ?? 0;
  const max = element.max === undefined || element.max === '*' ? Infinity : Number(element.max);
  const checks = compileElementChecks(element, base, parts);
  const types = (base?.type ?? element.type ?? []).map((type) => type.code ?? '');
  const rules = element.slicing?.rules ?? 'open';
  const addsCardinality = isSlice || min > (base?.min ?? 0) || (element.max !== undefined && element.max !== base?.max);
  if (!addsCardinality && checks.length === 0 && children.length === 0 && slices.length === 0 && rules === 'open')
    return undefined;
  return {
    step: stepOf(element.path),
    names: namesOf(tree.name, types),
    title:
      element.sliceName === undefined
        ? `${element.path} (${title})`
        : `${element.path}, slice "${element.sliceName}" (${title})`,
    min: addsCardinality ? min : 0,
    max: addsCardinality ? max : Infinity,
    checks,
    children,
    slices,
    slicesByUrl:
      slices.length > 0 && slices.every((slice) => slice.url !== undefined)
        ? new Map<unknown, number>(slices.map((slice, index) => [slice.url, index]))
        : undefined,
    rules,
  };
}

/** The element of R4 that this one narrows: `Identifier.system` for `Patient.identifier:personnummer.system`. */
function findBase(element: ElementDefinition, definitions: Definitions): ElementDefinition | undefined {
  const path = element.base?.path;
  if (path === undefined) return undefined;
  return definitions
    .typeStructure(path.split('.')[0] ?? '')
    ?.snapshot?.element.find((candidate) => candidate.path === path);
}

function checkNode(walk: Walk, node: ProfileNode, parent: JsonObject): void {
  const items = itemsOf(parent, node.names);
  checkCount(walk, node, items);
  if (items.length === 0 && node.slices.length === 0) return;
  for (const item of items) at(walk, node.step, item, () => checkItem(walk, node, item));
  if (node.slices.length > 0) checkSlices(walk, node, items);
}

function checkItem(walk: Walk, node: ProfileNode, item: Item): void {
  for (const check of node.checks) check(walk, item);
  for (const child of node.children) checkNode(walk, child, item.children);
}

function checkCount(walk: Walk, node: ProfileNode, items: readonly Item[]): void {
  if (items.length < node.min) {
    report(walk, 'element-required', {
      at: [node.step],
      diagnostics: `${node.title} is required${node.min > 1 ? ` at least ${node.min} times` : ''}. Add it.`,
    });
  }
  const extra = items[node.max];
  if (extra === undefined) return;
  const place = extra.index === undefined ? [node.step] : [node.step, extra.index];
  if (node.max === 0)
    report(walk, 'element-prohibited', { at: place, diagnostics: `${node.title} is not allowed. Remove it.` });
  else
    report(walk, 'too-many', {
      at: place,
      diagnostics: `${node.title} may stand ${node.max === 1 ? 'once' : `${node.max} times`}; there are ${items.length}. Remove some.`,
    });
}

function checkSlices(walk: Walk, node: ProfileNode, items: readonly Item[]): void {
  const members = node.slices.map((): Item[] => []);
  let hasUnmatched = false;
  for (const item of items) {
    const slice =
      node.slicesByUrl === undefined
        ? node.slices.findIndex((candidate) => candidate.match(item, walk))
        : (node.slicesByUrl.get(item.children['url']) ?? -1);
    if (slice >= 0) members[slice]?.push(item);
    const isMisplaced = slice < 0 ? node.rules === 'closed' : node.rules === 'openAtEnd' && hasUnmatched;
    if (slice < 0) hasUnmatched = true;
    if (isMisplaced) {
      const names = node.slices.map((candidate) => quoteName(candidate.name)).join(', ');
      at(walk, node.step, item, () =>
        report(walk, 'slice-not-allowed', {
          diagnostics: `${node.title} takes only its slices ${names}${slice < 0 ? '' : ', and others after them'}. Correct or remove this item.`,
        }),
      );
    }
  }
  for (const [index, slice] of node.slices.entries()) {
    const own = members[index] ?? [];
    checkCount(walk, slice.node, own);
    for (const item of own) at(walk, node.step, item, () => checkItem(walk, slice.node, item));
    if (slice.node.slices.length > 0) checkSlices(walk, slice.node, own);
  }
}

function at(walk: Walk, step: string, item: Item, run: () => void): void {
  walk.path.push(step);
  if (item.index !== undefined) walk.path.push(item.index);
  run();
  walk.path.length -= item.index === undefined ? 1 : 2;
}
