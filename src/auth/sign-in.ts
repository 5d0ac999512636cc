// A person at the authorization server: logs in, approves what an app may do, logs out. Pages and forms only, no script.
// oidc-provider's interactions: https://github.com/panva/node-oidc-provider/blob/main/docs/README.md#user-flows
// Refuses forms from elsewhere, and any step without the cookie of the browser that began.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { removeGrant } from '../store/authorization.ts';
import { findClient } from '../store/clients.ts';
import type { Database } from '../store/database.ts';
import { addPerson } from '../store/persons.ts';
import { toAuthorizationAddresses } from './addresses.ts';
import type { ExternalLogIn } from './external-log-in.ts';
import { choosePageLanguage, readOwnForm, sendMessage, toPageHeaders, type LogInView, type Pages } from './pages.ts';
import { hasOnlineAccess, toResourceRights } from './person-scopes.ts';
import { toPatientId } from './person-number.ts';
import {
  interactionSeconds,
  toInteractionUrl,
  toLogInCookie,
  type ProviderSettings,
} from './provider-configuration.ts';
import { toFormTarget } from './redirect-address.ts';
import { readQuery } from './request-query.ts';
import type { SignInMethod } from './sign-in-method.ts';
import { testPersons } from './test-persons.ts';

export interface SignInOptions extends ProviderSettings {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly pages: Pages;
  readonly method: SignInMethod;
  /** undefined where there are no external providers. */
  readonly external: ExternalLogIn | undefined;
  readonly provider: Provider;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

/** Answers `/interaction/<uid>`: the page, or the form it sent. */
export async function answerInteraction(options: SignInOptions, exchange: Exchange, uid: string): Promise<void> {
  const { request, response } = exchange;
  const details = await findInteraction(options, exchange, uid);
  const appName = details === undefined ? undefined : await findAppName(options, details);
  if (details === undefined || appName === undefined)
    return sendMessage(options.pages, exchange, { kind: 'expired', detail: undefined });
  if (request.method !== 'POST') return showPage(options, exchange, { details, appName });
  const form = await readOwnForm(request);
  if (form === undefined) return sendMessage(options.pages, exchange, { kind: 'refused', detail: undefined });
  const result =
    details.prompt.name === 'login'
      ? await logIn(options, form)
      : await answerApproval(options, details, form.get('answer') === 'yes');
  if (result === undefined) return showPage(options, exchange, { details, appName });
  const returnTo = await options.provider.interactionResult(request, response, { ...result });
  if ('login' in result) await leaveOtherPerson(options, exchange, result.login.accountId);
  redirect(response, returnTo);
}

async function findInteraction(
  { provider }: SignInOptions,
  { request, response }: Exchange,
  uid: string,
): Promise<Details | undefined> {
  try {
    const details = await provider.interactionDetails(request, response);
    return details.uid === uid ? details : undefined;
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

/** undefined where the app has been disabled since. */
async function findAppName({ database }: SignInOptions, { params }: Details): Promise<string | undefined> {
  const client = await findClient(database, String(params['client_id']));
  return client?.enabled === true ? client.name : undefined;
}

interface Asked {
  readonly details: Details;
  readonly appName: string;
}

async function showPage(options: SignInOptions, { request, response }: Exchange, asked: Asked): Promise<void> {
  const { pages } = options;
  const { details, appName } = asked;
  const action = new URL(toInteractionUrl(options.publicUrl, details.uid)).pathname;
  const language = choosePageLanguage(request);
  const html =
    details.prompt.name === 'login'
      ? pages.logIn({ appName, action, ...listChoices(options.method, action) }, language)
      : pages.approval({ appName, action, ...(await describeApproval(options, details)) }, language);
  const target = toFormTarget(String(details.params['redirect_uri']));
  response.writeHead(200, { ...toPageHeaders(pages, target === undefined ? [] : [target]) });
  response.end(html);
}

function listChoices(method: SignInMethod, action: string): Pick<LogInView, 'persons' | 'providers'> {
  if (method.kind === 'providers') {
    const providers = method.providers.map(({ name }, index) => ({ name, href: `${action}/at/${index}` }));
    return { persons: [], providers };
  }
  const persons = testPersons.map(({ name, personalNumber }, index) => ({
    value: String(index),
    name,
    number: `${personalNumber.slice(0, 8)}-${personalNumber.slice(8)}`,
  }));
  return { persons, providers: [] };
}

async function describeApproval(options: SignInOptions, { params, session }: Details) {
  const scope = String(params['scope']);
  const redirect = String(params['redirect_uri']);
  const opened = session === undefined ? undefined : await options.provider.Session.findByUid(session.uid);
  const since = (opened?.loginTs ?? 0) * 1000;
  const sessionEndMs = since + options.sessionLifetimeSeconds * 1000;
  const tokenEndMs = options.clock().getTime() + options.tokenLifetimeSeconds * 1000;
  return {
    leadsTo: /^https?:/.test(redirect) ? new URL(redirect).host : redirect.slice(0, redirect.indexOf(':')),
    rights: [...(toResourceRights(scope) ?? [])].map(([type, actions]) => ({ type, actions: [...actions] })),
    endsAt: new Date(hasOnlineAccess(scope) ? sessionEndMs : Math.min(tokenEndMs, sessionEndMs)),
    logOutPage: new URL(toAuthorizationAddresses(options.publicUrl).logOutPage).pathname,
  };
}

/** The test person that was chosen; undefined where none was. */
async function logIn(options: SignInOptions, form: URLSearchParams): Promise<LoggedIn | undefined> {
  const chosen = form.get('person') ?? '';
  const person = options.method.kind === 'development' && /^\d$/.test(chosen) ? testPersons[Number(chosen)] : undefined;
  const patientId = person === undefined ? undefined : toPatientId(person.personalNumber, options.hubKey);
  return patientId === undefined ? undefined : toLoggedIn(options, patientId);
}

interface LoggedIn {
  readonly login: { readonly accountId: string; readonly ts: number };
}

async function toLoggedIn(options: SignInOptions, patientId: string): Promise<LoggedIn> {
  await addPerson(options.database, patientId);
  options.log('info', 'person-logged-in', { by: options.method.kind });
  return { login: { accountId: patientId, ts: Math.floor(options.clock().getTime() / 1000) } };
}

/** Answers `/interaction/<uid>/at/<index>`: on to the provider that was chosen. */
export async function leaveForProvider(
  options: SignInOptions,
  exchange: Exchange,
  chosen: { readonly uid: string; readonly index: number },
): Promise<void> {
  const details = await findInteraction(options, exchange, chosen.uid);
  if (details?.prompt.name !== 'login')
    return sendMessage(options.pages, exchange, { kind: 'expired', detail: undefined });
  const begun = await options.external?.begin(chosen.index, chosen.uid);
  if (begun === undefined) return sendMessage(options.pages, exchange, { kind: 'log-in-failed', detail: undefined });
  const { cookies } = options.provider.createContext(exchange.request, exchange.response);
  const cookie = toLogInCookie(options.publicUrl);
  cookies.set(cookie.name, begun.kept, { ...cookie.attributes, maxAge: interactionSeconds * 1000 });
  redirect(exchange.response, begun.location);
}

/** Answers `/log-in/callback`: back from the provider, and on to what the app asked for. */
export async function returnFromProvider(options: SignInOptions, exchange: Exchange): Promise<void> {
  const { provider, pages } = options;
  const { cookies } = provider.createContext(exchange.request, exchange.response);
  const cookie = toLogInCookie(options.publicUrl);
  const kept = cookies.get(cookie.name, cookie.attributes);
  // One attempt, one return.
  cookies.set(cookie.name, null, cookie.attributes);
  const query = new URLSearchParams(readQuery(exchange.request.url));
  if (kept === undefined) return sendMessage(pages, exchange, { kind: 'expired', detail: undefined });
  const completed = await options.external?.complete(query, kept);
  if (completed === undefined || 'kind' in completed)
    return sendMessage(pages, exchange, completed ?? { kind: 'log-in-failed', detail: undefined });
  const interaction = await provider.Interaction.find(completed.uid);
  if (interaction?.prompt.name !== 'login' || interaction.result !== undefined)
    return sendMessage(pages, exchange, { kind: 'expired', detail: undefined });
  interaction.result = { ...interaction.lastSubmission, ...(await toLoggedIn(options, completed.patientId)) };
  await interaction.persist();
  await leaveOtherPerson(options, exchange, completed.patientId);
  redirect(exchange.response, interaction.returnTo);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, {
    location,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': '0',
  });
  response.end();
}

/** The answer to what an app asks for, as a grant of its own. */
async function answerApproval(options: SignInOptions, details: Details, isYes: boolean) {
  const { provider, log } = options;
  const clientId = String(details.params['client_id']);
  const accountId = details.session?.accountId;
  log('info', isYes ? 'app-approved' : 'app-denied', { clientId });
  if (!isYes || accountId === undefined) return { error: 'access_denied', error_description: 'The person said no.' };
  const grant = new provider.Grant({ accountId, clientId });
  grant.addResourceScope(toAuthorizationAddresses(options.publicUrl).audience, String(details.params['scope']));
  return { consent: { grantId: await grant.save() } };
}

/** Somebody else logs in with the same browser: what the one before let in ends here. */
async function leaveOtherPerson(options: SignInOptions, exchange: Exchange, accountId: string): Promise<void> {
  const session = await findSession(options, exchange);
  if (session?.accountId === undefined || session.accountId === accountId) return;
  await endGrants(options, session);
  delete session.accountId;
  delete session.authorizations;
  await session.persist();
}

type Session = InstanceType<Provider['Session']>;

/** The session of this browser; undefined where nobody is logged in. */
async function findSession({ provider }: SignInOptions, { request, response }: Exchange): Promise<Session | undefined> {
  const session = await provider.Session.get(provider.createContext(request, response));
  return session.accountId === undefined ? undefined : session;
}

async function endGrants({ database }: SignInOptions, session: Session): Promise<void> {
  for (const { grantId } of Object.values(session.authorizations ?? {}))
    if (grantId !== undefined) await removeGrant(database, grantId);
}

/** Answers `/end`: asks whether to log out, and does. Every token given in the session ends with it. */
export async function answerLogOut(options: SignInOptions, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const { pages } = options;
  const session = await findSession(options, exchange);
  if (session === undefined) return sendMessage(pages, exchange, { kind: 'logged-out', detail: undefined });
  if (request.method !== 'POST') {
    const action = new URL(toAuthorizationAddresses(options.publicUrl).logOutPage).pathname;
    response.writeHead(200, { ...toPageHeaders(pages) });
    return void response.end(pages.logOut({ action }, choosePageLanguage(request)));
  }
  if ((await readOwnForm(request)) === undefined)
    return sendMessage(pages, exchange, { kind: 'refused', detail: undefined });
  await endGrants(options, session);
  await session.destroy();
  options.log('info', 'person-logged-out');
  return sendMessage(pages, exchange, { kind: 'logged-out', detail: undefined });
}
