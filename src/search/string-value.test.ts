import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxIndexedLength, normalizeString, toIndexable } from './string-value.ts';

describe('normalizeString', () => {
  it.each([
    ['ANDERSSON', 'andersson'],
    ['  Anna \t Karin\n', 'anna karin'],
    ['André', 'andre'],
    ['Müller', 'muller'],
    ['Öberg', 'öberg'],
    ['O\u0308berg', 'öberg'],
    ['ÅÄÖ', 'åäö'],
    ['Bjørn Sæther', 'björn säther'],
    ['Łukasz', 'łukasz'],
    ['Nguyễn', 'nguyen'],
  ])('makes %j into %j', (text, expected) => {
    expect(normalizeString(text)).toBe(expected);
  });

  it('keeps Öberg and Oberg apart', () => {
    expect(normalizeString('Öberg')).not.toBe(normalizeString('Oberg'));
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 900 }), (text) => {
        const once = normalizeString(text);
        expect(normalizeString(once)).toBe(once);
      }),
    );
  });

  it('cuts nothing off', () => {
    expect(normalizeString(`${'Å'.repeat(5000)}Z`)).toBe(`${'å'.repeat(5000)}z`);
  });
});

describe('toIndexable', () => {
  it('leaves a text that fits as it is', () => {
    expect(toIndexable('A b'.repeat(100))).toBe('A b'.repeat(100));
  });

  it('tells long texts apart that begin alike, and fits an index', () => {
    const long = 'å'.repeat(5000);
    expect(toIndexable(`${long}a`)).not.toBe(toIndexable(`${long}b`));
    expect(toIndexable(`${long}a`)).toBe(toIndexable(`${long}a`));
    expect(toIndexable(long).length).toBeLessThanOrEqual(maxIndexedLength);
    expect(toIndexable('😀'.repeat(600)).isWellFormed()).toBe(true);
  });
});
