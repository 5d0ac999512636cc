// One parameter of a search to one filter, through the parser of its type; `patient.identifier` to a chain, `_has:…` to a reverse one.
// https://hl7.org/fhir/R4/search.html#chaining · Refuses what R4 knows and the hub does not search by, and says so.
import { problem } from '../../core/problem.ts';
import type { Problem } from '../../core/problem.ts';
import { modifiersByKind, spelledModifiers } from '../modifiers.ts';
import type { Parameter, ParameterKind } from '../parameter.ts';
import type { Filter, IndexKind } from '../query.ts';
import type { SearchRegistry } from '../registry.ts';
import { parseChain, parseHas } from './chain.ts';
import { parseCompositeFilter } from './composite-filter.ts';
import { invalidValue, printName } from './criterion.ts';
import type { Criterion, ParseContext } from './criterion.ts';
import { parseDateFilter } from './date-filter.ts';
import { parseIdFilter } from './id-filter.ts';
import { parseNumberFilter } from './number-filter.ts';
import { isDirection, parseHierarchyFilter } from './hierarchy-filter.ts';
import { parseReferenceFilter } from './reference-filter.ts';
import { splitEscaped } from './split-values.ts';
import { parseStringFilter } from './string-filter.ts';
import { parseTextFilter } from './text-filter.ts';
import { parseTokenFilter } from './token-filter.ts';
import { parseUriFilter } from './uri-filter.ts';

const parsers: Readonly<Record<Exclude<ParameterKind, 'unsupported'>, (criterion: Criterion) => Filter>> = {
  id: parseIdFilter,
  'last-updated': parseDateFilter,
  token: parseTokenFilter,
  reference: parseReferenceFilter,
  date: parseDateFilter,
  string: parseStringFilter,
  number: parseNumberFilter,
  quantity: parseNumberFilter,
  uri: parseUriFilter,
  composite: parseCompositeFilter,
  text: parseTextFilter,
};

export interface FilterInput {
  readonly type: string;
  /** `status`, `name:exact`, `patient.identifier`, `subject:Patient.name:contains`, `_has:Goal:patient:status` */
  readonly name: string;
  readonly value: string;
  readonly registry: SearchRegistry;
  readonly context: ParseContext;
  /** Steps of the chain that led here. */
  readonly depth?: number;
}

/** @throws search-parameter-unknown, search-parameter-indexing, search-modifier-unsupported, search-value-invalid, too-costly */
export function parseFilter(input: FilterInput): Filter {
  const { type, name, value, registry, context, depth = 0 } = input;
  const { chainSteps, searchValues } = context.limits;
  if (depth > chainSteps) throw problem('too-costly', { diagnostics: `A chain takes at most ${chainSteps} steps.` });
  const values = splitEscaped(value, ',');
  if (values.length > searchValues)
    throw problem('too-costly', { diagnostics: `${printName(name)} takes at most ${searchValues} values.` });
  if (values.includes('')) throw invalidValue(name, 'a value, and no empty one between commas');
  if (value.includes('\0') || !value.isWellFormed())
    throw invalidValue(name, 'text without NUL characters and half surrogate pairs');
  if (name.startsWith('_has:')) return parseHas(input, parseFilter);
  if (name === '_list') return parseList(input, values);
  const dot = name.indexOf('.');
  const [code = '', modifier, ...rest] = (dot === -1 ? name : name.slice(0, dot)).split(':');
  const parameter = registry.findParameter(type, code, modifier);
  if (parameter === undefined || parameter.kind === 'unsupported') throw unknownParameter(input, parameter);
  if (rest.length > 0)
    throw problem('search-modifier-unsupported', { diagnostics: 'A parameter takes at most one modifier.' });
  const modifiers = (): readonly string[] => spelledModifiers(parameter, registry);
  if (parameter.isPlain === true && (modifier !== undefined || dot !== -1))
    throw problem('search-modifier-unsupported', { diagnostics: `${code} takes a value, no modifier and no chain.` });
  const criterion: Criterion = { name, parameter, modifier, modifiers, values, context };
  if (dot !== -1) return parseChain(input, criterion, { rest: name.slice(dot + 1), parse: parseFilter });
  if (parameter.kind === 'reference' && isDirection(modifier))
    return parseHierarchyFilter(criterion, modifier, registry);
  const isMissing = modifier === 'missing' && modifiersByKind[parameter.kind].includes(modifier);
  return isMissing ? parseMissing(criterion) : parsers[parameter.kind](criterion);
}

/** `_list=42`: what the List refers to, so the same as asking back from it. */
function parseList(input: FilterInput, values: readonly string[]): Filter {
  if (input.registry.findParameter('List', 'item') === undefined || !input.registry.isServed('List'))
    throw unknownParameter(input, undefined);
  if (!values.every((text) => /^[A-Za-z0-9\-.]{1,64}$/.test(text))) throw invalidValue('_list', 'the id of a List');
  return { kind: 'has', sourceType: 'List', param: 'item', filter: { kind: 'id', values } };
}

const indexKinds: Readonly<Partial<Record<ParameterKind, IndexKind>>> = {
  token: 'token',
  reference: 'reference',
  uri: 'reference',
  date: 'date',
  string: 'string',
  number: 'value',
  quantity: 'value',
  composite: 'value',
};

/** `status:missing=true`. https://hl7.org/fhir/R4/search.html#modifiers */
function parseMissing({ parameter, name, values }: Criterion): Filter {
  const [text] = values;
  if (values.length !== 1 || (text !== 'true' && text !== 'false'))
    throw invalidValue(name, 'true or false after :missing');
  const index = indexKinds[parameter.kind];
  if (index !== undefined) return { kind: 'missing', param: parameter.code, index, isMissing: text === 'true' };
  // Every resource has an id and a time.
  const nothing: Filter = { kind: 'any', filters: [] };
  return text === 'true' ? nothing : { kind: 'not', filter: nothing };
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
    diagnostics: `${what} Known: ${[...known.toSorted(), '_has', ...resultParameters].join(', ')}.`,
  });
}

/** What says how the answer is made, not what is in it. */
export const resultParameters = ['_count', '_include', '_revinclude', '_sort', '_total'] as const;
