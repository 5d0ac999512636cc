// New ids. Time-ordered (UUIDv7, RFC 9562) for resources, so that B-trees grow at one end; random for what must tell nothing.
import { randomBytes } from 'node:crypto';

export interface IdSource {
  /** A UUIDv7 for a new resource. `now` in milliseconds gives its first 48 bits. */
  readonly resourceId: (nowMs: number) => string;
  /** An opaque token of 96 random bits for versions and requests: 16 characters of FHIR's id (base64url with . for _). */
  readonly opaque: () => string;
}

const poolBytes = 4096;

/** Draws from the system's randomness in pools: one call for many ids. */
export function createIdSource(random: (bytes: number) => Buffer = randomBytes): IdSource {
  let pool: Buffer = Buffer.alloc(0);
  let at = 0;
  const take = (bytes: number): Buffer => {
    if (at + bytes > pool.length) {
      pool = random(poolBytes);
      at = 0;
    }
    at += bytes;
    return pool.subarray(at - bytes, at);
  };
  return {
    resourceId: (nowMs) => {
      const bytes = Buffer.from(take(16));
      bytes.writeUIntBE(nowMs, 0, 6);
      bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
      bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
      const hex = bytes.toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
    opaque: () => take(12).toString('base64url').replaceAll('_', '.'),
  };
}
