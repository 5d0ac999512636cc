// What the authorization server keeps in the database: used assertions, signing keys, payloads of its models.
// Expired rows go away in small numbers with each insert, so that no timer is needed.
import type { Database, Queryable } from './database.ts';

export interface UsedAssertion {
  readonly clientKey: number;
  /** SHA-256 of the assertion's `jti`. */
  readonly jtiHash: Buffer;
  /** After this instant the assertion is refused for its age alone. */
  readonly expiresAt: Date;
}

/** Rows kept past their end, so that processes whose clocks differ agree. */
const purgeMarginMs = 60 * 60 * 1000;

/** True for the first use of the assertion, false for every later one: decided by one INSERT, across processes. */
export async function useAssertion(database: Queryable, assertion: UsedAssertion, now: Date): Promise<boolean> {
  const rows = await database.query<{ client: number }>({
    name: 'authorization.use-assertion',
    text: `
      with purged as (
        delete from used_assertion where (client, jti_hash) in (
          select client, jti_hash from used_assertion where expires_at < $4 order by expires_at limit 2 for update skip locked)
      )
      insert into used_assertion (client, jti_hash, expires_at) values ($1, $2, $3)
      on conflict do nothing returning client`,
    values: [assertion.clientKey, assertion.jtiHash, assertion.expiresAt, new Date(now.getTime() - purgeMarginMs)],
  });
  return rows.length === 1;
}

export interface SigningKeyRow {
  readonly kid: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
}

/** The keys that verify access tokens, newest first. */
export async function listSigningKeys(database: Queryable): Promise<readonly SigningKeyRow[]> {
  return database.query<SigningKeyRow>({
    name: 'authorization.list-signing-keys',
    text: 'select kid, jwk, created_at as "createdAt" from signing_key order by created_at desc, kid',
  });
}

/**
 * Adds `key` unless there is one made at or after `newerThan` (several processes starting at once add one between them),
 * and removes those made before `olderThan`.
 */
export async function addSigningKey(
  database: Database,
  key: SigningKeyRow,
  limits: { readonly newerThan: Date; readonly olderThan: Date },
): Promise<void> {
  await database.transaction(async (inside) => {
    await inside.query({ text: 'lock table signing_key in share row exclusive mode' });
    await inside.query({
      text: `
        insert into signing_key (kid, jwk, created_at)
        select $1, $2::jsonb, $3 where not exists (select from signing_key where created_at >= $4)`,
      values: [key.kid, JSON.stringify(key.jwk), key.createdAt, limits.newerThan],
    });
    await inside.query({ text: 'delete from signing_key where created_at < $1', values: [limits.olderThan] });
  });
}

export interface PayloadRow {
  readonly model: string;
  readonly id: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly grantId: string | undefined;
  readonly uid: string | undefined;
  readonly expiresAt: Date;
}

/** Puts a payload down, replacing an earlier one of the same model and id. */
export async function savePayload(database: Queryable, row: PayloadRow, now: Date): Promise<void> {
  await database.query({
    name: 'authorization.save-payload',
    text: `
      with purged as (
        delete from authorization_payload where (model, id) in (
          select model, id from authorization_payload where expires_at < $7 and (model, id) <> ($1, $2)
          order by expires_at limit 2 for update skip locked)
      )
      insert into authorization_payload (model, id, payload, grant_id, uid, expires_at)
      values ($1, $2, $3::jsonb, $4, $5, $6)
      on conflict (model, id) do update
        set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid, expires_at = excluded.expires_at`,
    values: [
      row.model,
      row.id,
      JSON.stringify(row.payload),
      row.grantId ?? null,
      row.uid ?? null,
      row.expiresAt,
      new Date(now.getTime() - purgeMarginMs),
    ],
  });
}

export interface StoredPayload {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly consumedAt: Date | null;
}

