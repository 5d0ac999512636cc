import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { problem, Problem } from '../core/problem.ts';
import { parseTarget } from '../interactions/target.ts';
import { callerAddress, createRateLimits } from './rate-limits.ts';

const request = (remoteAddress: string | undefined, forwarded?: string): IncomingMessage =>
  ({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

describe('where a request comes from', () => {
  test.each([
    ['its peer', '192.0.2.7', undefined, 0, '192.0.2.7'],
    ['its peer, whatever the header says, where no proxy is set', '192.0.2.7', '198.51.100.1', 0, '192.0.2.7'],
    ['what the one proxy wrote, not what the caller did', '127.0.0.1', '203.0.113.9, 198.51.100.1', 1, '198.51.100.1'],
    ['what the outer of two proxies wrote', '127.0.0.1', '1.1.1.1,198.51.100.1,10.0.0.2', 2, '198.51.100.1'],
    ['its peer, where the proxy wrote nothing', '127.0.0.1', undefined, 1, '127.0.0.1'],
    ['its peer, where the header has fewer than there are proxies', '127.0.0.1', '198.51.100.1', 2, '127.0.0.1'],
    ['its peer, where the proxy wrote no address', '127.0.0.1', `191212121212 "x"`, 1, '127.0.0.1'],
    ['an address with its port', '127.0.0.1', '198.51.100.1:5678', 1, '198.51.100.1'],
    ['an IPv6 address with its port', '127.0.0.1', '[2001:db8::1]:5678', 1, '2001:db8:0:0'],
    ['IPv4 within IPv6', '::ffff:192.0.2.7', undefined, 0, '192.0.2.7'],
    ['the /64 of an IPv6 address', '2001:db8:0001:2:aaaa:bbbb:cccc:dddd', undefined, 0, '2001:db8:1:2'],
    ['the /64 of a shortened one', '2001:db8::1', undefined, 0, '2001:db8:0:0'],
    ['the /64 of one that is short in its end', '2001:db8:1:2::', undefined, 0, '2001:db8:1:2'],
    ['the /64 of loopback', '::1', undefined, 0, '0:0:0:0'],
    ['a link-local one with its zone', 'fe80::1%eth0', undefined, 0, 'fe80:0:0:0'],
    ['nowhere: a closed socket', undefined, undefined, 0, 'unknown'],
  ])('%s', (...[, remote, forwarded, proxies, expected]) => {
    expect(callerAddress(request(remote, forwarded), proxies)).toBe(expected);
  });
});

describe('counting', () => {
  const setUp = (perClient: number, perAddress = perClient) => {
    const lines: string[] = [];
    const log = (level: string, event: string, fields?: object): void =>
      void lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
    return { lines, rates: createRateLimits({ perClient, perAddress, proxies: 0, log }) };
  };
  const search = parseTarget('GET', 'Goal');
  const refusal = (work: Promise<void>): Promise<Problem | undefined> =>
    work.then(
      () => undefined,
      (cause: unknown) => (cause instanceof Problem ? cause : problem('internal', { cause })),
    );

  test('the log is told once where a proxy writes whom nobody reads', async () => {
    const { rates, lines } = setUp(3);
    await rates.requireAddress(request('192.0.2.7'));
    expect(lines).toEqual([]);
    await rates.waitForToken(request('192.0.2.7', '198.51.100.1'));
    await rates.requireAddress(request('192.0.2.7', '198.51.100.1'));
    expect(lines).toEqual(['warn forwarded-unread {"setting":"SIP_HUB_PROXIES"}']);
  });

  test('each client by itself; the refusal says how long to wait; the log is told once', async () => {
    const { rates, lines } = setUp(3);
    for (let at = 0; at < 3; at += 1) expect(await refusal(rates.requireClient('a', search))).toBeUndefined();
    for (let at = 0; at < 2; at += 1) {
      const refused = await refusal(rates.requireClient('a', search));
      expect(refused?.status).toBe(429);
      expect(Number(refused?.headers['Retry-After'])).toBeGreaterThanOrEqual(1);
      expect(Number(refused?.headers['Retry-After'])).toBeLessThanOrEqual(10);
    }
    expect(await refusal(rates.requireClient('b', search))).toBeUndefined();
    expect(lines).toEqual(['warn rate-limited {"limit":"client","key":"a"}']);
  });

  test.each([
    ['GET', 'Consent/1', true],
    ['PUT', 'Consent/1', true],
    ['PATCH', 'Consent/1', true],
    ['DELETE', 'Consent/1', true],
    ['PUT', 'Consent', false],
    ['DELETE', 'Consent', false],
    ['PATCH', 'Consent', false],
    ['GET', 'Consent', false],
    ['POST', 'Consent', false],
    ['GET', 'Consent/1/_history', false],
    ['GET', 'CarePlan/1', false],
    ['PUT', 'CarePlan/1', false],
    ['POST', '', false],
  ])('%s %s is never refused: %s', async (method, path, isFree) => {
    const { rates } = setUp(1);
    const target = parseTarget(method, path);
    await rates.requireClient('a', search);
    expect((await refusal(rates.requireClient('a', target)))?.status).toBe(isFree ? undefined : 429);
    // Nor is it counted.
    const other = setUp(1).rates;
    await other.requireClient('a', target);
    expect((await refusal(other.requireClient('a', search)))?.status).toBe(isFree ? undefined : 429);
  });

  test('each address by itself', async () => {
    const { rates } = setUp(2);
    for (let at = 0; at < 2; at += 1) expect(await rates.waitForToken(request('192.0.2.1'))).toBeUndefined();
    expect(await rates.waitForToken(request('192.0.2.1'))).toBeGreaterThan(0);
    // Tokens that are refused are counted by themselves.
    for (let at = 0; at < 2; at += 1) expect(await refusal(rates.requireAddress(request('192.0.2.1')))).toBeUndefined();
    expect((await refusal(rates.requireAddress(request('192.0.2.1'))))?.status).toBe(429);
    expect(await rates.waitForToken(request('192.0.2.2'))).toBeUndefined();
  });

  test('0 is no limit', async () => {
    const { rates } = setUp(0);
    for (let at = 0; at < 50; at += 1) await rates.requireClient('a', search);
    expect(await rates.waitForToken(request('192.0.2.1'))).toBeUndefined();
  });
});
