// A person logs in to an app at a hub on loopback, as SMART App Launch does it: for tests that need an individual's token.
import { createHash, randomBytes } from 'node:crypto';
import { toAuthorizationAddresses } from '../../src/auth/addresses.ts';
import { carryOutClientCommand, type ClientCommand, type ClientSummary } from '../../src/auth/clients.ts';
import { testPersons } from '../../src/auth/test-persons.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Database } from '../../src/store/database.ts';
import { openBrowser, type Browser, type Visit } from './browser.ts';

export const redirectUri = 'https://app.example/callback';

export interface PersonTokens {
  readonly status: number;
  readonly body: {
    readonly access_token?: string;
    readonly refresh_token?: string;
    readonly expires_in?: number;
    readonly scope?: string;
    readonly patient?: string;
    readonly error?: string;
    readonly error_description?: string;
  };
}

/** Registers an app: a public client unless keys are given. */
export async function addApp(
  database: Database,
  options: Partial<Extract<ClientCommand, { kind: 'add' }>> = {},
): Promise<ClientSummary> {
  const [app] = await carryOutClientCommand(
    {
      kind: 'add',
      name: 'Min plan',
      client: 'app',
      organizations: [],
      scope: 'patient/*.cruds',
      keys: [],
      jwksUri: undefined,
      redirectUris: [redirectUri],
      ...options,
    },
    { database, clock: systemClock, allowLoopbackJwks: true },
  );
  if (app === undefined) throw new Error('No app was registered.');
  return app;
}

export interface Attempt {
  readonly verifier: string;
  /** Of the authorization request. */
  readonly address: string;
}

/** A new authorization request; `change` puts other parameters in, or takes one out with undefined. */
export function beginLogIn(
  publicUrl: string,
  clientId: string,
  change: Readonly<Record<string, string | undefined>> = {},
): Attempt {
  const { authorizationEndpoint, audience } = toAuthorizationAddresses(publicUrl);
  const verifier = randomBytes(32).toString('base64url');
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'launch/patient online_access patient/*.rs',
    state: randomBytes(16).toString('base64url'),
    aud: audience,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { verifier, address: `${authorizationEndpoint}?${new URLSearchParams(given).toString()}` };
}

/** Opens the request in the browser, logs in as the person if asked to, and answers yes: gives where the browser is sent. */
export async function approve(browser: Browser, { address }: Attempt, personalNumber: string): Promise<Visit> {
  const first = await browser.open(address);
  const index = testPersons.findIndex((person) => person.personalNumber === personalNumber);
  const approval = first.text.includes('name="person"')
    ? await browser.submit(first, { person: String(index) })
    : first;
  return browser.submit(approval, { answer: 'yes' });
}

/** Posts to the token endpoint as the public app. */
export async function askToken(
  publicUrl: string,
  clientId: string,
  fields: Readonly<Record<string, string>>,
): Promise<PersonTokens> {
  const { tokenEndpoint } = toAuthorizationAddresses(publicUrl);
  const body = new URLSearchParams({ client_id: clientId, ...fields });
  const response = await fetch(tokenEndpoint, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as PersonTokens['body'] };
}

/** Exchanges the code that the browser was sent away with. */
export function exchangeCode(publicUrl: string, clientId: string, given: { visit: Visit; attempt: Attempt }) {
  const code = new URL(given.visit.address).searchParams.get('code') ?? '';
  const { verifier } = given.attempt;
  return askToken(publicUrl, clientId, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  });
}

/**
 * The whole way: an app (registered if none is given), log-in as one of the published test persons, yes, and the tokens. For a hub that
 * listens on loopback: `const { token } = await logInPerson({ publicUrl: hub.publicUrl, database: hub.database })`.
 */
export async function logInPerson(options: {
  readonly publicUrl: string;
  readonly database: Database;
  /** Twelve digits, one of src/auth/test-persons.ts. */
  readonly personalNumber?: string;
  readonly scope?: string;
  readonly app?: ClientSummary;
  readonly browser?: Browser;
}): Promise<{
  readonly token: string;
  readonly refreshToken: string | undefined;
  readonly patientId: string;
  readonly app: ClientSummary;
  readonly browser: Browser;
}> {
  const { publicUrl, database, personalNumber = '191212121212' } = options;
  const app = options.app ?? (await addApp(database));
  const browser = options.browser ?? openBrowser(publicUrl);
  const attempt = beginLogIn(publicUrl, app.clientId, options.scope === undefined ? {} : { scope: options.scope });
  const visit = await approve(browser, attempt, personalNumber);
  const { status, body } = await exchangeCode(publicUrl, app.clientId, { visit, attempt });
  const { access_token: token, patient: patientId, refresh_token: refreshToken } = body;
  if (token === undefined || patientId === undefined)
    throw new Error(`The log-in gave no token: ${status} ${JSON.stringify(body)} at ${visit.address}`);
  return { token, refreshToken, patientId, app, browser };
}
