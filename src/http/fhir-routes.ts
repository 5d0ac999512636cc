// Everything below /fhir: URL and headers in, Answer out. https://hl7.org/fhir/R4/http.html
// The order of refusals: 414 · 406 · 404 405 · 401 · 429 · 415 413 · 403 · what the interaction says.
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Principal } from '../access/principal.ts';
import { problem } from '../core/problem.ts';
import { indentJson } from '../fhir/indent-json.ts';
import { chooseLanguage } from '../fhir/outcome.ts';
import { toRefusedRow } from '../interactions/audit-rows.ts';
import { capabilities } from '../interactions/capabilities.ts';
import { jsonPatchType } from '../interactions/parse-patch.ts';
import { run } from '../interactions/run.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import { parseTarget, type Target } from '../interactions/target.ts';
import { readBody } from './body.ts';
import {
  lineRanges,
  mediaType,
  pageRanges,
  requireAcceptable,
  requireFormContent,
  requireIdentityEncoding,
  requireJsonContent,
} from './negotiate.ts';
import { toProblem } from './on-error.ts';
import { parsePrefer } from './prefer.ts';
import type { RateLimits } from './rate-limits.ts';

export interface FhirRoutes {
  readonly services: Services;
  /** The one place where tokens are read: the Authorization header in, the caller out, or 401. */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  readonly rates: RateLimits;
  readonly maxUrlBytes: number;
}

/** With Node's own request, which knows where it came from. */
export type FhirContext = Context<{ Bindings: HttpBindings }>;

/** Answers one request below the base. `path` is what follows `/fhir/`. @throws Problem */
export async function answerFhir(routes: FhirRoutes, context: FhirContext, requestId: string): Promise<Answer> {
  const { services } = routes;
  const { url, path, parameters } = splitUrl(context.req.url);
  if (url.length > routes.maxUrlBytes)
    throw problem('url-too-long', { diagnostics: `At most ${routes.maxUrlBytes} bytes are accepted.` });
  requireAcceptable(context.req.header('accept'), parameters.get('_format') ?? undefined, rangesOf(path));
  const target = parseTarget(context.req.method, path);
  const isPretty = parameters.get('_pretty') === 'true';
  if (target.kind === 'capabilities') {
    await routes.rates.requireAddress(context.env.incoming);
    return toPretty(await capabilities(services, parameters), isPretty);
  }
  const principal = await authenticate(routes, context);
  await routes.rates.requireClient(callerNameOf(principal), target);
  const request: RequestContext = {
    principal,
    requestId,
    language: chooseLanguage(context.req.header('accept-language')),
    ...parsePrefer(context.req.header('prefer')),
    findTypePolicy: services.mode.findTypePolicy,
  };
  try {
    const body = await readRequestBody(context, target, services);
    const isForm = target.kind === 'search' && context.req.method === 'POST';
    const answer = await run(services, request, {
      target,
      isRead: context.req.method === 'GET' || context.req.method === 'HEAD',
      parameters: isForm ? joinParameters(parameters, body) : parameters,
      body: isForm ? '' : body,
      ifMatch: context.req.header('if-match'),
      ifNoneMatch: context.req.header('if-none-match'),
      ifModifiedSince: context.req.header('if-modified-since'),
      ifNoneExist: context.req.header('if-none-exist'),
      patchFormat:
        mediaType(context.req.header('content-type') ?? '') === jsonPatchType ? 'json-patch' : 'fhirpath-patch',
    });
    return toPretty(answer, isPretty);
  } catch (cause) {
    const refused = toProblem(cause);
    const type = 'type' in target ? target.type : undefined;
    await services.store.audit([
      toRefusedRow(request, services.clock(), { interaction: nameOf(services, target), type, status: refused.status }),
    ]);
    throw refused;
  }
}

/** Everybody who uses an app is counted alone: none keeps the others out. */
function callerNameOf(principal: Principal): string {
  const { clientId } = principal;
  return principal.kind === 'individual' ? `${clientId} ${principal.person.key}` : clientId;
}

/** What is not FHIR's JSON may be asked for as what it is. */
function rangesOf(path: string): ReadonlySet<string> | undefined {
  if (path === '$export-file') return lineRanges;
  return path.endsWith('/$access-log') ? pageRanges : undefined;
}

/** As the log names it: an operation that the hub has by its own name. */
function nameOf({ operations }: Services, target: Target): string {
  const isKnown = target.kind === 'operation' && operations.some(({ name }) => name === target.name);
  return isKnown ? target.name.slice(1) : target.kind;
}

/** Who tries tokens is counted by where the tries come from. */
async function authenticate({ authenticate, rates }: FhirRoutes, context: FhirContext): Promise<Principal> {
  try {
    return await authenticate(context.req.header('authorization'));
  } catch (cause) {
    if (toProblem(cause).status === 401) await rates.requireAddress(context.env.incoming);
    throw cause;
  }
}

async function readRequestBody(context: Context, target: Target, services: Services): Promise<string> {
  if (context.req.method === 'GET' || context.req.method === 'HEAD' || context.req.method === 'DELETE') return '';
  requireIdentityEncoding(context.req.header('content-encoding'));
  const contentType = context.req.header('content-type');
  if (target.kind === 'search') requireFormContent(contentType);
  else if (target.kind !== 'patch' || mediaType(contentType ?? '') !== jsonPatchType) requireJsonContent(contentType);
  const { bundleBytes, resourceBytes } = services.limits;
  return readBody(context, target.kind === 'bundle' ? bundleBytes : resourceBytes);
}

/** The path and query without the origin: the hub takes nothing from the Host header. */
function splitUrl(full: string): { readonly url: string; readonly path: string; readonly parameters: URLSearchParams } {
  const afterScheme = full.indexOf('/', full.indexOf('//') + 2);
  const url = afterScheme === -1 ? '/' : full.slice(afterScheme);
  const question = url.indexOf('?');
  const path = (question === -1 ? url : url.slice(0, question)).slice('/fhir'.length);
  return {
    url,
    path: path.startsWith('/') ? path.slice(1) : path,
    parameters: new URLSearchParams(question === -1 ? '' : url.slice(question + 1)),
  };
}

/** `_pretty=true`: for people. https://hl7.org/fhir/R4/http.html#parameters */
function toPretty(answer: Answer, isPretty: boolean): Answer {
  return isPretty && answer.body !== undefined ? { ...answer, body: indentJson(answer.body) } : answer;
}

function joinParameters(query: URLSearchParams, form: string): URLSearchParams {
  return new URLSearchParams([...query, ...new URLSearchParams(form)]);
}
