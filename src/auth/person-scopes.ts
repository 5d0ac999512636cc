// The scopes an app may ask for on behalf of the person who logs in: `patient/CarePlan.rs`, `launch/patient`, `online_access`. Pure.
// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html · v1 scopes (`patient/CarePlan.read`) are said in v2.
// Refuses the whole request for one scope that is malformed, not offered or not registered for the app.
import { isSubset, parseScopes, type ScopeSet } from '../access/scopes.ts';

/** Scopes beside those for resources. `online_access`: a refresh token, which ends with the session. */
export const personContextScopes = ['launch/patient', 'online_access'] as const;

export interface GrantableScope {
  /** Space-separated, in v2, each once. */
  readonly scope: string;
}

export interface ScopeFault {
  /** A sentence for the app's engineer. */
  readonly fault: string;
}

/** What the request may be granted, or what is wrong with it. `registered`: the app's own scopes. */
export function readPersonScopes(asked: unknown, registered: string): GrantableScope | ScopeFault {
  if (typeof asked !== 'string' || asked === '')
    return { fault: 'Name the scopes you need, such as launch/patient patient/CarePlan.rs.' };
  const parts = [...new Set(asked.split(' ').map(toVersionTwo))];
  const unoffered = parts.find((part) => unofferedScopes.has(part));
  if (unoffered !== undefined)
    return { fault: `${unoffered} is not offered. The id of the person is patient in the token response.` };
  const resources = parts.filter((part) => !isContextScope(part));
  const wanted = parseScopes(resources.join(' '), 'patient');
  if (wanted === undefined)
    return {
      fault: 'A scope is malformed, or none is for resources. Write patient/<type>.<cruds>, letters in that order.',
    };
  const granted = parseScopes(registered, 'patient');
  if (granted === undefined || !isSubset(wanted, granted))
    return { fault: 'The app is not registered for all of these scopes, so none is granted.' };
  return { scope: parts.join(' ') };
}

/** The rights to resources within scopes that were granted; undefined where there are none. */
export function toResourceRights(granted: string): ScopeSet | undefined {
  const resources = granted.split(' ').filter((part) => !isContextScope(part));
  return parseScopes(resources.join(' '), 'patient');
}

/** True where the app gets refresh tokens. */
export function hasOnlineAccess(granted: string | undefined): boolean {
  return granted?.split(' ').includes('online_access') === true;
}

const unofferedScopes: ReadonlySet<string> = new Set(['openid', 'fhirUser', 'profile', 'launch']);

const isContextScope = (part: string): boolean => personContextScopes.some((scope) => scope === part);

const versionOne: ReadonlyMap<string, string> = new Map([
  ['read', 'rs'],
  ['write', 'cud'],
  ['*', 'cruds'],
]);

/** No refresh token outlives the session, so `offline_access` is granted as what it comes to. */
function toVersionTwo(part: string): string {
  if (part === 'offline_access') return 'online_access';
  const [, start, actions] = /^(patient\/[*A-Za-z]+\.)(read|write|\*)$/.exec(part) ?? [];
  return start === undefined ? part : `${start}${versionOne.get(actions ?? '') ?? ''}`;
}
