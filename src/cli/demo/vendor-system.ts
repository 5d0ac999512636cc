// A vendor's system as the demo plays it: its own key, its own token, plain FHIR requests over HTTP. What any client would do.
import { exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { requestToken, signClientAssertion, toKeyId, type ClientAssertion } from '../../auth/client-assertion.ts';

export interface FhirAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined where there is no body. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly text: string;
}

export interface FhirCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to the FHIR base: `CarePlan/123`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface VendorSystem {
  readonly name: string;
  readonly token: string;
  readonly call: (call: FhirCall) => Promise<FhirAnswer>;
}

export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicJwk: object;
}

/** A new ES384 key pair: the private one never leaves the vendor, the public one is registered at the hub. */
export async function makeKeyPair(): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
  return { privateKey, publicJwk: await exportJWK(publicKey) };
}

/** Asks for a token with a signed assertion (SMART Backend Services) and gives back a system that uses it. */
export async function signIn(options: {
  readonly name: string;
  readonly clientId: string;
  readonly privateKey: CryptoKey;
  readonly baseUrl: string;
  readonly tokenEndpoint: string;
  readonly scope: string;
  readonly organization: string | undefined;
  readonly staff?: ClientAssertion['staff'];
}): Promise<VendorSystem> {
  const { name, clientId, privateKey, tokenEndpoint, scope, organization, staff } = options;
  const assertion = await signClientAssertion({
    clientId,
    privateKey,
    algorithm: 'ES384',
    keyId: await toKeyId(privateKey),
    audience: tokenEndpoint,
    organization,
    staff,
  });
  const { status, body } = await requestToken({ tokenEndpoint, assertion, scope });
  const token = body.access_token;
  if (token === undefined)
    throw new Error(`No token for ${name}: ${status} ${body.error_description ?? body.error ?? ''}`);
  return { name, token, call: (call) => callFhir(options.baseUrl, token, call) };
}

/** One request with the token. */
export async function callFhir(
  baseUrl: string,
  token: string,
  { method, path, body, headers = {} }: FhirCall,
): Promise<FhirAnswer> {
  const response = await fetch(path.startsWith('http') ? path : `${baseUrl}/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/fhir+json',
      ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? undefined : (JSON.parse(text) as FhirAnswer['body']),
  };
}
