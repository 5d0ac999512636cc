// Log-in at an external OpenID provider: there with state, nonce and PKCE, and back with a verified ID token that names the person.
// https://openid.net/specs/openid-connect-core-1_0.html · RFC 9207 (iss), RFC 9700 · by a certified library, openid-client
// Refuses another browser, another level of assurance than was asked for, and a token without the claims that say who it is.
import { createHmac, randomBytes } from 'node:crypto';
import { importJWK } from 'jose';
import * as openid from 'openid-client';
import type { Log } from '../core/log.ts';
import { toAuthorizationAddresses } from './addresses.ts';
import { isAllowedProviderUrl, type LogInProvider } from './log-in-providers.ts';
import { toPatientId } from './person-number.ts';

export interface ExternalLogIn {
  /** Where to send the browser, and what it must keep until it is back; undefined where the provider does not answer. */
  readonly begin: (
    index: number,
    uid: string,
  ) => Promise<{ readonly location: string; readonly kept: string } | undefined>;
  /** `query`: of the address the browser came back to. */
  readonly complete: (query: URLSearchParams, kept: string) => Promise<CompletedLogIn | LogInFault>;
}

export interface CompletedLogIn {
  /** Of the interaction that began. */
  readonly uid: string;
  readonly patientId: string;
}

export interface LogInFault {
  readonly kind: 'log-in-failed' | 'claim-missing';
  /** The name of what is wrong, never its value. */
  readonly detail: string | undefined;
}

export interface ExternalLogInOptions {
  readonly providers: readonly LogInProvider[];
  readonly publicUrl: string;
  readonly hubKey: Buffer;
  readonly allowLoopback: boolean;
  readonly log: Log;
}

const timeoutSeconds = 10;
const metadataLifetimeMs = 3_600_000;

export function createExternalLogIn(options: ExternalLogInOptions): ExternalLogIn {
  const configure = createConfigure(options);
  const find = async (index: number): Promise<ConfiguredProvider | undefined> => {
    const provider = options.providers[index];
    const configuration = provider === undefined ? undefined : await configure(provider);
    return provider === undefined || configuration === undefined ? undefined : { provider, configuration };
  };
  return {
    begin: async (index, uid) => {
      const found = await find(index);
      if (found === undefined) return undefined;
      const attempt = toAttempt(randomBytes(32).toString('base64url'), options.hubKey);
      const location = await toLogInAddress(found, attempt, options.publicUrl);
      return { location: location.href, kept: [attempt.state, uid, index].join('.') };
    },

    complete: async (query, kept) => {
      const [state = '', uid = '', index = ''] = kept.split('.');
      const found = await find(Number(index));
      if (found === undefined) return { kind: 'log-in-failed', detail: undefined };
      try {
        const address = new URL(`${toAuthorizationAddresses(options.publicUrl).logInCallback}?${query.toString()}`);
        const claims = await redeem(found, address, toAttempt(state, options.hubKey));
        const read = readPerson(claims, found.provider, options);
        return 'patientId' in read ? { uid, ...read } : read;
      } catch (error) {
        options.log('warn', 'login-failed', { issuer: found.provider.issuer, reason: reasonOf(error) });
        return { kind: 'log-in-failed', detail: undefined };
      }
    },
  };
}

interface ConfiguredProvider {
  readonly provider: LogInProvider;
  readonly configuration: openid.Configuration;
}

interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** What belongs to one attempt comes of its state, so that nothing has to be kept at the hub. */
function toAttempt(state: string, hubKey: Buffer): Attempt {
  const derive = (purpose: string): string =>
    createHmac('sha256', hubKey).update(`log-in|${purpose}|${state}`).digest('base64url');
  return { state, nonce: derive('nonce'), verifier: derive('verifier') };
}

async function toLogInAddress(
  { provider, configuration }: ConfiguredProvider,
  { state, nonce, verifier }: Attempt,
  publicUrl: string,
): Promise<URL> {
  return openid.buildAuthorizationUrl(configuration, {
    redirect_uri: toAuthorizationAddresses(publicUrl).logInCallback,
    scope: provider.scope,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    acr_values: provider.acr.join(' '),
    // Whoever sat here before may still be logged in there.
    prompt: 'login',
    ui_locales: 'sv',
  });
}

