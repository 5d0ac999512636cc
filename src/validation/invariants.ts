// The rules that definitions state in FHIRPath (`constraint`), each parsed once.
// https://hl7.org/fhir/R4/conformance-rules.html#constraints · https://hl7.org/fhir/R4/fhirpath.html
// As in HL7's validator, a rule holds when its expression gives true; nothing at all counts as broken.
import { evalFhirPathTyped, isDataTypeLoaded, loadDataType, parseFhirPath } from '@medplum/core';
import type { FhirPathAtom } from '@medplum/core';
import type { ElementDefinition, ElementDefinitionConstraint } from '@medplum/fhirtypes';
import type { Definitions } from '../fhir/definitions.ts';
import { findNativeInvariant } from './native-invariants.ts';
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
export function compileInvariants(element: ElementDefinition, definitions: Definitions): readonly Invariant[] {
  return (element.constraint ?? [])
    .filter((constraint) => !coveredElsewhere.has(constraint.key ?? ''))
    .map((constraint) => compileInvariant(constraint, typeOf(element), definitions));
}

/** The type by the library's names: `Patient`, `HumanName`, `PatientContact`. */
function typeOf(element: ElementDefinition): string {
  const code = element.type?.[0]?.code;
  if (!element.path.includes('.') || code === undefined || code.startsWith('http:'))
    return element.path.includes('.') ? 'Element' : element.path;
  const isInner = code === 'BackboneElement' || code === 'Element';
  return isInner
    ? element.path
        .split('.')
        .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
        .join('')
    : code;
}

/** Without the types' definitions the library guesses at choices, slowly and at times wrongly. It keeps them for the process. */
function loadTypes(definitions: Definitions, names: readonly string[]): void {
  for (const name of names) {
    if (isDataTypeLoaded(name)) continue;
    const structure = definitions.typeStructure(name);
    if (structure === undefined) continue;
    loadDataType(structure);
    const inner = (structure.snapshot?.element ?? []).flatMap((element) =>
      (element.type ?? []).map((type) => type.code ?? ''),
    );
    loadTypes(
      definitions,
      inner.filter((code) => /^[A-Z]/.test(code) && !structuresLoadedWithOwner.has(code)),
    );
  }
}

const structuresLoadedWithOwner: ReadonlySet<string> = new Set(['Resource', 'BackboneElement']);

function compileInvariant(constraint: ElementDefinitionConstraint, type: string, definitions: Definitions): Invariant {
  const { key = '', expression = '', human = '' } = constraint;
  const severity = constraint.severity === 'warning' ? 'warning' : 'error';
  const diagnostics = `${human.replace(/[.\s]*$/, '')} (${key}). Correct what the rule asks for.`;
  const native = findNativeInvariant(key, expression);
  if (native !== undefined) {
    const check = (walk: Walk, value: unknown): void => {
      if (isObject(value) && !native(value, walk)) report(walk, 'invariant-failed', { severity, diagnostics });
    };
    return { key, expression, check };
  }
  let parsed: FhirPathAtom | undefined;
  const run = (walk: Walk, value: unknown): void => {
    loadTypes(definitions, [String(walk.resource['resourceType'])]);
    try {
      parsed ??= parseFhirPath(expression);
      if (!holds(parsed, { walk, value, type })) report(walk, 'invariant-failed', { severity, diagnostics });
    } catch {
      // A function the library lacks. The rule is not the sender's fault, and the sender is told that it was not asked.
      const unasked = `The hub cannot evaluate the rule ${key} here. Check it yourself.`;
      report(walk, 'invariant-failed', { severity: 'warning', diagnostics: unasked });
    }
  };
  return { key, expression, check: (walk, value) => defer(walk, run, value) };
}

/** True when the expression gives true for the value. */
function holds(
  expression: FhirPathAtom,
  focus: { readonly walk: Walk; readonly value: unknown; readonly type: string },
): boolean {
  const { walk, value, type } = focus;
  const input = {
    type: isObject(value) && typeof value['resourceType'] === 'string' ? value['resourceType'] : type,
    value,
  };
  const result = evalFhirPathTyped(expression, [input], {
    '%context': input,
    '%resource': { type: String(walk.resource['resourceType']), value: walk.resource },
    '%rootResource': { type: String(walk.root['resourceType']), value: walk.root },
    '%ucum': { type: 'string', value: 'http://unitsofmeasure.org' },
  });
  return result.length > 0 && result.every((item) => item.value === true);
}
