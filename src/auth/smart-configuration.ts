// What `/fhir/.well-known/smart-configuration` says. No authentication is asked for it.
// https://hl7.org/fhir/smart-app-launch/conformance.html
import { typePolicies } from '../access/compartment.ts';
import { toAuthorizationAddresses } from './addresses.ts';
import { assertionAlgorithms } from './client-key.ts';

export interface SmartConfiguration {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly token_endpoint: string;
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported: readonly string[];
  readonly grant_types_supported: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly code_challenge_methods_supported: readonly string[];
  readonly capabilities: readonly string[];
}

export function toSmartConfiguration(options: { readonly publicUrl: string }): SmartConfiguration {
  const addresses = toAuthorizationAddresses(options.publicUrl);
  return {
    issuer: addresses.issuer,
    jwks_uri: addresses.jwksUri,
    token_endpoint: addresses.tokenEndpoint,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    grant_types_supported: ['client_credentials'],
    scopes_supported: ['system/*.cruds', ...Object.keys(typePolicies).map((type) => `system/${type}.cruds`)],
    response_types_supported: [],
    // The specification asks for this of every server, also of one without the authorization code.
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  };
}
