// Where an app may be sent back to after log-in: compared letter by letter with what is registered. Pure.
// RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1 · Refuses http but on loopback for development, fragments, wildcards, user names,
// and private-use schemes without a dot.
import { isLoopbackHost } from './addresses.ts';

const maxLength = 500;

/** What is wrong with the address as one to register; undefined where nothing is. */
export function findRedirectFault(address: string, options: { readonly allowLoopback: boolean }): string | undefined {
  if (address.length > maxLength || !/^[\x21-\x7e]+$/.test(address))
    return 'is longer than 500 characters or not plain ASCII.';
  if (/[#*\\]/.test(address)) return 'has a fragment, a wildcard or a backslash.';
  const url = URL.parse(address);
  if (url === null) return 'is not an address.';
  if (url.username !== '' || url.password !== '') return 'names a user.';
  if (url.protocol === 'https:') return address.startsWith('https://') ? undefined : 'must begin with https://.';
  if (url.protocol === 'http:') {
    const host = url.hostname.replaceAll(/[[\]]/g, '');
    if (!address.startsWith('http://') || !isLoopbackHost(host)) return 'must be https.';
    return options.allowLoopback ? undefined : 'is on loopback, which is for a hub that itself listens on loopback.';
  }
  return /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:\//.test(address)
    ? undefined
    : 'must be https, or of a private-use scheme with a dot (com.example.app:/callback).';
}

/** What a page must allow forms to lead to (Content-Security-Policy, form-action), since browsers follow it through redirects. */
export function toFormTarget(address: string): string | undefined {
  const url = URL.parse(address);
  if (url === null) return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : url.protocol;
}

/** True where the address is of a scheme that a program on the person's own device has taken. */
export function isPrivateUse(address: string): boolean {
  return !/^https?:/.test(address);
}
