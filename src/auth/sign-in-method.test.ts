import { expect, test } from 'vitest';
import { chooseSignInMethod } from './sign-in-method.ts';
import { findIdentifierFault } from '../validation/identifiers.ts';
import { toPatientId } from './person-number.ts';
import { testPersons } from './test-persons.ts';

test('the development log-in is there on loopback alone, in the hub alone', () => {
  const local = { host: '127.0.0.1', publicUrl: 'http://127.0.0.1:8080', mode: 'hub', providers: [] } as const;
  expect(chooseSignInMethod(local)).toEqual({ kind: 'development' });
  expect(chooseSignInMethod({ ...local, host: '::1', publicUrl: 'http://[::1]:8080' })).toEqual({
    kind: 'development',
  });
  for (const change of [
    { host: '0.0.0.0' },
    { host: '::' },
    { host: '192.0.2.1' },
    { host: 'hub.example' },
    // A proxy on the same machine.
    { publicUrl: 'https://hub.example' },
    { publicUrl: 'https://127.0.0.1.hub.example' },
    { mode: 'plain' },
  ] as const) {
    expect(chooseSignInMethod({ ...local, ...change })).toBeUndefined();
  }
});

test('where there are providers, persons log in there and nowhere else', () => {
  const provider = {
    issuer: 'https://op.example',
    name: 'BankID',
    clientId: 'hub',
    credential: { secret: 'x'.repeat(32) },
    scope: 'openid',
    numberClaims: ['number'],
    acr: ['loa3'],
  };
  const local = { host: '127.0.0.1', publicUrl: 'http://127.0.0.1:8080', providers: [provider] };
  expect(chooseSignInMethod({ ...local, mode: 'hub' })).toEqual({ kind: 'providers', providers: [provider] });
  expect(chooseSignInMethod({ ...local, mode: 'plain' })).toBeUndefined();
});

test('every test person has a number that holds, and an id of its own', () => {
  const key = Buffer.alloc(32, 1);
  const ids = testPersons.map(({ personalNumber }) => toPatientId(personalNumber, key));
  expect(ids.every((id) => id !== undefined)).toBe(true);
  expect(new Set(ids).size).toBe(testPersons.length);
  for (const wrong of ['191212121213', '12121212', '191212121212 ', '19121212-1212', '98240301AA06', ''])
    expect(toPatientId(wrong, key)).toBeUndefined();
  const coordination = testPersons.filter(
    ({ personalNumber }) =>
      findIdentifierFault('http://electronichealth.se/identifier/samordningsnummer', personalNumber) === undefined,
  );
  expect(coordination).toHaveLength(1);
});
