import { describe, expect, test } from 'vitest';
import { findRedirectFault, toFormTarget } from './redirect-address.ts';

const loopback = { allowLoopback: true };
const open = { allowLoopback: false };

describe('findRedirectFault', () => {
  test.each([
    'https://app.example/callback',
    'https://app.example:8443/callback?a=1',
    'com.example.app:/callback',
    'se.region.min-plan://callback',
  ])('%s can be registered at any hub', (address) => {
    expect(findRedirectFault(address, open)).toBeUndefined();
  });

  test.each(['http://127.0.0.1:3000/cb', 'http://[::1]:3000/cb', 'http://localhost/cb'])(
    '%s can be registered where the hub listens on loopback',
    (address) => {
      expect(findRedirectFault(address, loopback)).toBeUndefined();
      expect(findRedirectFault(address, open)).toContain('loopback');
    },
  );

  test.each([
    'http://app.example/callback',
    'http://127.0.0.1.evil.example/cb',
    'https://app.example/callback#here',
    'https://*.example/callback',
    'https://user:password@app.example/callback',
    'https:app.example',
    'https://app.example\\@evil.example/',
    'https://app.example/call back',
    'https://åäö.example/',
    'myapp:/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'com.example.app:callback',
    '/callback',
    '',
    `https://app.example/${'x'.repeat(500)}`,
  ])('%s cannot be registered', (address) => {
    expect(findRedirectFault(address, loopback)).toEqual(expect.any(String));
  });
});

test('a form may lead to the origin, or the scheme, that is registered', () => {
  expect(toFormTarget('https://app.example:8443/a?b')).toBe('https://app.example:8443');
  expect(toFormTarget('com.example.app:/cb')).toBe('com.example.app:');
  expect(toFormTarget('nonsense')).toBeUndefined();
});
