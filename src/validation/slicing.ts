// Which slice of a sliced list an item belongs to.
// https://hl7.org/fhir/R4/profiling.html#discriminator
// A slice whose discriminator says nothing that can be compared is matched by no item.
import type { ElementDefinition, ElementDefinitionSlicingDiscriminator } from '@medplum/fhirtypes';
import type { Codes } from '../terminology/codes.ts';
import type { ElementTree } from './element-tree.ts';
import { findChoice } from './element-tree.ts';
import type { Item } from './items.ts';
import { itemsAtStep } from './items.ts';
import { equalsValue, matchesPattern } from './match-value.ts';
import { findContained, findTargetType } from './reference-target.ts';
import type { JsonObject, Walk } from './walk.ts';
import { isObject } from './walk.ts';

export type SliceMatch = (item: Item, walk: Walk) => boolean;

export interface SliceSources {
  readonly codes: Codes;
  readonly conforms: (walk: Walk, value: JsonObject, profile: string) => boolean;
}

/** The URL that alone decides in a list of extensions; undefined for any other slicing. */
export function findSliceUrl(
  slice: ElementTree,
  discriminators: readonly ElementDefinitionSlicingDiscriminator[],
): string | undefined {
  const [only] = discriminators;
  if (discriminators.length !== 1 || only?.type !== 'value' || only.path !== 'url') return undefined;
  const inner = slice.children.find((child) => child.name === 'url');
  return slice.element.type?.[0]?.profile?.[0]?.split('|')[0] ?? inner?.element.fixedUri;
}

/** A test for membership in the slice: every discriminator must agree. */
export function compileSliceMatch(
  slice: ElementTree,
  discriminators: readonly ElementDefinitionSlicingDiscriminator[],
  sources: SliceSources,
): SliceMatch {
  if (discriminators.length === 0) return () => false;
  const tests = discriminators.map((discriminator) => compileDiscriminator(slice, discriminator, sources));
  return (item, walk) => tests.every((test) => test(item, walk));
}

function compileDiscriminator(
  slice: ElementTree,
  discriminator: ElementDefinitionSlicingDiscriminator,
  sources: SliceSources,
): SliceMatch {
  const steps = toSteps(discriminator.path ?? '$this');
  const reach = (item: Item, walk: Walk): readonly Item[] =>
    steps.reduce<readonly Item[]>((items, step) => items.flatMap((each) => follow(each, step, walk)), [item]);
  const target = findTree(slice, steps);
  switch (discriminator.type) {
    case 'exists': {
      const mustExist = (target?.element.min ?? 0) > 0;
      return (item, walk) => reach(item, walk).length > 0 === mustExist;
    }
    case 'type': {
      const types = new Set((target?.element.type ?? []).map((type) => type.code ?? ''));
      return (item, walk) => reach(item, walk).some((each) => types.has(typeOfItem(each)));
    }
    case 'profile': {
      const profiles = (target?.element.type ?? []).flatMap((type) => [
        ...(type.profile ?? []),
        ...(type.targetProfile ?? []),
      ]);
      return (item, walk) =>
        reach(item, walk).some(
          (each) =>
            isObject(each.value) &&
            profiles.some((profile) => sources.conforms(walk, each.value as JsonObject, profile)),
        );
    }
    default: {
      const test = compileValueTest(slice, steps, sources);
      return test === undefined ? () => false : (item, walk) => reach(item, walk).some((each) => test(each.value));
    }
  }
}

type ValueTest = (value: unknown) => boolean;

/** What the slice says of the value at the path: itself, above it, below it, or by its binding. */
function compileValueTest(slice: ElementTree, steps: readonly string[], sources: SliceSources): ValueTest | undefined {
  const extensionUrl =
    steps.length === 1 && steps[0] === 'url' ? slice.element.type?.[0]?.profile?.[0]?.split('|')[0] : undefined;
  if (extensionUrl !== undefined) return (value) => value === extensionUrl;
  const target = findTree(slice, steps);
  if (target !== undefined) {
    const own = subtreeTests(target);
    if (own.length > 0) return (value) => own.every((test) => test(value));
  }
  for (let depth = steps.length - 1; depth >= 0; depth -= 1) {
    const above = findTree(slice, steps.slice(0, depth));
    const inside = above === undefined ? undefined : valueAt(ownValue(above.element)?.expected, steps.slice(depth));
    if (inside !== undefined) return (value) => matchesPattern(inside, value);
  }
  const binding = target?.element.binding;
  if (binding?.strength !== 'required' || binding.valueSet === undefined) return undefined;
  const valueSet = binding.valueSet;
  return (value) => isInValueSet(value, valueSet, sources.codes);
}

