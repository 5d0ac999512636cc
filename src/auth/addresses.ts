// The addresses of the authorization server, all made from the one public base address.

export interface AuthorizationAddresses {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** Where an app sends the person. */
  readonly authorizationEndpoint: string;
  readonly introspectionEndpoint: string;
  readonly revocationEndpoint: string;
  /** The page where a person logs out. */
  readonly logOutPage: string;
  /** Where an external provider sends the person back to. */
  readonly logInCallback: string;
  readonly jwksUri: string;
  /** The FHIR base: audience of every access token. */
  readonly audience: string;
}

/** `publicUrl` has no trailing slash. */
export function toAuthorizationAddresses(publicUrl: string): AuthorizationAddresses {
  const issuer = `${publicUrl}/oauth`;
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    authorizationEndpoint: `${issuer}/authorize`,
    introspectionEndpoint: `${issuer}/introspect`,
    revocationEndpoint: `${issuer}/revoke`,
    logOutPage: `${issuer}/end`,
    logInCallback: `${issuer}/log-in/callback`,
    jwksUri: `${issuer}/jwks`,
    audience: `${publicUrl}/fhir`,
  };
}

/** Does a hub that listens on this host answer only to its own machine? What is eased for development is eased only then. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
