// A caller on its way into the database and back, so that work it asked for can go on without its token. Nothing is trusted for
// longer by this: each statement asks anew whether client, key and organization are enabled (store/reader.ts).
import type { Principal } from '../access/principal.ts';
import type { ScopeAction } from '../access/scopes.ts';

interface KeptPrincipal extends Omit<Principal, 'scopes'> {
  readonly scopes: readonly (readonly [type: string, actions: string])[];
}

/** JSON of the caller. */
export function keepPrincipal(principal: Principal): unknown {
  const scopes = [...principal.scopes].map(([type, actions]) => [type, [...actions].join('')] as const);
  return { ...principal, scopes } satisfies KeptPrincipal;
}

/** The caller that was kept. For what `keepPrincipal` gave. */
export function toPrincipal(kept: unknown): Principal {
  const { scopes, ...rest } = kept as KeptPrincipal;
  const sets = scopes.map(([type, actions]) => [type, new Set(actions.split('') as ScopeAction[])] as const);
  return { ...rest, scopes: new Map(sets) } as unknown as Principal;
}
