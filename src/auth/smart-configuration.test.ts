import { expect, test } from 'vitest';
import { toSmartConfiguration } from './smart-configuration.ts';

test('the SMART configuration names addresses under the one public address, and what is offered', () => {
  const configuration = toSmartConfiguration({ publicUrl: 'https://hub.example', personsLogIn: false });
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
  expect(configuration).not.toHaveProperty('authorization_endpoint');
});

test('where persons log in it says how an app is launched', () => {
  expect(toSmartConfiguration({ publicUrl: 'https://hub.example', personsLogIn: true })).toMatchObject({
    authorization_endpoint: 'https://hub.example/oauth/authorize',
    introspection_endpoint: 'https://hub.example/oauth/introspect',
    revocation_endpoint: 'https://hub.example/oauth/revoke',
    grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    capabilities: expect.arrayContaining(['launch-standalone', 'context-standalone-patient', 'client-public']),
    scopes_supported: expect.arrayContaining(['launch/patient', 'offline_access', 'patient/Consent.cruds']),
  });
});
