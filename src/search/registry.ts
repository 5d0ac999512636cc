// Every search parameter of every resource type, and the extractors made from them. https://hl7.org/fhir/R4/searchparameter-registry.html
// A type is compiled when it is first asked for. A registry never changes: `withStored` makes another one.
import type { SearchParameter, StructureDefinition } from '@medplum/fhirtypes';
import type { FhirResource } from '../fhir/resource.ts';
import type { IndexRows } from './index-rows.ts';
import type { Parameter } from './parameter.ts';
import type { SearchCodes } from './parse/criterion.ts';
import { compileParameter, type CompiledParameter } from './extract/compile-parameter.ts';
import { createExtractor } from './extract/create-extractor.ts';
import type { Extract } from './extract/create-extractor.ts';
import { createFindMembers } from './extract/element-types.ts';
import type { FindMembers } from './extract/element-types.ts';
import { problem } from '../core/problem.ts';
import { digestsOf, type Digests, textOf } from './digests.ts';

export interface SearchRegistry {
  /** The parameters of a resource type by code, those of every resource included. */
  readonly parametersOf: (type: string) => ReadonlyMap<string, Parameter>;
  /** The parameter, to search by it; tokens with `:text` have texts of their own to wait for. @throws search-parameter-indexing while not every resource can be found by it */
  readonly findParameter: (type: string, code: string, modifier?: string) => Parameter | undefined;
  /** False while resources written before it are still being indexed. */
  readonly isUsable: (type: string, code: string) => boolean;
  /** What is kept of a resource so that it can be found. Systems must be normalised already. */
  readonly extract: (resource: FhirResource) => IndexRows;
  /** True of a type that can be searched: chains, `_has` and includes lead nowhere else. */
  readonly isServed: (type: string) => boolean;
  /** The types that can be searched, where they were told. */
  readonly servedTypes: readonly string[];
  readonly codes: SearchCodes | undefined;
  /** The parameters by which a resource of the type belongs to a patient's compartment; none: it never does. */
  readonly patientCompartment: (type: string) => readonly string[];
  /** The definitions that are stored as resources and take effect. */
  readonly stored: readonly SearchParameter[];
  /** The generation of definitions in the database that this registry is made from. */
  readonly generation: number;
  /** What says of each parameter of the type whether rows made for it are still right. */
  readonly digestsOf: (type: string) => Digests;
  /** What R4, the hub and the packages define for the type, by code. */
  readonly builtInOf: (type: string) => ReadonlyMap<string, SearchParameter>;
  readonly findDefinition: (url: string) => SearchParameter | undefined;
  readonly findMembers: FindMembers;
  /** The same definitions, and these besides. */
  readonly withStored: (state: StoredDefinitions) => SearchRegistry;
}

/** What the database holds of definitions, as of one generation. */
export interface StoredDefinitions {
  readonly generation: number;
  /** Those that take effect. One of a type and code that are defined otherwise is left out. */
  readonly stored: readonly SearchParameter[];
  /** Of a type, code to digest: the parameters every resource can be found by. undefined: all. */
  readonly indexed: ReadonlyMap<string, Digests> | undefined;
  /** How far indexing has come, 0 to 100; undefined where it is not going on. */
  readonly percent: number | undefined;
}

