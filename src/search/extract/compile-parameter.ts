// One SearchParameter within one resource type: what it is, and how its values are got out of a resource.
// An expression that is compiled costs a few property reads; any other is interpreted by @medplum/core.
import { evalFhirPathTyped, parseFhirPath } from '@medplum/core';
import type { SearchParameter } from '@medplum/fhirtypes';
import type { FhirResource } from '../../fhir/resource.ts';
import type { Parameter, ParameterKind } from '../parameter.ts';
import { compilePaths, walkPath } from './compile-paths.ts';
import type { ValuePath } from './compile-paths.ts';
import type { CompositePart } from './composite-rows.ts';
import { dateRules } from './date-rows.ts';
import type { FindMembers } from './element-types.ts';
import { parseExpression } from './expression.ts';
import { numberRules, quantityRules } from './quantity-rows.ts';
import { referenceRules } from './reference-rows.ts';
import { stringRules } from './string-rows.ts';
import { tokenRules, typesWithoutSystem } from './token-rows.ts';
import { uriRules } from './uri-rows.ts';

/** Calls `visit` with each value the parameter is found by, and the value's data type. */
export type VisitValues = (resource: FhirResource, visit: (value: unknown, type: string) => void) => void;

export interface CompiledParameter {
  readonly parameter: Parameter;
  readonly visitValues: VisitValues;
  /** Whether the values are got by compiled paths; false where FHIRPath is interpreted. */
  readonly isCompiled: boolean;
  /** Of a composite: what is paired within each value. */
  readonly parts: readonly CompositePart[];
  /** The way to each value that rows are made of, as `Type.name` for each element; empty where it leads to none, or is not by paths. */
  readonly trails: readonly (readonly string[])[];
}

/** Where the parts of composite parameters are defined: by canonical URL. */
export type FindDefinition = (url: string) => SearchParameter | undefined;

const rulesByKind: Readonly<Partial<Record<ParameterKind, Readonly<Record<string, unknown>>>>> = {
  token: tokenRules,
  reference: referenceRules,
  date: dateRules,
  string: stringRules,
  number: numberRules,
  quantity: quantityRules,
  uri: uriRules,
};

export function compileParameter(
  definition: SearchParameter,
  type: string,
  findMembers: FindMembers,
  findDefinition: FindDefinition = () => undefined,
): CompiledParameter {
  if (definition.type === 'composite') return compileComposite(definition, { type, findMembers, findDefinition });
  const kind = kindOf(definition);
  const text = definition.expression ?? '';
  const rules = rulesByKind[kind];
  const indexed = findPaths(text, type, findMembers)?.filter(
    ({ type: end }) => rules !== undefined && Object.hasOwn(rules, end),
  );
  const visitPresence = rules === tokenRules ? compilePresence(text, type, findMembers) : undefined;
  const visitCompiled = visitPresence ?? (indexed === undefined ? undefined : visitPaths(indexed));
  return {
    parameter: {
      code: definition.code,
      url: definition.url,
      kind,
      type: definition.type,
      targetTypes: kind === 'reference' ? targetTypesOf(definition, indexed) : [],
      isSystemImplied:
        kind === 'token' &&
        (visitPresence !== undefined || indexed?.every((path) => typesWithoutSystem.has(path.type)) === true),
      components: [],
    },
    parts: [],
    trails: visitPresence === undefined ? (indexed ?? []).map(({ trail }) => trail) : [],
    visitValues: visitCompiled ?? (rules === undefined ? () => {} : interpret(text, type)),
    isCompiled: visitCompiled !== undefined,
  };
}

function findPaths(text: string, type: string, findMembers: FindMembers): readonly ValuePath[] | undefined {
  const expression = parseExpression(text);
  return expression === undefined ? undefined : compilePaths(expression, type, findMembers);
}

/** `x.exists() and x != false`, R4's way to say that somebody is dead by a date or by a plain yes. */
function compilePresence(text: string, type: string, findMembers: FindMembers): VisitValues | undefined {
  const [, path] = /^(\S+)\.exists\(\) and \1 != false$/.exec(text) ?? [];
  const paths = path === undefined ? undefined : findPaths(path, type, findMembers);
  if (paths === undefined) return undefined;
  return (resource, visit) => {
    let isPresent = false;
    for (const found of paths) walkPath(found, resource, (value) => (isPresent ||= value !== false));
    visit(isPresent, 'boolean');
  };
}

