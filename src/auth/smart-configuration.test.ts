import { expect, test } from 'vitest';
import { toSmartConfiguration } from './smart-configuration.ts';

test('the SMART configuration names addresses under the one public address, and what is offered', () => {
  const configuration = toSmartConfiguration({ publicUrl: 'https://hub.example' });
  expect(configuration).toMatchObject({
    issuer: 'https://hub.example/oauth',
    token_endpoint: 'https://hub.example/oauth/token',
    jwks_uri: 'https://hub.example/oauth/jwks',
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  });
  expect(configuration.scopes_supported).toContain('system/CarePlan.cruds');
});
