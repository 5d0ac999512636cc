import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAssertion } from './assertion.ts';

const now = new Date('2026-11-22T12:00:00Z');
const nowSeconds = now.getTime() / 1000;
const expected = { audiences: new Set(['https://hub.example/oauth', 'https://hub.example/oauth/token']), now };
const good = { aud: 'https://hub.example/oauth/token', jti: 'one', iat: nowSeconds, exp: nowSeconds + 300 };
const read = (claims: object, header: object = { kid: 'key' }) =>
  readAssertion({ header: header as Record<string, unknown>, claims: { ...good, ...claims } }, expected);

describe('readAssertion', () => {
  test('gives key, jti, end and organization', () => {
    expect(read({ extensions: { ihe_iua: { subject_organization_id: 'SE2321000016-A001' } } })).toEqual({
      kid: 'key',
      jti: 'one',
      expiresAt: new Date('2026-11-22T12:05:10Z'),
      iua: { organization: 'SE2321000016-A001', staffId: undefined, roles: [], purposes: [] },
    });
  });

  test('allows clocks to differ by ten seconds, and assertions to live five minutes', () => {
    expect(read({ iat: nowSeconds + 10, exp: nowSeconds + 310 })).toMatchObject({ kid: 'key' });
    expect(read({ iat: nowSeconds + 11, exp: nowSeconds + 311 })).toContain('exp');
    expect(read({ iat: nowSeconds + 11, exp: nowSeconds + 200 })).toContain('iat');
    expect(read({ exp: nowSeconds + 301 })).toContain('five minutes');
    expect(read({ iat: undefined, exp: nowSeconds + 311 })).toContain('five minutes');
    expect(read({ iat: nowSeconds - 200, exp: nowSeconds - 9 })).toMatchObject({ kid: 'key' });
    expect(read({ iat: nowSeconds - 200, exp: nowSeconds - 10 })).toContain('expired');
  });

  test.each([
    ['exp as text', { exp: String(nowSeconds + 100) }],
    ['exp as fraction', { exp: nowSeconds + 100.5 }],
    ['iat as text', { iat: 'now' }],
    ['nbf as null', { nbf: null }],
    ['jti as number', { jti: 7 }],
    ['no audience in the list', { aud: [] }],
    ['an audience that is an object', { aud: {} }],
    ['an issuer with another ending', { aud: 'https://hub.example/oauth/' }],
    ['extensions as list', { extensions: [] }],
    ['IUA claims as null', { extensions: { ihe_iua: null } }],
    ['a purpose as text', { extensions: { ihe_iua: { purpose_of_use: 'TREAT' } } }],
    [
      'a personal number as who is at work',
      { extensions: { ihe_iua: { national_provider_identifier: '191212121212' } } },
    ],
    ['an empty organization', { extensions: { ihe_iua: { subject_organization_id: '' } } }],
    ['an organization as list', { extensions: { ihe_iua: { subject_organization_id: ['SE2321000016-A001'] } } }],
  ])('says what is wrong with %s', (_name, claims) => {
    expect(read(claims)).toEqual(expect.any(String));
  });

  test.each([{}, { kid: '' }, { kid: 7 }, { kid: 'key', crit: ['b64'] }, { kid: 'key', typ: 'at+jwt' }])(
    'refuses the header %j',
    (header) => {
      expect(read({}, header)).toEqual(expect.any(String));
    },
  );

  test('extensions of others are left alone', () => {
    expect(read({ extensions: { other: 1 } })).toMatchObject({ iua: { organization: undefined } });
    expect(read({ extensions: { ihe_iua: { home_community_id: 1 } } })).toMatchObject({
      iua: { organization: undefined },
    });
  });

  test('never throws, whatever the claims hold', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('exp', 'iat', 'nbf', 'jti', 'aud', 'extensions'), fc.jsonValue()),
        (claims) => {
          expect(['string', 'object']).toContain(typeof read(claims));
        },
      ),
    );
  });
});
