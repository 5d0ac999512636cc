// Where oidc-provider keeps its models: the hub's own tables. Clients come from the register; assertions are used elsewhere
// (used-once by INSERT, see authorization-server.ts), so that the library's own find-then-save is left without effect. Codes and
// refresh tokens count once as well, by UPDATE: a second use that comes at the same time ends the grant.
import { createHash } from 'node:crypto';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import {
  consumePayload,
  findPayload,
  removeGrantOf,
  removePayload,
  removePayloadsOfGrant,
  savePayload,
  type StoredPayload,
} from '../store/authorization.ts';
import type { Database } from '../store/database.ts';

/** Their id is what the holder shows: kept as a hash only. */
const credentialModels = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'Session']);
const noEnd = new Date(8.64e15);

/** An adapter factory for oidc-provider. `findClient` gives a client's metadata, or undefined for one unknown or disabled. */
export function createProviderAdapter(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly findClient: (clientId: string) => Promise<AdapterPayload | undefined>;
}): (model: string) => Adapter {
  return (model) => {
    if (model === 'Client') return readOnlyAdapter(options.findClient);
    if (model === 'ReplayDetection') return readOnlyAdapter(async () => undefined);
    return payloadAdapter(model, options.database, options.clock);
  };
}

function readOnlyAdapter(find: Adapter['find']): Adapter {
  const nothing = async (): Promise<undefined> => undefined;
  return {
    find,
    upsert: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    consume: nothing,
    destroy: nothing,
    revokeByGrantId: nothing,
  };
}

function payloadAdapter(model: string, database: Database, clock: Clock): Adapter {
  const isCredential = credentialModels.has(model);
  const toKey = (id: string): string => (isCredential ? createHash('sha256').update(id).digest('base64url') : id);
  const toPayload = (stored: StoredPayload | undefined, id?: string): AdapterPayload | undefined => {
    if (stored === undefined) return undefined;
    const consumed = stored.consumedAt === null ? {} : { consumed: Math.floor(stored.consumedAt.getTime() / 1000) };
    return { ...stored.payload, ...(isCredential ? { jti: id } : {}), ...consumed };
  };
  return {
    find: async (id) => toPayload(await findPayload(database, { model, id: toKey(id) }, clock()), id),
    findByUid: async (uid) => toPayload(await findPayload(database, { model, uid }, clock())),
    findByUserCode: async () => undefined,
    upsert: async (id, payload, expiresInSeconds) => {
      const { jti, ...rest } = payload;
      const expiresAt = expiresInSeconds === undefined ? noEnd : new Date(clock().getTime() + expiresInSeconds * 1000);
      const kept = isCredential ? rest : { jti, ...withoutCookie(rest) };
      const row = { model, id: toKey(id), payload: kept, grantId: payload.grantId, uid: payload.uid, expiresAt };
      await savePayload(database, row, clock());
    },
    consume: async (id) => {
      if (await consumePayload(database, model, toKey(id), clock())) return;
      await removeGrantOf(database, model, toKey(id));
      throw new errors.InvalidGrant('used before');
    },
    destroy: (id) => removePayload(database, model, toKey(id)),
    revokeByGrantId: (grantId) => removePayloadsOfGrant(database, model, grantId),
  };
}

/** The library notes the session's cookie in an interaction, and never reads it. */
function withoutCookie(payload: AdapterPayload): AdapterPayload {
  const { session } = payload;
  if (session === undefined) return payload;
  const { cookie: _, ...rest } = session;
  return { ...payload, session: { ...rest, cookie: '' } };
}
