import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../config.ts';
import { readLogInProviders } from './log-in-providers.ts';

let folder: string;
const secret = 'a-secret-that-is-not-to-be-shown-anywhere';

const read = (content: unknown, allowLoopback = false) => {
  const path = join(folder, 'providers.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readLogInProviders(path, { allowLoopback });
};

const bankId = {
  issuer: 'https://op.example/oidc',
  name: 'BankID',
  clientId: 'hub',
  profile: 'swedish-oidc',
  keyFile: 'key.jwk',
  acr: ['http://id.elegnamnden.se/loa/1.0/loa3'],
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-hub-test-'));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(folder, 'key.jwk'), JSON.stringify({ ...privateKey.export({ format: 'jwk' }), alg: 'ES256' }));
  writeFileSync(join(folder, 'public.jwk'), JSON.stringify({ ...publicKey.export({ format: 'jwk' }), alg: 'ES256' }));
  writeFileSync(join(folder, 'secret'), `${secret}\n`);
  writeFileSync(join(folder, 'short'), 'secret');
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('readLogInProviders', () => {
  test('knows the claims of the Swedish profile and of Inera, and takes others', () => {
    const { profile: _, ...plain } = bankId;
    const found = read([
      bankId,
      { ...bankId, issuer: 'https://idp.example', profile: 'inera', keyFile: undefined, secretFile: 'secret' },
      { ...plain, issuer: 'https://third.example', scope: 'openid nin', claims: ['nin'] },
    ]);
    expect(found).toMatchObject([
      {
        credential: { privateJwk: { alg: 'ES256' } },
        numberClaims: [
          'https://id.oidc.se/claim/personalIdentityNumber',
          'https://id.oidc.se/claim/coordinationNumber',
        ],
        scope: 'openid https://id.oidc.se/scope/naturalPersonNumber',
      },
      { credential: { secret }, numberClaims: ['personalIdentityNumber'] },
      { scope: 'openid nin', numberClaims: ['nin'] },
    ]);
  });

  test('http is for a hub on loopback, and a provider on loopback', () => {
    const local = { ...bankId, issuer: 'http://127.0.0.1:9000' };
    expect(read([local], true)).toHaveLength(1);
    expect(() => read([local])).toThrow('https');
    expect(() => read([{ ...bankId, issuer: 'http://op.example' }], true)).toThrow('https');
  });

  test.each([
    ['no JSON', `[{"secret":"${secret}"`, 'not JSON'],
    ['no list', {}, 'list'],
    ['an empty list', [], 'list'],
    ['no object', ['BankID'], 'object'],
    ['an unknown member', [{ ...bankId, secret }], 'secret is not known'],
    ['an unknown profile', [{ ...bankId, profile: 'norwegian' }], 'profile'],
    ['no issuer', [{ ...bankId, issuer: undefined }], 'issuer'],
    ['an issuer with a query', [{ ...bankId, issuer: 'https://op.example/?a=1' }], 'issuer'],
    ['no level of assurance', [{ ...bankId, acr: undefined }], 'acr'],
    ['an empty list of levels', [{ ...bankId, acr: [] }], 'acr'],
    ['no claims', [{ ...bankId, profile: undefined, scope: 'openid' }], 'claims'],
    ['no openid', [{ ...bankId, scope: 'profile' }], 'openid'],
    ['two ways to sign', [{ ...bankId, secretFile: 'secret' }], 'either'],
    ['no way to sign', [{ ...bankId, keyFile: undefined }], 'either'],
    ['a public key', [{ ...bankId, keyFile: 'public.jwk' }], 'private JWK'],
    ['a key file that is not there', [{ ...bankId, keyFile: 'absent' }], 'cannot be read'],
    ['a key that is no JSON', [{ ...bankId, keyFile: 'secret' }], 'not JSON'],
    ['a short secret', [{ ...bankId, keyFile: undefined, secretFile: 'short' }], '32'],
    ['one issuer twice', [bankId, bankId], 'twice'],
  ])('%s stops the start, and no secret is repeated', (_name, content, words) => {
    let thrown: unknown;
    try {
      read(content);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(String(thrown)).toContain('SIP_HUB_LOGIN_PROVIDERS');
    expect(String(thrown)).toContain(words);
    expect(String(thrown)).not.toContain(secret);
  });
});
