// The authorization server: oidc-provider beside Hono on one listener. Systems get tokens for themselves (SMART Backend Services),
// apps get them for the person who logs in (SMART App Launch). https://hl7.org/fhir/smart-app-launch/ · RFC 6749, 7009, 7662, 9700
// Refuses every path but the ones in its table, and takes nothing from Host or forwarded headers.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Provider, type Configuration } from 'oidc-provider';
import type { Log } from '../core/log.ts';
import { toAuthorizationAddresses } from './addresses.ts';
import { createExternalLogIn } from './external-log-in.ts';
import { createGrants } from './grants.ts';
import { choosePageLanguage, sendMessage, toPageHeaders, type Pages } from './pages.ts';
import { toConfiguration, type ProviderSettings } from './provider-configuration.ts';
import { explainRefusal } from './refusal.ts';
import { readQuery } from './request-query.ts';
import type { SignInMethod } from './sign-in-method.ts';
import {
  answerInteraction,
  answerLogOut,
  leaveForProvider,
  returnFromProvider,
  type Exchange,
  type SignInOptions,
} from './sign-in.ts';

export interface AuthorizationServerOptions extends ProviderSettings {
  /** Counts a request by where it comes from: the seconds to wait, or undefined. */
  readonly waitOf: (request: IncomingMessage) => Promise<number | undefined>;
  /** True only where the hub itself listens on loopback: JWKS addresses may then be on this machine. */
  readonly allowLoopbackJwks: boolean;
  /** How persons log in; undefined: they do not, and there are no pages. */
  readonly signInMethod: SignInMethod | undefined;
  readonly pages: Pages;
  readonly log: Log;
}

export interface AuthorizationServer {
  /** Answers every request whose path begins with the issuer's path and a slash. Resolves when the answer is written; never rejects. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

export function createAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const { issuer, tokenEndpoint } = toAuthorizationAddresses(options.publicUrl);
  const grants = createGrants({ ...options, audiences: new Set([issuer, tokenEndpoint]) });
  const provider = new Provider(issuer, toConfiguration(options, grants, createRenderError(options.pages)));
  pinAddresses(provider);
  logRefusals(provider, options.log);
  nameThePatient(provider);
  const routes = createRoutes(options, provider);
  const prefix = new URL(issuer).pathname;
  const route = async (exchange: Exchange): Promise<void> => {
    const { request, response } = exchange;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const found = routes.find(({ pattern }) => pattern.test(path.slice(prefix.length)));
    if (found === undefined) return answer(response, 404, unknownAddress);
    if (!found.methods.includes(request.method ?? ''))
      return answer(response, 405, notAllowed, { allow: found.methods.join(', ') });
    const wait = found.isCounted ? await options.waitOf(request) : undefined;
    if (wait === undefined) return found.answer(exchange, path.slice(prefix.length));
    response.setHeader('retry-after', String(wait));
    if (found.isPage) return sendMessage(options.pages, exchange, { kind: 'throttled', detail: undefined });
    return answer(response, 429, tooMany);
  };

  return {
    handle: async (request, response) => {
      try {
        await route({ request, response });
      } catch (error) {
        options.log('error', 'authorization-failed', { detail: error instanceof Error ? error.stack : String(error) });
        if (!response.headersSent) answer(response, 503, unavailable, { 'retry-after': '1' });
      }
    },
  };
}

interface Route {
  /** Of the path below the issuer. */
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  readonly isCounted: boolean;
  /** A person looks at the answer. */
  readonly isPage: boolean;
  readonly answer: (exchange: Exchange, path: string) => Promise<void> | void;
}

function createRoutes(options: AuthorizationServerOptions, provider: Provider): readonly Route[] {
  const handOver = createHandOver(provider);
  const program = { methods: ['POST'], isCounted: true, isPage: false, answer: handOver };
  const routes: readonly Route[] = [
    {
      pattern: /^\/jwks$/,
      methods: ['GET', 'HEAD'],
      isCounted: false,
      isPage: false,
      answer: async ({ response }) =>
        answer(
          response,
          200,
          { keys: await options.signingKeys.listPublicKeys() },
          { 'cache-control': 'public, max-age=300' },
        ),
    },
    { pattern: /^\/token$/, ...program },
    { pattern: /^\/introspect$/, ...program },
    { pattern: /^\/revoke$/, ...program },
  ];
  const { signInMethod: method } = options;
  if (method === undefined) return routes;
  const external =
    method.kind === 'providers'
      ? createExternalLogIn({ ...options, providers: method.providers, allowLoopback: options.allowLoopbackJwks })
      : undefined;
  return [...routes, ...createPersonRoutes({ ...options, method, external, provider }, handOver)];
}

function createPersonRoutes(options: SignInOptions, handOver: Route['answer']): readonly Route[] {
  const page = { isCounted: true, isPage: true };
  return [
    {
      pattern: /^\/authorize$/,
      methods: ['GET'],
      ...page,
      answer: (exchange, path) => {
        if (!isQueryMode(exchange.request))
          return sendMessage(options.pages, exchange, { kind: 'refused', detail: 'response_mode must be query.' });
        prepareRequest(exchange.request);
        return handOver(exchange, path);
      },
    },
    { pattern: /^\/authorize\/[\w-]+$/, methods: ['GET'], ...page, answer: handOver },
    {
      pattern: /^\/interaction\/[\w-]+$/,
      methods: ['GET', 'POST'],
      ...page,
      answer: (exchange, path) => answerInteraction(options, exchange, path.slice('/interaction/'.length)),
    },
    {
      pattern: /^\/interaction\/[\w-]+\/at\/\d{1,2}$/,
      methods: ['GET'],
      ...page,
      answer: (exchange, path) => {
        const [, , uid = '', , index] = path.split('/');
        return leaveForProvider(options, exchange, { uid, index: Number(index) });
      },
    },
    {
      pattern: /^\/log-in\/callback$/,
      methods: ['GET'],
      ...page,
      answer: (exchange) => returnFromProvider(options, exchange),
    },
    { pattern: /^\/end$/, methods: ['GET', 'POST'], ...page, answer: (exchange) => answerLogOut(options, exchange) },
  ];
}

