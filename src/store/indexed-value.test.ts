import { describe, expect, test } from 'vitest';
import { toIndexedCode, toIndexedString, toTimestamp } from './indexed-value.ts';

describe('an indexed value', () => {
  test('stays as it is while it is short', () => {
    expect([toIndexedCode('å'.repeat(200)), toIndexedString('å'.repeat(200))]).toEqual([
      'å'.repeat(200),
      'å'.repeat(200),
    ]);
  });

  test('fits an index row when it is long, and differs where the codes differ', () => {
    const [a, b] = [toIndexedCode(`${'👩'.repeat(5000)}a`), toIndexedCode(`${'👩'.repeat(5000)}b`)];
    expect(a).not.toBe(b);
    expect(Buffer.byteLength(a)).toBeLessThan(2000);
    expect(a.isWellFormed() && toIndexedString(`x${'👩'.repeat(5000)}`).isWellFormed()).toBe(true);
  });

  test('of time lies where PostgreSQL has timestamps', () => {
    expect([-8.64e15, 0, 8.64e15].map((ms) => toTimestamp(ms).toISOString())).toEqual([
      '0001-01-02T00:00:00.000Z',
      '1970-01-01T00:00:00.000Z',
      '9999-12-31T00:00:00.000Z',
    ]);
  });
});
