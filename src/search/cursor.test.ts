import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../core/problem.ts';
import { deriveCursorKey, openHistoryCursor, openSearchCursor, sealCursor } from './cursor.ts';

const key = deriveCursorKey(Buffer.alloc(32, 7));
const cursor = {
  query: 'patient.identifier=a%7C191212121212',
  position: { values: [1_793_000_000_000, 'åke', null], id: 'x-1' },
};
const scope = 'search CarePlan';
const invalid = expect.objectContaining({ findings: [expect.objectContaining({ code: 'search-cursor-invalid' })] });

describe('a page link', () => {
  it('opens to what was sealed', () => {
    expect(openSearchCursor(key, scope, sealCursor(key, scope, cursor))).toEqual(cursor);
    const history = { query: '_count=2', position: { lastUpdatedMs: 5, versionId: 'v' } };
    expect(openHistoryCursor(key, 'history CarePlan', sealCursor(key, 'history CarePlan', history))).toEqual(history);
  });

  it('tells nothing, not even whether two searches are alike', () => {
    const sealed = sealCursor(key, scope, cursor);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('1912');
    expect(sealCursor(key, scope, cursor)).not.toBe(sealed);
    expect(encodeURIComponent(sealed)).toBe(sealed);
  });

  it('does not open for another scope, another hub or another kind of page', () => {
    const sealed = sealCursor(key, scope, cursor);
    expect(() => openSearchCursor(key, 'search Goal', sealed)).toThrow(invalid);
    expect(() => openSearchCursor(deriveCursorKey(Buffer.alloc(32, 8)), scope, sealed)).toThrow(invalid);
    expect(() => openHistoryCursor(key, scope, sealed)).toThrow(invalid);
  });

  it('does not open when a single character is changed, added or taken away', () => {
    const sealed = sealCursor(key, scope, cursor);
    fc.assert(
      fc.property(fc.nat({ max: sealed.length - 1 }), fc.constantFrom('A', 'b', '-', '', '='), (at, put) => {
        const altered = sealed.slice(0, at) + put + sealed.slice(at + 1);
        fc.pre(altered !== sealed);
        expect(() => openSearchCursor(key, scope, altered)).toThrow(invalid);
      }),
    );
    expect(() => openSearchCursor(key, scope, `${sealed}A`)).toThrow(invalid);
  });

  it('answers any text with a Problem', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => openSearchCursor(key, scope, text)).toThrow(Problem);
      }),
    );
  });
});