/** What the provider says of itself is asked for when it is first needed, and again each hour. */
function createConfigure(options: ExternalLogInOptions) {
  const known = new Map<string, { readonly untilMs: number; readonly configuration: openid.Configuration }>();
  return async (provider: LogInProvider): Promise<openid.Configuration | undefined> => {
    const found = known.get(provider.issuer);
    const nowMs = performance.now();
    if (found !== undefined && found.untilMs > nowMs) return found.configuration;
    try {
      const configuration = await discover(provider, options.allowLoopback);
      known.set(provider.issuer, { untilMs: nowMs + metadataLifetimeMs, configuration });
      return configuration;
    } catch (error) {
      options.log('error', 'login-provider-unavailable', { issuer: provider.issuer, reason: reasonOf(error) });
      return undefined;
    }
  };
}

async function discover(provider: LogInProvider, allowLoopback: boolean): Promise<openid.Configuration> {
  const issuer = new URL(provider.issuer);
  const isPlain = issuer.protocol === 'http:';
  return openid.discovery(issuer, provider.clientId, undefined, await toClientAuth(provider), {
    timeout: timeoutSeconds,
    // The token comes straight from the provider; its signature is checked all the same.
    execute: [openid.enableNonRepudiationChecks, ...(isPlain ? [openid.allowInsecureRequests] : [])],
    [openid.customFetch]: (address, init) => {
      if (!isAllowedProviderUrl(new URL(address), allowLoopback))
        throw new TypeError('The provider names an address that is not https.');
      return fetch(address, { ...init, redirect: 'error' });
    },
  });
}

async function toClientAuth({ credential }: LogInProvider): Promise<openid.ClientAuth> {
  if ('secret' in credential) return openid.ClientSecretBasic(credential.secret);
  const key = await importJWK(credential.privateJwk);
  if (key instanceof Uint8Array) throw new TypeError('The key is not a private key.');
  const { kid } = credential.privateJwk;
  return openid.PrivateKeyJwt(typeof kid === 'string' ? { key, kid } : key);
}

/** The claims of the verified ID token; with those of userinfo where the person's number is not in it. */
async function redeem(
  { provider, configuration }: ConfiguredProvider,
  address: URL,
  { state, nonce, verifier }: Attempt,
): Promise<Readonly<Record<string, unknown>>> {
  const tokens = await openid.authorizationCodeGrant(configuration, address, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = { ...tokens.claims() };
  const isThere = provider.numberClaims.some((name) => claims[name] !== undefined);
  if (isThere || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
  const more = await openid.fetchUserInfo(configuration, tokens.access_token, String(claims['sub']));
  // How strong the log-in was is said by what is signed for this attempt, or not at all.
  return { ...more, ...claims, acr: claims['acr'] };
}

function readPerson(
  claims: Readonly<Record<string, unknown>>,
  { issuer, acr, numberClaims }: LogInProvider,
  { hubKey, log }: ExternalLogInOptions,
): { readonly patientId: string } | LogInFault {
  if (typeof claims['acr'] !== 'string' || !acr.includes(claims['acr'])) {
    log('error', 'login-acr-refused', { issuer });
    return { kind: 'log-in-failed', detail: 'acr' };
  }
  const name = numberClaims.find((candidate) => claims[candidate] !== undefined);
  const value = name === undefined ? undefined : claims[name];
  const patientId = typeof value === 'string' ? toPatientId(value, hubKey) : undefined;
  if (patientId !== undefined) return { patientId };
  const claim = name ?? numberClaims.join(' ');
  log('error', 'login-claim-missing', { issuer, claim, fault: name === undefined ? 'missing' : 'malformed' });
  return { kind: 'claim-missing', detail: claim };
}

/** A code or the name of a class: what an error says in words may hold what was sent. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code: unknown = 'code' in error ? error.code : undefined;
  const said: unknown = 'error' in error ? error.error : undefined;
  return [error.name, code, said]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .slice(0, 100);
}
