// Every search parameter of every resource type, and the extractors made from them. https://hl7.org/fhir/R4/searchparameter-registry.html
// A type is compiled when it is first asked for.
import type { SearchParameter, StructureDefinition } from '@medplum/fhirtypes';
import type { FhirResource } from '../fhir/resource.ts';
import type { IndexRows } from './index-rows.ts';
import type { Parameter } from './parameter.ts';
import type { SearchCodes } from './parse/criterion.ts';
import { compileParameter } from './extract/compile-parameter.ts';
import { createExtractor } from './extract/create-extractor.ts';
import type { Extract } from './extract/create-extractor.ts';
import { createFindMembers } from './extract/element-types.ts';

export interface SearchRegistry {
  /** The parameters of a resource type by code, those of every resource included. */
  readonly parametersOf: (type: string) => ReadonlyMap<string, Parameter>;
  /** What is kept of a resource so that it can be found. Systems must be normalised already. */
  readonly extract: (resource: FhirResource) => IndexRows;
  /** True of a type that can be searched: chains, `_has` and includes lead nowhere else. */
  readonly isServed: (type: string) => boolean;
  /** The types that can be searched, where they were told. */
  readonly servedTypes: readonly string[];
  readonly codes: SearchCodes | undefined;
  /** The parameters by which a resource of the type belongs to a patient's compartment; none: it never does. */
  readonly patientCompartment: (type: string) => readonly string[];
}

export interface SearchRegistryOptions {
  /** What `:in`, `:above` and their like are answered from; without it they are refused. */
  readonly codes?: SearchCodes;
  /** Left out: every type there is. */
  readonly servedTypes?: readonly string[];
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

/** `baseUrl` is the hub's own FHIR base address without a trailing slash. */
export function createSearchRegistry(
  definitions: SearchDefinitions,
  baseUrl: string,
  { codes, servedTypes }: SearchRegistryOptions = {},
): SearchRegistry {
  const served = servedTypes === undefined ? undefined : new Set(servedTypes);
  const findMembers = createFindMembers(definitions.typeStructure);
  const types = new Map<string, CompiledType>();
  const findDefinition = (url: string): SearchParameter | undefined =>
    definitions.searchParameters().find((definition) => definition.url === url);
  const compile = (type: string): CompiledType => {
    const byCode = new Map<string, SearchParameter>();
    for (const definition of definitions.searchParameters()) {
      const bases: readonly string[] = definition.base;
      if (bases.some((base) => base === type || base === 'Resource' || base === 'DomainResource'))
        byCode.set(definition.code, definition);
    }
    const compiled = [...byCode.values()].map((definition) =>
      compileParameter(definition, type, findMembers, findDefinition),
    );
    return {
      parameters: new Map(compiled.map(({ parameter }) => [parameter.code, parameter])),
      extract: createExtractor(compiled, baseUrl),
    };
  };
  const typeOf = (type: string): CompiledType => {
    // A name that somebody made up must not be remembered.
    if (definitions.typeStructure(type) === undefined) return unknownType;
    let found = types.get(type);
    if (found === undefined) {
      found = compile(type);
      types.set(type, found);
    }
    return found;
  };
  return {
    parametersOf: (type) => typeOf(type).parameters,
    extract: (resource) => typeOf(resource.resourceType).extract(resource),
    isServed: (type) => served?.has(type) ?? definitions.typeStructure(type) !== undefined,
    servedTypes: servedTypes ?? [],
    codes,
    patientCompartment: (type) =>
      (definitions.patientCompartment?.().get(type) ?? []).filter(
        (code) => typeOf(type).parameters.get(code)?.kind === 'reference',
      ),
  };
}
