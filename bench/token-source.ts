// Access tokens of the organizations that the driver acts for, renewed before they end. The driver never waits for one in a stage.
import { importJWK, type CryptoKey } from 'jose';
import { toAuthorizationAddresses } from '../src/auth/addresses.ts';
import { requestToken, signClientAssertion } from '../src/auth/client-assertion.ts';
import type { SystemLogin } from './job.ts';

export interface TokenSource {
  /** The header line. */
  readonly authorize: (organization: string) => string;
  readonly stop: () => void;
}

/** Asks for a token per organization. @throws Error where one is refused */
export async function openTokenSource(
  publicUrl: string,
  login: SystemLogin,
  organizations: readonly string[],
): Promise<TokenSource> {
  const lines = new Map<string, string>();
  let leastSeconds = Infinity;
  const renew = async (): Promise<void> => {
    for (const organization of organizations) {
      const { token, lifetimeSeconds } = await askForToken(publicUrl, { login, organization });
      leastSeconds = Math.min(leastSeconds, lifetimeSeconds);
      lines.set(organization, `Authorization: Bearer ${token}\r\n`);
    }
  };
  await renew();
  const timer = setInterval(() => void renew(), leastSeconds * 600);
  return {
    authorize: (organization) => {
      const line = lines.get(organization);
      if (line === undefined) throw new Error(`There is no token for ${organization}.`);
      return line;
    },
    stop: () => clearInterval(timer),
  };
}

/** One token. `organization` undefined: the operator's. */
export async function askForToken(
  publicUrl: string,
  {
    login,
    organization,
    scope = 'system/*.cruds',
  }: { readonly login: SystemLogin; readonly organization: string | undefined; readonly scope?: string },
): Promise<{ readonly token: string; readonly lifetimeSeconds: number }> {
  const { tokenEndpoint } = toAuthorizationAddresses(publicUrl);
  const privateKey = (await importJWK({ ...login.privateKey, ext: true }, 'ES384')) as CryptoKey;
  const assertion = await signClientAssertion({
    clientId: login.clientId,
    privateKey,
    audience: tokenEndpoint,
    organization,
  });
  const { status, body } = await requestToken({ tokenEndpoint, assertion, scope });
  if (body.access_token === undefined)
    throw new Error(`No token: ${status} ${body.error ?? ''} ${body.error_description ?? ''}`);
  return { token: body.access_token, lifetimeSeconds: body.expires_in ?? 60 };
}
