// Fixed values and patterns against what an instance holds.
// https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_
import { isObject } from './walk.ts';

/** Exactly the same JSON, whatever the order of keys. */
export function equalsValue(expected: unknown, found: unknown): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(found) &&
      found.length === expected.length &&
      expected.every((item, index) => equalsValue(item, found[index]))
    );
  if (!isObject(expected)) return expected === found;
  return (
    isObject(found) &&
    Object.keys(found).length === Object.keys(expected).length &&
    Object.entries(expected).every(([key, item]) => equalsValue(item, found[key]))
  );
}

/** All that the pattern says is there; each item of a list in the pattern has its match in the list. */
export function matchesPattern(pattern: unknown, found: unknown): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(found) && pattern.every((item) => found.some((candidate) => matchesPattern(item, candidate)));
  if (!isObject(pattern)) return pattern === found;
  return isObject(found) && Object.entries(pattern).every(([key, item]) => matchesPattern(item, found[key]));
}
