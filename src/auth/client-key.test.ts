import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ClientKeyError, parseClientKeys } from './client-key.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwkOf = (key: typeof ec.publicKey): object => key.export({ format: 'jwk' });
const pemOf = (key: typeof ec.publicKey): string => key.export({ format: 'pem', type: 'spki' }).toString();

describe('parseClientKeys', () => {
  test('gives one key the same thumbprint as JWK and as PEM', async () => {
    const [fromJwk] = await parseClientKeys(JSON.stringify(jwkOf(ec.publicKey)));
    const [fromPem] = await parseClientKeys(`\n${pemOf(ec.publicKey)}`);
    expect(fromJwk).toEqual(fromPem);
    expect(fromJwk).toMatchObject({ jwk: { kty: 'EC', alg: 'ES384', use: 'sig', kid: fromJwk?.thumbprint } });
  });

  test('takes an RSA key of 2048 bits for RS384', async () => {
    expect(await parseClientKeys(pemOf(rsa.publicKey))).toMatchObject([{ jwk: { kty: 'RSA', alg: 'RS384' } }]);
  });

  test('keeps the kid that the client gave, and nothing it does not know', async () => {
    const jwk = { ...jwkOf(ec.publicKey), kid: 'vendor-2026', x5c: ['x'], note: '<script>' };
    const [key] = await parseClientKeys(JSON.stringify({ keys: [jwk] }));
    expect(key?.jwk.kid).toBe('vendor-2026');
    expect(Object.keys(key?.jwk ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['a private JWK', JSON.stringify(ec.privateKey.export({ format: 'jwk' })), /private/],
    [
      'a private JWK in a set',
      JSON.stringify({ keys: [jwkOf(rsa.publicKey), rsa.privateKey.export({ format: 'jwk' })] }),
      /private/,
    ],
    ['a private PEM', ec.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), /private/],
    [
      'a private RSA PEM of the older form',
      rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
      /private/,
    ],
    ['a shared secret', JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' }), /secret/],
    ['a key on P-256', JSON.stringify(jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)), /P-384/],
    ['an RSA key of 1024 bits', pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), /2048/],
    [
      'an RSA key with exponent 3',
      pemOf(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey),
      /exponent/,
    ],
    ['an Ed25519 key', pemOf(generateKeyPairSync('ed25519').publicKey), /ES384/],
    ['a key for encryption', JSON.stringify({ ...jwkOf(ec.publicKey), use: 'enc' }), /signatures/],
    ['a key for another algorithm', JSON.stringify({ ...jwkOf(rsa.publicKey), alg: 'PS384' }), /RS384/],
    [
      'a point that is not on the curve',
      JSON.stringify({ ...jwkOf(ec.publicKey), y: Buffer.alloc(48, 1).toString('base64url') }),
      /well-formed/,
    ],
    ['a kid that is no text', JSON.stringify({ ...jwkOf(ec.publicKey), kid: 7 }), /kid/],
    ['an empty set', '{"keys":[]}', /no keys/],
    ['a set of nonsense', '{"keys":[7]}', /JWK/],
    ['a damaged PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /well-formed/],
    ['nonsense', 'ssh-rsa AAAA', /PEM/],
    ['nothing', '', /PEM/],
  ];
  test.each(refused)('refuses %s', async (_name, text, message) => {
    const refusal = parseClientKeys(text);
    await expect(refusal).rejects.toBeInstanceOf(ClientKeyError);
    await expect(refusal).rejects.toThrow(message);
  });
});
