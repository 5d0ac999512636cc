// What a token request gets: the client is found, its assertion accepted once, its scopes and acting party decided.
// https://hl7.org/fhir/smart-app-launch/backend-services.html · IUA · sip.md §4 (parties)
// Refuses a scope that is malformed or not granted together with all others, and every organization the client is not registered for.
import { createHash } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import { isSubset, parseScopes } from '../access/scopes.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { useAssertion } from '../store/authorization.ts';
import {
  findActingOrganizations,
  findClient,
  findRegisteredOrganizations,
  rememberClientKey,
  type ClientRow,
  type OrganizationRow,
} from '../store/clients.ts';
import type { Database } from '../store/database.ts';
import { readAssertion, type AcceptedAssertion, type AssertionParts } from './assertion.ts';
import { toAppMetadata } from './app-requests.ts';
import type { ClientKey, PublicJwk } from './client-key.ts';
import { createJwksFetcher, JwksError, type FetchJwks } from './fetch-jwks.ts';
import { toIuaClaims, type IuaClaims } from './iua-claims.ts';
import { findSource, parseOrganizationIdentifier } from './organization-identifier.ts';
import { invalidClient, invalidScope, unauthorizedClient } from './refusal.ts';

/** The claims of an access token beside those every token has. `ihe_iua` as IUA names them; `sip_hub` for the hub itself. */
export interface TokenExtensions {
  readonly ihe_iua?: { readonly subject_organization_id: string; readonly subject_organization?: string } & object;
  readonly sip_hub: { readonly client_key: string; readonly organization?: string };
}

/** Steps of one request, in this order; `request` is the same object in all of them. */
export interface Grants {
  /** Metadata for oidc-provider; undefined where the client is unknown or disabled. `kid`: the key the assertion names. */
  readonly findClientMetadata: (
    request: object,
    clientId: string,
    kid: string | undefined,
  ) => Promise<AdapterPayload | undefined>;
  /** The client that was found. */
  readonly clientOf: (request: object) => ClientRow;
  /** Accepts the assertion, whose signature has been verified, and marks it as used. @throws invalid_client */
  readonly acceptAssertion: (request: object, parts: AssertionParts) => Promise<void>;
  /** Decides scopes and party; gives the scopes granted. @throws invalid_scope, unauthorized_client */
  readonly decide: (request: object, scope: unknown) => Promise<string>;
  readonly toClaims: (request: object) => { readonly extensions: TokenExtensions };
}

interface RequestState {
  readonly client: ClientRow;
  readonly keys: readonly ClientKey[];
  assertion?: AcceptedAssertion & { readonly thumbprint: string };
  party?: OrganizationRow & { readonly source: string };
}

export interface GrantsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly allowLoopbackJwks: boolean;
  readonly audiences: ReadonlySet<string>;
}

export function createGrants(options: GrantsOptions): Grants {
  const { database, clock } = options;
  const fetchJwks = createJwksFetcher({ clock, allowLoopback: options.allowLoopbackJwks });
  const states = new WeakMap<object, RequestState>();
  const requireState = (request: object): RequestState => {
    const state = states.get(request);
    if (state === undefined) throw new Error('A token was asked for before the client was found.');
    return state;
  };

  return {
    findClientMetadata: async (request, clientId, kid) => {
      const client = await findClient(database, clientId);
      if (client === undefined || !client.enabled) return undefined;
      const keys = await listUsableKeys(client, kid, fetchJwks).catch((error: unknown) => {
        if (!(error instanceof JwksError)) throw error;
        options.log('warn', 'jwks-unavailable', { clientId, detail: error.message });
        throw invalidClient(error.message);
      });
      states.set(request, { client, keys });
      const jwks = { keys: keys.map(({ jwk }) => ({ ...jwk })) };
      return client.kind === 'app' ? toAppMetadata(client, jwks) : { client_id: clientId, jwks };
    },

    clientOf: (request) => requireState(request).client,

    acceptAssertion: async (request, parts) => {
      const state = requireState(request);
      const now = clock();
      const assertion = readAssertion(parts, { audiences: options.audiences, now });
      if (typeof assertion === 'string') throw invalidClient(assertion);
      const key = state.keys.find(({ jwk }) => jwk.kid === assertion.kid);
      if (key === undefined) throw invalidClient('The client has no enabled key with this kid and algorithm.');
      if (state.client.jwksUri !== null && !(await rememberClientKey(database, state.client.key, toKeyRow(key)))) {
        throw invalidClient('The key has been disabled.');
      }
      const jtiHash = createHash('sha256').update(assertion.jti).digest();
      const use = { clientKey: state.client.key, jtiHash, expiresAt: assertion.expiresAt };
      if (!(await useAssertion(database, use, now)))
        throw invalidClient('The assertion has been used before (jti). Sign a new one for each request.');
      state.assertion = { ...assertion, thumbprint: key.thumbprint };
    },

    decide: async (request, scope) => {
      const state = requireState(request);
      requireGrantedScope(scope, state.client.scopes);
      state.party = await findParty(database, state.client, state.assertion?.iua);
      return scope;
    },

    toClaims: (request) => {
      const { assertion, party } = requireState(request);
      if (assertion === undefined) throw new Error('A token was asked for without an accepted assertion.');
      return { extensions: toExtensions(assertion, party) };
    },
  };
}

