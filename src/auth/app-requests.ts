// What an app asks for on behalf of a person: its metadata for oidc-provider, and what is decided of its scopes and audience.
// https://hl7.org/fhir/smart-app-launch/app-launch.html · RFC 9700
// Refuses another `aud` than the hub's own, and a scope that is malformed or not registered together with all others.
import { errors, type AdapterPayload, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRow } from '../store/clients.ts';
import { readPersonScopes } from './person-scopes.ts';
import { isPrivateUse } from './redirect-address.ts';
import { invalidScope } from './refusal.ts';

/** Metadata of an app for oidc-provider. One without keys is a public client, known by PKCE alone. */
export function toAppMetadata(client: ClientRow, jwks: { readonly keys: object[] }): AdapterPayload {
  const isPublic = client.keys.length === 0 && client.jwksUri === null;
  return {
    client_id: client.clientId,
    redirect_uris: [...client.redirectUris],
    response_types: ['code'],
    response_modes: ['query'],
    grant_types: ['authorization_code', 'refresh_token'],
    application_type: client.redirectUris.some(isPrivateUse) ? 'native' : 'web',
    ...(isPublic
      ? { token_endpoint_auth_method: 'none' }
      : { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: jwks.keys } }),
  };
}

/**
 * The scopes that may be granted in this request. At the authorization endpoint the request's own are read, and put in its place as
 * they would be granted; later on what was approved counts. @throws invalid_scope, invalid_request
 */
export function decideAppScope(context: KoaContextWithOIDC, client: ClientRow, audience: string): string {
  const { entities, params, route } = context.oidc;
  const source = entities.RefreshToken ?? entities.AuthorizationCode;
  if (route === 'token') return source?.scope ?? '';
  if (params === undefined) throw new Error('An authorization request has no parameters.');
  if (route === 'authorization' && params['aud'] !== audience)
    throw new errors.InvalidRequest(`aud must be ${audience}.`);
  const read = readPersonScopes(params['scope'], client.scopes);
  if ('fault' in read) throw invalidScope(read.fault, '');
  params['scope'] = read.scope;
  return read.scope;
}
