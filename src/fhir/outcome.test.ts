import { describe, expect, it } from 'vitest';
import { problemKinds } from '../core/problem.ts';
import { chooseLanguage, toOperationOutcome } from './outcome.ts';

describe('toOperationOutcome', () => {
  it('gives each finding its stable code, its words, what exactly and where', () => {
    const text = toOperationOutcome(
      [{ code: 'element-required', severity: 'error', diagnostics: 'Add status.', expression: 'CarePlan.status' }],
      'sv',
    );
    expect(JSON.parse(text)).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: 'required',
          details: {
            coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-error', code: 'element-required' }],
            text: problemKinds['element-required'].sv,
          },
          diagnostics: 'Add status.',
          expression: ['CarePlan.status'],
        },
      ],
    });
  });
});

describe('chooseLanguage', () => {
  it.each([
    [undefined, 'en'],
    ['sv', 'sv'],
    ['sv-SE,sv;q=0.9,en;q=0.8', 'sv'],
    ['en-GB,sv;q=0.9', 'en'],
    ['de', 'en'],
    ['sv;q=0', 'en'],
    ['sv;q=nonsense', 'sv'],
  ])('%s gives %s', (header, language) => {
    expect(chooseLanguage(header)).toBe(language);
  });
});
