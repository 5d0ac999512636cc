import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveAuditEventKey, openAuditEventId, sealAuditEventId } from './audit-event-id.ts';

const key = deriveAuditEventKey(Buffer.alloc(32, 7));

describe('the id of an AuditEvent', () => {
  test('leads back to its place in the log', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.nat(2 ** 31 - 1), (seq, ordinal) => {
        const id = sealAuditEventId(key, { seq, ordinal });
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        expect(openAuditEventId(key, id)).toEqual({ seq, ordinal });
      }),
    );
  });

  test('tells nothing of the next one', () => {
    const ids = [1, 2, 3].map((seq) => sealAuditEventId(key, { seq, ordinal: 1 }));
    const shared = ids
      .slice(1)
      .map((id, at) => id.split('').filter((digit, place) => digit === ids[at]?.[place]).length);
    // Of 32 digits two are alike by chance.
    expect(Math.max(...shared)).toBeLessThan(12);
  });

  test('is not opened where it was made up, altered, or made by another hub', () => {
    const id = sealAuditEventId(key, { seq: 5, ordinal: 1 });
    const other = deriveAuditEventKey(randomBytes(32));
    for (const text of ['', '5', id.toUpperCase(), `${id}0`, id.slice(1), `${id.slice(0, 31)}g`]) {
      expect(openAuditEventId(key, text)).toBeUndefined();
    }
    for (let at = 0; at < 32; at += 1) {
      const altered = `${id.slice(0, at)}${id[at] === '0' ? '1' : '0'}${id.slice(at + 1)}`;
      expect(openAuditEventId(key, altered)).not.toEqual({ seq: 5, ordinal: 1 });
    }
    expect(openAuditEventId(other, id)).not.toEqual({ seq: 5, ordinal: 1 });
  });
});
