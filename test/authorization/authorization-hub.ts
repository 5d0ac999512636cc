// A small hub for the tests of the authorization server: the real provider on a real database behind a real HTTP listener.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthorizationServer } from '../../src/auth/authorization-server.ts';
import { toAuthorizationAddresses, type AuthorizationAddresses } from '../../src/auth/addresses.ts';
import { openSigningKeys, type SigningKeys } from '../../src/auth/signing-keys.ts';
import { createTokenReader, type TokenReader } from '../../src/auth/tokens.ts';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import type { Database, Queryable } from '../../src/store/database.ts';
import { toParameterKey } from '../../src/store/parameter-key.ts';

export interface AuthorizationHub {
  readonly publicUrl: string;
  readonly addresses: AuthorizationAddresses;
  readonly signingKeys: SigningKeys;
  readonly readToken: TokenReader;
  /** What was logged: event and fields, in order. */
  readonly logged: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts it on loopback. `publicUrl` may be another than where it listens, as behind a proxy. */
export async function startAuthorizationHub(
  database: Database,
  options: { readonly clock?: Clock; readonly publicUrl?: string; readonly tokenLifetimeSeconds?: number } = {},
): Promise<AuthorizationHub & { readonly localUrl: string }> {
  const clock = options.clock ?? systemClock;
  let listener: RequestListener = () => undefined;
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const localUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publicUrl = options.publicUrl ?? localUrl;
  const signingKeys = await openSigningKeys({ database, clock });
  const logged: string[] = [];
  const { handle } = createAuthorizationServer({
    database,
    signingKeys,
    publicUrl,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 300,
    allowLoopbackJwks: true,
    clock,
    log: (_level, event, fields) => void logged.push(JSON.stringify({ event, ...fields })),
  });
  listener = (request, response) => void handle(request, response);
  return {
    localUrl,
    publicUrl,
    addresses: toAuthorizationAddresses(publicUrl),
    signingKeys,
    readToken: createTokenReader({ database, signingKeys, publicUrl, clock }),
    logged,
    stop: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export interface TestOrganization {
  readonly id: string;
  readonly name: string;
  readonly system: string;
  readonly value: string;
  /** Keys of the organizations that cover it, besides itself. */
  readonly coveredBy?: readonly number[];
}

/** Puts an Organization down as the store does, and gives its key. */
export async function insertOrganization(database: Queryable, organization: TestOrganization): Promise<number> {
  const { id, name, system, value } = organization;
  const body = JSON.stringify({ resourceType: 'Organization', id, name, identifier: [{ system, value }] });
  const [row] = await database.query<{ key: number }>({
    text: `
      insert into resource (type, id, version_id, last_updated, method, deleted, directory, body)
      values ('Organization', $1, 'v1', now(), 'PUT', false, true, $2) returning key`,
    values: [id, body],
  });
  if (row === undefined) throw new Error('The Organization was not put down.');
  await database.query({
    text: 'insert into organization (key, id, is_authority, enabled) values ($1, $2, false, true)',
    values: [row.key, id],
  });
  for (const covering of [row.key, ...(organization.coveredBy ?? [])]) {
    await database.query({
      text: 'insert into party_coverage (covering, covered) values ($1, $2)',
      values: [covering, row.key],
    });
  }
  await database.query({
    text: 'insert into search_token (resource, param, last_updated, code, system) values ($1, $2, now(), $3, $4)',
    values: [row.key, toParameterKey('Organization', 'identifier'), value, system],
  });
  return row.key;
}
