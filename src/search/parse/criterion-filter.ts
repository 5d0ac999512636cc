// One parameter of a search to one filter, through the parser of its type; `patient.identifier` to a chain of one step.
// https://hl7.org/fhir/R4/search.html#chaining · Refuses what R4 knows and the hub does not search by, and says so.
import { problem } from '../../core/problem.ts';
import type { Problem } from '../../core/problem.ts';
import type { Parameter } from '../parameter.ts';
import type { Filter } from '../query.ts';
import type { SearchRegistry } from '../registry.ts';
import { invalidValue, printName } from './criterion.ts';
import type { Criterion, ParseContext } from './criterion.ts';
import { parseDateFilter } from './date-filter.ts';
import { parseIdFilter } from './id-filter.ts';
import { parseReferenceFilter } from './reference-filter.ts';
import { splitEscaped } from './split-values.ts';
import { parseStringFilter } from './string-filter.ts';
import { parseTokenFilter } from './token-filter.ts';

/** Most OR values in one criterion. */
const maxValues = 500;

const parsers = {
  id: parseIdFilter,
  'last-updated': parseDateFilter,
  token: parseTokenFilter,
  reference: parseReferenceFilter,
  date: parseDateFilter,
  string: parseStringFilter,
} as const;

export interface FilterInput {
  readonly type: string;
  /** `status`, `name:exact`, `patient.identifier`, `subject:Patient.name:contains` */
  readonly name: string;
  readonly value: string;
  readonly registry: SearchRegistry;
  readonly context: ParseContext;
}

/** @throws search-parameter-unknown, search-modifier-unsupported, search-value-invalid, too-costly */
export function parseFilter(input: FilterInput): Filter {
  const { type, name, value, registry, context } = input;
  const values = splitEscaped(value, ',');
  if (values.length > maxValues)
    throw problem('too-costly', { diagnostics: `${printName(name)} takes at most ${maxValues} values.` });
  if (values.includes('')) throw invalidValue(name, 'a value, and no empty one between commas');
  if (value.includes('\0') || !value.isWellFormed())
    throw invalidValue(name, 'text without NUL characters and half surrogate pairs');
  const dot = name.indexOf('.');
  const [code = '', modifier, ...rest] = (dot === -1 ? name : name.slice(0, dot)).split(':');
  const parameter = registry.parametersOf(type).get(code);
  if (parameter === undefined || parameter.kind === 'unsupported') throw unknownParameter(input, parameter);
  if (rest.length > 0)
    throw problem('search-modifier-unsupported', { diagnostics: 'A parameter takes at most one modifier.' });
  const criterion: Criterion = { name, parameter, modifier, values, context };
  return dot === -1 ? parsers[parameter.kind](criterion) : parseChain(input, criterion, name.slice(dot + 1));
}

function parseChain(input: FilterInput, head: Criterion, rest: string): Filter {
  const { parameter, modifier } = head;
  const { registry } = input;
  if (parameter.kind !== 'reference')
    throw chainRefused(`${parameter.code} is no reference parameter, so nothing can follow it after a full stop.`);
  if (rest.includes('.')) throw chainRefused('A chain has one step: patient.identifier.');
  if (modifier !== undefined && !parameter.targetTypes.includes(modifier)) {
    throw problem('search-modifier-unsupported', {
      diagnostics: `${parameter.code} leads to ${parameter.targetTypes.join(', ')}.`,
    });
  }
  const [code = '', subModifier, ...more] = rest.split(':');
  const targets = (modifier === undefined ? parameter.targetTypes : [modifier]).flatMap((targetType) => {
    const target = registry.parametersOf(targetType).get(code);
    return target === undefined || target.kind === 'unsupported' ? [] : [{ targetType, target, kind: target.kind }];
  });
  const [first] = targets;
  if (first === undefined)
    throw chainRefused(
      `No type that ${parameter.code} leads to (${parameter.targetTypes.join(', ')}) has the parameter after the full stop.`,
    );
  if (targets.some(({ kind }) => kind !== first.kind)) {
    throw chainRefused(
      `The parameter after the full stop differs between the types that ${parameter.code} leads to. Name one: ${parameter.code}:${first.targetType}.${code}`,
    );
  }
  if (more.length > 0)
    throw problem('search-modifier-unsupported', { diagnostics: 'A parameter takes at most one modifier.' });
  const sub: Parameter = {
    ...first.target,
    targetTypes: [...new Set(targets.flatMap(({ target }) => target.targetTypes))],
    isSystemImplied: targets.every(({ target }) => target.isSystemImplied),
  };
  return {
    kind: 'chain',
    param: parameter.code,
    targetTypes: targets.map(({ targetType }) => targetType),
    filter: parsers[first.kind]({ ...head, parameter: sub, modifier: subModifier }),
  };
}

function chainRefused(diagnostics: string): Problem {
  return problem('search-parameter-unknown', { diagnostics });
}

function unknownParameter({ type, name, registry }: FilterInput, parameter: Parameter | undefined): Problem {
  const known = [...registry.parametersOf(type).values()]
    .filter(({ kind }) => kind !== 'unsupported')
    .map(({ code }) => code);
  const what =
    parameter === undefined
      ? `${printName(name)} is not known for ${type}.`
      : `${parameter.code} is a parameter the hub does not search by.`;
  return problem('search-parameter-unknown', {
    diagnostics: `${what} Known: ${[...known.toSorted(), ...resultParameters].join(', ')}.`,
  });
}

/** What says how the answer is made, not what is in it. */
export const resultParameters = ['_count', '_include', '_sort', '_total'] as const;
