// How often one client may ask, and how often one address that has shown no valid token. Counted in this process: several processes of a hub
// allow as many times more. Refuses with 429 and Retry-After (RFC 6585 §4, RFC 9110 §10.2.3), before anything is read or written.
import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Log } from '../core/log.ts';
import { problem } from '../core/problem.ts';
import type { Target } from '../interactions/target.ts';

export interface RateLimits {
  /** Counts a request of a client, or of a person by an app, whose token holds. What a withdrawal needs is not counted and never refused. @throws throttled */
  readonly requireClient: (caller: string, target: Target) => Promise<void>;
  /** Counts a request that has shown no valid token. @throws throttled */
  readonly requireAddress: (request: IncomingMessage) => Promise<void>;
  /** Counts a request for a token, by itself: the seconds to wait, or undefined. */
  readonly waitForToken: (request: IncomingMessage) => Promise<number | undefined>;
}

export interface RateLimitOptions {
  /** Requests of one client in ten seconds; 0: as many as it likes. */
  readonly perClient: number;
  /** Requests without a valid token of one address in ten seconds; 0: as many as it likes. */
  readonly perAddress: number;
  /** Proxies in front of the hub that each add to X-Forwarded-For. 0: the header says nothing. */
  readonly proxies: number;
  readonly log: Log;
}

const windowSeconds = 10;

export function createRateLimits(options: RateLimitOptions): RateLimits {
  const count = {
    client: createCount(options.perClient),
    address: createCount(options.perAddress),
    // Apart, so that nobody at the same address who guesses tokens keeps a system from getting its own.
    token: createCount(options.perAddress),
  };
  const waitOf = async (kind: keyof typeof count, key: string): Promise<number | undefined> => {
    const over = await count[kind](key);
    if (over?.isFirst === true) options.log('warn', 'rate-limited', { limit: kind, key });
    return over?.seconds;
  };
  let isWarned = false;
  const addressOf = (request: IncomingMessage): string => {
    // Behind a proxy that is not counted all callers are one address, and share its limit.
    if (options.proxies === 0 && !isWarned && request.headers['x-forwarded-for'] !== undefined) {
      isWarned = true;
      options.log('warn', 'forwarded-unread', { setting: 'SIP_HUB_PROXIES' });
    }
    return callerAddress(request, options.proxies);
  };
  return {
    requireClient: async (caller, target) => {
      if (!isForWithdrawal(target)) refuse(await waitOf('client', caller));
    },
    requireAddress: async (request) => refuse(await waitOf('address', addressOf(request))),
    waitForToken: (request) => waitOf('token', addressOf(request)),
  };
}

function refuse(seconds: number | undefined): void {
  if (seconds !== undefined) throw problem('throttled', { headers: { 'Retry-After': String(seconds) } });
}

/** To read one Consent (its ETag is needed) and to change it, by its address: a condition is a search. */
function isForWithdrawal(target: Target): boolean {
  if (!('type' in target) || target.type !== 'Consent' || !('id' in target)) return false;
  return target.id !== undefined && withdrawing.has(target.kind);
}

const withdrawing: ReadonlySet<Target['kind']> = new Set(['read', 'update', 'patch', 'delete']);

interface Over {
  readonly seconds: number;
  /** The first refusal of its window: what the log is told. */
  readonly isFirst: boolean;
}

function createCount(most: number): (key: string) => Promise<Over | undefined> {
  if (most === 0) return () => Promise.resolve(undefined);
  const limiter = new RateLimiterMemory({ points: most, duration: windowSeconds });
  return async (key) => {
    try {
      await limiter.consume(key);
      return undefined;
    } catch (cause) {
      if (!(cause instanceof RateLimiterRes)) throw cause;
      return {
        seconds: Math.max(1, Math.ceil(cause.msBeforeNext / 1000)),
        isFirst: cause.consumedPoints === most + 1,
      };
    }
  };
}

/**
 * Where a request comes from. Behind `proxies` of them, the address that the outermost wrote down: what stands before it in
 * X-Forwarded-For is the caller's own word. Of an IPv6 address the /64, since one subscriber has all of it.
 */
export function callerAddress(request: Pick<IncomingMessage, 'headers' | 'socket'>, proxies: number): string {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  const told = proxies === 0 ? '' : withoutPort((forwarded.at(-proxies) ?? '').trim());
  const address = isIP(told) === 0 ? (request.socket.remoteAddress ?? 'unknown') : told;
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
  return isIPv6(plain) ? firstFour(plain) : plain;
}

/** Some proxies write the port as well: `192.0.2.1:5678`, `[2001:db8::1]:5678`. */
function withoutPort(text: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

/** The first four groups: `2001:db8:0:0`. */
function firstFour(address: string): string {
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const groupsOf = (part: string): readonly string[] => part.split(':').filter((group) => group !== '');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
