// `_include=CarePlan:goal`, `_include:iterate=Goal:subject`, `_revinclude=Task:focus`, `_include=*`: what else comes with the matches.
// https://hl7.org/fhir/R4/search.html#revinclude
import { problem } from '../../core/problem.ts';
import type { Include, TypeParameter } from '../query.ts';
import type { Parameter } from '../parameter.ts';
import type { SearchRegistry } from '../registry.ts';
import { invalidValue } from './criterion.ts';

interface Asked {
  readonly name: '_include' | '_revinclude';
  readonly text: string;
  readonly isIterated: boolean;
}

interface IncludeInput {
  /** Those that are searched. */
  readonly types: readonly string[];
  readonly registry: SearchRegistry;
  readonly most: number;
}

/** @throws search-value-invalid, search-parameter-indexing, too-costly */
export function parseIncludes(
  parameters: URLSearchParams,
  { types, registry, most }: IncludeInput,
): readonly Include[] {
  const asked = (['_include', '_revinclude'] as const).flatMap((name) => [
    ...parameters.getAll(name).map((text) => ({ name, text, isIterated: false })),
    // R4 calls it iterate; it was called recurse before.
    ...['iterate', 'recurse']
      .flatMap((word) => parameters.getAll(`${name}:${word}`))
      .map((text) => ({ name, text, isIterated: true })),
  ]);
  if (asked.length > most) throw problem('too-costly', { diagnostics: `A search takes at most ${most} includes.` });
  const includes = asked.flatMap((one) =>
    one.name === '_include' ? parseInclude(one, types, registry) : parseReverse(one, types, registry),
  );
  return [...new Map(includes.map((include) => [JSON.stringify(include), include])).values()];
}

function parseInclude(
  { text, isIterated }: Asked,
  types: readonly string[],
  registry: SearchRegistry,
): readonly Include[] {
  const iterated = isIterated ? { isIterated } : {};
  if (text === '*') {
    const references = (isIterated ? registry.servedTypes : types).flatMap((type) => referencesOf(type, registry));
    return [{ param: undefined, references, targetType: undefined, ...iterated }];
  }
  const [source = '', code = '', targetType, ...rest] = text.split(':');
  const isSource = isIterated ? registry.isServed(source) : types.includes(source);
  if (isSource && code === '*' && targetType === undefined) {
    return [
      { sourceType: source, param: undefined, references: referencesOf(source, registry), targetType, ...iterated },
    ];
  }
  const parameter = registry.findParameter(source, code);
  if (!isSource || parameter?.kind !== 'reference' || rest.length > 0) {
    throw invalidValue(
      '_include',
      `${isIterated ? 'Type:reference, as' : '*,'} ${namesOf(types, registry).join(', ')}`,
    );
  }
  if (targetType !== undefined && !parameter.targetTypes.includes(targetType)) {
    throw invalidValue(
      '_include',
      `after ${source}:${code} one of the types it leads to: ${parameter.targetTypes.join(', ')}`,
    );
  }
  return [{ sourceType: source, param: code, targetType, ...iterated }];
}

function parseReverse(
  { text, isIterated }: Asked,
  types: readonly string[],
  registry: SearchRegistry,
): readonly Include[] {
  const common = { targetType: undefined, isReverse: true, ...(isIterated ? { isIterated } : {}) } as const;
  const leadsHere = (targets: readonly string[]): boolean =>
    isIterated || targets.some((target) => types.includes(target));
  const allOf = (source: string, isWildcard: boolean): readonly Include[] =>
    findReferences(source, registry)
      .filter(({ targetTypes }) => leadsHere(targetTypes))
      .map(({ code }) => ({ ...common, sourceType: source, param: code, ...(isWildcard ? { isWildcard } : {}) }));
  if (text === '*') return registry.servedTypes.flatMap((source) => allOf(source, true));
  const [source = '', code = '', targetType, ...rest] = text.split(':');
  if (registry.isServed(source) && code === '*' && targetType === undefined) return allOf(source, false);
  const parameter = registry.findParameter(source, code);
  if (
    !registry.isServed(source) ||
    parameter?.kind !== 'reference' ||
    rest.length > 0 ||
    !leadsHere(parameter.targetTypes)
  ) {
    throw invalidValue('_revinclude', `Type:reference, of a reference that leads to ${types.join(' or ')}`);
  }
  if (targetType !== undefined && (!parameter.targetTypes.includes(targetType) || !leadsHere([targetType]))) {
    throw invalidValue('_revinclude', `after ${source}:${code} nothing, or the type that is searched`);
  }
  return [{ ...common, sourceType: source, param: code, targetType }];
}

/** All that `*` stands for; no reference is left out in silence. @throws search-parameter-indexing while one of them is being indexed */
function findReferences(type: string, registry: SearchRegistry): readonly Parameter[] {
  return [...registry.parametersOf(type).values()]
    .filter(({ kind }) => kind === 'reference')
    .map((parameter) => registry.findParameter(type, parameter.code) ?? parameter);
}

const referencesOf = (type: string, registry: SearchRegistry): readonly TypeParameter[] =>
  findReferences(type, registry).map(({ code }) => ({ type, param: code }));

/** True of includes that mean other references as soon as definitions change. */
export const includesWildcard = (parameters: URLSearchParams): boolean =>
  [...parameters].some(([name, text]) => /^_(rev)?include(:|$)/.test(name) && /(^|:)\*$/.test(text));

/** What a client can write after `_include=`, for the refusal. */
function namesOf(types: readonly string[], registry: SearchRegistry): readonly string[] {
  return types
    .flatMap((type) =>
      [...registry.parametersOf(type).values()]
        .filter(({ kind }) => kind === 'reference')
        .map(({ code }) => `${type}:${code}`),
    )
    .toSorted();
}
