import { describe, expect, it } from 'vitest';
import { createIdSource } from './ids.ts';

describe('createIdSource', () => {
  it('gives UUIDv7 whose first 48 bits are the time, in order and all different', () => {
    const ids = createIdSource();
    const made = Array.from({ length: 2000 }, (_, at) => ids.resourceId(1_700_000_000_000 + at));
    expect(new Set(made).size).toBe(2000);
    expect(made.toSorted()).toEqual(made);
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt((made[0] ?? '').replace('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
  });

  it('gives opaque tokens that are ids of FHIR, whatever the random bytes', () => {
    for (const byte of [0x00, 0xff, 0xfb, 0xbf]) {
      const ids = createIdSource((bytes) => Buffer.alloc(bytes, byte));
      expect(ids.opaque()).toMatch(/^[A-Za-z0-9\-.]{16}$/);
    }
  });
});
