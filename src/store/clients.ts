// The register of clients: who may ask for tokens, with which keys, for which organizations. Written by the operator's commands.
// No permit here: nothing of a patient is touched. What a token opens is decided again in every statement on data.
import type { Database, Queryable } from './database.ts';
import { toParameterKey } from './parameter-key.ts';

/** `app`: what a person logs in to. */
export type ClientKind = 'system' | 'operator' | 'app';

export interface ClientKeyRow {
  readonly thumbprint: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly enabled: boolean;
}

/** An Organization as clients are told of it; `identifiers` as the resource has them. */
export interface OrganizationRow {
  readonly key: number;
  readonly id: string;
  readonly name: string | null;
  readonly identifiers: readonly { readonly system?: string; readonly value?: string }[];
}

export interface ClientRow {
  readonly key: number;
  readonly clientId: string;
  readonly name: string;
  readonly kind: ClientKind;
  readonly enabled: boolean;
  readonly jwksUri: string | null;
  /** Of an app: where the person may be sent back to, to the letter. */
  readonly redirectUris: readonly string[];
  readonly scopes: string;
  readonly createdAt: Date;
  readonly keys: readonly ClientKeyRow[];
  readonly organizations: readonly OrganizationRow[];
}

const organizationFields = `
  'key', r.key, 'id', r.id, 'name', r.body::jsonb ->> 'name', 'identifiers', coalesce(r.body::jsonb -> 'identifier', '[]'::jsonb)`;

const selectClient = `
  select c.key, c.client_id as "clientId", c.name, c.kind, c.enabled, c.jwks_uri as "jwksUri", c.redirect_uris as "redirectUris", c.scopes, c.created_at as "createdAt",
    coalesce((
      select jsonb_agg(jsonb_build_object('thumbprint', k.thumbprint, 'jwk', k.jwk, 'enabled', k.enabled) order by k.thumbprint)
      from client_key k where k.client = c.key), '[]'::jsonb) as keys,
    coalesce((
      select jsonb_agg(jsonb_build_object(${organizationFields}) order by r.id)
      from client_organization co join resource r on r.key = co.organization_key and not r.deleted
      where co.client = c.key), '[]'::jsonb) as organizations
  from client c`;

/** The client, also where it is disabled; undefined if there is none. */
export async function findClient(database: Queryable, clientId: string): Promise<ClientRow | undefined> {
  const [row] = await database.query<ClientRow>({
    name: 'clients.find',
    text: `${selectClient} where c.client_id = $1`,
    values: [clientId],
  });
  return row;
}

/** All clients, oldest first. */
export async function listClients(database: Queryable): Promise<readonly ClientRow[]> {
  return database.query<ClientRow>({ name: 'clients.list', text: `${selectClient} order by c.key` });
}

export interface NewClient {
  readonly clientId: string;
  readonly name: string;
  readonly kind: ClientKind;
  readonly jwksUri: string | undefined;
  /** Of an app alone. */
  readonly redirectUris?: readonly string[];
  readonly scopes: string;
  readonly createdAt: Date;
  readonly keys: readonly Omit<ClientKeyRow, 'enabled'>[];
  readonly organizationKeys: readonly number[];
}

/** Puts a client down with its keys and organizations, enabled. */
export async function insertClient(database: Database, client: NewClient): Promise<void> {
  await database.transaction(async (inside) => {
    const [row] = await inside.query<{ key: number }>({
      text: `
        insert into client (client_id, name, kind, jwks_uri, scopes, created_at, redirect_uris)
        values ($1, $2, $3, $4, $5, $6, $7) returning key`,
      values: [
        client.clientId,
        client.name,
        client.kind,
        client.jwksUri ?? null,
        client.scopes,
        client.createdAt,
        client.redirectUris ?? [],
      ],
    });
    for (const key of client.keys) {
      await inside.query({
        text: 'insert into client_key (client, thumbprint, jwk) values ($1, $2, $3::jsonb)',
        values: [row?.key, key.thumbprint, JSON.stringify(key.jwk)],
      });
    }
    for (const organizationKey of client.organizationKeys) {
      await inside.query({
        text: 'insert into client_organization (client, organization_key) values ($1, $2)',
        values: [row?.key, organizationKey],
      });
    }
  });
}

/** False where there is no such client. */
export async function setClientEnabled(database: Queryable, clientId: string, enabled: boolean): Promise<boolean> {
  const rows = await database.query<{ key: number }>({
    text: 'update client set enabled = $2 where client_id = $1 returning key',
    values: [clientId, enabled],
  });
  return rows.length === 1;
}

