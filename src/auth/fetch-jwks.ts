// The one place where the hub fetches an address that somebody else registered: a client's JWK Set.
// https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html · RFC 7517
// Refuses anything but https to a public address, redirects, answers over 64 KiB or slower than 3 s, and keys of the wrong kind.
import { lookup, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { toClientKey, ClientKeyError, type ClientKey } from './client-key.ts';

/** The address could not be fetched or does not hold a usable JWK Set. The message holds nothing that the address answered. */
export class JwksError extends Error {
  override readonly name = 'JwksError';
}

const maxBytes = 64 * 1024;
const timeoutMs = 3_000;
/** A key that a client withdraws from its set stops working within this time. */
const freshMs = 300_000;
/** An unknown kid, or a failure, leads to a new fetch at most this often. */
const retryMs = 15_000;
const maxRemembered = 1_000;

// A list each: in one list, an IPv4 address would also be compared with the IPv6 rules, as ::ffff:a.b.c.d.
const notPublic = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  notPublic.ipv4.addSubnet(network, prefix, 'ipv4');
}
// Only 2000::/3 is given out; within it, the parts that are reserved or lead elsewhere.
for (const [network, prefix] of [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  notPublic.ipv6.addSubnet(network, prefix, 'ipv6');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** May the hub connect to this IP address? `allowLoopback` opens the machine itself, for a hub that listens only there. */
export function isAllowedAddress(address: string, allowLoopback: boolean): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0) return false;
  return !notPublic[family].check(address, family) || (allowLoopback && loopback.check(address, family));
}

/** The address as a URL if the hub would fetch it; the names it stands for are checked when it is fetched. @throws JwksError */
export function requireJwksUrl(address: string, allowLoopback: boolean): URL {
  const url = URL.parse(address);
  if (url === null) throw new JwksError('The JWKS address is not a URL.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLoopback =
    allowLoopback &&
    (host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    throw new JwksError('The JWKS address must begin with https.');
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new JwksError('The JWKS address must not hold a user, a password or a fragment.');
  }
  if (isIP(host) !== 0 && !isAllowedAddress(host, allowLoopback))
    throw new JwksError('The JWKS address must lead to a public network address.');
  return url;
}

/** Keys of a client's JWK Set that the hub can use: others, and those that share a kid, are left out. @throws JwksError */
export type FetchJwks = (
  address: string,
  wanted: { readonly kid: string | undefined },
) => Promise<readonly ClientKey[]>;

interface Remembered {
  readonly fetchedAtMs: number;
  readonly keys: Promise<readonly ClientKey[]>;
}

/** A fetcher that remembers each set for at most five minutes and asks again, not too often, when a key is unknown. */
export function createJwksFetcher(options: { readonly clock: Clock; readonly allowLoopback: boolean }): FetchJwks {
  const remembered = new Map<string, Remembered>();
  const load = (address: string): Promise<readonly ClientKey[]> => {
    const keys = fetchText(address, options.allowLoopback).then(parseSet);
    remembered.delete(address);
    remembered.set(address, { fetchedAtMs: options.clock().getTime(), keys });
    const [oldest] = remembered.keys();
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest);
    return keys;
  };
  return async (address, wanted) => {
    const known = remembered.get(address);
    if (known === undefined) return load(address);
    const ageMs = options.clock().getTime() - known.fetchedAtMs;
    if (ageMs >= freshMs) return load(address);
    if (ageMs < retryMs) return known.keys;
    const keys = await known.keys.catch(() => []);
    return keys.some((key) => key.jwk.kid === wanted.kid) ? keys : load(address);
  };
}

async function parseSet(text: string): Promise<readonly ClientKey[]> {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch (cause) {
    throw new JwksError('The JWKS address did not answer with JSON.', { cause });
  }
  const members = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(members)) throw new JwksError('The JWKS address did not answer with a JWK Set.');
  const keys = await Promise.all(
    members.slice(0, 20).map((member: unknown) =>
      toClientKey(member).catch((error: unknown) => {
        if (error instanceof ClientKeyError) return undefined;
        throw error;
      }),
    ),
  );
  const usable = keys.filter((key) => key !== undefined);
  return usable.filter((key) => usable.filter((other) => other.jwk.kid === key.jwk.kid).length === 1);
}

async function fetchText(address: string, allowLoopback: boolean): Promise<string> {
  const url = requireJwksUrl(address, allowLoopback);
  const signal = AbortSignal.timeout(timeoutMs);
  const options: RequestOptions = {
    method: 'GET',
    headers: { accept: 'application/json' },
    agent: false,
    signal,
    lookup: createCheckedLookup(allowLoopback),
  };
  const request = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).once('error', reject).end();
    });
    if (response.statusCode !== 200)
      throw new JwksError(`The JWKS address answered with status ${response.statusCode ?? 0}.`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new JwksError('The JWKS address answered with more than 64 KiB.');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof JwksError) throw error;
    throw new JwksError('The JWKS address could not be reached.', { cause: error });
  } finally {
    request.destroy();
  }
}

/** The connection goes to an address that was checked: there is no second look-up that could answer otherwise. */
function createCheckedLookup(allowLoopback: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return callback(error, '');
      const allowed = found.filter(({ address }) => isAllowedAddress(address, allowLoopback));
      const [first] = allowed;
      if (first === undefined || allowed.length !== found.length) {
        return callback(new JwksError('The JWKS address must lead to a public network address.'), '');
      }
      if (options.all === true) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}
