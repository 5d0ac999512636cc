// The authorization server: oidc-provider set up for SMART Backend Services (client credentials, private_key_jwt), beside Hono on
// one listener. https://hl7.org/fhir/smart-app-launch/backend-services.html · RFC 6749, 7523, 8707, 9068
// Refuses every path but the token endpoint and the JWK Set, and takes nothing from Host or forwarded headers.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeProtectedHeader } from 'jose';
import { errors, Provider, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../store/database.ts';
import { toAuthorizationAddresses } from './addresses.ts';
import { clockToleranceSeconds } from './assertion.ts';
import { assertionAlgorithms } from './client-key.ts';
import { createGrants, type Grants } from './grants.ts';
import { createProviderAdapter } from './provider-adapter.ts';
import { explainRefusal } from './refusal.ts';
import { tokenAlgorithm, type SigningKeys } from './signing-keys.ts';

const maxTokenSeconds = 300;

export interface AuthorizationServerOptions {
  /** Counts a request for a token by where it comes from: the seconds to wait, or undefined. */
  readonly waitOf: (request: IncomingMessage) => Promise<number | undefined>;
  readonly database: Database;
  readonly signingKeys: SigningKeys;
  /** The one public base address, without a trailing slash. */
  readonly publicUrl: string;
  /** More than 300 counts as 300. */
  readonly tokenLifetimeSeconds: number;
  /** True only where the hub itself listens on loopback: JWKS addresses may then be on this machine. */
  readonly allowLoopbackJwks: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AuthorizationServer {
  /** Answers every request whose path begins with the issuer's path and a slash. Resolves when the answer is written; never rejects. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

export function createAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const addresses = toAuthorizationAddresses(options.publicUrl);
  const grants = createGrants({ ...options, audiences: new Set([addresses.issuer, addresses.tokenEndpoint]) });
  const provider = new Provider(addresses.issuer, toConfiguration(options, grants));
  provider.proxy = false;
  pinAddresses(provider);
  provider.on('grant.error', (context, error) => {
    if (typeof context.body === 'object' && context.body !== null) {
      context.body = { ...context.body, error_description: explainRefusal(error) };
    }
    options.log('info', 'token-refused', { error: error.error, detail: error.error_detail ?? error.error_description });
  });
  provider.on('server_error', (_context, error) => {
    options.log('error', 'authorization-failed', { detail: error.stack ?? error.message });
  });
  const callback = provider.callback();
  const { host, pathname: prefix } = new URL(addresses.issuer);
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === `${prefix}/jwks`) {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return answer(response, 405, notAllowed, { allow: 'GET, HEAD' });
      return answer(
        response,
        200,
        { keys: await options.signingKeys.listPublicKeys() },
        { 'cache-control': 'public, max-age=300' },
      );
    }
    if (path !== `${prefix}/token`) return answer(response, 404, unknownAddress);
    if (request.method !== 'POST') return answer(response, 405, notAllowed, { allow: 'POST' });
    const wait = await options.waitOf(request);
    if (wait !== undefined) return answer(response, 429, tooMany, { 'retry-after': String(wait) });
    request.url = '/token';
    request.headers.host = host;
    await callback(request, response);
  };

  return {
    handle: async (request, response) => {
      try {
        await route(request, response);
      } catch (error) {
        options.log('error', 'authorization-failed', { detail: error instanceof Error ? error.stack : String(error) });
        if (!response.headersSent) answer(response, 503, unavailable, { 'retry-after': '1' });
      }
    },
  };
}

const unknownAddress = { error: 'invalid_request', error_description: 'There is no such address.' };
const unavailable = {
  error: 'temporarily_unavailable',
  error_description: 'The hub cannot answer now. Try again shortly.',
};
const tooMany = {
  error: 'temporarily_unavailable',
  error_description: 'Too many requests for tokens come from this address. Wait as long as Retry-After says.',
};
const notAllowed = { error: 'invalid_request', error_description: 'The address does not take this method.' };

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify(body));
}

/** The library makes these from the request's Host; here they come from the issuer. */
function pinAddresses(provider: Provider): void {
  const expected = new Set([provider.issuer, `${provider.issuer}/token`]);
  Object.defineProperty(provider.OIDCContext.prototype, 'clientJwtAuthExpectedAudience', { value: () => expected });
  Object.defineProperty(provider.OIDCContext.prototype, 'urlFor', { value: (name: string) => provider.urlFor(name) });
}

function toConfiguration(options: AuthorizationServerOptions, grants: Grants): Configuration {
  const { database, clock, signingKeys } = options;
  const { audience } = toAuthorizationAddresses(options.publicUrl);
  const lifetimeSeconds = Math.min(Math.max(1, options.tokenLifetimeSeconds), maxTokenSeconds);
  return {
    adapter: createProviderAdapter({
      database,
      clock,
      findClient: async (clientId) => {
        const context = Provider.ctx;
        return context === undefined ? undefined : grants.findClientMetadata(context, clientId, readKid(context));
      },
    }),
    jwks: { keys: [signingKeys.current] },
    clientDefaults: {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: tokenAlgorithm,
    },
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: [...assertionAlgorithms], idTokenSigningAlgValues: [tokenAlgorithm] },
    scopes: [],
    claims: {},
    clockTolerance: clockToleranceSeconds,
    clientBasedCORS: () => false,
    renderError: (context, out) => {
      context.body = out;
    },
    ttl: { ClientCredentials: lifetimeSeconds },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: async (context, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return {
            scope: await grants.decide(context, context.oidc.params?.['scope']),
            audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: lifetimeSeconds,
            jwt: { sign: { alg: tokenAlgorithm, kid: signingKeys.current.kid } },
          };
        },
      },
    },
    assertJwtClientAuthClaimsAndHeader: (context, claims, header) =>
      grants.acceptAssertion(context, { claims, header }),
    extraTokenClaims: (context) => grants.toClaims(context),
  };
}

/** The kid that the running request's assertion names, unverified: tells whether a JWK Set must be fetched anew. */
function readKid(context: KoaContextWithOIDC): string | undefined {
  const assertion: unknown = context.oidc.params?.['client_assertion'];
  if (typeof assertion !== 'string') return undefined;
  try {
    return decodeProtectedHeader(assertion).kid;
  } catch {
    return undefined;
  }
}
