// token: a bearer token for trying the hub with curl or a test suite, by a development client that is registered when first asked for.
// Its private key lies in the data folder, readable by its owner alone. Refuses unless the hub listens on loopback only.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importJWK, type JWK } from 'jose';
import { isLoopbackHost, toAuthorizationAddresses } from '../auth/addresses.ts';
import { requestToken, signClientAssertion } from '../auth/client-assertion.ts';
import { ClientCommandError, type ClientCommand, type ClientSummary } from '../auth/clients.ts';
import type { Config } from '../config.ts';
import { canonicalBase } from '../core/canonical.ts';
import { makeKeyPair } from './demo/vendor-system.ts';
import type { CommandContext } from './run-command.ts';

export const tokenUsage = `sip-hub token [--organization <HSA-id or organisationsnummer>] [--scope "system/*.cruds"]
sip-hub token --operator [--scope "system/*.cruds"]

Prints a bearer token of the running hub. Without --organization: for a sandbox organization, made when it is missing.
Only where the hub listens on loopback. curl -H "Authorization: Bearer $(npx sip-hub token)" http://127.0.0.1:8080/fhir/Patient`;

/** What is kept of a development client. */
interface DevelopmentClient {
  readonly clientId: string;
  /** undefined: the operator. */
  readonly organization: string | undefined;
  readonly scope: string;
  readonly privateJwk: JWK;
}

type Wanted = Pick<DevelopmentClient, 'organization' | 'scope'>;

/** An HSA-id that nobody has. */
const sandbox = 'SE0000000000-SANDBOX';
const hsaSystem = 'urn:oid:1.2.752.29.4.19';
const everything = 'system/*.cruds';

export interface TokenCommandContext extends Pick<CommandContext, 'arguments' | 'config' | 'write' | 'writeError'> {
  /** Carries out a command on the register of clients, of the running hub or in the database. */
  readonly register: (command: ClientCommand) => Promise<readonly ClientSummary[]>;
}