const toKeyRow = ({ thumbprint, jwk }: ClientKey) => ({ thumbprint, jwk: { ...jwk } });

function toExtensions(
  { thumbprint, iua }: NonNullable<RequestState['assertion']>,
  party: RequestState['party'],
): TokenExtensions {
  if (party === undefined) return { sip_hub: { client_key: thumbprint } };
  const named = party.name === null ? {} : { subject_organization: party.name };
  return {
    ihe_iua: { subject_organization_id: party.source, ...named, ...toIuaClaims(iua) },
    sip_hub: { client_key: thumbprint, organization: party.id },
  };
}

/** The client's keys that may sign now, each with a kid of its own. @throws JwksError */
async function listUsableKeys(
  client: ClientRow,
  kid: string | undefined,
  fetchJwks: FetchJwks,
): Promise<readonly ClientKey[]> {
  const disabled = new Set(client.keys.filter(({ enabled }) => !enabled).map(({ thumbprint }) => thumbprint));
  const keys =
    client.jwksUri === null
      ? client.keys.map(({ thumbprint, jwk }) => ({ thumbprint, jwk: jwk as unknown as PublicJwk }))
      : await fetchJwks(client.jwksUri, { kid });
  const enabled = keys.filter(({ thumbprint }) => !disabled.has(thumbprint));
  return enabled.filter((key) => enabled.filter(({ jwk }) => jwk.kid === key.jwk.kid).length === 1);
}

function requireGrantedScope(scope: unknown, registered: string): asserts scope is string {
  if (typeof scope !== 'string' || scope === '') {
    throw invalidScope('Name the scopes you need, such as system/CarePlan.rs.', '');
  }
  const asked = parseScopes(scope);
  if (asked === undefined) {
    throw invalidScope(
      'A scope is malformed or repeated. Write system/<type>.<cruds>, letters in that order, separated by one space.',
      scope,
    );
  }
  const granted = parseScopes(registered);
  if (granted === undefined || !isSubset(asked, granted)) {
    throw invalidScope('The client is not registered for all of these scopes, so none is granted.', scope);
  }
}

/** The organization to act for; undefined for an operator. @throws unauthorized_client */
async function findParty(
  database: Database,
  client: ClientRow,
  iua: IuaClaims | undefined,
): Promise<(OrganizationRow & { readonly source: string }) | undefined> {
  if (client.kind === 'operator') {
    if (iua?.organization === undefined) return undefined;
    throw unauthorizedClient('An operator acts for no organization. Leave out subject_organization_id.');
  }
  const organization = await findActingOrganization(database, client, iua?.organization);
  const source = findSource(organization.identifiers);
  if (source === undefined)
    throw unauthorizedClient('The organization has neither HSA-id nor organisationsnummer at the hub.');
  return { ...organization, source };
}

async function findActingOrganization(
  database: Database,
  client: ClientRow,
  asked: string | undefined,
): Promise<OrganizationRow> {
  if (asked === undefined) {
    const [only, second] = await findRegisteredOrganizations(database, client.key);
    if (only === undefined) throw unauthorizedClient('The client is registered for no organization.');
    if (second !== undefined) {
      throw unauthorizedClient(
        'The client is registered for several organizations. Name one in extensions.ihe_iua.subject_organization_id.',
      );
    }
    if (!only.enabled) throw unauthorizedClient('The organization is no longer enabled.');
    return only;
  }
  const identifier = parseOrganizationIdentifier(asked);
  if (identifier === undefined) {
    throw unauthorizedClient('subject_organization_id must be an HSA-id or an organisationsnummer.');
  }
  const [organization, second] = await findActingOrganizations(database, client.key, identifier);
  if (organization === undefined)
    throw unauthorizedClient('The client is not registered for this organization or one above it.');
  if (second !== undefined)
    throw unauthorizedClient('More than one Organization at the hub has this identifier. Ask the operator of the hub.');
  return organization;
}
