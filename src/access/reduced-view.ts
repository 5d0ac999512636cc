// A change by somebody who sees a resource without its hidden references (sip.md §4): the change is made to what was read, and the
// hidden parts go back to where they were. So positions, tests and copies mean what the reader saw, and tell nothing of the rest.
// docs/decisions/0017-patch-on-a-reduced-view.md · Cuts out exactly what access/redact.ts leaves out.
import { isTreeArray, isTreeObject, type Tree, type TreeArray, type TreeObject } from '../fhir/exact-numbers.ts';
import { isLiteralReference } from '../fhir/reference.ts';
import { subsetted } from './redact.ts';

/** Part of a resource that was cut out. `after`: the item it followed; undefined where it came first. */
type Cut =
  | { readonly holder: TreeObject; readonly key: string; readonly value: Tree }
  | {
      readonly holder: TreeObject;
      readonly key: string;
      readonly list: TreeArray;
      readonly after: Tree | undefined;
      readonly value: Tree;
    };

type IsHidden = (reference: string) => boolean;

/** Cuts the hidden references out of the tree and marks it SUBSETTED, as a reader gets it. Changes the tree in place. */
export function cutHidden(root: TreeObject, isHidden: IsHidden): readonly Cut[] {
  const cuts: Cut[] = [];
  cutObject(root, { isHidden, cuts });
  const meta = isTreeObject(root['meta']) ? root['meta'] : {};
  const tags = isTreeArray(meta['tag']) ? meta['tag'].filter((tag) => !isSubsetted(tag)) : [];
  root['meta'] = { ...meta, tag: [...tags, { ...subsetted } as TreeObject] };
  return cuts;
}

/** Puts the parts back where they were, and takes the mark away. False where the change took or filled a place that one belongs to. */
export function restoreHidden(root: TreeObject, cuts: readonly Cut[]): boolean {
  unmark(root);
  const present = new Set<Tree>();
  collect(root, present);
  // Backwards, so that of several that followed one item the first comes first again.
  return cuts.toReversed().every((cut) => ('list' in cut ? restoreItem(cut, present) : restoreMember(cut, present)));
}

interface Cutting {
  readonly isHidden: IsHidden;
  readonly cuts: Cut[];
}

function cutObject(holder: TreeObject, cutting: Cutting): void {
  for (const [key, value] of Object.entries(holder)) {
    if (isGone(value, key, cutting.isHidden)) {
      cutting.cuts.push({ holder, key, value });
      delete holder[key];
    } else if (isTreeArray(value)) {
      cutItems({ holder, key, list: value }, cutting);
    } else if (isTreeObject(value)) {
      cutObject(value, cutting);
    }
  }
}

function cutItems(
  { holder, key, list }: { readonly holder: TreeObject; readonly key: string; readonly list: TreeArray },
  cutting: Cutting,
): void {
  const kept: Tree[] = [];
  for (const value of list) {
    if (isGone(value, key, cutting.isHidden)) {
      cutting.cuts.push({ holder, key, list, after: kept.at(-1), value });
      continue;
    }
    kept.push(value);
    if (isTreeObject(value)) cutObject(value, cutting);
  }
  list.splice(0, list.length, ...kept);
}

/** A hidden Reference, or what nothing is left of without those in it. */
function isGone(value: Tree, key: string, isHidden: IsHidden): boolean {
  if (isTreeArray(value)) return value.length > 0 && value.every((item) => isGone(item, key, isHidden));
  if (!isTreeObject(value)) return false;
  if (isLiteralReference(value, key, false) && isHidden(value.reference)) return true;
  const gone = Object.entries(value).filter(([name, member]) => isGone(member, name, isHidden));
  if (gone.length === 0) return false;
  const rest = Object.keys(value).filter((name) => !gone.some(([other]) => other === name));
  return rest.every((name) => name === 'url' || name === 'id');
}

function collect(value: Tree, present: Set<Tree>): void {
  if (!isTreeArray(value) && !isTreeObject(value)) return;
  present.add(value);
  for (const member of isTreeArray(value) ? value : Object.values(value)) collect(member, present);
}

function restoreMember({ holder, key, value }: Cut, present: ReadonlySet<Tree>): boolean {
  if (!present.has(holder)) return false;
  const now = holder[key];
  if (now === undefined) holder[key] = value;
  else if (isTreeArray(now) && isTreeArray(value)) now.unshift(...value);
  else return false;
  return true;
}

function restoreItem(
  { holder, key, list, after, value }: Extract<Cut, { list: TreeArray }>,
  present: Set<Tree>,
): boolean {
  if (present.has(list)) {
    const at = after === undefined ? -1 : list.indexOf(after);
    list.splice(after !== undefined && at === -1 ? list.length : at + 1, 0, value);
    return true;
  }
  // Everything that was seen of the list is gone: what was not seen makes up the list.
  if (!present.has(holder)) return false;
  const now = holder[key];
  if (now === undefined) {
    const rest: Tree[] = [value];
    holder[key] = rest;
    present.add(rest);
  } else if (isTreeArray(now)) now.unshift(value);
  else return false;
  return true;
}

function unmark(root: TreeObject): void {
  const { meta } = root;
  if (!isTreeObject(meta) || !isTreeArray(meta['tag'])) return;
  const tags = meta['tag'].filter((tag) => !isSubsetted(tag));
  if (tags.length > 0) meta['tag'] = tags;
  else delete meta['tag'];
}

function isSubsetted(tag: Tree): boolean {
  return isTreeObject(tag) && tag['code'] === subsetted.code;
}
