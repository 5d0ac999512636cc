// The public key a client signs its assertions with: read from JWK, JWK Set or PEM, checked, brought to one form.
// https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html (RS384, ES384) · RFC 7517, RFC 7638
// Refuses private keys, other algorithms, RSA under 2048 or over 8192 bits, weak exponents.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';

export const assertionAlgorithms = ['RS384', 'ES384'] as const;

export interface PublicJwk {
  readonly kty: 'EC' | 'RSA';
  readonly alg: (typeof assertionAlgorithms)[number];
  readonly kid: string;
  readonly use: 'sig';
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** One key of a client. `jwk.kid` is the client's own, or the thumbprint where it gave none. */
export interface ClientKey {
  readonly thumbprint: string;
  readonly jwk: PublicJwk;
}

/** A key that cannot be registered; the message says why and what to do. */
export class ClientKeyError extends Error {
  override readonly name = 'ClientKeyError';
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const maxKeysInSet = 20;

/** The keys in the text of a JWK, a JWK Set or a PEM public key. @throws ClientKeyError */
export async function parseClientKeys(text: string): Promise<readonly ClientKey[]> {
  const trimmed = text.trim();
  if (trimmed.startsWith('-----BEGIN')) return [await parsePem(trimmed)];
  const parsed = parseObject(trimmed);
  const keys = 'keys' in parsed ? parsed['keys'] : [parsed];
  if (!Array.isArray(keys) || keys.length === 0) throw new ClientKeyError('The JWK Set holds no keys.');
  if (keys.length > maxKeysInSet) throw new ClientKeyError(`The JWK Set holds more than ${maxKeysInSet} keys.`);
  return Promise.all(keys.map((key: unknown) => toClientKey(key)));
}

/** One JWK, checked and stripped to its public members. @throws ClientKeyError */
export async function toClientKey(jwk: unknown): Promise<ClientKey> {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))
    throw new ClientKeyError('A key must be a JWK object.');
  const members = jwk as Readonly<Record<string, unknown>>;
  if (privateMembers.some((member) => member in members)) {
    throw new ClientKeyError(
      'This is a private or secret key. Register the public key only, and replace this one: it has been shown.',
    );
  }
  if (members['use'] !== undefined && members['use'] !== 'sig')
    throw new ClientKeyError('The key is not for signatures (use).');
  const { kid, alg } = members;
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 200)) {
    throw new ClientKeyError('kid must be a text of 1 to 200 characters.');
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: members, format: 'jwk' });
  } catch (cause) {
    throw new ClientKeyError('The JWK is not a well-formed public key.', { cause });
  }
  const checked = await checkKey(key, kid);
  if (alg !== undefined && alg !== checked.jwk.alg) {
    throw new ClientKeyError(`The key's alg must be ${checked.jwk.alg}, or be left out.`);
  }
  return checked;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new ClientKeyError('The key must be a JWK, a JWK Set (JSON) or a PEM public key.');
}

async function parsePem(text: string): Promise<ClientKey> {
  // createPublicKey would take a private key too and derive the public one from it.
  if (text.includes('PRIVATE KEY')) {
    throw new ClientKeyError(
      'This is a private key. Register the public key only, and replace this one: it has been shown.',
    );
  }
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch (cause) {
    throw new ClientKeyError('The PEM is not a well-formed public key or certificate.', { cause });
  }
  return checkKey(key, undefined);
}

async function checkKey(key: KeyObject, kid: string | undefined): Promise<ClientKey> {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
  const details = key.asymmetricKeyDetails ?? {};
  if (kty === 'EC') {
    if (crv !== 'P-384') throw new ClientKeyError('An EC key must be on curve P-384 (ES384).');
    const thumbprint = await calculateJwkThumbprint({ kty, crv, x, y });
    return { thumbprint, jwk: { kty, alg: 'ES384', kid: kid ?? thumbprint, use: 'sig', crv, x, y } };
  }
  if (kty === 'RSA') {
    const bits = details.modulusLength ?? 0;
    if (bits < 2048 || bits > 8192) throw new ClientKeyError('An RSA key must have 2048 to 8192 bits (RS384).');
    const exponent = details.publicExponent ?? 0n;
    if (exponent < 65_537n || exponent % 2n === 0n)
      throw new ClientKeyError('The RSA exponent must be 65537 or a larger odd number.');
    const thumbprint = await calculateJwkThumbprint({ kty, n, e });
    return { thumbprint, jwk: { kty, alg: 'RS384', kid: kid ?? thumbprint, use: 'sig', n, e } };
  }
  throw new ClientKeyError('The key must be EC on P-384 (ES384) or RSA of at least 2048 bits (RS384).');
}
