import { describe, expect, it } from 'vitest';
import type { Problem } from '../core/problem.ts';
import { matchesETag, requireIfMatch, toETag } from './etag.ts';

describe('requireIfMatch', () => {
  it('takes what toETag gives, and a strong spelling of it', () => {
    expect(requireIfMatch(toETag('abc-1.2'))).toBe('abc-1.2');
    expect(requireIfMatch('"abc"')).toBe('abc');
  });

  it.each([
    [undefined, 'if-match-required'],
    ['', 'if-match-required'],
    ['*', 'if-match-malformed'],
    ['abc', 'if-match-malformed'],
    ['W/"a", W/"b"', 'if-match-malformed'],
    ['W/"a b"', 'if-match-malformed'],
  ])('refuses %s', (header, code) => {
    expect(() => requireIfMatch(header)).toThrow(
      expect.objectContaining({ findings: [expect.objectContaining({ code })] }) as Problem,
    );
  });
});

describe('matchesETag', () => {
  it('finds the version in a list, weak or strong', () => {
    expect(matchesETag('W/"a", "b"', 'b')).toBe(true);
    expect(matchesETag('W/"a"', 'b')).toBe(false);
    expect(matchesETag(undefined, '')).toBe(false);
  });
});