/** The library would send its refusal by the mode that it refuses, and that one as a page with script. */
function isQueryMode({ url }: IncomingMessage): boolean {
  const modes = new URLSearchParams(readQuery(url)).getAll('response_mode');
  return modes.every((mode) => mode === 'query');
}

/**
 * The library drops `offline_access` where the app does not ask for a prompt as well, which SMART apps do not: it is granted as `online_access`.
 * And it keeps what it was asked with for a while: a hint at who will log in is of no use here, and may be a personal number.
 */
function prepareRequest(request: IncomingMessage): void {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const query = readQuery(request.url);
  const parameters = new URLSearchParams(query);
  parameters.delete('login_hint');
  const scopes = parameters.getAll('scope');
  if (scopes.length === 1)
    parameters.set('scope', scopes[0]?.replace(/(?<=^| )offline_access(?= |$)/g, 'online_access') ?? '');
  request.url = `${path}?${parameters.toString()}`;
}

/** Gives the request to the library, as one that came to the issuer's own address. */
function createHandOver(provider: Provider): Route['answer'] {
  const callback = provider.callback();
  const { host } = new URL(provider.issuer);
  return async ({ request, response }, path) => {
    const query = (request.url ?? '').indexOf('?');
    request.url = `${path}${query === -1 ? '' : (request.url ?? '').slice(query)}`;
    request.headers.host = host;
    await callback(request, response);
  };
}

const unknownAddress = { error: 'invalid_request', error_description: 'There is no such address.' };
const unavailable = {
  error: 'temporarily_unavailable',
  error_description: 'The hub cannot answer now. Try again shortly.',
};
const tooMany = {
  error: 'temporarily_unavailable',
  error_description: 'Too many requests for tokens come from this address. Wait as long as Retry-After says.',
};
const notAllowed = { error: 'invalid_request', error_description: 'The address does not take this method.' };

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify(body));
}

/** The library makes these from the request's Host; here they come from the issuer. And a redirect address is one that is registered, to the letter. */
function pinAddresses(provider: Provider): void {
  const expected = new Set([provider.issuer, `${provider.issuer}/token`]);
  const { prototype } = provider.OIDCContext;
  provider.proxy = false;
  Object.defineProperty(provider.request, 'protocol', { value: new URL(provider.issuer).protocol.slice(0, -1) });
  Object.defineProperty(prototype, 'clientJwtAuthExpectedAudience', { value: () => expected });
  Object.defineProperty(prototype, 'urlFor', {
    value: (name: string, parts?: Record<string, unknown>) => provider.urlFor(name, parts),
  });
  Object.defineProperty(provider.Client.prototype, 'redirectUriAllowed', {
    value(this: { readonly redirectUris: readonly string[] }, address: string) {
      return this.redirectUris.includes(address);
    },
  });
}

function logRefusals(provider: Provider, log: Log): void {
  provider.on('grant.error', (context, error) => {
    if (typeof context.body === 'object' && context.body !== null) {
      context.body = { ...context.body, error_description: explainRefusal(error) };
    }
    log('info', 'token-refused', { error: error.error, detail: error.error_detail ?? error.error_description });
  });
  const noteRefusal = (
    _context: object,
    error: { readonly error: string; readonly error_description?: string },
  ): void => log('info', 'authorization-refused', { error: error.error, detail: error.error_description });
  provider.on('authorization.error', noteRefusal);
  provider.on('introspection.error', noteRefusal);
  provider.on('revocation.error', noteRefusal);
  provider.on('server_error', (_context, error) => {
    log('error', 'authorization-failed', { detail: error.stack ?? error.message });
  });
}

/** SMART: the app is told in the token response whose data it may read. https://hl7.org/fhir/smart-app-launch/app-launch.html#response-5 */
function nameThePatient(provider: Provider): void {
  provider.on('grant.success', (context) => {
    const patient = context.oidc.entities.AccessToken?.accountId;
    if (patient !== undefined && typeof context.body === 'object') context.body = { ...context.body, patient };
  });
}

/** Faults that cannot be told to the app are told to the person, as a page; programs get JSON. */
function createRenderError(pages: Pages): NonNullable<Configuration['renderError']> {
  return (context, out, error) => {
    if (!/^(?:authorization|resume)$/.test(context.oidc.route)) {
      context.body = out;
      return;
    }
    const isExpired = out.error === 'invalid_request' && /expired|session/.test(out.error_description ?? '');
    const kind =
      context.status >= 500 ? 'failed' : isExpired || error.name === 'SessionNotFound' ? 'expired' : 'refused';
    context.set({ ...toPageHeaders(pages) });
    context.body = pages.message({ kind, detail: out.error_description ?? out.error }, choosePageLanguage(context.req));
  };
}
