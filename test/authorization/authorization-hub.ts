// A small hub for the tests of the authorization server: the real provider on a real database behind a real HTTP listener.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { grantPermit } from '../../src/access/permit.ts';
import { createAuthorizationServer } from '../../src/auth/authorization-server.ts';
import { toAuthorizationAddresses, type AuthorizationAddresses } from '../../src/auth/addresses.ts';
import { openSigningKeys, type SigningKeys } from '../../src/auth/signing-keys.ts';
import type { SignInMethod } from '../../src/auth/sign-in-method.ts';
import { createTokenReader, type TokenReader } from '../../src/auth/tokens.ts';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import { createLog } from '../../src/core/log.ts';
import { findClient, insertClient } from '../../src/store/clients.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Database } from '../../src/store/database.ts';
import type { AuditRow, ResourceWrite } from '../../src/store/store.ts';
import { signInPages } from '../../src/portal/sign-in-pages.ts';
import { requireCleanLog } from '../contract/log-secrets.ts';

export interface AuthorizationHub {
  readonly publicUrl: string;
  readonly addresses: AuthorizationAddresses;
  readonly signingKeys: SigningKeys;
  readonly readToken: TokenReader;
  /** What was logged, one JSON object a line. */
  readonly logged: readonly string[];
  readonly stop: () => Promise<void>;
}

/** What person ids and cookies are made with. */
export const testHubKey = Buffer.alloc(32, 7);

/** Starts it on loopback. `publicUrl` may be another than where it listens, as behind a proxy. */
export async function startAuthorizationHub(
  database: Database,
  options: {
    readonly clock?: Clock;
    readonly publicUrl?: string;
    readonly tokenLifetimeSeconds?: number;
    readonly sessionLifetimeSeconds?: number;
    /** How persons log in; left out: they do not. */
    readonly signInMethod?: SignInMethod;
    /** Left out: a free one. */
    readonly port?: number;
    readonly waitOf?: () => Promise<number | undefined>;
  } = {},
): Promise<AuthorizationHub & { readonly localUrl: string }> {
  const clock = options.clock ?? systemClock;
  let listener: RequestListener = () => undefined;
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const localUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publicUrl = options.publicUrl ?? localUrl;
  const signingKeys = await openSigningKeys({ database, clock });
  const logged: string[] = [];
  const { handle } = createAuthorizationServer({
    waitOf: options.waitOf ?? (() => Promise.resolve(undefined)),
    signInMethod: options.signInMethod,
    pages: signInPages,
    hubKey: testHubKey,
    sessionLifetimeSeconds: options.sessionLifetimeSeconds ?? 8 * 3600,
    database,
    signingKeys,
    publicUrl,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 300,
    allowLoopbackJwks: true,
    clock,
    log: createLog({ least: 'debug', now: clock, write: (line) => void logged.push(line.slice(0, -1)) }),
  });
  listener = (request, response) => void handle(request, response);
  return {
    localUrl,
    publicUrl,
    addresses: toAuthorizationAddresses(publicUrl),
    signingKeys,
    readToken: createTokenReader({ database, signingKeys, publicUrl, clock }),
    logged,
    stop: async () => {
      await stop(server);
      requireCleanLog(logged);
    },
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
  /** Id of the Organization that covers it. */
  readonly partOf?: string;
}

const operatorId = 'operator-of-the-test';

/** Puts Organizations down through the store, as an operator's client does. */
export async function insertOrganizations(
  database: Database,
  organizations: readonly TestOrganization[],
  options: { readonly rowLevelSecurity: boolean } = { rowLevelSecurity: false },
): Promise<void> {
  const now = new Date();
  if ((await findClient(database, operatorId)) === undefined) {
    await insertClient(database, {
      clientId: operatorId,
      name: operatorId,
      kind: 'operator',
      jwksUri: undefined,
      scopes: 'system/*.cruds',
      createdAt: now,
      keys: [{ thumbprint: operatorId, jwk: {} }],
      organizationKeys: [],
    });
  }
  const permit = grantPermit({
    principal: {
      kind: 'operator',
      clientId: operatorId,
      clientKey: (await findClient(database, operatorId))?.key ?? 0,
      keyThumbprint: operatorId,
      scopes: new Map(),
      expiresAtMs: Infinity,
    },
    interaction: 'create',
    at: now,
    requestId: operatorId,
  });
  const audit: AuditRow = {
    at: now,
    requestId: operatorId,
    clientId: operatorId,
    partyKey: undefined,
    staff: undefined,
    interaction: 'create',
    outcome: 'success',
    status: 201,
    type: 'Organization',
    entities: [],
  };
  const writes = organizations.map((organization) => toWrite(organization, now));
  await createStore(database, { ...options, maxIncluded: 0 }).transaction(permit, (inside) =>
    inside.apply(permit, writes, audit),
  );
}

function toWrite({ id, name, system, value, partOf }: TestOrganization, now: Date): ResourceWrite {
  return {
    type: 'Organization',
    id,
    follows: undefined,
    versionId: `${id}-1`,
    lastUpdated: now,
    method: 'POST',
    body: JSON.stringify({ resourceType: 'Organization', id, name, identifier: [{ system, value }] }),
    directory: true,
    custodianKey: null,
    person: null,
    index: { tokens: [{ param: 'identifier', system, code: value }], references: [], dates: [], strings: [] },
    references: [],
    grants: undefined,
    organization: { partOf, isAuthority: false, path: 'Organization.partOf' },
  };
}
