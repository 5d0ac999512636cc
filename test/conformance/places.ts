// Where in an instance an element of a profile stands, found by the element's id (`Goal.category:heading.coding`).
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import { equals, holds, isRecord } from './json.ts';
import type { Json } from './json.ts';

export interface Place {
  /** The object that has (or would have) the element. */
  readonly parent: Json;
  /** JSON name in the parent: `valueCoding` for `value[x]`. */
  readonly key: string;
  readonly index: number | undefined;
  readonly value: unknown;
  /** FHIRPath of the value, and of its list. */
  readonly expression: string;
  readonly list: string;
}

interface Step {
  readonly name: string;
  readonly slice: ElementDefinition | undefined;
}

/** Every place of the element that has a value. `root` is the object, `at` its FHIRPath. */
export function findPlaces(
  profile: StructureDefinition,
  id: string,
  from: { readonly root: Json; readonly at: string },
): readonly Place[] {
  const steps = toSteps(profile, id);
  let places: readonly Place[] = [
    { parent: from.root, key: '', index: undefined, value: from.root, expression: from.at, list: from.at },
  ];
  for (const step of steps)
    places = places.flatMap((place) =>
      isRecord(place.value) ? below(place.value, place.expression, { step, profile }) : [],
    );
  return places;
}

/** The objects that have, or should have, the element: the places of its parent. */
export function findParents(
  profile: StructureDefinition,
  id: string,
  from: { readonly root: Json; readonly at: string },
): readonly Place[] {
  return findPlaces(profile, id.slice(0, id.lastIndexOf('.')), from);
}

function toSteps(profile: StructureDefinition, id: string): readonly Step[] {
  const parts = id.split('.');
  return parts.slice(1).map((part, index) => {
    const [name = '', slice] = part.split(':');
    const own = parts.slice(0, index + 2).join('.');
    return {
      name,
      slice: slice === undefined ? undefined : profile.snapshot?.element.find((element) => element.id === own),
    };
  });
}

function below(
  parent: Json,
  at: string,
  look: { readonly step: Step; readonly profile: StructureDefinition },
): readonly Place[] {
  const { name, slice } = look.step;
  const isChoice = name.endsWith('[x]');
  const step = isChoice ? name.slice(0, -3) : name;
  const keys = isChoice
    ? Object.keys(parent).filter((key) => key.startsWith(step) && /^[A-Z]/.test(key.slice(step.length)))
    : [name];
  return keys.flatMap((key): readonly Place[] => {
    const value = parent[key];
    const list = `${at}.${step}`;
    if (value === undefined) return [];
    if (!Array.isArray(value)) return [{ parent, key, index: undefined, value, expression: list, list }];
    return value
      .map((item, index) => ({ parent, key, index, value: item as unknown, expression: `${list}[${index}]`, list }))
      .filter((place) => slice === undefined || isMember(place.value, slice, look.profile));
  });
}

/** By the URL of an extension, the slice's own pattern, or the fixed and pattern values right below it. */
function isMember(value: unknown, slice: ElementDefinition, profile: StructureDefinition): boolean {
  const url = slice.type?.[0]?.profile?.[0];
  if (url !== undefined && isRecord(value)) return value['url'] === url;
  const own = findExpected(slice);
  if (own !== undefined) return holds(own.expected, value);
  const children = (profile.snapshot?.element ?? []).filter(
    (element) =>
      element.id?.startsWith(`${slice.id}.`) === true && /^\w+$/.test(element.id.slice((slice.id ?? '').length + 1)),
  );
  const tests = children.flatMap((child) => {
    const found = findExpected(child);
    return found === undefined ? [] : [{ name: child.path.slice(child.path.lastIndexOf('.') + 1), ...found }];
  });
  return (
    tests.length > 0 &&
    isRecord(value) &&
    tests.every((test) =>
      test.isFixed ? equals(test.expected, value[test.name]) : holds(test.expected, value[test.name]),
    )
  );
}

export function findExpected(
  element: ElementDefinition,
): { readonly expected: unknown; readonly isFixed: boolean } | undefined {
  const found = Object.entries(element).find(([name]) => /^(?:fixed|pattern)[A-Z]/.test(name));
  return found === undefined ? undefined : { expected: found[1] as unknown, isFixed: found[0].startsWith('fixed') };
}
