// The external OpenID providers that persons log in at, as a file of the operator's says: read and checked at start.
// https://oidc.se/specifications/swedish-oidc-claims-specification-1_0.html (BankID) · Inera's IdP, "Attributlista" (SITHS)
// Refuses unknown members, http but on loopback for development, a provider without a way to sign or without a level of assurance.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../config.ts';
import { isLoopbackHost } from './addresses.ts';

export interface LogInProvider {
  readonly issuer: string;
  /** As persons know it: BankID. */
  readonly name: string;
  readonly clientId: string;
  readonly credential: { readonly privateJwk: Readonly<Record<string, unknown>> } | { readonly secret: string };
  readonly scope: string;
  /** Names of claims with the person's number, 12 digits; the first that is there counts. */
  readonly numberClaims: readonly string[];
  /** The levels of assurance that are good enough; the provider must say one of them. */
  readonly acr: readonly string[];
}

/** What a provider that follows a known profile calls things. */
const profiles: Readonly<Record<string, Pick<LogInProvider, 'scope' | 'numberClaims'>>> = {
  'swedish-oidc': {
    scope: 'openid https://id.oidc.se/scope/naturalPersonNumber',
    numberClaims: ['https://id.oidc.se/claim/personalIdentityNumber', 'https://id.oidc.se/claim/coordinationNumber'],
  },
  inera: { scope: 'openid personal_identity_number', numberClaims: ['personalIdentityNumber'] },
};

const members = ['issuer', 'name', 'clientId', 'keyFile', 'secretFile', 'profile', 'scope', 'claims', 'acr'];

/** The providers in the file, of which there is at least one. Files of keys are found from its folder. @throws ConfigError */
export function readLogInProviders(
  path: string,
  options: { readonly allowLoopback: boolean },
): readonly LogInProvider[] {
  const parsed = parseJson(path);
  if (!Array.isArray(parsed) || parsed.length === 0) throw fault(path, 'must be a list of at least one provider.');
  const providers = parsed.map((entry: unknown, index) => {
    const place = `${path}, provider ${index + 1}:`;
    if (typeof entry !== 'object' || entry === null) throw fault(place, 'must be an object.');
    return toProvider({ ...entry }, { place, folder: dirname(path), ...options });
  });
  if (new Set(providers.map(({ issuer }) => issuer)).size !== providers.length)
    throw fault(path, 'names an issuer twice.');
  return providers;
}

interface Place {
  readonly place: string;
  readonly folder: string;
  readonly allowLoopback: boolean;
}

function toProvider(entry: Readonly<Record<string, unknown>>, where: Place): LogInProvider {
  const { place } = where;
  const unknown = Object.keys(entry).find((name) => !members.includes(name));
  if (unknown !== undefined) throw fault(place, `${unknown} is not known. Known are ${members.join(', ')}.`);
  const { profile: named } = entry;
  const profile = typeof named === 'string' && Object.hasOwn(profiles, named) ? profiles[named] : undefined;
  if (named !== undefined && profile === undefined)
    throw fault(place, `profile must be one of ${Object.keys(profiles).join(', ')}.`);
  const text = (name: string, fallback?: string): string => {
    const given = entry[name] ?? fallback;
    if (typeof given !== 'string' || given === '') throw fault(place, `${name} must be a text.`);
    return given;
  };
  const texts = (name: string, fallback?: readonly string[]): readonly string[] => {
    const given = entry[name] ?? fallback;
    if (!Array.isArray(given) || given.length === 0 || !given.every((item) => typeof item === 'string' && item !== ''))
      throw fault(place, `${name} must be a list of at least one text.`);
    return given.map(String);
  };
  const scope = text('scope', profile?.scope);
  if (!scope.split(' ').includes('openid')) throw fault(place, 'scope must hold openid.');
  return {
    issuer: requireIssuer(text('issuer'), where),
    name: text('name'),
    clientId: text('clientId'),
    credential: readCredential(entry, where),
    scope,
    numberClaims: texts('claims', profile?.numberClaims),
    acr: texts('acr'),
  };
}

function requireIssuer(issuer: string, { place, allowLoopback }: Place): string {
  const url = URL.parse(issuer);
  if (url === null || !isAllowedProviderUrl(url, allowLoopback) || url.search !== '' || url.hash !== '')
    throw fault(place, 'issuer must be an https address without query or fragment.');
  return issuer;
}

/** https, or http on this machine where the hub itself is for development. */
export function isAllowedProviderUrl(url: URL, allowLoopback: boolean): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && allowLoopback && isLoopbackHost(url.hostname.replaceAll(/[[\]]/g, ''));
}

function readCredential(
  entry: Readonly<Record<string, unknown>>,
  { place, folder }: Place,
): LogInProvider['credential'] {
  const { keyFile, secretFile } = entry;
  if (typeof keyFile === 'string' && secretFile === undefined) {
    const jwk = parseJson(resolve(folder, keyFile));
    if (typeof jwk !== 'object' || jwk === null || !('d' in jwk) || !('alg' in jwk) || typeof jwk.alg !== 'string')
      throw fault(place, 'keyFile must hold a private JWK with alg.');
    return { privateJwk: { ...jwk } };
  }
  if (typeof secretFile === 'string' && keyFile === undefined) {
    const secret = readText(resolve(folder, secretFile)).trim();
    if (secret.length < 32) throw fault(place, 'secretFile must hold at least 32 characters.');
    return { secret };
  }
  throw fault(place, 'give either keyFile or secretFile.');
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readText(path)) as unknown;
  } catch (error) {
    // What the parser says holds parts of the text: it may be a key.
    throw error instanceof ConfigError ? error : fault(path, 'is not JSON.');
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw fault(path, 'cannot be read.');
  }
}

const fault = (place: string, words: string): ConfigError =>
  new ConfigError(`SIP_HUB_LOGIN_PROVIDERS: ${place} ${words}`);