/** Adds a public key, or brings the same key up to date (its kid) and enables it. False where there is no such client. */
export async function addClientKey(
  database: Queryable,
  clientId: string,
  key: Omit<ClientKeyRow, 'enabled'>,
): Promise<boolean> {
  const rows = await database.query<{ client: number }>({
    text: `
      insert into client_key (client, thumbprint, jwk) select key, $2::text, $3::jsonb from client where client_id = $1
      on conflict (client, thumbprint) do update set jwk = excluded.jwk, enabled = true returning client`,
    values: [clientId, key.thumbprint, JSON.stringify(key.jwk)],
  });
  return rows.length === 1;
}

/** False where the client has no such key. */
export async function disableClientKey(database: Queryable, clientId: string, thumbprint: string): Promise<boolean> {
  const rows = await database.query<{ client: number }>({
    text: `
      update client_key k set enabled = false from client c
      where c.key = k.client and c.client_id = $1 and k.thumbprint = $2 returning k.client`,
    values: [clientId, thumbprint],
  });
  return rows.length === 1;
}

/** Notes a key that came from the client's JWKS address, so that it can be disabled by itself. Gives whether it is enabled. */
export async function rememberClientKey(
  database: Queryable,
  clientKey: number,
  key: Omit<ClientKeyRow, 'enabled'>,
): Promise<boolean> {
  const [row] = await database.query<{ enabled: boolean }>({
    name: 'clients.remember-key',
    text: `
      insert into client_key (client, thumbprint, jwk) values ($1, $2, $3::jsonb)
      on conflict (client, thumbprint) do update set thumbprint = excluded.thumbprint returning enabled`,
    values: [clientKey, key.thumbprint, JSON.stringify(key.jwk)],
  });
  return row?.enabled ?? false;
}

const selectOrganization = `
  select r.key, r.id, r.body::jsonb ->> 'name' as name, coalesce(r.body::jsonb -> 'identifier', '[]'::jsonb) as identifiers
  from organization o join resource r on r.key = o.key and not r.deleted`;

const hasIdentifier = `
  exists (select from search_token t where t.resource = o.key and t.param = $1 and t.code = $2 and t.system = $3)`;

const identifierKey = toParameterKey('Organization', 'identifier');

/** The enabled Organizations with this identifier: one where all is well. */
export async function findOrganizations(
  database: Queryable,
  identifier: { readonly system: string; readonly value: string },
): Promise<readonly OrganizationRow[]> {
  return database.query<OrganizationRow>({
    text: `${selectOrganization} where o.enabled and ${hasIdentifier} order by r.key limit 2`,
    values: [identifierKey, identifier.value, identifier.system],
  });
}

/** The enabled Organizations with this identifier that the client is registered for, or that lie below one it is registered for. */
export async function findActingOrganizations(
  database: Queryable,
  clientKey: number,
  identifier: { readonly system: string; readonly value: string },
): Promise<readonly OrganizationRow[]> {
  return database.query<OrganizationRow>({
    name: 'clients.find-acting-organizations',
    text: `
      ${selectOrganization}
      where o.enabled and ${hasIdentifier}
        and exists (
          select from client_organization co join party_coverage pc on pc.covering = co.organization_key
          where co.client = $4 and pc.covered = o.key)
      order by r.key limit 2`,
    values: [identifierKey, identifier.value, identifier.system, clientKey],
  });
}

/** The Organizations the client is registered for; at most two, enabled or not. */
export async function findRegisteredOrganizations(
  database: Queryable,
  clientKey: number,
): Promise<readonly (OrganizationRow & { readonly enabled: boolean })[]> {
  return database.query({
    name: 'clients.find-registered-organizations',
    text: `
      select r.key, r.id, r.body::jsonb ->> 'name' as name, coalesce(r.body::jsonb -> 'identifier', '[]'::jsonb) as identifiers,
        o.enabled
      from client_organization co join organization o on o.key = co.organization_key
      join resource r on r.key = o.key and not r.deleted
      where co.client = $1 order by r.key limit 2`,
    values: [clientKey],
  });
}

export interface TokenHolder {
  readonly clientKey: number;
  readonly kind: ClientKind;
  /** null where the token names no organization, or one that is not there. */
  readonly organizationKey: number | null;
}

/** The store's keys for what a token names; undefined where there is no such client. */
export async function findTokenHolder(
  database: Queryable,
  named: { readonly clientId: string; readonly organizationId: string | undefined },
): Promise<TokenHolder | undefined> {
  const [row] = await database.query<TokenHolder>({
    name: 'clients.find-token-holder',
    text: `
      select c.key as "clientKey", c.kind, o.key as "organizationKey"
      from client c left join organization o on o.id = $2 where c.client_id = $1`,
    values: [named.clientId, named.organizationId ?? null],
  });
  return row;
}
