// Whether the hub can search by a SearchParameter that is posted. https://hl7.org/fhir/R4/searchparameter.html
// Refuses what is defined already, what cannot be compiled to paths, and what would tell of references that are taken out of
// what a reader gets: a parameter finds a Reference as a whole, or nothing inside it.
import type { SearchParameter } from '@medplum/fhirtypes';
import type { Finding } from '../core/problem.ts';
import { compileParameter, type CompiledParameter } from './extract/compile-parameter.ts';
import type { SearchRegistry } from './registry.ts';

interface Place {
  /** Holds all that would take effect together. */
  readonly registry: SearchRegistry;
  /** `SearchParameter`, or where in a Bundle it stands. */
  readonly path: string;
}

/** More is no path of elements, and could be nested deeper than it can be read. */
const longestExpression = 1500;

type Fault = readonly [element: string, diagnostics: string];

/** All that keeps it from being searched by; nothing of a retired one is asked but its status. */
export function findDefinitionFaults(definition: SearchParameter, { registry, path }: Place): readonly Finding[] {
  return faultsOf(definition, registry).map(([element, diagnostics]) => ({
    code: 'search-parameter-refused',
    severity: 'error',
    expression: `${path}.${element}`,
    diagnostics,
  }));
}

function faultsOf(definition: SearchParameter, registry: SearchRegistry): readonly Fault[] {
  const { status } = definition;
  if (status === 'retired') return [];
  if (status !== 'active' && status !== 'draft')
    return [['status', 'Give active (it takes effect), draft (it does not yet) or retired (it does no more).']];
  const faults = [...formFaults(definition, registry), ...clashes(definition, registry)];
  return faults.length > 0 ? faults : pathFaults(definition, registry);
}

function formFaults(definition: SearchParameter, registry: SearchRegistry): readonly Fault[] {
  const faults: Fault[] = [];
  if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(definition.code))
    faults.push(['code', 'Give 1 to 64 letters, digits and hyphens, a letter first.']);
  (definition.base as readonly string[]).forEach((base, at) => {
    if (!registry.servedTypes.includes(base))
      faults.push([
        `base[${at}]`,
        'The hub serves no resources of this type. Name types that it serves, each by itself.',
      ]);
  });
  if (definition.type === 'special') faults.push(['type', 'The hub knows no rule for it. Give another type.']);
  const texts = [definition.expression, ...(definition.component ?? []).map(({ expression }) => expression)];
  if (texts.some((text) => (text ?? '').length > longestExpression))
    faults.push(['expression', `Write it in at most ${longestExpression} characters.`]);
  if ((definition.expression ?? '') === '')
    faults.push(['expression', 'Say where the values stand in FHIRPath. The hub does not read xpath.']);
  return faults;
}

function clashes({ id, code, url, base, status }: SearchParameter, registry: SearchRegistry): readonly Fault[] {
  const types: readonly string[] = base;
  const taken = types.find((type) => registry.builtInOf(type).has(code));
  if (taken !== undefined)
    return [
      ['code', `R4, the hub or a package defines ${taken}.${code} already. Search by that, or choose another code.`],
    ];
  if (status !== 'active') return [];
  const others = registry.stored.filter((other) => other.id !== id);
  const same = others.find((other) => other.code === code && other.base.some((type) => types.includes(type)));
  if (same !== undefined)
    return [
      ['code', `SearchParameter/${same.id} has the same type and code. Change or retire that, or choose another code.`],
    ];
  const found = registry.findDefinition(url);
  return (found !== undefined && found.id !== id) || others.some((other) => other.url === url)
    ? [['url', 'Another search parameter has this address. Choose one of your own.']]
    : [];
}

function pathFaults(definition: SearchParameter, registry: SearchRegistry): readonly Fault[] {
  for (const type of definition.base as readonly string[]) {
    const compiled = compileOf(definition, type, registry);
    if (compiled === undefined) return [['expression', 'It is no FHIRPath.']];
    const fault =
      definition.type === 'composite' ? compositeFault(definition, compiled, registry) : pathFault(type, compiled);
    if (fault !== undefined) return [fault];
    if (compiled.trails.some(tellsOfHidden))
      return [
        [
          'expression',
          'It goes into a Reference, to the id of an element or to the url of an extension, which may be hidden from who searches. End at the Reference itself, with type reference.',
        ],
      ];
  }
  return [];
}

/** undefined where the expression cannot be read at all: of a package that would stop the start. */
function compileOf(
  definition: SearchParameter,
  type: string,
  { findMembers, findDefinition }: SearchRegistry,
): CompiledParameter | undefined {
  try {
    return compileParameter(definition, type, findMembers, findDefinition);
  } catch {
    return undefined;
  }
}

function pathFault(type: string, { isCompiled, trails }: CompiledParameter): Fault | undefined {
  if (!isCompiled)
    return [
      'expression',
      "The hub takes paths of elements, |, as, as(), ofType(), extension('url'), where(path = 'text') and where(resolve() is Type).",
    ];
  if (trails.length > 0) return undefined;
  return ['expression', `For ${type} it leads to no element with a data type that this type of parameter finds.`];
}

function compositeFault(
  { component = [] }: SearchParameter,
  { isCompiled, parameter, parts }: CompiledParameter,
  registry: SearchRegistry,
): Fault | undefined {
  const unknown = component.findIndex((part) => registry.findDefinition(part.definition) === undefined);
  if (unknown !== -1)
    return [`component[${unknown}].definition`, 'The hub does not know this search parameter. Name one that it knows.'];
  if (!isCompiled || component.length < 2)
    return ['component', 'Give two or three parts that the expression leads to: a token first, and a number third.'];
  const reference = parts.findIndex(({ kind }) => kind === 'reference' || kind === 'uri');
  if (reference !== -1)
    return [`component[${reference}]`, 'A reference cannot be part of a pair. Give it a parameter of its own.'];
  return parameter.components.length === component.length
    ? undefined
    : ['component', 'Each part must lead to an element.'];
}

/** The url of an extension and the id of an element go with a hidden Reference when nothing else is left beside it. */
function tellsOfHidden(trail: readonly string[]): boolean {
  const last = trail.at(-1) ?? '';
  const isElementId = last.endsWith('.id') && trail.length > 1;
  return isElementId || last === 'Extension.url' || trail.some((step) => step.startsWith('Reference.'));
}
