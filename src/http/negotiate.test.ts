import { describe, expect, it } from 'vitest';
import { Problem } from '../core/problem.ts';
import { requireAcceptable, requireFormContent, requireJsonContent } from './negotiate.ts';
import { parsePrefer } from './prefer.ts';

const codeOf = (work: () => void): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.findings[0].code : String(error);
  }
};

describe('requireAcceptable', () => {
  it.each([
    undefined,
    '',
    '*/*',
    'application/fhir+json',
    'application/fhir+json; fhirVersion=4.0',
    'text/html, application/json;q=0.5',
    'application/*',
  ])('takes Accept: %s', (accept) => {
    expect(codeOf(() => requireAcceptable(accept, undefined))).toBeUndefined();
  });

  it.each(['application/fhir+xml', 'text/html', 'application/fhir+json; fhirVersion=5.0', 'application/json;q=0'])(
    'refuses Accept: %s',
    (accept) => {
      expect(codeOf(() => requireAcceptable(accept, undefined))).toBe('not-acceptable');
    },
  );

  it('lets _format win over Accept', () => {
    expect(codeOf(() => requireAcceptable('text/html', 'json'))).toBeUndefined();
    expect(codeOf(() => requireAcceptable('application/json', 'xml'))).toBe('not-acceptable');
    expect(codeOf(() => requireAcceptable('text/html', 'application/fhir json'))).toBeUndefined();
  });
});

describe('requireJsonContent', () => {
  it.each(['application/fhir+json', 'application/fhir+json; charset=UTF-8', 'application/json'])('takes %s', (type) => {
    expect(codeOf(() => requireJsonContent(type))).toBeUndefined();
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'application/fhir+xml',
    'application/json; charset=latin1',
    'multipart/form-data',
  ])('refuses %s', (type) => {
    expect(codeOf(() => requireJsonContent(type))).toBe('media-type-unsupported');
  });

  it('takes only a form at _search', () => {
    expect(codeOf(() => requireFormContent('application/x-www-form-urlencoded'))).toBeUndefined();
    expect(codeOf(() => requireFormContent('application/json'))).toBe('media-type-unsupported');
  });
});

describe('parsePrefer', () => {
  it('reads return and handling, together or apart, and ignores the rest', () => {
    expect(parsePrefer('return=minimal')).toEqual({ preferReturn: 'minimal', isLenient: false, isAsync: false });
    expect(parsePrefer('respond-async, handling=lenient; return="representation"')).toEqual({
      preferReturn: 'representation',
      isLenient: true,
      isAsync: true,
    });
    expect(parsePrefer(undefined)).toEqual({ preferReturn: undefined, isLenient: false, isAsync: false });
    expect(parsePrefer('return=nonsense')).toEqual({ preferReturn: undefined, isLenient: false, isAsync: false });
  });
});
