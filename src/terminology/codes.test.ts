import type { CodeSystem, ValueSet } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../fhir/definitions.ts';
import type { Definitions } from '../fhir/definitions.ts';
import { createCodes } from './codes.ts';
import type { Codes } from './codes.ts';

const animals: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'urn:animals',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  concept: [
    {
      code: 'animal',
      concept: [
        {
          code: 'dog',
          display: 'Dog',
          property: [{ code: 'legs', valueInteger: 4 }],
          designation: [{ language: 'sv', value: 'Hund' }],
          concept: [{ code: 'poodle' }],
        },
        { code: 'bird', property: [{ code: 'legs', valueInteger: 2 }] },
      ],
    },
    { code: 'penguin', property: [{ code: 'subsumedBy', valueCode: 'bird' }] },
  ],
};
const fragment: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'urn:fragment',
  status: 'active',
  content: 'fragment',
  concept: [{ code: 'a' }],
};

function codesWith(compose: ValueSet['compose'], others: readonly ValueSet[] = []): Codes {
  const sets = new Map(
    [{ resourceType: 'ValueSet', url: 'urn:vs', status: 'active', compose } satisfies ValueSet, ...others].map(
      (set) => [set.url, set],
    ),
  );
  const systems = new Map([animals, fragment].map((system) => [system.url, system]));
  const definitions: Definitions = {
    ...loadNothing(),
    valueSet: (canonical) => sets.get(canonical),
    codeSystem: (canonical) => systems.get(canonical),
  };
  return createCodes(definitions);
}

const base = loadDefinitions([]);
const loadNothing = (): Definitions => base;
const ask = (compose: ValueSet['compose'], code: string, system?: string) =>
  codesWith(compose).inValueSet('urn:vs', { code, system });

