// The plain parameters of an operation, from the query of a GET or from the Parameters resource of a POST.
// https://hl7.org/fhir/R4/operations.html#request · Refuses what the operation does not know, unless the caller asked to be lenient.
import { problem } from '../core/problem.ts';
import { parseTimeSpan, type TimeSpan } from '../fhir/instant.ts';
import { parseResource } from '../interactions/accept-resource.ts';
import type { OperationRequest } from '../interactions/operation.ts';
import type { RequestContext, Services } from '../interactions/services.ts';

export interface OperationParameters {
  /** Every value given, in order; empty where there is none. */
  readonly all: (name: string) => readonly string[];
  /** The one value; undefined where there is none. @throws operation-parameter-invalid where there are several */
  readonly one: (name: string) => string | undefined;
  /** The span of a date or instant. @throws operation-parameter-invalid */
  readonly time: (name: string) => TimeSpan | undefined;
  /** Every value split at commas, each once. */
  readonly list: (name: string) => readonly string[];
  /** What was given and understood, as a query. */
  readonly query: string;
}

/** Said to the HTTP layer, not to the operation. */
const ignored: ReadonlySet<string> = new Set(['_format', '_pretty']);

/** @throws operation-parameter-invalid for an unknown name, body-missing, json-…, wrong-type */
export function readOperationParameters(
  services: Services,
  context: RequestContext,
  input: { readonly request: OperationRequest; readonly names: readonly string[] },
): OperationParameters {
  const { request, names } = input;
  const fromBody = request.isRead || request.body.trim() === '' ? [] : readBodyParameters(services, request.body);
  const given = [...request.parameters, ...fromBody].filter(([name]) => {
    if (names.includes(name)) return true;
    if (ignored.has(name) || context.isLenient) return false;
    throw invalidParameter(request.name, `takes ${names.length === 0 ? 'no parameters' : names.join(', ')}`);
  });
  return toOperationParameters(
    request.name,
    new URLSearchParams(given.map(([name, text]): [string, string] => [name, text])),
  );
}

/** The same from a query that was read before. */
export function toOperationParameters(operation: string, query: URLSearchParams): OperationParameters {
  const all = (name: string): readonly string[] => query.getAll(name);
  const one = (name: string): string | undefined => {
    const [first, second] = all(name);
    if (second !== undefined) throw invalidParameter(operation, `takes ${name} once`);
    return first;
  };
  return {
    all,
    one,
    time: (name) => {
      const text = one(name);
      const span = text === undefined ? undefined : parseTimeSpan(text);
      if (text !== undefined && span === undefined) {
        throw invalidParameter(operation, `takes a date or an instant as ${name}, such as 2026-11-03T10:15:00Z`);
      }
      return span;
    },
    list: (name) => [
      ...new Set(
        all(name)
          .flatMap((text) => text.split(','))
          .map((text) => text.trim())
          .filter((text) => text !== ''),
      ),
    ],
    query: query.toString(),
  };
}

/** What a caller is told of a parameter: `$everything takes start once.` */
export function invalidParameter(operation: string, words: string): Error {
  return problem('operation-parameter-invalid', { diagnostics: `${operation} ${words}.` });
}

function readBodyParameters(services: Services, body: string): readonly (readonly [string, string])[] {
  const resource = parseResource(body, services);
  if (resource.resourceType !== 'Parameters') {
    throw problem('resource-type-mismatch', { expression: 'resourceType', diagnostics: 'Send a Parameters resource.' });
  }
  const list: unknown = resource['parameter'] ?? [];
  if (!Array.isArray(list))
    throw problem('wrong-type', { expression: 'Parameters.parameter', diagnostics: 'Send an array.' });
  return list.map((parameter: unknown, at) => {
    const expression = `Parameters.parameter[${at}]`;
    if (typeof parameter !== 'object' || parameter === null) throw problem('wrong-type', { expression });
    const { name, ...rest } = parameter as Readonly<Record<string, unknown>>;
    const [value, ...others] = Object.entries(rest).filter(([key]) => key.startsWith('value'));
    const text: unknown = value?.[1];
    const isPlain = typeof text === 'string' || typeof text === 'number' || typeof text === 'boolean';
    if (typeof name !== 'string' || !isPlain || others.length > 0) {
      throw problem('operation-parameter-invalid', {
        expression,
        diagnostics: 'Give a name and one plain value, such as valueString.',
      });
    }
    return [name, String(text)] as const;
  });
}
