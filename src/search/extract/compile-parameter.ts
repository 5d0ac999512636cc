// One SearchParameter within one resource type: what it is, and how its values are got out of a resource.
// An expression that is compiled costs a few property reads; any other is interpreted by @medplum/core.
import { evalFhirPathTyped, parseFhirPath } from '@medplum/core';
import type { SearchParameter } from '@medplum/fhirtypes';
import type { FhirResource } from '../../fhir/resource.ts';
import type { Parameter, ParameterKind } from '../parameter.ts';
import { compilePaths, walkPath } from './compile-paths.ts';
import type { ValuePath } from './compile-paths.ts';
import { dateRules } from './date-rows.ts';
import type { FindMembers } from './element-types.ts';
import { parseExpression } from './expression.ts';
import { referenceRules } from './reference-rows.ts';
import { stringRules } from './string-rows.ts';
import { tokenRules, typesWithoutSystem } from './token-rows.ts';

/** Calls `visit` with each value the parameter is found by, and the value's data type. */
export type VisitValues = (resource: FhirResource, visit: (value: unknown, type: string) => void) => void;

export interface CompiledParameter {
  readonly parameter: Parameter;
  readonly visitValues: VisitValues;
  /** Whether the values are got by compiled paths; false where FHIRPath is interpreted. */
  readonly isCompiled: boolean;
}

const rulesByKind: Readonly<Partial<Record<ParameterKind, Readonly<Record<string, unknown>>>>> = {
  token: tokenRules,
  reference: referenceRules,
  date: dateRules,
  string: stringRules,
};

export function compileParameter(
  definition: SearchParameter,
  type: string,
  findMembers: FindMembers,
): CompiledParameter {
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
    },
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
  const isSearchable = type === 'token' || type === 'reference' || type === 'date' || type === 'string';
  return isSearchable && definition.expression !== undefined ? type : 'unsupported';
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
