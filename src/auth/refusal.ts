// What the token endpoint tells a client that is refused: one sentence that says what to do, never more than the client sent.
// RFC 6749 §5.2. The library's own details are translated by a closed table; what is not in it gets a general sentence.
import { errors } from 'oidc-provider';

const details: ReadonlyMap<string, string> = new Map([
  ['client not found', 'The client is unknown or disabled.'],
  ['alg mismatch', 'The assertion must be signed with RS384 or ES384.'],
  ['signature verification failed', 'The signature does not fit the key that the assertion names.'],
  ['no applicable key found in the JSON Web Key Set', 'The client has no enabled key with this kid and algorithm.'],
  ['jwt expired', 'The assertion has expired (exp).'],
  ['jwt not active yet', 'The assertion is not valid yet (nbf).'],
  ['iss (JWT issuer) must be the client_id', 'iss and sub of the assertion must both be the client_id.'],
  [
    'sub (JWT subject) must be provided in the client_assertion JWT',
    'iss and sub of the assertion must both be the client_id.',
  ],
  [
    'iss (JWT issuer) must be provided in the client_assertion JWT',
    'iss and sub of the assertion must both be the client_id.',
  ],
  ['expiration must be specified in the client_assertion JWT', 'The assertion must have exp.'],
  ['unique jti (JWT ID) must be provided in the client_assertion JWT', 'The assertion must have a jti.'],
  ['aud (JWT audience) must be provided in the client_assertion JWT', 'The assertion must have aud.'],
  [
    'audience (aud) must equal the endpoint url, issuer identifier or token endpoint url',
    'The assertion must be meant for the token endpoint or the issuer (aud).',
  ],
  [
    'list of audience (aud) must include the endpoint url, issuer identifier or token endpoint url',
    'The assertion must be meant for the token endpoint or the issuer (aud).',
  ],
  [
    'the provided authentication mechanism does not match the registered client authentication method',
    'The client must authenticate with private_key_jwt.',
  ],
]);

const generalInvalidClient =
  'The client could not be authenticated. Send a signed assertion (private_key_jwt), or as an app without a key its client_id.';

/** A client that could not be authenticated, with our own sentence. */
export function invalidClient(sentence: string): errors.InvalidClientAuth {
  const error = new errors.InvalidClientAuth(sentence);
  error.error_description = sentence;
  return error;
}

export function invalidScope(sentence: string, scope: string): errors.InvalidScope {
  return new errors.InvalidScope(sentence, scope);
}

/** The client may not act for the organization it names, or must name one. */
export function unauthorizedClient(sentence: string): errors.OIDCProviderError {
  return new errors.CustomOIDCProviderError('unauthorized_client', sentence);
}

/** The public `error_description` of a refusal. */
export function explainRefusal(error: errors.OIDCProviderError): string {
  if (!error.expose) return 'The hub failed. Try again shortly.';
  if (error.error !== 'invalid_client') return error.error_description ?? error.error;
  if (error.error_description === error.error_detail && error.error_description !== undefined)
    return error.error_description;
  return details.get(error.error_detail ?? '') ?? generalInvalidClient;
}
