// The rules that definitions state in FHIRPath (`constraint`), each parsed once.
// https://hl7.org/fhir/R4/conformance-rules.html#constraints · https://hl7.org/fhir/R4/fhirpath.html
// As in HL7's validator, a rule holds when its expression gives true; nothing at all counts as broken.
import { evalFhirPathTyped, parseFhirPath } from '@medplum/core';
import type { FhirPathAtom } from '@medplum/core';
import type { ElementDefinition, ElementDefinitionConstraint } from '@medplum/fhirtypes';
import { nativeInvariants } from './native-invariants.ts';
import type { Walk } from './walk.ts';
import { defer, isObject, report } from './walk.ts';

export interface Invariant {
  readonly key: string;
  readonly expression: string;
  readonly check: (walk: Walk, value: unknown) => void;
}

/** ele-1 is part of the structure check; dom-6 is good practice, not a rule; txt-1 and txt-2 are narrative.ts. */
const coveredElsewhere: ReadonlySet<string> = new Set(['ele-1', 'dom-6', 'txt-1', 'txt-2']);

/** The checks of an element's constraints, apart from those that are covered elsewhere. */
export function compileInvariants(element: ElementDefinition): readonly Invariant[] {
  return (element.constraint ?? []).filter((constraint) => !coveredElsewhere.has(constraint.key ?? '')).map((constraint) => compileInvariant(constraint, typeOf(element)));
}

function typeOf(element: ElementDefinition): string {
  const code = element.type?.[0]?.code;
  return code === undefined || code.startsWith('http:') ? (element.path.includes('.') ? 'Element' : element.path) : code;
}

function compileInvariant(constraint: ElementDefinitionConstraint, type: string): Invariant {
  const { key = '', expression = '', human = '' } = constraint;
  const severity = constraint.severity === 'warning' ? 'warning' : 'error';
  const diagnostics = `${human.replace(/[.\s]*$/, '')} (${key}). Correct what the rule asks for.`;
  const native = nativeInvariants.get(key);
  if (native !== undefined) {
    const check = (walk: Walk, value: unknown): void => {
      if (isObject(value) && !native(value, walk)) report(walk, 'invariant-failed', { severity, diagnostics });
    };
    return { key, expression, check };
  }
  let parsed: FhirPathAtom | undefined;
  const run = (walk: Walk, value: unknown): void => {
    parsed ??= parseFhirPath(expression);
    if (!holds(parsed, { walk, value, type })) report(walk, 'invariant-failed', { severity, diagnostics });
  };
  return { key, expression, check: (walk, value) => defer(walk, run, value) };
}

/** True when the expression gives true for the value. */
function holds(expression: FhirPathAtom, focus: { readonly walk: Walk; readonly value: unknown; readonly type: string }): boolean {
  const { walk, value, type } = focus;
  const input = { type: isObject(value) && typeof value['resourceType'] === 'string' ? value['resourceType'] : type, value };
  const result = evalFhirPathTyped(expression, [input], {
    '%context': input,
    '%resource': { type: String(walk.resource['resourceType']), value: walk.resource },
    '%rootResource': { type: String(walk.root['resourceType']), value: walk.root },
    '%ucum': { type: 'string', value: 'http://unitsofmeasure.org' },
  });
  return result.length > 0 && result.every((item) => item.value === true);
}
