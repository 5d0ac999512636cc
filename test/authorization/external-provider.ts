// Somebody else's OpenID provider, for tests of log-in there: a real one on loopback that lets in whoever comes, as the test says who it is.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { Provider } from 'oidc-provider';

export const numberClaim = 'https://id.oidc.se/claim/personalIdentityNumber';
export const coordinationClaim = 'https://id.oidc.se/claim/coordinationNumber';
export const numberScope = 'https://id.oidc.se/scope/naturalPersonNumber';
export const loa3 = 'http://id.elegnamnden.se/loa/1.0/loa3';

export interface ExternalProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** The key the hub signs with there. */
  readonly privateJwk: JWK;
  /** What is said of whoever logs in; changed by tests. */
  readonly says: { claims: Record<string, unknown>; acr: string | undefined; fails: boolean };
  /** Requests that came, by path. */
  readonly asked: string[];
  readonly stop: () => Promise<void>;
}

/** `redirectUri`: the hub's. `claimsIn`: userinfo as well, or the ID token alone. */
export async function startExternalProvider(options: {
  readonly redirectUri: () => string;
  readonly claimsIn?: 'id-token' | 'userinfo';
}): Promise<ExternalProvider> {
  const own = await generateKeyPair('RS256', { extractable: true });
  const hub = await generateKeyPair('ES256', { extractable: true });
  const says: ExternalProvider['says'] = { claims: {}, acr: loa3, fails: false };
  const asked: string[] = [];
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'sip-hub';
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(own.privateKey)), kid: 'own', alg: 'RS256', use: 'sig' }] },
    clients: [
      {
        client_id: clientId,
        redirect_uris: [options.redirectUri()],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [{ ...(await exportJWK(hub.publicKey)), kid: 'hub', alg: 'ES256' }] },
      },
    ],
    scopes: ['openid', numberScope],
    claims: { openid: ['sub'], [numberScope]: [numberClaim, coordinationClaim], acr: null },
    acrValues: [loa3, 'low'],
    conformIdTokenClaims: options.claimsIn === 'userinfo',
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['external'] },
    ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, IdToken: 60 },
    interactions: { url: (_context, { uid }) => `/log-in/${uid}` },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...says.claims }) }),
  });
  const callback = provider.callback();
  const handle: typeof callback = async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    asked.push(path);
    if (!path.startsWith('/log-in/')) return callback(request, response);
    if (says.fails) return provider.interactionFinished(request, response, { error: 'access_denied' });
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
      const acr = says.acr === undefined ? {} : { acr: says.acr };
      return provider.interactionFinished(request, response, { login: { accountId: 'somebody', ...acr } });
    }
    const grant = new provider.Grant({ accountId: session?.accountId, clientId: String(params['client_id']) });
    grant.addOIDCScope(String(params['scope']));
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };
  return {
    issuer,
    clientId,
    privateJwk: { ...(await exportJWK(hub.privateKey)), kid: 'hub', alg: 'ES256' },
    says,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
