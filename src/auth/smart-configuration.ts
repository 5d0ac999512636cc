// What `/fhir/.well-known/smart-configuration` says. No authentication is asked for it.
// https://hl7.org/fhir/smart-app-launch/conformance.html
import { typePolicies } from '../access/compartment.ts';
import { toAuthorizationAddresses, type AuthorizationAddresses } from './addresses.ts';
import { assertionAlgorithms } from './client-key.ts';
import { personContextScopes } from './person-scopes.ts';

export interface SmartConfiguration {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly authorization_endpoint?: string;
  readonly token_endpoint: string;
  readonly introspection_endpoint?: string;
  readonly revocation_endpoint?: string;
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported: readonly string[];
  readonly grant_types_supported: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly code_challenge_methods_supported: readonly string[];
  readonly capabilities: readonly string[];
}

export function toSmartConfiguration(options: {
  readonly publicUrl: string;
  /** Whether apps can be used here (SMART App Launch), or systems alone have access. */
  readonly personsLogIn: boolean;
}): SmartConfiguration {
  const addresses = toAuthorizationAddresses(options.publicUrl);
  const types = Object.keys(typePolicies);
  return {
    issuer: addresses.issuer,
    jwks_uri: addresses.jwksUri,
    token_endpoint: addresses.tokenEndpoint,
    token_endpoint_auth_methods_supported: ['private_key_jwt', ...(options.personsLogIn ? ['none'] : [])],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    grant_types_supported: ['client_credentials'],
    scopes_supported: ['system/*.cruds', ...types.map((type) => `system/${type}.cruds`)],
    response_types_supported: [],
    // The specification asks for this of every server, also of one without the authorization code.
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
    ...(options.personsLogIn ? toAppLaunch(addresses, types) : {}),
  };
}

function toAppLaunch(addresses: AuthorizationAddresses, types: readonly string[]): Partial<SmartConfiguration> {
  return {
    authorization_endpoint: addresses.authorizationEndpoint,
    introspection_endpoint: addresses.introspectionEndpoint,
    revocation_endpoint: addresses.revocationEndpoint,
    grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token'],
    response_types_supported: ['code'],
    scopes_supported: [
      ...personContextScopes,
      'offline_access',
      'patient/*.cruds',
      ...types.map((type) => `patient/${type}.cruds`),
      'system/*.cruds',
      ...types.map((type) => `system/${type}.cruds`),
    ],
    capabilities: [
      'launch-standalone',
      'client-public',
      'client-confidential-asymmetric',
      'context-standalone-patient',
      'permission-patient',
      'permission-v1',
      'permission-v2',
    ],
  };
}
