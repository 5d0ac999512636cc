// How oidc-provider is set up: what is on, how long things live, what a token holds. Everything it can do and is not named here is off.
// https://hl7.org/fhir/smart-app-launch/ · RFC 6749, 7523, 7636, 7662, 7009, 8707, 9068
// Tokens of systems are signed JWTs; those of persons are opaque, kept as hashes, and end with the session they were given in.
import { createHmac } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { errors, Provider, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../store/database.ts';
import { toAuthorizationAddresses } from './addresses.ts';
import { decideAppScope } from './app-requests.ts';
import { clockToleranceSeconds } from './assertion.ts';
import { assertionAlgorithms } from './client-key.ts';
import type { Grants } from './grants.ts';
import { hasOnlineAccess } from './person-scopes.ts';
import { createProviderAdapter } from './provider-adapter.ts';
import { tokenAlgorithm, type SigningKeys } from './signing-keys.ts';

const maxTokenSeconds = 300;
const codeSeconds = 60;
/** How long a person may take to log in, and again to answer. */
export const interactionSeconds = 600;

export interface ProviderSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly signingKeys: SigningKeys;
  readonly publicUrl: string;
  /** More than 300 counts as 300. */
  readonly tokenLifetimeSeconds: number;
  /** From log-in to the end of everything that came from it. */
  readonly sessionLifetimeSeconds: number;
  /** Cookies are signed with a key made of it. */
  readonly hubKey: Buffer;
}

/** The library's configuration. `renderError` shows a fault to a person, or to a program as JSON. */
export function toConfiguration(
  settings: ProviderSettings,
  grants: Grants,
  renderError: NonNullable<Configuration['renderError']>,
): Configuration {
  const { signingKeys } = settings;
  return {
    adapter: createProviderAdapter({
      ...settings,
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
    clientAuthMethods: ['private_key_jwt', 'none'],
    enabledJWA: { clientAuthSigningAlgValues: [...assertionAlgorithms], idTokenSigningAlgValues: [tokenAlgorithm] },
    scopes: [],
    claims: {},
    clockTolerance: clockToleranceSeconds,
    clientBasedCORS: () => false,
    renderError,
    cookies: toCookies(settings),
    ttl: toLifetimes(settings),
    ...toPersonPolicy(settings),
    features: toFeatures(settings, grants),
    assertJwtClientAuthClaimsAndHeader: (context, claims, header) =>
      grants.acceptAssertion(context, { claims, header }),
    extraTokenClaims: (context, token) =>
      grants.clientOf(context).kind === 'app'
        ? { patient: 'accountId' in token ? token.accountId : undefined }
        : { ...grants.toClaims(context) },
  };
}

/** Of authorization requests, which persons answer. */
function toPersonPolicy({ publicUrl }: ProviderSettings): Configuration {
  return {
    responseTypes: ['code'],
    pkce: { required: () => true },
    extraParams: ['aud'],
    routes: { authorization: '/authorize', introspection: '/introspect', revocation: '/revoke' },
    interactions: { url: (_context, { uid }) => toInteractionUrl(publicUrl, uid) },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    // Each approval is a grant of its own: nothing is granted that was not on the page.
    loadExistingGrant: async ({ oidc }) => {
      const grantId = oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : oidc.provider.Grant.find(grantId);
    },
    expiresWithSession: () => true,
    issueRefreshToken: (_context, _client, { scope }) => hasOnlineAccess(scope),
    rotateRefreshToken: true,
    revokeGrantPolicy: () => true,
  };
}

function toFeatures(settings: ProviderSettings, grants: Grants): NonNullable<Configuration['features']> {
  const { audience } = toAuthorizationAddresses(settings.publicUrl);
  const isOwn = (_context: object, client: { readonly clientId: string }, token: { readonly clientId?: string }) =>
    token.clientId === client.clientId;
  return {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: isOwn },
    revocation: { enabled: true, allowedPolicy: isOwn },
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    dPoP: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      getResourceServerInfo: async (context, resource) => {
        if (resource !== audience) throw new errors.InvalidTarget();
        const client = grants.clientOf(context);
        const common = { audience, accessTokenTTL: toTokenSeconds(settings) };
        if (client.kind === 'app')
          return { ...common, scope: decideAppScope(context, client, audience), accessTokenFormat: 'opaque' };
        return {
          ...common,
          scope: await grants.decide(context, context.oidc.params?.['scope']),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: tokenAlgorithm, kid: settings.signingKeys.current.kid } },
        };
      },
    },
  };
}

const toTokenSeconds = ({ tokenLifetimeSeconds }: ProviderSettings): number =>
  Math.min(Math.max(1, tokenLifetimeSeconds), maxTokenSeconds);

function toLifetimes(settings: ProviderSettings): NonNullable<Configuration['ttl']> {
  const { clock, sessionLifetimeSeconds } = settings;
  const remaining = (since: number | undefined): number => {
    if (since === undefined) return interactionSeconds;
    return Math.max(1, since + sessionLifetimeSeconds - Math.floor(clock().getTime() / 1000));
  };
  return {
    ClientCredentials: toTokenSeconds(settings),
    AccessToken: toTokenSeconds(settings),
    AuthorizationCode: codeSeconds,
    RefreshToken: (_context, token) => remaining(token.authTime),
    Grant: sessionLifetimeSeconds,
    Session: (_context, session) => remaining(session.loginTs),
    Interaction: interactionSeconds,
  };
}

/** What a browser keeps while its person is at an external provider. */
export function toLogInCookie(publicUrl: string) {
  const isSecure = publicUrl.startsWith('https://');
  return {
    // No neighbour's page can plant it: the log-in that ends here is one that this browser began.
    name: `${isSecure ? '__Host-' : ''}sip_hub_log_in`,
    attributes: { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure, path: '/' },
  } as const;
}

/** Behind https a browser sends them nowhere else and over nothing else. https://datatracker.ietf.org/doc/html/rfc6265bis */
function toCookies({ publicUrl, hubKey }: ProviderSettings): NonNullable<Configuration['cookies']> {
  const isSecure = publicUrl.startsWith('https://');
  const attributes = { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure } as const;
  return {
    names: {
      session: `${isSecure ? '__Host-' : ''}sip_hub_session`,
      interaction: `${isSecure ? '__Secure-' : ''}sip_hub_interaction`,
      resume: `${isSecure ? '__Secure-' : ''}sip_hub_resume`,
    },
    long: attributes,
    short: attributes,
    keys: [createHmac('sha256', hubKey).update('cookies').digest('base64url')],
  };
}

/** The page where the person logs in, or answers. */
export function toInteractionUrl(publicUrl: string, uid: string): string {
  return `${toAuthorizationAddresses(publicUrl).issuer}/interaction/${uid}`;
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
