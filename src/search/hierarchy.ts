// Which resources are part of each other, so that `:above` and `:below` go along them. https://hl7.org/fhir/R4/search.html#modifiers
import type { Parameter } from './parameter.ts';
import type { SearchRegistry } from './registry.ts';

type Known = Pick<SearchRegistry, 'parametersOf'>;

/** Of the types that a reference parameter leads to: those that form hierarchies, each with the parameter that leads up by one. */
export function findSteps({ targetTypes }: Parameter, registry: Known): ReadonlyMap<string, string> {
  return new Map(
    targetTypes.flatMap((type) => {
      const step = findStep(type, registry);
      return step === undefined ? [] : [[type, step] as const];
    }),
  );
}

/**
 * The parameter by which resources of a type are part of each other; undefined where they are not. R4 names it `partof` or `part-of`,
 * and it leads to nothing but the type itself: what else refers to its own type (`replaces`, `based-on`) is no hierarchy.
 */
export function findStep(type: string, registry: Known): string | undefined {
  return ['partof', 'part-of'].find((code) => {
    const parameter = registry.parametersOf(type).get(code);
    return parameter?.kind === 'reference' && parameter.targetTypes.length === 1 && parameter.targetTypes[0] === type;
  });
}
