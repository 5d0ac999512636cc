// Which modifiers a search parameter takes: asked when one is used, told in the CapabilityStatement and in the reference pages.
// https://hl7.org/fhir/R4/search.html#modifiers
import { findSteps } from './hierarchy.ts';
import type { Parameter, ParameterKind } from './parameter.ts';
import type { SearchRegistry } from './registry.ts';

/** Stands for each of the types that a reference leads to. */
const anyTarget = '[type]';

/** `:above` and `:below` of a reference: only where it leads to resources that are part of each other. */
export const modifiersByKind: Readonly<Record<Exclude<ParameterKind, 'unsupported'>, readonly string[]>> = {
  id: ['not', 'missing'],
  'last-updated': ['missing'],
  token: ['not', 'text', 'in', 'not-in', 'above', 'below', 'of-type', 'missing'],
  reference: [anyTarget, 'identifier', 'above', 'below', 'missing'],
  date: ['missing'],
  string: ['exact', 'contains', 'missing'],
  number: ['missing'],
  quantity: ['missing'],
  uri: ['above', 'below', 'missing'],
  composite: ['missing'],
  text: [],
};

/** Those of one parameter, `[type]` for all types that it leads to. */
export function modifiersOf(parameter: Parameter, registry: Pick<SearchRegistry, 'parametersOf'>): readonly string[] {
  const { kind, targetTypes, isPlain } = parameter;
  if (kind === 'unsupported' || isPlain === true) return [];
  if (kind !== 'reference') return modifiersByKind[kind];
  const isHierarchical = findSteps(parameter, registry).size > 0;
  return modifiersByKind.reference.filter((modifier) => {
    if (modifier === anyTarget) return targetTypes.length > 0;
    return isHierarchical || (modifier !== 'above' && modifier !== 'below');
  });
}

/** The same as they are written, each type by its name. */
export function spelledModifiers(
  parameter: Parameter,
  registry: Pick<SearchRegistry, 'parametersOf'>,
): readonly string[] {
  return modifiersOf(parameter, registry).flatMap((one) => (one === anyTarget ? parameter.targetTypes : [one]));
}
