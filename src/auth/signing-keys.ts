// The hub's own keys: they sign access tokens and are published as JWK Set. Kept in the database, shared by all processes.
// RFC 7517, RFC 9068. A new key is made at start when the newest is 90 days old; older ones verify for a year more.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import type { Clock } from '../core/clock.ts';
import { addSigningKey, listSigningKeys, type SigningKeyRow } from '../store/authorization.ts';
import type { Database } from '../store/database.ts';

export const tokenAlgorithm = 'ES256';

const dayMs = 24 * 60 * 60 * 1000;
const rotateAfterMs = 90 * dayMs;
const removeAfterMs = 455 * dayMs;
/** A kid nobody knows leads to a new look at the database at most this often. */
const reloadMs = 5_000;

export interface SigningKeys {
  /** The private key that signs now, with its kid. */
  readonly current: JWK & { readonly kid: string };
  /** The public key with this kid, also one that another process made since; undefined if there is none. */
  readonly findPublicKey: (kid: string) => Promise<CryptoKey | undefined>;
  /** The JWK Set to publish. */
  readonly listPublicKeys: () => Promise<readonly JWK[]>;
}

/** Reads the keys, making one if there is none or the newest is old. */
export async function openSigningKeys(options: {
  readonly database: Database;
  readonly clock: Clock;
}): Promise<SigningKeys> {
  const { database, clock } = options;
  const nowMs = clock().getTime();
  let rows = await listSigningKeys(database);
  const newest = rows[0];
  if (newest === undefined || nowMs - newest.createdAt.getTime() > rotateAfterMs) {
    await addSigningKey(database, await makeSigningKey(clock()), {
      newerThan: new Date(nowMs - rotateAfterMs),
      olderThan: new Date(nowMs - removeAfterMs),
    });
    rows = await listSigningKeys(database);
  }
  const [signing] = rows;
  if (signing === undefined) throw new Error('The database kept no signing key.');
  let publicKeys = await importKeys(rows);
  let loadedAtMs = nowMs;
  const reload = async (): Promise<void> => {
    if (clock().getTime() - loadedAtMs < reloadMs) return;
    loadedAtMs = clock().getTime();
    publicKeys = await importKeys(await listSigningKeys(database));
  };
  return {
    current: { ...signing.jwk, kid: signing.kid },
    findPublicKey: async (kid) => {
      if (!publicKeys.has(kid)) await reload();
      return publicKeys.get(kid)?.key;
    },
    listPublicKeys: async () => {
      await reload();
      return [...publicKeys.values()].map(({ jwk }) => jwk);
    },
  };
}

interface PublicKey {
  readonly key: CryptoKey;
  readonly jwk: JWK;
}

async function importKeys(rows: readonly SigningKeyRow[]): Promise<ReadonlyMap<string, PublicKey>> {
  const keys = await Promise.all(
    rows.map(async ({ kid, jwk }): Promise<readonly [string, PublicKey]> => {
      const { kty, crv, x, y } = jwk as JWK;
      const published = { kty, crv, x, y, kid, alg: tokenAlgorithm, use: 'sig' } as JWK;
      const key = await importJWK(published, tokenAlgorithm);
      if (key instanceof Uint8Array) throw new Error('A signing key in the database is not a key pair.');
      return [kid, { key, jwk: published }];
    }),
  );
  return new Map(keys);
}

async function makeSigningKey(now: Date): Promise<SigningKeyRow> {
  const { privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, jwk: { ...jwk, alg: tokenAlgorithm, use: 'sig' }, createdAt: now };
}