export interface SearchRegistryOptions {
  /** What `:in`, `:above` and their like are answered from; without it they are refused. */
  readonly codes?: SearchCodes;
  /** Left out: every type there is. */
  readonly servedTypes?: readonly string[];
  /** Types that are found by these parameters alone, without modifiers. */
  readonly limitedTypes?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What the registry is made from: `fhir/definitions.ts` gives it. A later parameter replaces an earlier one of the same type and code. */
export interface SearchDefinitions {
  readonly searchParameters: () => readonly SearchParameter[];
  readonly patientCompartment?: () => ReadonlyMap<string, readonly string[]>;
  readonly typeStructure: (type: string) => StructureDefinition | undefined;
}

interface CompiledType {
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly extract: Extract;
}

const unknownType: CompiledType = {
  parameters: new Map(),
  extract: () => ({ tokens: [], references: [], dates: [], strings: [] }),
};

const nothingStored: StoredDefinitions = { generation: 0, stored: [], indexed: undefined, percent: undefined };

/** What is the same in every registry of a process: R4's, the hub's and the packages' own, each type compiled once. */
interface Base extends SearchRegistryOptions {
  readonly definitions: SearchDefinitions;
  readonly baseUrl: string;
  readonly findMembers: FindMembers;
  readonly definedFor: (type: string) => ReadonlyMap<string, SearchParameter>;
  readonly compiledFor: (type: string) => readonly CompiledParameter[];
  readonly findDefinition: (url: string) => SearchParameter | undefined;
}

/** `baseUrl` is the hub's own FHIR base address without a trailing slash. */
export function createSearchRegistry(
  definitions: SearchDefinitions,
  baseUrl: string,
  options: SearchRegistryOptions = {},
): SearchRegistry {
  const findMembers = createFindMembers(definitions.typeStructure);
  const byUrl = once(() => new Map(definitions.searchParameters().map((one) => [one.url, one] as const)));
  const findDefinition = (url: string): SearchParameter | undefined => byUrl().get(url);
  const definedFor = remember((type): ReadonlyMap<string, SearchParameter> => {
    const isFor = (base: string): boolean => base === type || base === 'Resource' || base === 'DomainResource';
    const known = definitions.searchParameters().filter(({ base }) => (base as readonly string[]).some(isFor));
    return new Map(known.map((one) => [one.code, one]));
  });
  const compiledFor = remember((type) =>
    [...definedFor(type).values()].map((one) => compileParameter(one, type, findMembers, findDefinition)),
  );
  return createFrom(
    { ...options, definitions, baseUrl, findMembers, definedFor, compiledFor, findDefinition },
    nothingStored,
  );
}

function createFrom(base: Base, state: StoredDefinitions): SearchRegistry {
  const { definitions, servedTypes, codes, findMembers, definedFor } = base;
  const served = servedTypes === undefined ? undefined : new Set(servedTypes);
  const storedByBase = groupByBase(state.stored);
  const findStored = (url: string): SearchParameter | undefined => state.stored.find((one) => one.url === url);
  const findDefinition = (url: string): SearchParameter | undefined => base.findDefinition(url) ?? findStored(url);
  const storedFor = (type: string): readonly SearchParameter[] =>
    (storedByBase.get(type) ?? []).filter(({ code }) => !definedFor(type).has(code));
  const isThere = (type: string): boolean => definitions.typeStructure(type) !== undefined;
  const compile = remember((type): CompiledType => {
    const added = storedFor(type).map((one) => compileParameter(one, type, findMembers, findDefinition));
    const compiled = [...base.compiledFor(type), ...added];
    const stored = new Set(added.map(({ parameter }) => parameter.code));
    const parameters = compiled
      .map(({ parameter }) => (stored.has(parameter.code) ? { ...parameter, isStored: true as const } : parameter))
      .map((parameter) => limit(parameter, base.limitedTypes?.get(type)));
    return {
      parameters: new Map(parameters.map((parameter) => [parameter.code, parameter])),
      extract: createExtractor(compiled, base.baseUrl),
    };
  });
  // A name that somebody made up must not be remembered.
  const typeOf = (type: string): CompiledType => (isThere(type) ? compile(type) : unknownType);
  const digests = remember((type): Digests =>
    digestsOf([...definedFor(type).values(), ...storedFor(type)], findDefinition),
  );
  const isServed = (type: string): boolean => served?.has(type) ?? isThere(type);
  // What is not served has no rows, and is refused elsewhere.
  const isUsable = (type: string, code: string): boolean =>
    state.indexed === undefined || !isServed(type) || state.indexed.get(type)?.[code] === digests(type)[code];
  return {
    parametersOf: (type) => typeOf(type).parameters,
    findParameter: (type, code, modifier) => {
      const parameter = typeOf(type).parameters.get(code);
      if (parameter === undefined || parameter.kind === 'unsupported') return parameter;
      const isByText = modifier === 'text' && parameter.kind === 'token';
      if (isUsable(type, code) && (!isByText || isUsable(type, textOf(code)))) return parameter;
      throw problem('search-parameter-indexing', {
        diagnostics: `${type}.${code}: ${state.percent ?? 0} % of what the hub holds has been gone through.`,
        headers: { 'Retry-After': '5' },
      });
    },
    isUsable,
    extract: (resource) => typeOf(resource.resourceType).extract(resource),
    isServed,
    servedTypes: servedTypes ?? [],
    codes,
    patientCompartment: (type) =>
      (definitions.patientCompartment?.().get(type) ?? []).filter(
        (code) => typeOf(type).parameters.get(code)?.kind === 'reference',
      ),
    stored: state.stored,
    generation: state.generation,
    digestsOf: digests,
    builtInOf: definedFor,
    findDefinition,
    findMembers,
    withStored: (next) => createFrom(base, next),
  };
}

function limit(parameter: Parameter, known: ReadonlySet<string> | undefined): Parameter {
  if (known === undefined) return parameter;
  return known.has(parameter.code) ? { ...parameter, isPlain: true } : { ...parameter, kind: 'unsupported' };
}

function groupByBase(given: readonly SearchParameter[]): ReadonlyMap<string, readonly SearchParameter[]> {
  const groups = new Map<string, SearchParameter[]>();
  for (const definition of given) {
    for (const base of definition.base as readonly string[]) {
      const group = groups.get(base);
      if (group === undefined) groups.set(base, [definition]);
      else group.push(definition);
    }
  }
  return groups;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function remember<T>(make: (type: string) => T): (type: string) => T {
  const known = new Map<string, T>();
  return (type) => {
    const found = known.get(type);
    if (found !== undefined) return found;
    const fresh = make(type);
    known.set(type, fresh);
    return fresh;
  };
}
