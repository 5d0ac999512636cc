// Registering and changing clients, as the operator's commands ask for it. One function per command, over the register in store/.
// Refuses private keys, malformed scopes and redirect addresses, organizations the hub does not have, a system without a way to sign.
import { randomUUID } from 'node:crypto';
import { parseScopes } from '../access/scopes.ts';
import type { Clock } from '../core/clock.ts';
import {
  addClientKey,
  disableClientKey,
  findClient,
  findOrganizations,
  insertClient,
  listClients,
  setClientEnabled,
  type ClientKind,
  type ClientRow,
} from '../store/clients.ts';
import type { Database } from '../store/database.ts';
import { ClientKeyError, parseClientKeys, type ClientKey } from './client-key.ts';
import { JwksError, requireJwksUrl } from './fetch-jwks.ts';
import { toResourceRights } from './person-scopes.ts';
import { findRedirectFault } from './redirect-address.ts';
import { findSource, parseOrganizationIdentifier } from './organization-identifier.ts';

/** A command that cannot be carried out; the message is for the operator. */
export class ClientCommandError extends Error {
  override readonly name = 'ClientCommandError';
}

export type ClientCommand =
  | {
      readonly kind: 'add';
      readonly name: string;
      readonly client: ClientKind;
      /** Each as HSA-id or organisationsnummer. */
      readonly organizations: readonly string[];
      /** Space-separated. */
      readonly scope: string;
      /** Texts of JWK, JWK Set or PEM files. */
      readonly keys: readonly string[];
      readonly jwksUri: string | undefined;
      /** Of an app: where persons may be sent back to. */
      readonly redirectUris?: readonly string[];
    }
  | { readonly kind: 'list' }
  | { readonly kind: 'enable' | 'disable'; readonly clientId: string }
  | { readonly kind: 'add-key'; readonly clientId: string; readonly key: string }
  | { readonly kind: 'disable-key'; readonly clientId: string; readonly thumbprint: string };

/** A client as the operator sees it. */
export interface ClientSummary {
  readonly clientId: string;
  readonly name: string;
  readonly kind: ClientKind;
  readonly enabled: boolean;
  readonly scope: string;
  readonly jwksUri: string | undefined;
  readonly redirectUris: readonly string[];
  readonly createdAt: string;
  readonly organizations: readonly { readonly source: string | undefined; readonly name: string | undefined }[];
  readonly keys: readonly {
    readonly thumbprint: string;
    readonly kid: string;
    readonly algorithm: string;
    readonly enabled: boolean;
  }[];
}

/** Carries the command out and gives the clients concerned as they are now. @throws ClientCommandError */
export async function carryOutClientCommand(
  command: ClientCommand,
  context: { readonly database: Database; readonly clock: Clock; readonly allowLoopbackJwks: boolean },
): Promise<readonly ClientSummary[]> {
  const { database } = context;
  switch (command.kind) {
    case 'list':
      return (await listClients(database)).map(toSummary);
    case 'add':
      return summarize(database, await addClient(command, context));
    case 'enable':
    case 'disable': {
      const found = await setClientEnabled(database, command.clientId, command.kind === 'enable');
      if (!found) throw unknownClient(command.clientId);
      break;
    }
    case 'add-key':
      await addKeys(command.clientId, command.key, database);
      break;
    case 'disable-key': {
      const found = await disableClientKey(database, command.clientId, command.thumbprint);
      if (!found)
        throw new ClientCommandError(`Client ${command.clientId} has no key with thumbprint ${command.thumbprint}.`);
      break;
    }
  }
  return summarize(database, command.clientId);
}

async function addClient(
  command: AddCommand,
  context: { readonly database: Database; readonly clock: Clock; readonly allowLoopbackJwks: boolean },
): Promise<string> {
  const name = command.name.trim();
  if (name === '' || name.length > 200) throw new ClientCommandError('The name must have 1 to 200 characters.');
  requireScope(command);
  requireWayToSign(command);
  const redirectUris = readRedirectUris(command, context.allowLoopbackJwks);
  if (command.jwksUri !== undefined)
    asCommandError(() => requireJwksUrl(command.jwksUri ?? '', context.allowLoopbackJwks));
  const keys = await readKeys(command.keys);
  const organizationKeys = await resolveOrganizations(command, context.database);
  const clientId = randomUUID();
  await insertClient(context.database, {
    clientId,
    name,
    kind: command.client,
    jwksUri: command.jwksUri,
    redirectUris,
    scopes: command.scope,
    createdAt: context.clock(),
    keys: keys.map(({ thumbprint, jwk }) => ({ thumbprint, jwk: { ...jwk } })),
    organizationKeys,
  });
  return clientId;
}

type AddCommand = ClientCommand & { readonly kind: 'add' };

function requireScope({ client, scope }: AddCommand): void {
  const isWellFormed =
    client === 'app'
      ? toResourceRights(scope) !== undefined && !/online_access|launch/.test(scope)
      : parseScopes(scope) !== undefined;
  if (isWellFormed) return;
  const context = client === 'app' ? 'patient' : 'system';
  throw new ClientCommandError(
    `The scopes are malformed. Write ${context}/<type>.<cruds>, separated by spaces: "${context}/*.${client === 'app' ? 'rs' : 'cruds'}".`,
  );
}

