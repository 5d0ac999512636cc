// SMART App Launch 2.x scopes for resources: `system/CarePlan.cruds`, `system/*.rs`, `patient/*.rs`.
// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
// Refuses whatever is malformed whole: one bad scope spoils the request for all.

export type ScopeAction = 'c' | 'r' | 'u' | 'd' | 's';

/** Granted actions by resource type; `*` stands for every type. */
export type ScopeSet = ReadonlyMap<string, ReadonlySet<ScopeAction>>;

/** `system`: what a client may do for the party it acts for. `patient`: what an app may do for the person who is logged in. */
export type ScopeContext = 'system' | 'patient';

const scopePattern = /^(system|patient)\/(\*|[A-Z][A-Za-z]{1,63})\.(c?r?u?d?s?)$/;

/** The set that a space-separated scope string grants, or undefined if any part is malformed, repeated, empty or of another context. */
export function parseScopes(text: string, wanted: ScopeContext = 'system'): ScopeSet | undefined {
  const granted = new Map<string, Set<ScopeAction>>();
  const parts = text.split(' ');
  if (new Set(parts).size !== parts.length) return undefined;
  for (const part of parts) {
    const match = scopePattern.exec(part);
    const [, context, type, actions] = match ?? [];
    if (context !== wanted || type === undefined || actions === undefined || actions === '') return undefined;
    const set = granted.get(type) ?? new Set<ScopeAction>();
    for (const action of actions) set.add(action as ScopeAction);
    granted.set(type, set);
  }
  return granted;
}

/** True when the scopes allow the action on the type. */
export function hasScope(scopes: ScopeSet, type: string, action: ScopeAction): boolean {
  return (scopes.get(type)?.has(action) ?? false) || (scopes.get('*')?.has(action) ?? false);
}

/** True when every right in `asked` is also in `registered`. */
export function isSubset(asked: ScopeSet, registered: ScopeSet): boolean {
  return [...asked].every(([type, actions]) => [...actions].every((action) => hasScope(registered, type, action)));
}
