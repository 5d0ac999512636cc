// The HTTP face: addresses, security headers, request ids, and errors. Everything FHIR is in fhir-routes.ts.
import type { RequestListener } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { IdSource } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import { chooseLanguage } from '../fhir/outcome.ts';
import type { Answer } from '../interactions/services.ts';
import { problem } from '../core/problem.ts';
import { chooseRequestId } from './choose-request-id.ts';
import { answerFhir, type FhirContext, type FhirRoutes } from './fhir-routes.ts';
import { fhirJson } from './negotiate.ts';
import { toErrorAnswer } from './on-error.ts';

export interface HttpOptions {
  readonly fhir: FhirRoutes;
  /** JSON text of the SMART configuration. */
  readonly smartConfiguration: string;
  readonly ids: IdSource;
  readonly log: Log;
  /** False once the hub is stopping: /health/ready then answers 503, so that a proxy sends nothing more. */
  readonly isReady: () => Promise<boolean>;
}

/** https://owasp.org/www-project-secure-headers/ · answers about persons are never kept by anything in between */
const securityHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
};

/** Answers every address but the authorization server's. */
export function createHttpListener(options: HttpOptions): RequestListener {
  const answer = getRequestListener(createHttp(options).fetch);
  return (request, response) => void answer(request, response);
}

function createHttp(options: HttpOptions): Hono<{ Bindings: HttpBindings }> {
  const http = new Hono<{ Bindings: HttpBindings }>();
  http.get('/health/live', (context) => context.json({ status: 'live' }, 200, securityHeaders));
  http.get('/health/ready', async (context) => {
    const isReady = await options.isReady();
    return context.json({ status: isReady ? 'ready' : 'not ready' }, isReady ? 200 : 503, securityHeaders);
  });
  http.get('/fhir/.well-known/smart-configuration', (context) =>
    context.body(options.smartConfiguration, 200, { ...securityHeaders, 'Content-Type': 'application/json' }),
  );
  const fhir = async (context: FhirContext): Promise<Response> => {
    const requestId = chooseRequestId(context.req.header('x-request-id'), options.ids);
    return respond(
      context,
      requestId,
      await guard(context, requestId, options, () => answerFhir(options.fhir, context, requestId)),
    );
  };
  http.all('/fhir', fhir);
  http.all('/fhir/*', fhir);
  http.notFound(async (context) => {
    const requestId = chooseRequestId(context.req.header('x-request-id'), options.ids);
    const refuse = (): Promise<Answer> => Promise.reject(problem('endpoint-unknown'));
    return respond(context, requestId, await guard(context, requestId, options, refuse));
  });
  return http;
}

async function guard(
  context: Context,
  requestId: string,
  options: HttpOptions,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (cause) {
    return toErrorAnswer(cause, {
      language: chooseLanguage(context.req.header('accept-language')),
      requestId,
      log: options.log,
    });
  }
}

function respond(context: Context, requestId: string, answer: Answer): Response {
  const headers: Record<string, string> = { ...securityHeaders, 'X-Request-Id': requestId, ...answer.headers };
  const { status, body, stream, contentType = fhirJson } = answer;
  if (body !== undefined || stream !== undefined) headers['Content-Type'] = `${contentType}; charset=utf-8`;
  if (context.req.method === 'HEAD') return new Response(null, { status, headers });
  return new Response(stream === undefined ? (body ?? null) : ReadableStream.from(encode(stream)), { status, headers });
}

/** An error in the middle breaks the connection, so that nobody takes what came for the whole. */
async function* encode(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const piece of pieces) yield encoder.encode(piece);
}
