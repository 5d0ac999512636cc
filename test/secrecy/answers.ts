// What a caller can see of an answer, and in what two answers differ: hidden ≡ absent is judged here (sip.md §4).
// Everything counts but Date and X-Request-Id.
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to the FHIR base, or absolute. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Parsed JSON; undefined where there is no body. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** One request with the system's token. */
export type Ask = (system: VendorSystem, call: Call) => Promise<Answer>;

export const askAt =
  (baseUrl: string): Ask =>
  async (system, { method, path, body, headers = {} }) => {
    const response = await fetch(path.startsWith('http') ? path : `${baseUrl}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${system.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: isJson(response) && text !== '' ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : undefined,
    };
  };

function isJson({ headers }: Response): boolean {
  return /^application\/(?:fhir\+)?json\b/.test(headers.get('content-type') ?? '');
}

const untold = new Set(['date', 'x-request-id']);

/**
 * In what the answers differ, after every word that only one of the requests could hold is replaced: `words` are those of the first
 * request and those of the second, pair by pair.
 */
export function differences(
  first: Answer,
  second: Answer,
  words: readonly (readonly [string, string])[],
): readonly string[] {
  const one = toComparable(
    first,
    words.map(([word]) => word),
  );
  const other = toComparable(
    second,
    words.map(([, word]) => word),
  );
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((part) => one[part] !== other[part])
    .map((part) => `${part}: ${one[part] ?? 'nothing'} <> ${other[part] ?? 'nothing'}`);
}

function toComparable(answer: Answer, words: readonly string[]): Readonly<Record<string, string>> {
  const replace = (text: string): string =>
    words.reduce(
      (done, word, at) => done.replaceAll(word, `<${at}>`).replaceAll(encodeURIComponent(word), `<${at}>`),
      text,
    );
  const headers = Object.entries(answer.headers).filter(([name]) => !untold.has(name));
  return {
    status: String(answer.status),
    body: replace(answer.text),
    ...Object.fromEntries(headers.map(([name, value]) => [name, replace(value)])),
  };
}

/** The answer with everything that is new in every write made the same: ids, versions, times. */
export function withoutNewWords(answer: Answer): Answer {
  const clean = (text: string): string =>
    text
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
      .replaceAll(/(_history\/|W\/\\?"|"versionId":")[A-Za-z0-9._-]{16}/g, '$1<version>')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d)/g, '<instant>')
      .replaceAll(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g, '<time>');
  const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, clean(value)]));
  // The length follows from the words: an own body's instants have one length.
  return { ...answer, headers, text: clean(answer.text) };
}