describe('inValueSet', () => {
  it('takes listed codes of the right system only', () => {
    const compose: ValueSet['compose'] = { include: [{ system: 'urn:animals', concept: [{ code: 'dog' }] }] };
    expect(ask(compose, 'dog', 'urn:animals')).toBe(true);
    expect(ask(compose, 'dog', 'urn:other')).toBe(false);
    expect(ask(compose, 'bird', 'urn:animals')).toBe(false);
    expect(ask(compose, 'dog')).toBe(true);
  });

  it('takes every code of a complete system, however deep', () => {
    const compose: ValueSet['compose'] = { include: [{ system: 'urn:animals' }] };
    expect(ask(compose, 'poodle', 'urn:animals')).toBe(true);
    expect(ask(compose, 'cat', 'urn:animals')).toBe(false);
  });

  it('cannot tell an unknown code of a fragment, unless the value set lists its codes', () => {
    expect(ask({ include: [{ system: 'urn:fragment' }] }, 'b', 'urn:fragment')).toBe('unknown');
    expect(ask({ include: [{ system: 'urn:fragment' }] }, 'a', 'urn:fragment')).toBe(true);
    expect(ask({ include: [{ system: 'urn:fragment', concept: [{ code: 'a' }] }] }, 'b', 'urn:fragment')).toBe(false);
  });

  it.each([
    { op: 'is-a', property: 'concept', value: 'bird', inside: ['bird', 'penguin'], outside: ['dog'] },
    { op: 'descendent-of', property: 'concept', value: 'dog', inside: ['poodle'], outside: ['dog', 'bird'] },
    { op: 'is-not-a', property: 'concept', value: 'bird', inside: ['dog'], outside: ['penguin'] },
    { op: 'generalizes', property: 'concept', value: 'poodle', inside: ['animal', 'dog', 'poodle'], outside: ['bird'] },
    { op: '=', property: 'legs', value: '2', inside: ['bird'], outside: ['dog'] },
    { op: 'in', property: 'legs', value: '2,4', inside: ['bird', 'dog'], outside: ['poodle'] },
    { op: 'not-in', property: 'legs', value: '2', inside: ['dog'], outside: ['bird'] },
    { op: 'exists', property: 'legs', value: 'true', inside: ['dog'], outside: ['poodle'] },
    { op: 'regex', property: 'code', value: 'p.*', inside: ['poodle', 'penguin'], outside: ['dog'] },
  ] as const)('understands the filter $op on $property', ({ op, property, value, inside, outside }) => {
    const compose: ValueSet['compose'] = { include: [{ system: 'urn:animals', filter: [{ property, op, value }] }] };
    for (const code of inside) expect(ask(compose, code, 'urn:animals')).toBe(true);
    for (const code of outside) expect(ask(compose, code, 'urn:animals')).toBe(false);
  });

  it('cannot tell by a filter on a system that is not held', () => {
    const compose: ValueSet['compose'] = {
      include: [{ system: 'http://snomed.info/sct', filter: [{ property: 'concept', op: 'is-a', value: '43741000' }] }],
    };
    expect(ask(compose, '43741000', 'http://snomed.info/sct')).toBe('unknown');
    expect(ask(compose, 'not-sct', 'http://snomed.info/sct')).toBe(false);
  });

  it('leaves out what is excluded', () => {
    const compose: ValueSet['compose'] = {
      include: [{ system: 'urn:animals' }],
      exclude: [{ system: 'urn:animals', concept: [{ code: 'dog' }] }],
    };
    expect(ask(compose, 'dog', 'urn:animals')).toBe(false);
    expect(ask(compose, 'bird', 'urn:animals')).toBe(true);
    expect(
      codesWith(compose)
        .expand('urn:vs')
        ?.map((value) => value.code),
    ).toEqual(['animal', 'poodle', 'bird', 'penguin']);
  });

  it('asks all value sets of one include, and any of several includes', () => {
    const other = (url: string, codes: readonly string[]): ValueSet => ({
      resourceType: 'ValueSet',
      url,
      status: 'active',
      compose: { include: [{ system: 'urn:animals', concept: codes.map((code) => ({ code })) }] },
    });
    const sets = [other('urn:a', ['dog', 'bird']), other('urn:b', ['bird'])];
    const both = codesWith({ include: [{ valueSet: ['urn:a', 'urn:b'] }] }, sets);
    expect(both.inValueSet('urn:vs', { system: 'urn:animals', code: 'bird' })).toBe(true);
    expect(both.inValueSet('urn:vs', { system: 'urn:animals', code: 'dog' })).toBe(false);
    const either = codesWith({ include: [{ valueSet: ['urn:a'] }, { valueSet: ['urn:b'] }] }, sets);
    expect(either.inValueSet('urn:vs', { system: 'urn:animals', code: 'dog' })).toBe(true);
  });

  it('cannot tell for a value set that is not held, and does not run for ever in a circle', () => {
    expect(
      codesWith({ include: [{ valueSet: ['urn:none'] }] }).inValueSet('urn:vs', { system: 'urn:animals', code: 'dog' }),
    ).toBe('unknown');
    expect(codesWith(undefined).inValueSet('urn:none', { code: 'x' })).toBe('unknown');
  });

  it.each([
    ['http://hl7.org/fhir/ValueSet/languages', 'urn:ietf:bcp:47', 'sv', true],
    ['http://hl7.org/fhir/ValueSet/all-languages', 'urn:ietf:bcp:47', 'sv-SE', 'unknown'],
    ['http://hl7.org/fhir/ValueSet/all-languages', 'urn:ietf:bcp:47', 'not a language', false],
    ['http://hl7.org/fhir/ValueSet/mimetypes', undefined, 'application/pdf', 'unknown'],
    ['http://hl7.org/fhir/ValueSet/mimetypes', undefined, 'pdf', false],
    ['http://hl7.org/fhir/ValueSet/request-status', undefined, 'active', true],
    ['http://hl7.org/fhir/ValueSet/request-status', undefined, 'activ', false],
    ['http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1', undefined, 'female', true],
  ] as const)('answers for %s the code %s %s', (valueSet, system, code, answer) => {
    expect(createCodes(base).inValueSet(valueSet, { code, system })).toBe(answer);
  });
});

describe('coversSystem', () => {
  it('is true for a system taken whole and false for one of which codes are picked', () => {
    expect(codesWith({ include: [{ system: 'urn:animals' }] }).coversSystem('urn:vs', 'urn:animals')).toBe(true);
    expect(
      codesWith({ include: [{ system: 'urn:animals', concept: [{ code: 'dog' }] }] }).coversSystem(
        'urn:vs',
        'urn:animals',
      ),
    ).toBe(false);
  });
});

describe('system', () => {
  it('gives display and designations of a concept', () => {
    const dog = codesWith(undefined).system('urn:animals')?.find('dog');
    expect(dog?.display).toBe('Dog');
    expect(dog?.designations).toEqual([{ language: 'sv', value: 'Hund' }]);
  });
});