/** The payload by id or by uid, unless its time is over. */
export async function findPayload(
  database: Queryable,
  key: { readonly model: string } & ({ readonly id: string } | { readonly uid: string }),
  now: Date,
): Promise<StoredPayload | undefined> {
  const column = 'id' in key ? 'id' : 'uid';
  const [row] = await database.query<StoredPayload>({
    name: `authorization.find-payload-by-${column}`,
    text: `
      select payload, consumed_at as "consumedAt" from authorization_payload
      where model = $1 and ${column} = $2 and expires_at > $3`,
    values: [key.model, 'id' in key ? key.id : key.uid, now],
  });
  return row;
}

/** Marks it as used once. True for the first use, false for every later one: decided by one UPDATE, across processes. */
export async function consumePayload(database: Queryable, model: string, id: string, now: Date): Promise<boolean> {
  const rows = await database.query<{ id: string }>({
    name: 'authorization.consume-payload',
    text: `
      update authorization_payload set consumed_at = $3 where model = $1 and id = $2 and consumed_at is null
      returning id`,
    values: [model, id, now],
  });
  return rows.length === 1;
}

export async function removePayload(database: Queryable, model: string, id: string): Promise<void> {
  await database.query({
    name: 'authorization.remove-payload',
    text: 'delete from authorization_payload where model = $1 and id = $2',
    values: [model, id],
  });
}

/** Everything of the model that came from one grant: what a revocation takes away. */
export async function removePayloadsOfGrant(database: Queryable, model: string, grantId: string): Promise<void> {
  await database.query({
    name: 'authorization.remove-payloads-of-grant',
    text: 'delete from authorization_payload where model = $1 and grant_id = $2',
    values: [model, grantId],
  });
}

/** Takes away a grant with all that came from it: no token of it is read from then on, also one that is being made. */
export async function removeGrant(database: Queryable, grantId: string): Promise<void> {
  await database.query({
    name: 'authorization.remove-grant',
    text: "delete from authorization_payload where grant_id = $1 or model = 'Grant' and id = $1",
    values: [grantId],
  });
}

/** Takes away the grant that a payload came from. */
export async function removeGrantOf(database: Queryable, model: string, id: string): Promise<void> {
  const [row] = await database.query<{ grantId: string | null }>({
    name: 'authorization.find-grant-of',
    text: 'select grant_id as "grantId" from authorization_payload where model = $1 and id = $2',
    values: [model, id],
  });
  if (row?.grantId != null) await removeGrant(database, row.grantId);
}

export interface PersonTokenRow {
  readonly clientId: string;
  readonly clientKey: number;
  readonly personKey: number;
  readonly patientId: string;
  readonly scope: string | null;
  readonly audience: string | null;
  readonly expiresAt: Date;
}

/**
 * The access token of a person by its hash, where all that it stands on is there at `now`: the grant, the session it was given in with
 * the same person and the same grant, and an enabled app.
 */
export async function findPersonToken(
  database: Queryable,
  idHash: string,
  now: Date,
): Promise<PersonTokenRow | undefined> {
  const [row] = await database.query<PersonTokenRow>({
    name: 'authorization.find-person-token',
    text: `
      select c.client_id as "clientId", c.key as "clientKey", p.key as "personKey", p.patient_id as "patientId",
        t.payload ->> 'scope' as scope, t.payload ->> 'aud' as audience, least(t.expires_at, s.expires_at) as "expiresAt"
      from authorization_payload t
      join authorization_payload g on g.model = 'Grant' and g.id = t.grant_id and g.expires_at > $2
        and g.payload ->> 'accountId' = t.payload ->> 'accountId' and g.payload ->> 'clientId' = t.payload ->> 'clientId'
      join authorization_payload s on s.model = 'Session' and s.uid = t.payload ->> 'sessionUid' and s.expires_at > $2
        and s.payload ->> 'accountId' = t.payload ->> 'accountId'
        and s.payload -> 'authorizations' -> (t.payload ->> 'clientId') ->> 'grantId' = t.grant_id
      join client c on c.client_id = t.payload ->> 'clientId' and c.kind = 'app' and c.enabled
      join person p on p.patient_id = t.payload ->> 'accountId'
      where t.model = 'AccessToken' and t.id = $1 and t.expires_at > $2`,
    values: [idHash, now],
  });
  return row;
}
