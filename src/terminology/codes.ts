// Is this code in that code system, in that value set? Compiled from the definitions when first asked, then remembered.
// https://hl7.org/fhir/R4/valueset.html#compositions · https://hl7.org/fhir/R4/codesystem.html
// Answers `unknown` where the code system is not held in full: nobody is refused on what the hub cannot know.
import type { CodeSystem, CodeSystemConcept } from '@medplum/fhirtypes';
import type { Definitions } from '../fhir/definitions.ts';
import { hasCodeForm } from './code-formats.ts';
import { compileValueSet } from './value-set.ts';
import type { CompiledValueSet } from './value-set.ts';

export type Membership = true | false | 'unknown';

/** A code as an instance writes it; without system (data type `code`) any system of the value set will do. */
export interface CodeValue {
  readonly system?: string;
  readonly code: string;
}

export interface Concept {
  readonly code: string;
  readonly display: string | undefined;
  readonly parents: readonly string[];
  readonly properties: readonly { readonly code: string; readonly value: string }[];
  readonly designations: readonly { readonly language?: string; readonly value: string }[];
}

export interface KnownSystem {
  readonly url: string;
  /** All codes are held; otherwise the lack of a code says nothing. */
  readonly isComplete: boolean;
  readonly find: (code: string) => Concept | undefined;
  readonly concepts: () => Iterable<Concept>;
  /** True when `code` is `ancestor` or below it. */
  readonly isBelow: (code: string, ancestor: string) => boolean;
}

export interface Codes {
  readonly inSystem: (value: Required<CodeValue>) => Membership;
  /** `unknown` for a value set that is not held. The canonical may carry a version. */
  readonly inValueSet: (canonical: string, value: CodeValue) => Membership;
  /** True when the value set takes every code of the system: then a code that is not in it is simply wrong. */
  readonly coversSystem: (canonical: string, system: string) => boolean;
  /** Every code of a value set, or undefined where it cannot be listed. */
  readonly expand: (canonical: string) => readonly Required<CodeValue>[] | undefined;
  readonly system: (url: string) => KnownSystem | undefined;
}

/** Codes of the definitions' code systems and value sets. */
export function createCodes(definitions: Definitions): Codes {
  const systems = new Map<string, KnownSystem | undefined>();
  const valueSets = new Map<string, CompiledValueSet | undefined>();
  const system = (url: string): KnownSystem | undefined => {
    if (!systems.has(url)) {
      const found = definitions.codeSystem(url);
      systems.set(url, found === undefined ? undefined : compileSystem(found));
    }
    return systems.get(url);
  };
  const inSystem = (value: Required<CodeValue>): Membership => {
    const known = system(value.system);
    if (known?.find(value.code) !== undefined) return true;
    if (known?.isComplete === true) return false;
    return hasCodeForm(value.system, value.code) ? 'unknown' : false;
  };
  const valueSet = (canonical: string): CompiledValueSet | undefined => {
    if (!valueSets.has(canonical)) {
      // Set first: a value set that includes itself finds nothing instead of running for ever.
      valueSets.set(canonical, undefined);
      const found = definitions.valueSet(canonical) ?? definitions.valueSet(canonical.split('|')[0] ?? '');
      if (found !== undefined) valueSets.set(canonical, compileValueSet(found, { system, inSystem, valueSet }));
    }
    return valueSets.get(canonical);
  };
  return {
    system,
    inSystem,
    inValueSet: (canonical, value) => valueSet(canonical)?.has(value) ?? 'unknown',
    coversSystem: (canonical, url) => valueSet(canonical)?.covers(url) ?? false,
    expand: (canonical) => valueSet(canonical)?.list(),
  };
}

function compileSystem(resource: CodeSystem): KnownSystem {
  const concepts = new Map<string, Concept>();
  const fold = resource.caseSensitive === false ? (code: string) => code.toLowerCase() : (code: string) => code;
  const walk = (list: readonly CodeSystemConcept[], parent: string | undefined): void => {
    for (const item of list) {
      if (item.code === undefined) continue;
      concepts.set(fold(item.code), toConcept(item, { parent, earlier: concepts.get(fold(item.code)) }));
      walk(item.concept ?? [], item.code);
    }
  };
  walk(resource.concept ?? [], undefined);
  const find = (code: string): Concept | undefined => concepts.get(fold(code));
  const isBelow = (code: string, ancestor: string, seen: ReadonlySet<string> = new Set()): boolean => {
    if (fold(code) === fold(ancestor)) return true;
    if (seen.has(code)) return false;
    return (find(code)?.parents ?? []).some((parent) => isBelow(parent, ancestor, new Set([...seen, code])));
  };
  return {
    url: resource.url ?? '',
    isComplete: resource.content === 'complete',
    find,
    concepts: () => concepts.values(),
    isBelow: (code, ancestor) => isBelow(code, ancestor),
  };
}

function toConcept(
  item: CodeSystemConcept,
  at: { readonly parent: string | undefined; readonly earlier: Concept | undefined },
): Concept {
  const properties = (item.property ?? []).map((property) => {
    const value =
      property.valueCode ??
      property.valueString ??
      property.valueCoding?.code ??
      property.valueBoolean ??
      property.valueInteger ??
      property.valueDateTime;
    return { code: property.code ?? '', value: String(value) };
  });
  // A hierarchy is written by nesting, by `subsumedBy` or `parent` properties, or both; a concept may stand in several places.
  const named = properties
    .filter((property) => property.code === 'subsumedBy' || property.code === 'parent')
    .map((property) => property.value);
  return {
    code: item.code ?? '',
    display: item.display,
    parents: [...new Set([...(at.earlier?.parents ?? []), ...(at.parent === undefined ? [] : [at.parent]), ...named])],
    properties: [...(at.earlier?.properties ?? []), ...properties],
    designations: (item.designation ?? []).map((designation) => ({
      language: designation.language,
      value: designation.value ?? '',
    })),
  };
}