/** 0 with the token on standard output; 1 refused; 2 wrongly written. */
export async function tokenCommand(context: TokenCommandContext): Promise<number> {
  const asked = parseArguments(context.arguments);
  if (asked === undefined) {
    context.writeError(`${tokenUsage}\n`);
    return 2;
  }
  try {
    requireLoopback(context.config);
    if (asked.organization === sandbox) await makeSandbox(context);
    context.write(`${await fetchToken(context, asked)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ClientCommandError)) throw error;
    context.writeError(`${error.message}\n`);
    return 1;
  }
}

function parseArguments(argv: readonly string[]): Wanted | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { organization: { type: 'string' }, scope: { type: 'string' }, operator: { type: 'boolean' } },
    });
    const { organization, scope = everything, operator = false } = values;
    if (operator && organization !== undefined) return undefined;
    return { organization: operator ? undefined : (organization ?? sandbox), scope };
  } catch {
    return undefined;
  }
}

function requireLoopback({ host, publicUrl }: Config): void {
  const isLocal = publicUrl === '' || isLoopbackHost(new URL(publicUrl).hostname.replaceAll(/[[\]]/g, ''));
  if (isLoopbackHost(host) && isLocal) return;
  throw new ClientCommandError(
    'sip-hub token is for development: it works only where the hub listens on loopback. Register a client instead.',
  );
}

/** A token of the client for this organization and scope; the client is registered if there is none that the hub knows. */
async function fetchToken(context: TokenCommandContext, wanted: Wanted): Promise<string> {
  const known = (await readClients(context.config)).find((client) => isFor(client, wanted));
  const token = known === undefined ? undefined : await askFor(context, known);
  if (token !== undefined) return token;
  const client = await registerClient(context, wanted);
  const first = await askFor(context, client);
  if (first === undefined) throw new ClientCommandError('The hub does not know the client it has just registered.');
  return first;
}

const isFor = (client: DevelopmentClient, { organization, scope }: Wanted): boolean =>
  client.organization === organization && client.scope === scope;

/** undefined where the hub does not know the client, as after its database was made anew. @throws ClientCommandError */
async function askFor({ config }: TokenCommandContext, client: DevelopmentClient): Promise<string | undefined> {
  const { tokenEndpoint } = toAuthorizationAddresses(addressOf(config));
  const privateKey = await importJWK(client.privateJwk, 'ES384');
  if (privateKey instanceof Uint8Array) throw new ClientCommandError('The kept key is no private key.');
  const { clientId, organization, scope } = client;
  const assertion = await signClientAssertion({ clientId, privateKey, audience: tokenEndpoint, organization });
  const { body } = await requestToken({ tokenEndpoint, assertion, scope }).catch(() => {
    throw new ClientCommandError(`No hub answers at ${addressOf(config)}. Start it with: npm start`);
  });
  if (body.access_token !== undefined) return body.access_token;
  if (body.error === 'invalid_client') return undefined;
  throw new ClientCommandError(`The hub gave no token: ${body.error_description ?? body.error ?? 'no reason said'}`);
}

async function registerClient(context: TokenCommandContext, wanted: Wanted): Promise<DevelopmentClient> {
  const { organization, scope } = wanted;
  const { publicJwk, privateJwk } = await makeExtractableKeys();
  const [summary] = await context.register({
    kind: 'add',
    name: 'Development (sip-hub token)',
    client: organization === undefined ? 'operator' : 'system',
    organizations: organization === undefined ? [] : [organization],
    scope,
    keys: [JSON.stringify(publicJwk)],
    jwksUri: undefined,
  });
  if (summary === undefined) throw new ClientCommandError('The hub registered no client.');
  const client = { clientId: summary.clientId, organization, scope, privateJwk };
  const others = (await readClients(context.config)).filter((other) => !isFor(other, wanted));
  await mkdir(context.config.dataFolder, { recursive: true });
  await writeFile(fileOf(context.config), JSON.stringify([...others, client], undefined, 2), { mode: 0o600 });
  // The mode counts for a new file only.
  await chmod(fileOf(context.config), 0o600);
  return client;
}

async function makeExtractableKeys(): Promise<{ readonly publicJwk: object; readonly privateJwk: JWK }> {
  const { privateKey, publicJwk } = await makeKeyPair();
  return { publicJwk, privateJwk: { ...(await crypto.subtle.exportKey('jwk', privateKey)), alg: 'ES384' } };
}

/** The Organization that tokens are for where none is named, written by a development operator. */
async function makeSandbox(context: TokenCommandContext): Promise<void> {
  const token = await fetchToken(context, { organization: undefined, scope: everything });
  const answer = await fetch(`${addressOf(context.config)}/fhir/Organization`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/fhir+json',
      'if-none-exist': `identifier=${hsaSystem}|${sandbox}`,
    },
    body: JSON.stringify({
      resourceType: 'Organization',
      identifier: [{ system: hsaSystem, value: sandbox }],
      type: [{ coding: [{ system: `${canonicalBase}/CodeSystem/sip-party-type`, code: 'other' }] }],
      name: 'Sandbox',
    }),
  });
  if (answer.ok) return;
  throw new ClientCommandError(
    `The sandbox organization was refused (${answer.status}). Name one with --organization.`,
  );
}

const addressOf = ({ publicUrl, host, port }: Config): string =>
  publicUrl === '' ? `http://${host.includes(':') ? `[${host}]` : host}:${port}` : publicUrl;

const fileOf = ({ dataFolder }: Config): string => join(dataFolder, 'development-clients.json');

async function readClients(config: Config): Promise<readonly DevelopmentClient[]> {
  try {
    return JSON.parse(await readFile(fileOf(config), 'utf8')) as readonly DevelopmentClient[];
  } catch {
    return [];
  }
}
