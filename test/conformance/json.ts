// JSON as the generator handles it: plain objects that it may change, and two comparisons of its own.
export type Json = Record<string, unknown>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const equals = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** True when `value` has all that `pattern` says. */
export function holds(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((item) => value.some((candidate) => holds(item, candidate)));
  if (isRecord(pattern))
    return isRecord(value) && Object.entries(pattern).every(([key, item]) => holds(item, value[key]));
  return pattern === value;
}
