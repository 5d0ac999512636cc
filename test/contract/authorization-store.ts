// Contract of what the authorization server keeps in the database, the same on both: used assertions, signing keys, payloads.
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSigningKeys } from '../../src/auth/signing-keys.ts';
import { createProviderAdapter } from '../../src/auth/provider-adapter.ts';
import { useAssertion } from '../../src/store/authorization.ts';
import { findClient, insertClient, rememberClientKey } from '../../src/store/clients.ts';
import type { Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';

export type OpenEmptyDatabase = () => Promise<{ readonly database: Database; readonly remove: () => Promise<void> }>;

const noon = new Date('2026-11-22T12:00:00Z');
const minutesAfterNoon = (minutes: number): Date => new Date(noon.getTime() + minutes * 60_000);
const clock = (): Date => noon;

export function describeAuthorizationStore(name: string, open: OpenEmptyDatabase): void {
  describe(`what the authorization server keeps, on ${name}`, () => {
    let database: Database;
    let remove: () => Promise<void>;
    let clientKey: number;

    beforeAll(async () => {
      ({ database, remove } = await open());
      await migrate(database);
      await insertClient(database, {
        clientId: 'vendor',
        name: 'Journalsystemet',
        kind: 'operator',
        jwksUri: undefined,
        scopes: 'system/*.rs',
        createdAt: noon,
        keys: [{ thumbprint: 'first', jwk: { kty: 'EC', kid: 'first' } }],
        organizationKeys: [],
      });
      clientKey = (await findClient(database, 'vendor'))?.key ?? 0;
    });

    afterAll(async () => {
      await database.close();
      await remove();
    });

    const use = (jti: string, expiresAt: Date, now: Date) =>
      useAssertion(database, { clientKey, jtiHash: createHash('sha256').update(jti).digest(), expiresAt }, now);

    const countRows = async (table: 'used_assertion' | 'authorization_payload' | 'signing_key'): Promise<number> => {
      const [row] = await database.query<{ count: number }>({ text: `select count(*) as count from ${table}` });
      return row?.count ?? -1;
    };

    test('of many simultaneous uses of one assertion, one is the first', async () => {
      const jti = randomUUID();
      const uses = await Promise.all(Array.from({ length: 20 }, () => use(jti, minutesAfterNoon(5), noon)));
      expect(uses.filter(Boolean)).toHaveLength(1);
    });

    test('a used assertion stays used for an hour past its end, then goes away with later ones', async () => {
      const jti = randomUUID();
      expect(await use(jti, minutesAfterNoon(5), noon)).toBe(true);
      expect(await use(jti, minutesAfterNoon(5), minutesAfterNoon(64))).toBe(false);
      for (let index = 0; index < 10; index += 1) await use(randomUUID(), minutesAfterNoon(200), minutesAfterNoon(120));
      const before = await countRows('used_assertion');
      expect(await use(jti, minutesAfterNoon(205), minutesAfterNoon(200))).toBe(true);
      expect(await countRows('used_assertion')).toBeLessThanOrEqual(before + 1);
    });

    test('rows whose time is over do not add up', async () => {
      for (let index = 0; index < 30; index += 1) {
        const now = minutesAfterNoon(1_000 + index * 120);
        await use(randomUUID(), new Date(now.getTime() + 300_000), now);
      }
      expect(await countRows('used_assertion')).toBeLessThanOrEqual(5);
    });

    test('processes that start at once make one signing key between them', async () => {
      const opened = await Promise.all(Array.from({ length: 5 }, () => openSigningKeys({ database, clock })));
      expect(new Set(opened.map(({ current }) => current.kid)).size).toBe(1);
      expect(await countRows('signing_key')).toBe(1);
    });

    test('a signing key is followed by another after 90 days and still verifies', async () => {
      const first = await openSigningKeys({ database, clock });
      const second = await openSigningKeys({ database, clock: () => minutesAfterNoon(91 * 24 * 60) });
      expect(second.current.kid).not.toBe(first.current.kid);
      expect(await second.findPublicKey(first.current.kid)).toBeDefined();
      const much = await openSigningKeys({ database, clock: () => minutesAfterNoon(500 * 24 * 60) });
      expect(await much.findPublicKey(first.current.kid)).toBeUndefined();
    });

    test('a key from a JWKS address is noted once, and stays disabled when it was', async () => {
      const key = { thumbprint: 'remembered', jwk: { kty: 'EC' } };
      expect(await rememberClientKey(database, clientKey, key)).toBe(true);
      expect(await rememberClientKey(database, clientKey, key)).toBe(true);
      await database.query({ text: "update client_key set enabled = false where thumbprint = 'remembered'" });
      expect(await rememberClientKey(database, clientKey, key)).toBe(false);
    });

    test("the provider's models are kept until their time is over, and credentials only as a hash", async () => {
      let now = noon;
      const adapterFor = createProviderAdapter({ database, clock: () => now, findClient: async () => undefined });
      const codes = adapterFor('AuthorizationCode');
      await codes.upsert('secret-code', { jti: 'secret-code', grantId: 'grant', scope: 'patient/*.rs' }, 60);
      expect(await codes.find('secret-code')).toEqual({ jti: 'secret-code', grantId: 'grant', scope: 'patient/*.rs' });
      const rows = await database.query({
        text: "select * from authorization_payload where model = 'AuthorizationCode'",
      });
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain('secret-code');
      await codes.consume('secret-code');
      expect(await codes.find('secret-code')).toMatchObject({ consumed: noon.getTime() / 1000 });
      now = new Date(noon.getTime() + 61_000);
      expect(await codes.find('secret-code')).toBeUndefined();
      now = noon;
      await codes.revokeByGrantId('grant');
      expect(await codes.find('secret-code')).toBeUndefined();
      const sessions = adapterFor('Session');
      await sessions.upsert('session', { jti: 'session', uid: 'person' }, 60);
      // Its id is the cookie: kept as a hash, it is not to be had by the other way.
      expect(await sessions.findByUid('person')).toEqual({ uid: 'person' });
      expect(await sessions.find('session')).toEqual({ jti: 'session', uid: 'person' });
      await sessions.destroy('session');
      expect(await sessions.find('session')).toBeUndefined();
    });
  });
}
