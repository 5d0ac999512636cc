// The one place where access tokens are read: Authorization header -> Principal. A system's is a JWT: verified once, then remembered
// until it ends; that client, key and organization are still enabled the store checks in each statement. A person's is opaque: looked up
// for each request, so that log-out and revocation work at once. RFC 6750, RFC 9068 · https://hl7.org/fhir/smart-app-launch/
// Refuses every algorithm but the hub's own, other issuers and audiences, ended tokens, and either kind in the other's place.
import { createHash } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Principal } from '../access/principal.ts';
import { parseScopes, type ScopeSet } from '../access/scopes.ts';
import type { Clock } from '../core/clock.ts';
import { problem, type Problem } from '../core/problem.ts';
import { findPersonToken } from '../store/authorization.ts';
import { findTokenHolder } from '../store/clients.ts';
import type { Queryable } from '../store/database.ts';
import { toAuthorizationAddresses } from './addresses.ts';
import { readIuaClaims, type IuaClaims } from './iua-claims.ts';
import { toResourceRights } from './person-scopes.ts';
import { tokenAlgorithm, type SigningKeys } from './signing-keys.ts';

/** @throws login-required where there is no token, token-invalid (401, WWW-Authenticate) for one that does not hold */
export type TokenReader = (authorization: string | undefined) => Promise<Principal>;

export interface TokenReaderOptions {
  readonly database: Queryable;
  readonly signingKeys: SigningKeys;
  readonly publicUrl: string;
  readonly clock: Clock;
  /** Tokens remembered at once; the one unused for longest goes first. */
  readonly capacity?: number;
}

const maxTokenLength = 8_192;
/** A JWT, or the 43 characters of a person's token. */
const bearerPattern = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|[A-Za-z0-9_-]{43})$/i;

export function createTokenReader(options: TokenReaderOptions): TokenReader {
  const { clock, capacity = 10_000 } = options;
  const remembered = new Map<string, Principal>();
  return async (authorization) => {
    const token = requireBearer(authorization);
    const hash = createHash('sha256').update(token).digest('base64url');
    if (!token.includes('.')) return readPersonToken(hash, options);
    const known = remembered.get(hash);
    if (known !== undefined) {
      remembered.delete(hash);
      if (known.expiresAtMs <= clock().getTime())
        throw invalidToken('The access token has expired. Ask for a new one.');
      remembered.set(hash, known);
      return known;
    }
    const principal = await readToken(token, options);
    remembered.set(hash, principal);
    const [oldest] = remembered.keys();
    if (remembered.size > capacity && oldest !== undefined) remembered.delete(oldest);
    return principal;
  };
}

function requireBearer(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') {
    throw problem('login-required', { headers: { 'WWW-Authenticate': 'Bearer realm="sip-hub"' } });
  }
  if (authorization.length > maxTokenLength) throw invalidToken('The access token is too long.');
  const token = bearerPattern.exec(authorization)?.[1];
  if (token === undefined) throw invalidToken('Send the access token as Authorization: Bearer <token>.');
  return token;
}

/** @throws token-invalid */
async function readPersonToken(hash: string, { database, publicUrl, clock }: TokenReaderOptions): Promise<Principal> {
  const found = await findPersonToken(database, hash, clock());
  const scopes = toResourceRights(found?.scope ?? '');
  if (found === undefined || scopes === undefined || found.audience !== toAuthorizationAddresses(publicUrl).audience)
    throw invalidToken('The access token has ended or is unknown. Refresh it, or let the person log in again.');
  return {
    kind: 'individual',
    clientId: found.clientId,
    clientKey: found.clientKey,
    scopes,
    expiresAtMs: found.expiresAt.getTime(),
    person: { key: found.personKey, patientId: found.patientId },
  };
}

