// How persons may log in at this hub: at external providers, or as test persons while developing, or not at all.
// Refuses the development log-in wherever anybody but the developer could reach it.
import { isLoopbackHost } from './addresses.ts';
import type { LogInProvider } from './log-in-providers.ts';

export type SignInMethod =
  | { readonly kind: 'development' }
  | { readonly kind: 'providers'; readonly providers: readonly LogInProvider[] };

/** undefined: persons do not log in here, and the authorization endpoint is not there. */
export function chooseSignInMethod(options: {
  readonly host: string;
  /** A proxy on the same machine is found by it: the hub then listens on loopback and is open to the world. */
  readonly publicUrl: string;
  readonly mode: 'hub' | 'plain';
  readonly providers: readonly LogInProvider[];
}): SignInMethod | undefined {
  if (options.mode !== 'hub') return undefined;
  if (options.providers.length > 0) return { kind: 'providers', providers: options.providers };
  const publicHost = new URL(options.publicUrl).hostname.replaceAll(/[[\]]/g, '');
  return isLoopbackHost(options.host) && isLoopbackHost(publicHost) ? { kind: 'development' } : undefined;
}