function kindOf(definition: SearchParameter): ParameterKind {
  if (definition.code === '_id') return 'id';
  if (definition.code === '_lastUpdated') return 'last-updated';
  const { type } = definition;
  if (definition.code === '_text' || definition.code === '_content') return 'text';
  return type !== 'special' && type !== 'composite' && definition.expression !== undefined ? type : 'unsupported';
}

interface CompositeSource {
  readonly type: string;
  readonly findMembers: FindMembers;
  readonly findDefinition: FindDefinition;
}

/** Unsupported unless every part is known, the first a token, and a third one a number: then one row holds a pairing. */
function compileComposite(definition: SearchParameter, source: CompositeSource): CompiledParameter {
  const { type, findMembers } = source;
  const bases = findPaths(definition.expression ?? '', type, findMembers);
  const compiled = (definition.component ?? []).map((component) => compilePart(component, bases ?? [], source));
  const components = compiled.flatMap((part) => part?.parameter ?? []);
  const [first, second, third] = components;
  const isWhole = components.length === compiled.length && components.length <= 3 && bases !== undefined;
  const isPaired = first?.kind === 'token' && second !== undefined && (third === undefined || third.kind === 'number');
  const isKnown = isWhole && isPaired;
  return {
    parameter: {
      code: definition.code,
      url: definition.url,
      kind: isKnown ? 'composite' : 'unsupported',
      type: 'composite',
      targetTypes: [],
      isSystemImplied: false,
      components,
    },
    parts: compiled.flatMap((part) => part?.part ?? []),
    trails: [...(bases ?? []).map(({ trail }) => trail), ...compiled.flatMap((part) => part?.trails ?? [])],
    visitValues: isKnown ? visitPaths(bases) : () => {},
    isCompiled: isKnown,
  };
}

function compilePart(
  component: NonNullable<SearchParameter['component']>[number],
  bases: readonly ValuePath[],
  { type, findMembers, findDefinition }: CompositeSource,
): (Pick<CompiledParameter, 'parameter' | 'trails'> & { readonly part: CompositePart }) | undefined {
  const found = findDefinition(component.definition);
  if (found === undefined) return undefined;
  const { parameter } = compileParameter(found, type, findMembers);
  const isFromResource = component.expression.startsWith('%resource.');
  // R4 writes the type of a dateTime as DateTime here.
  const text = component.expression.replaceAll('%resource.', `${type}.`).replaceAll('(DateTime)', '(dateTime)');
  const starts = isFromResource ? [type] : [...new Set(bases.map((base) => base.type))];
  const paths = starts.flatMap((start) => findPaths(text, start, findMembers) ?? []);
  const visit: CompositePart['visit'] = (element, resource, give) => {
    for (const path of paths)
      walkPath(path, resource, (value) => give(value, path.type), isFromResource ? resource : element);
  };
  const trails = paths.map(({ trail }) => trail);
  return paths.length === 0 ? undefined : { parameter, trails, part: { kind: parameter.kind, visit } };
}

/** What the expression lets through says more than the definition's list: `patient` is only about Patients. */
function targetTypesOf(definition: SearchParameter, paths: readonly ValuePath[] | undefined): readonly string[] {
  const through = (paths ?? []).flatMap(({ targetType }) => targetType ?? []);
  if (paths !== undefined && paths.length > 0 && through.length === paths.length) return [...new Set(through)];
  return definition.target ?? [];
}

function visitPaths(paths: readonly ValuePath[]): VisitValues {
  return (resource, visit) => {
    for (const path of paths) walkPath(path, resource, (value) => visit(value, path.type));
  };
}

function interpret(text: string, type: string): VisitValues {
  // @medplum/core does not take an abstract type for the resource at hand.
  const expression = parseFhirPath(text.replaceAll(/\b(?:Domain)?Resource(?=\.)/g, type));
  return (resource, visit) => {
    for (const found of evalFhirPathTyped(expression, [{ type, value: resource }])) visit(found.value, found.type);
  };
}
