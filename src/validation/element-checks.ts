// What a profile's element asks of each of its values beyond the base: fixed values, types, bindings, targets, rules.
// https://hl7.org/fhir/R4/elementdefinition.html
import type { ElementDefinition, ElementDefinitionType } from '@medplum/fhirtypes';
import { findChoice } from './element-tree.ts';
import type { Item } from './items.ts';
import { equalsValue, matchesPattern } from './match-value.ts';
import type { ItemCheck, ProfileParts } from './profile.ts';
import { findContained, findTargetType } from './reference-target.ts';
import { targetTypes } from './structure.ts';
import type { Walk } from './walk.ts';
import { isObject, report } from './walk.ts';

/** The checks that the element adds to `base`. */
export function compileElementChecks(
  element: ElementDefinition,
  base: ElementDefinition | undefined,
  parts: ProfileParts,
): readonly ItemCheck[] {
  return [
    ...valueChecks(element),
    ...rangeChecks(element),
    ...typeChecks(element, base, parts),
    ...bindingChecks(element, base, parts),
    ...invariantChecks(element, base, parts),
  ];
}

function valueChecks(element: ElementDefinition): readonly ItemCheck[] {
  const fixed = findChoice(element, 'fixed');
  const pattern = findChoice(element, 'pattern');
  const check = (
    expected: unknown,
    isMet: (expected: unknown, found: unknown) => boolean,
    words: string,
  ): ItemCheck => {
    const diagnostics = `${element.path} ${words} ${JSON.stringify(expected)}. Send that value.`;
    return (walk, item) => {
      if (!isMet(expected, item.value)) report(walk, 'fixed-value', { diagnostics });
    };
  };
  return [
    ...(fixed === undefined ? [] : [check(fixed, equalsValue, 'must be exactly')]),
    ...(pattern === undefined ? [] : [check(pattern, matchesPattern, 'must hold')]),
  ];
}

function rangeChecks(element: ElementDefinition): readonly ItemCheck[] {
  const checks: ItemCheck[] = [];
  const { maxLength } = element;
  if (maxLength !== undefined) {
    checks.push((walk, item) => {
      if (typeof item.value === 'string' && item.value.length > maxLength)
        report(walk, 'invalid-value', {
          diagnostics: `${element.path} has at most ${maxLength} characters. Shorten it.`,
        });
    });
  }
  const bounds = [
    {
      bound: findChoice(element, 'minValue'),
      isOutside: (value: number, bound: number) => value < bound,
      words: 'at least',
    },
    {
      bound: findChoice(element, 'maxValue'),
      isOutside: (value: number, bound: number) => value > bound,
      words: 'at most',
    },
  ];
  for (const { bound, isOutside, words } of bounds) {
    if (typeof bound !== 'number') continue;
    checks.push((walk, item) => {
      if (typeof item.value === 'number' && isOutside(item.value, bound))
        report(walk, 'fixed-value', { diagnostics: `${element.path} is ${words} ${bound}. Correct it.` });
    });
  }
  return checks;
}

function typeChecks(
  element: ElementDefinition,
  base: ElementDefinition | undefined,
  parts: ProfileParts,
): readonly ItemCheck[] {
  const types = element.type ?? [];
  const checks: ItemCheck[] = [];
  if (element.path.endsWith('[x]') && types.length > 0 && types.length < (base?.type?.length ?? Infinity)) {
    const allowed = new Set(types.map((type) => type.code));
    checks.push((walk, item) => {
      if (item.type !== undefined && !allowed.has(item.type))
        report(walk, 'type-not-allowed', {
          diagnostics: `${element.path} must be of type ${[...allowed].join(' or ')}. Send one of them.`,
        });
    });
  }
  for (const type of types) {
    const baseType = base?.type?.find((candidate) => candidate.code === type.code);
    if (type.code === 'Reference' && String(type.targetProfile) !== String(baseType?.targetProfile))
      checks.push(referenceCheck(element, type, parts));
    // The content of an extension is checked wherever it stands, by its url.
    if (type.code !== 'Extension' && type.profile !== undefined && String(type.profile) !== String(baseType?.profile))
      checks.push(profileCheck(type, parts));
  }
  return checks;
}

function referenceCheck(element: ElementDefinition, type: ElementDefinitionType, parts: ProfileParts): ItemCheck {
  const profiles = type.targetProfile ?? [];
  const targets = targetTypes(profiles, parts.definitions);
  return (walk, item) => {
    if (!isObject(item.value) || (item.type !== undefined && item.type !== 'Reference')) return;
    const target = findTargetType(item.value, walk.root);
    if (target !== undefined && targets !== undefined && !targets.has(target)) {
      report(walk, 'reference-target', {
        diagnostics: `${element.path} may point at ${[...targets].join(', ')}, not at ${parts.definitions.resourceTypes.has(target) ? target : 'this type'}. Point at one of them.`,
      });
      return;
    }
    const { reference } = item.value;
    const contained =
      typeof reference === 'string' && reference.startsWith('#') ? findContained(reference, walk.root) : undefined;
    if (contained === undefined || contained === walk.root) return;
    if (!profiles.some((profile) => parts.conforms(walk, contained, profile))) {
      report(walk, 'reference-target', {
        diagnostics: `The contained resource meets none of the profiles ${profiles.join(', ')}. Correct it.`,
      });
    }
  };
}

/** One profile of several must be met; a single one says itself what is wrong. */
export function profileCheck(
  type: Pick<ElementDefinitionType, 'code' | 'profile'>,
  parts: Pick<ProfileParts, 'profile' | 'conforms'>,
): ItemCheck {
  const canonicals = type.profile ?? [];
  const check = (walk: Walk, item: Item): void => {
    const value = item.value;
    if (!isObject(value) || (item.type !== undefined && item.type !== type.code)) return;
    const profiles = canonicals.map((canonical) => parts.profile(canonical)).filter((profile) => profile !== undefined);
    const [only] = profiles;
    if (only === undefined) return;
    if (profiles.length === 1) only.check(walk, value);
    else if (!profiles.some((profile) => parts.conforms(walk, value, profile.url))) {
      report(walk, 'type-not-allowed', {
        diagnostics: `The value meets none of the profiles ${canonicals.join(', ')}. Correct it.`,
      });
    }
  };
  return check;
}

function bindingChecks(
  element: ElementDefinition,
  base: ElementDefinition | undefined,
  parts: ProfileParts,
): readonly ItemCheck[] {
  const binding = parts.bindingOf(element);
  if (binding === undefined || binding.key === (base === undefined ? undefined : parts.bindingOf(base)?.key)) return [];
  return [(walk, item) => binding.check(walk, item.value)];
}

function invariantChecks(
  element: ElementDefinition,
  base: ElementDefinition | undefined,
  parts: ProfileParts,
): readonly ItemCheck[] {
  const known = new Set((base?.constraint ?? []).map((constraint) => constraint.key));
  // Rules of a data type come along in snapshots; the structure check has asked them already.
  for (const type of element.type ?? []) {
    for (const constraint of parts.definitions.typeStructure(type.code ?? '')?.snapshot?.element[0]?.constraint ?? [])
      known.add(constraint.key);
  }
  return parts
    .invariantsOf(element)
    .filter((invariant) => !known.has(invariant.key))
    .map((invariant) => (walk, item) => {
      if (item.value !== undefined) invariant.check(walk, item.value);
    });
}
