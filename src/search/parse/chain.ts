// `subject:Patient.organization.name=…` and `_has:Task:focus:status=…`: conditions on what a resource refers to, or what refers to it.
// https://hl7.org/fhir/R4/search.html#chaining · https://hl7.org/fhir/R4/search.html#has
import { Problem, problem } from '../../core/problem.ts';
import type { Filter } from '../query.ts';
import { printName } from './criterion.ts';
import type { Criterion } from './criterion.ts';
import type { FilterInput } from './criterion-filter.ts';

type Parse = (input: FilterInput) => Filter;

/** Most types one step may lead to where the caller names none: each is a question of its own. */
const maxTypes = 60;

/** @throws search-parameter-unknown, search-modifier-unsupported, search-value-invalid, too-costly */
export function parseChain(
  input: FilterInput,
  { parameter, modifier }: Criterion,
  { rest, parse }: { readonly rest: string; readonly parse: Parse },
): Filter {
  const { registry, depth = 0 } = input;
  if (parameter.kind !== 'reference')
    throw chainRefused(`${parameter.code} is no reference parameter, so nothing can follow it after a full stop.`);
  if (modifier !== undefined && !parameter.targetTypes.includes(modifier)) {
    throw problem('search-modifier-unsupported', {
      diagnostics: `${parameter.code} leads to ${parameter.targetTypes.join(', ')}.`,
    });
  }
  const types = modifier === undefined ? parameter.targetTypes.filter(registry.isServed) : [modifier];
  if (types.length > maxTypes && rest.includes('.'))
    throw problem('too-costly', {
      diagnostics: `${parameter.code} leads to many types. Name one: ${parameter.code}:${types[0]}.`,
    });
  const asked = types.map((type) => attempt(() => parse({ ...input, type, name: rest, depth: depth + 1 }), type));
  const [refused] = asked.flatMap(({ fault }) => (fault === undefined || isUnknown(fault) ? [] : [fault]));
  if (refused !== undefined) throw refused;
  const found = asked.flatMap(({ type, filter }) => (filter === undefined ? [] : [{ type, filter }]));
  const [fault] = asked.map((one) => one.fault);
  if (found.length === 0) {
    if (types.length === 1 && fault !== undefined && rest.includes('.')) throw fault;
    throw chainRefused(
      `No type that ${parameter.code} leads to (${parameter.targetTypes.join(', ')}) has the parameter after the full stop.`,
    );
  }
  // Types that ask the same are one question.
  const groups = Map.groupBy(found, ({ filter }) => JSON.stringify(filter));
  const chains = [...groups.values()].flatMap((group): readonly Filter[] => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ kind: 'chain', param: parameter.code, targetTypes: group.map(({ type }) => type), filter: first.filter }];
  });
  const [only] = chains;
  return chains.length === 1 && only !== undefined ? only : { kind: 'any', filters: chains };
}

/** @throws search-parameter-unknown, search-modifier-unsupported, search-value-invalid, too-costly */
export function parseHas(input: FilterInput, parse: Parse): Filter {
  const { type, name, registry, depth = 0 } = input;
  const [, sourceType = '', param = '', ...rest] = name.split(':');
  const parameter = registry.findParameter(sourceType, param);
  if (parameter?.kind !== 'reference' || rest.length === 0 || !registry.isServed(sourceType)) {
    throw chainRefused(
      `${printName('_has')} takes the form _has:Type:reference:parameter, with a type and parameters the hub knows.`,
    );
  }
  if (!parameter.targetTypes.includes(type)) {
    throw chainRefused(`${sourceType}.${param} leads to ${parameter.targetTypes.join(', ')}, not to ${type}.`);
  }
  return {
    kind: 'has',
    sourceType,
    param,
    filter: parse({ ...input, type: sourceType, name: rest.join(':'), depth: depth + 1 }),
  };
}

interface Attempt {
  readonly type: string;
  readonly filter: Filter | undefined;
  readonly fault: Problem | undefined;
}

function attempt(make: () => Filter, type: string): Attempt {
  try {
    return { type, filter: make(), fault: undefined };
  } catch (error) {
    if (error instanceof Problem) return { type, filter: undefined, fault: error };
    throw error;
  }
}

const isUnknown = (fault: Problem): boolean => fault.findings[0].code === 'search-parameter-unknown';

function chainRefused(diagnostics: string): Problem {
  return problem('search-parameter-unknown', { diagnostics });
}
