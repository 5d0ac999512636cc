// Codes against the value sets that elements are bound to.
// https://hl7.org/fhir/R4/terminologies.html#strength
// Required (and a maximum value set) refuses; extensible and preferred warn where the system is one the value set takes whole.
import type { ElementDefinition } from '@medplum/fhirtypes';
import type { Codes, Membership } from '../terminology/codes.ts';
import type { Walk } from './walk.ts';
import { isObject, quoteCode, report } from './walk.ts';

export interface BindingCheck {
  /** Strength and value sets: two elements with the same key ask the same. */
  readonly key: string;
  readonly check: (walk: Walk, value: unknown) => void;
}

const maxValueSetUrl = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet';

/** The check of an element's binding; undefined where nothing can be refused or warned about. */
export function compileBinding(element: ElementDefinition, codes: Codes): BindingCheck | undefined {
  const binding = element.binding;
  if (binding?.valueSet === undefined || binding.strength === 'example') return undefined;
  const valueSet = binding.valueSet;
  const max = (binding.extension ?? []).find((extension) => extension.url === maxValueSetUrl);
  const maxValueSet = max?.valueCanonical ?? max?.valueUri;
  const main = binding.strength === 'required' ? requiredCheck(valueSet, codes) : softCheck(valueSet, codes);
  const limit = maxValueSet === undefined ? undefined : requiredCheck(maxValueSet, codes);
  return {
    key: `${binding.strength} ${valueSet} ${maxValueSet ?? ''}`,
    check: (walk, value) => {
      main(walk, value);
      limit?.(walk, value);
    },
  };
}

function requiredCheck(valueSet: string, codes: Codes): BindingCheck['check'] {
  const passed = new Set<string>();
  return (walk, value) => {
    if (typeof value === 'string') {
      if (passed.has(value)) return;
      if (codes.inValueSet(valueSet, { code: value }) === false) refuse(walk, { valueSet, code: value });
      else if (passed.size < 1000) passed.add(value);
      return;
    }
    if (!isObject(value)) return;
    if (!Array.isArray(value['coding']) && !('code' in value)) {
      // Quantity without a code, and a CodeableConcept with text alone, say nothing in codes.
      if (isConceptOfText(value))
        report(walk, 'code-not-in-value-set', {
          diagnostics: `A coding from ${valueSet} is required here; text alone will not do. Add one.`,
        });
      return;
    }
    const answers = codings(value).map((coding) => membership(coding, valueSet, codes));
    if (answers.every((answer) => answer === false)) refuse(walk, { valueSet, code: codings(value)[0]?.['code'] });
  };
}

function softCheck(valueSet: string, codes: Codes): BindingCheck['check'] {
  return (walk, value) => {
    if (!isObject(value)) return;
    for (const coding of codings(value)) {
      const { system, code } = coding;
      if (typeof system !== 'string' || typeof code !== 'string' || !codes.coversSystem(valueSet, system)) continue;
      if (codes.inValueSet(valueSet, { system, code }) !== false) continue;
      report(walk, 'code-not-in-value-set', {
        severity: 'warning',
        diagnostics: `${quoteCode(code)} is not among the codes of ${quoteCode(system)} that ${valueSet} takes whole. Check the code.`,
      });
    }
  };
}

function refuse(walk: Walk, found: { readonly valueSet: string; readonly code: unknown }): void {
  const what = typeof found.code === 'string' ? quoteCode(found.code) : 'What is given';
  report(walk, 'code-not-in-value-set', {
    diagnostics: `${what} is not in the value set ${found.valueSet} that is required here. Use one of its codes (with its system).`,
  });
}

function isConceptOfText(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value['text'] === 'string' || Array.isArray(value['extension']);
}

function codings(value: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value['coding']) ? value['coding'].filter(isObject) : [value];
}

function membership(coding: Readonly<Record<string, unknown>>, valueSet: string, codes: Codes): Membership {
  const { system, code } = coding;
  if (typeof code !== 'string') return false;
  // A Coding without system means nothing in particular; it is never in a value set.
  return typeof system === 'string' ? codes.inValueSet(valueSet, { system, code }) : false;
}
