// The one translation from findings to an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html
import { canonicalBase } from '../core/canonical.ts';
import { type Finding, problemKinds } from '../core/problem.ts';

export const errorSystem = `${canonicalBase}/CodeSystem/sip-error`;

export type Language = 'en' | 'sv';

/** JSON text of an OperationOutcome: stable code and text in `details`, what exactly is wrong in `diagnostics`, where in `expression`. */
export function toOperationOutcome(findings: readonly Finding[], language: Language): string {
  return JSON.stringify({ resourceType: 'OperationOutcome', issue: toIssues(findings, language) });
}

/** The same as the issues alone. */
export function toIssues(findings: readonly Finding[], language: Language): readonly object[] {
  return findings.map((finding) => {
    const kind = problemKinds[finding.code];
    return {
      severity: finding.severity,
      code: kind.issue,
      details: { coding: [{ system: errorSystem, code: finding.code }], text: kind[language] },
      ...(finding.diagnostics === undefined ? {} : { diagnostics: finding.diagnostics }),
      ...(finding.expression === undefined ? {} : { expression: [finding.expression] }),
    };
  });
}

/** Swedish where Accept-Language prefers it to English; English otherwise. https://www.rfc-editor.org/rfc/rfc9110#field.accept-language */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  const weights = { sv: 0, en: 0 };
  for (const part of (acceptLanguage ?? '').slice(0, 200).toLowerCase().split(',')) {
    const [range = '', ...parameters] = part.trim().split(';');
    const quality = parameters
      .map((parameter) => /^\s*q=(\d(?:\.\d{1,3})?)\s*$/.exec(parameter)?.[1])
      .find((q) => q !== undefined);
    const weight = quality === undefined ? 1 : Number(quality);
    if (range === 'sv' || range.startsWith('sv-')) weights.sv = Math.max(weights.sv, weight);
    if (range === 'en' || range.startsWith('en-')) weights.en = Math.max(weights.en, weight);
  }
  return weights.sv > weights.en ? 'sv' : 'en';
}
