import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createJwksFetcher, isAllowedAddress, JwksError, requireJwksUrl } from './fetch-jwks.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const makeKey = (kid: string): object => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
  kid,
});

describe('isAllowedAddress', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001::1',
    'localhost',
    '',
  ])('%s is not public', (address) => {
    expect(isAllowedAddress(address, false)).toBe(false);
  });

  test.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '193.10.1.1', '2a00:1450::1', '2606:4700::1111'])(
    '%s is',
    (address) => {
      expect(isAllowedAddress(address, false)).toBe(true);
    },
  );

  test('the machine itself is open where the hub listens only there, and nothing else is', () => {
    expect(isAllowedAddress('127.0.0.1', true)).toBe(true);
    expect(isAllowedAddress('::1', true)).toBe(true);
    expect(isAllowedAddress('10.1.2.3', true)).toBe(false);
    expect(isAllowedAddress('169.254.169.254', true)).toBe(false);
  });
});

describe('requireJwksUrl', () => {
  test.each([
    'nonsense',
    'http://vendor.example/jwks',
    'file:///etc/passwd',
    'https://user:pass@vendor.example/jwks',
    'https://vendor.example/jwks#x',
    'https://127.0.0.1/jwks',
    'https://[::1]/jwks',
    'https://10.0.0.1/jwks',
    'https://0x7f000001/jwks',
    'https://2130706433/jwks',
    'http://localhost/jwks',
  ])('refuses %s', (address) => {
    expect(() => requireJwksUrl(address, false)).toThrow(JwksError);
  });

  test('takes https anywhere, and http on the machine itself in development', () => {
    expect(requireJwksUrl('https://vendor.example/jwks', false).hostname).toBe('vendor.example');
    expect(requireJwksUrl('http://localhost:9000/jwks', true).port).toBe('9000');
    expect(() => requireJwksUrl('http://vendor.example/jwks', true)).toThrow(JwksError);
  });
});

describe('a JWKS fetcher', () => {
  const wanted = (kid: string) => ({ kid });

  test('refuses a name that leads to the machine itself', async () => {
    const fetchJwks = createJwksFetcher({ clock: () => new Date(0), allowLoopback: false });
    await expect(fetchJwks('https://localhost/jwks', wanted('a'))).rejects.toThrow(JwksError);
  });

  test('asks once within five minutes, at once again after, and for an unknown key every 15 seconds', async () => {
    let asked = 0;
    let nowMs = 0;
    const key = makeKey('a');
    const address = await serve((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [key] }));
    });
    const fetchJwks = createJwksFetcher({ clock: () => new Date(nowMs), allowLoopback: true });
    const steps: readonly (readonly [second: number, kid: string, asked: number])[] = [
      [0, 'a', 1],
      [0, 'b', 1],
      [14, 'b', 1],
      [15, 'a', 1],
      [15, 'b', 2],
      [29, 'b', 2],
      [200, 'a', 2],
      [314, 'a', 2],
      [315, 'a', 3],
    ];
    for (const [second, kid, expected] of steps) {
      nowMs = second * 1000;
      expect(await fetchJwks(address, wanted(kid))).toHaveLength(1);
      expect([second, kid, asked]).toEqual([second, kid, expected]);
    }
  });

  test('leaves out keys it cannot use and keys that share a kid', async () => {
    const keys = [
      makeKey('a'),
      makeKey('twice'),
      makeKey('twice'),
      { kty: 'oct', k: 'x', kid: 'secret' },
      { kty: 'RSA' },
      7,
    ];
    const address = await serve((_request, response) => response.end(JSON.stringify({ keys })));
    const found = await createJwksFetcher({ clock: () => new Date(0), allowLoopback: true })(address, wanted('a'));
    expect(found.map(({ jwk }) => jwk.kid)).toEqual(['a']);
  });

  const bad: readonly (readonly [string, RequestListener])[] = [
    ['a redirect', (_request, response) => response.writeHead(302, { location: 'https://vendor.example/jwks' }).end()],
    ['an error', (_request, response) => response.writeHead(500).end('{"keys":[]}')],
    ['too much', (_request, response) => response.end(JSON.stringify({ keys: [], padding: 'x'.repeat(70_000) }))],
    ['no JSON', (_request, response) => response.end('<html>')],
    ['no set', (_request, response) => response.end('{"keys":{}}')],
    ['a broken connection', (request) => request.socket.destroy()],
  ];
  test.each(bad)('refuses %s, and remembers that for 15 seconds', async (_name, listener) => {
    let asked = 0;
    const address = await serve((request, response) => {
      asked += 1;
      listener(request, response);
    });
    const fetchJwks = createJwksFetcher({ clock: () => new Date(0), allowLoopback: true });
    for (const _time of [1, 2]) await expect(fetchJwks(address, wanted('a'))).rejects.toThrow(JwksError);
    expect(asked).toBe(1);
  });
});
