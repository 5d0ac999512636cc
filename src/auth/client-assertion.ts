// The client's side of SMART Backend Services: sign an assertion, ask for a token. For the demo, the tests and the bench.
// https://hl7.org/fhir/smart-app-launch/backend-services.html · RFC 7523 · IUA subject_organization_id
import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, SignJWT, type CryptoKey, type KeyObject } from 'jose';
import { toIuaClaims, type IuaClaims } from './iua-claims.ts';

export interface ClientAssertion {
  readonly clientId: string;
  /** EC P-384 or RSA; extractable unless `keyId` is given. */
  readonly privateKey: CryptoKey | KeyObject;
  /** As the key asks for; ES384 where left out. */
  readonly algorithm?: 'RS384' | 'ES384';
  /** The kid the key is registered with; left out: its thumbprint, which is the kid of a key registered without one. */
  readonly keyId?: string;
  /** The token endpoint or the issuer. */
  readonly audience: string;
  /** HSA-id or organisationsnummer of the organization to act for; may be left out where exactly one is registered. */
  readonly organization?: string | undefined;
  /** Who is at work, in what role, and for what purpose. */
  readonly staff?: Partial<Omit<IuaClaims, 'organization'>> | undefined;
  readonly now?: Date;
  readonly jti?: string;
  /** At most 300. */
  readonly lifetimeSeconds?: number;
}

/** A signed client assertion (JWT). */
export async function signClientAssertion(assertion: ClientAssertion): Promise<string> {
  const { privateKey, clientId, organization, staff } = assertion;
  const nowSeconds = Math.floor((assertion.now ?? new Date()).getTime() / 1000);
  const iua = {
    ...(organization === undefined ? {} : { subject_organization_id: organization }),
    ...toIuaClaims({ staffId: undefined, roles: [], purposes: [], ...staff }),
  };
  const claims = Object.keys(iua).length === 0 ? {} : { extensions: { ihe_iua: iua } };
  return new SignJWT(claims)
    .setProtectedHeader({
      alg: assertion.algorithm ?? 'ES384',
      kid: assertion.keyId ?? (await toKeyId(privateKey)),
      typ: 'JWT',
    })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(assertion.audience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + (assertion.lifetimeSeconds ?? 240))
    .setJti(assertion.jti ?? randomUUID())
    .sign(privateKey);
}

/** The kid of a key that was registered without one: its RFC 7638 thumbprint. The key must be extractable or public. */
export async function toKeyId(key: CryptoKey | KeyObject): Promise<string> {
  return calculateJwkThumbprint(await exportJWK(key));
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: {
    readonly access_token?: string;
    readonly expires_in?: number;
    readonly scope?: string;
    readonly token_type?: string;
    readonly error?: string;
    readonly error_description?: string;
  };
}

/** Asks the token endpoint with a ready assertion. Never throws for an answer that says no. */
export async function requestToken(options: {
  readonly tokenEndpoint: string;
  readonly assertion: string;
  readonly scope: string | undefined;
}): Promise<TokenAnswer> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: options.assertion,
  });
  if (options.scope !== undefined) form.set('scope', options.scope);
  const response = await fetch(options.tokenEndpoint, { method: 'POST', body: form });
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
}