/** An app without keys is a public client: it shows by PKCE that it is the one that asked. */
function requireWayToSign({ client, keys, jwksUri }: AddCommand): void {
  if (client === 'app' && keys.length === 0) return;
  if ((keys.length === 0) === (jwksUri === undefined))
    throw new ClientCommandError('Give either public keys or a JWKS address.');
}

function readRedirectUris({ client, redirectUris = [] }: AddCommand, allowLoopback: boolean): readonly string[] {
  if (client !== 'app') {
    if (redirectUris.length > 0) throw new ClientCommandError('Only an app has redirect addresses. Add it with --app.');
    return [];
  }
  if (redirectUris.length === 0 || redirectUris.length > mostRedirectUris)
    throw new ClientCommandError(`Give 1 to ${mostRedirectUris} redirect addresses.`);
  for (const address of redirectUris) {
    const fault = findRedirectFault(address, { allowLoopback });
    if (fault !== undefined) throw new ClientCommandError(`The redirect address ${address} ${fault}`);
  }
  return [...new Set(redirectUris)];
}

const mostRedirectUris = 20;

async function addKeys(clientId: string, text: string, database: Database): Promise<void> {
  const client = await findClient(database, clientId);
  if (client === undefined) throw unknownClient(clientId);
  if (client.kind === 'app' && client.keys.length === 0 && client.jwksUri === null)
    throw new ClientCommandError('This app signs nothing. Register it anew with its key to have it sign.');
  if (client.jwksUri !== null)
    throw new ClientCommandError('The keys of this client come from its JWKS address. Publish the new key there.');
  const keys = await readKeys([text]);
  for (const key of keys) {
    const other = client.keys.find(
      ({ thumbprint, jwk }) => jwk['kid'] === key.jwk.kid && thumbprint !== key.thumbprint,
    );
    if (other !== undefined)
      throw new ClientCommandError(
        `The client already has another key with kid ${key.jwk.kid}. Give the new key a kid of its own.`,
      );
  }
  for (const { thumbprint, jwk } of keys) await addClientKey(database, clientId, { thumbprint, jwk: { ...jwk } });
}

async function readKeys(texts: readonly string[]): Promise<readonly ClientKey[]> {
  const keys: ClientKey[] = [];
  for (const text of texts) {
    const parsed = await parseClientKeys(text).catch((error: unknown) => {
      throw error instanceof ClientKeyError ? new ClientCommandError(error.message, { cause: error }) : error;
    });
    keys.push(...parsed);
  }
  if (new Set(keys.map(({ thumbprint }) => thumbprint)).size !== keys.length)
    throw new ClientCommandError('The same key is given twice.');
  if (new Set(keys.map(({ jwk }) => jwk.kid)).size !== keys.length)
    throw new ClientCommandError('Two keys have the same kid. Give each its own.');
  return keys;
}

async function resolveOrganizations(command: AddCommand, database: Database): Promise<readonly number[]> {
  if (command.client !== 'system') {
    const who = command.client === 'operator' ? 'An operator' : 'An app';
    if (command.organizations.length > 0)
      throw new ClientCommandError(`${who} acts for no organization. Leave out --organization.`);
    return [];
  }
  if (command.organizations.length === 0)
    throw new ClientCommandError('Name at least one organization the client may act for.');
  const keys = new Set<number>();
  for (const text of command.organizations) {
    const identifier = parseOrganizationIdentifier(text);
    if (identifier === undefined)
      throw new ClientCommandError(`${text} is neither an HSA-id nor an organisationsnummer.`);
    const [organization, second] = await findOrganizations(database, identifier);
    if (organization === undefined)
      throw new ClientCommandError(`The hub has no active Organization with ${text}. Write it first, as operator.`);
    if (second !== undefined)
      throw new ClientCommandError(`The hub has several Organizations with ${text}. Correct that first.`);
    keys.add(organization.key);
  }
  return [...keys];
}

async function summarize(database: Database, clientId: string): Promise<readonly ClientSummary[]> {
  const client = await findClient(database, clientId);
  if (client === undefined) throw unknownClient(clientId);
  return [toSummary(client)];
}

function toSummary(client: ClientRow): ClientSummary {
  return {
    clientId: client.clientId,
    name: client.name,
    kind: client.kind,
    enabled: client.enabled,
    scope: client.scopes,
    jwksUri: client.jwksUri ?? undefined,
    redirectUris: client.redirectUris,
    createdAt: client.createdAt.toISOString(),
    organizations: client.organizations.map(({ identifiers, name }) => ({
      source: findSource(identifiers),
      name: name ?? undefined,
    })),
    keys: client.keys.map(({ thumbprint, jwk, enabled }) => ({
      thumbprint,
      kid: String(jwk['kid']),
      algorithm: String(jwk['alg']),
      enabled,
    })),
  };
}

const unknownClient = (clientId: string): ClientCommandError =>
  new ClientCommandError(`There is no client ${clientId}.`);

function asCommandError(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    throw error instanceof JwksError ? new ClientCommandError(error.message, { cause: error }) : error;
  }
}