function ownValue(element: ElementDefinition): { readonly expected: unknown; readonly isFixed: boolean } | undefined {
  const fixed = findChoice(element, 'fixed');
  const expected = fixed ?? findChoice(element, 'pattern');
  return expected === undefined ? undefined : { expected, isFixed: fixed !== undefined };
}

/** Fixed values and patterns of the element and of those below it. */
function subtreeTests(tree: ElementTree): readonly ValueTest[] {
  const own = ownValue(tree.element);
  const tests: ValueTest[] =
    own === undefined
      ? []
      : [(value) => (own.isFixed ? equalsValue(own.expected, value) : matchesPattern(own.expected, value))];
  for (const child of tree.children) {
    const below = subtreeTests(child);
    if (below.length === 0) continue;
    const step = child.name.replace('[x]', '');
    tests.push(
      (value) => isObject(value) && itemsAtStep(value, step).some((item) => below.every((test) => test(item.value))),
    );
  }
  return tests;
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (found, step) =>
      Array.isArray(found)
        ? isObject(found[0])
          ? found[0][step]
          : undefined
        : isObject(found)
          ? found[step]
          : undefined,
    value,
  );
}

function isInValueSet(value: unknown, valueSet: string, codes: Codes): boolean {
  if (typeof value === 'string') return codes.inValueSet(valueSet, { code: value }) === true;
  if (!isObject(value)) return false;
  const codings = Array.isArray(value['coding']) ? value['coding'].filter(isObject) : [value];
  return codings.some(
    ({ system, code }) =>
      typeof system === 'string' && typeof code === 'string' && codes.inValueSet(valueSet, { system, code }) === true,
  );
}

/** `extension('http://a.b/c').value` as steps; a dot inside quotes parts nothing. */
function toSteps(path: string): readonly string[] {
  return (path.match(/(?:'[^']*'|[^.'])+/g) ?? []).filter((step) => step !== '$this');
}

function findTree(tree: ElementTree, steps: readonly string[]): ElementTree | undefined {
  return steps.reduce<ElementTree | undefined>((found, step) => {
    if (found === undefined || step === 'resolve()' || step.startsWith('ofType(')) return found;
    const url = extensionOf(step);
    if (url !== undefined)
      return found.children
        .find((child) => child.name === 'extension')
        ?.slices.find((slice) => slice.element.type?.[0]?.profile?.[0] === url);
    return found.children.find((child) => child.name === step || child.name === `${step}[x]`);
  }, tree);
}

const extensionOf = (step: string): string | undefined => /^extension\('([^']+)'\)$/.exec(step)?.[1];

function follow(item: Item, step: string, walk: Walk): readonly Item[] {
  const url = extensionOf(step);
  if (url !== undefined)
    return itemsAtStep(item.children, 'extension').filter((extension) => extension.children['url'] === url);
  const type = /^ofType\(([A-Za-z]+)\)$/.exec(step)?.[1];
  if (type !== undefined) return typeOfItem(item) === type ? [item] : [];
  if (step !== 'resolve()') return itemsAtStep(item.children, step);
  const reference = item.children['reference'];
  const contained =
    typeof reference === 'string' && reference.startsWith('#') ? findContained(reference, walk.root) : undefined;
  const target = contained ?? { resourceType: findTargetType(item.children, walk.root) };
  return [{ value: target, children: target, index: undefined, type: undefined }];
}

function typeOfItem(item: Item): string {
  const type = item.children['resourceType'];
  return typeof type === 'string' ? type : (item.type ?? '');
}
