// One criterion of a search as it came: what the parsers of each parameter type are given, and how they refuse it.
import { problem } from '../../core/problem.ts';
import type { Problem } from '../../core/problem.ts';
import type { Codes } from '../../terminology/codes.ts';
import type { Parameter } from '../parameter.ts';
import type { SearchLimits } from '../search-limits.ts';

export interface Criterion {
  /** As the caller wrote it, for messages: `patient.name:exact`. */
  readonly name: string;
  readonly parameter: Parameter;
  /** After the colon; undefined without one. */
  readonly modifier: string | undefined;
  /** The modifiers that the parameter takes. */
  readonly modifiers: () => readonly string[];
  /** The OR values, still escaped; never empty texts. */
  readonly values: readonly string[];
  readonly context: ParseContext;
}

export interface ParseContext {
  /** The stored name of a system that has several. */
  readonly canonicalSystem: (system: string) => string;
  /** The hub's own FHIR base address without a trailing slash. */
  readonly baseUrl: string;
  readonly limits: SearchLimits;
  /** What is known of code systems and value sets; without it modifiers that need them are refused. */
  readonly codes?: SearchCodes | undefined;
}

/** The part of terminology/codes.ts that a search asks. */
export type SearchCodes = Pick<Codes, 'system' | 'expand'>;

/** @throws search-modifier-unsupported unless the parameter takes the modifier */
export function requireModifier(criterion: Criterion): void {
  const { modifier } = criterion;
  if (modifier === undefined) return;
  const known = criterion.modifiers();
  if (known.includes(modifier)) return;
  const choice = known.length === 0 ? 'no modifier' : `only ${known.map((name) => `:${name}`).join(', ')}`;
  throw problem('search-modifier-unsupported', {
    diagnostics: `The ${criterion.parameter.type} parameter ${printName(criterion.parameter.code)} takes ${choice}.`,
  });
}

/** A refusal that tells what form is asked for; never repeats the value, which may be about a person. */
export function invalidValue(name: string, form: string): Problem {
  return problem('search-value-invalid', { diagnostics: `${printName(name)} takes ${form}.` });
}

/** The name of a parameter if it looks like one; what else a caller puts there is not repeated. */
export function printName(name: string): string {
  return /^[A-Za-z_][A-Za-z_.:-]{0,80}$/.test(name) ? name : 'The parameter';
}