/** @throws token-invalid */
async function readToken(token: string, options: TokenReaderOptions): Promise<Principal> {
  const claims = await verify(token, options);
  const clientId = claims['client_id'];
  const { scope, exp, sub } = claims;
  const scopes = typeof scope === 'string' ? parseScopes(scope) : undefined;
  const extensions = readExtensions(claims);
  if (
    typeof clientId !== 'string' ||
    sub !== clientId ||
    exp === undefined ||
    scopes === undefined ||
    extensions === undefined
  ) {
    throw invalidToken('The access token is not one for systems.');
  }
  return toPrincipal({ clientId, scopes, expiresAtMs: exp * 1000, ...extensions }, options.database);
}

async function verify(token: string, { signingKeys, publicUrl, clock }: TokenReaderOptions): Promise<JWTPayload> {
  const { issuer, audience } = toAuthorizationAddresses(publicUrl);
  try {
    const { kid, alg, crit } = decodeProtectedHeader(token);
    const key =
      kid === undefined || alg !== tokenAlgorithm || crit !== undefined
        ? undefined
        : await signingKeys.findPublicKey(kid);
    if (key === undefined) throw invalidToken('The access token was not signed by this hub.');
    const { payload } = await jwtVerify(token, key, {
      algorithms: [tokenAlgorithm],
      issuer,
      audience,
      typ: 'at+jwt',
      requiredClaims: ['exp', 'iat', 'sub', 'client_id'],
      currentDate: clock(),
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw invalidToken('The access token has expired. Ask for a new one.', error);
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      throw invalidToken('The access token is forged, damaged or not for this hub. Ask for a new one.', error);
    }
    throw error;
  }
}

interface HubClaims {
  readonly iua: IuaClaims;
  readonly keyThumbprint: string;
  readonly organizationId: string | undefined;
  readonly source: string | undefined;
}

/** What authorization-server.ts put into the token; undefined where a part is missing. */
function readExtensions(claims: JWTPayload): HubClaims | undefined {
  const extensions = member(claims, 'extensions');
  const hub = member(extensions, 'sip_hub');
  const keyThumbprint = member(hub, 'client_key');
  const organizationId = member(hub, 'organization');
  const iua = readIuaClaims(claims);
  if (typeof keyThumbprint !== 'string' || typeof iua === 'string') return undefined;
  const source = iua.organization;
  if (organizationId === undefined && source === undefined) return { iua, keyThumbprint, organizationId, source };
  return typeof organizationId === 'string' && source !== undefined
    ? { iua, keyThumbprint, organizationId, source }
    : undefined;
}

function member(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

interface ReadClaims extends HubClaims {
  readonly clientId: string;
  readonly scopes: ScopeSet;
  readonly expiresAtMs: number;
}

async function toPrincipal(claims: ReadClaims, database: Queryable): Promise<Principal> {
  const { clientId, scopes, expiresAtMs, keyThumbprint, organizationId, source, iua } = claims;
  const holder = await findTokenHolder(database, { clientId, organizationId });
  if (holder === undefined) throw invalidToken('The client of the access token is no longer registered.');
  const identity = { clientId, clientKey: holder.clientKey, keyThumbprint, scopes, expiresAtMs };
  if (holder.kind === 'operator' && organizationId === undefined) return { kind: 'operator', ...identity };
  if (
    holder.kind === 'system' &&
    organizationId !== undefined &&
    source !== undefined &&
    holder.organizationKey !== null
  ) {
    return {
      kind: 'system',
      ...identity,
      party: { key: holder.organizationKey, organizationId, source },
      purposes: iua.purposes,
      staff: iua.staffId === undefined ? undefined : { hsaId: iua.staffId, roles: iua.roles },
    };
  }
  throw invalidToken('The access token does not fit how its client is registered. Ask for a new one.');
}

function invalidToken(diagnostics: string, cause?: unknown): Problem {
  return problem('token-invalid', {
    diagnostics,
    headers: { 'WWW-Authenticate': 'Bearer realm="sip-hub", error="invalid_token"' },
    cause,
  });
}
