// Media types: JSON only, in and out. https://hl7.org/fhir/R4/http.html#mime-type · Refuses with 406 and 415.
import { problem } from '../core/problem.ts';

export const fhirJson = 'application/fhir+json';

const jsonTypes = new Set([fhirJson, 'application/json', 'text/json']);
const acceptedRanges = new Set([...jsonTypes, '*/*', 'application/*']);
const formats = new Set([...jsonTypes, 'json']);

export const ndjson = 'application/fhir+ndjson';

const noRanges: ReadonlySet<string> = new Set();

/** What an answer in lines, or a page, may be asked for as, beside JSON. https://hl7.org/fhir/R4/nd-json.html */
export const lineRanges: ReadonlySet<string> = new Set([
  ndjson,
  'application/ndjson',
  'application/x-ndjson',
  'text/ndjson',
]);

export const pageRanges: ReadonlySet<string> = new Set(['text/html', 'text/*']);

/**
 * `more`: what this address may be asked for as besides.
 * @throws not-acceptable when neither `_format` (which wins) nor Accept allows JSON of FHIR R4
 */
export function requireAcceptable(accept: string | undefined, format: string | undefined, more = noRanges): void {
  // A plus sign in a query arrives as a space: `application/fhir+json`.
  if (format !== undefined && format !== '') {
    if (!formats.has(mediaType(format).replaceAll(' ', '+'))) throw problem('not-acceptable');
    return;
  }
  if (accept === undefined || accept === '') return;
  const isAccepted = accept.split(',').some((range) => {
    const version = findParameter(range, 'fhirVersion') ?? '4.0';
    const isRefused = /;\s*q=0(?:\.0{1,3})?\s*$/i.test(range);
    const isKnown = acceptedRanges.has(mediaType(range)) || more.has(mediaType(range));
    return isKnown && !isRefused && version === '4.0';
  });
  if (!isAccepted) throw problem('not-acceptable');
}

/** @throws media-type-unsupported unless the body is declared as JSON of FHIR R4 in UTF-8 */
export function requireJsonContent(contentType: string | undefined): void {
  const header = contentType ?? '';
  const charset = findParameter(header, 'charset')?.toLowerCase() ?? 'utf-8';
  const version = findParameter(header, 'fhirVersion') ?? '4.0';
  if (!jsonTypes.has(mediaType(header)) || charset !== 'utf-8' || version !== '4.0')
    throw problem('media-type-unsupported');
}

/** @throws media-type-unsupported where the body is compressed: a small body could become any size. RFC 9110 §15.5.16 */
export function requireIdentityEncoding(contentEncoding: string | undefined): void {
  if (contentEncoding === undefined || contentEncoding.trim().toLowerCase() === 'identity') return;
  throw problem('media-type-unsupported', {
    diagnostics: 'Send the body as it is, without Content-Encoding.',
    headers: { 'Accept-Encoding': 'identity' },
  });
}

/** @throws media-type-unsupported unless the body is a form, as POST _search asks for */
export function requireFormContent(contentType: string | undefined): void {
  if (mediaType(contentType ?? '') !== 'application/x-www-form-urlencoded') {
    throw problem('media-type-unsupported', { diagnostics: 'Send application/x-www-form-urlencoded to _search.' });
  }
}

/** `charset` of `application/json; charset="utf-8"`; undefined where it is not said. */
function findParameter(header: string, name: 'charset' | 'fhirVersion'): string | undefined {
  const parameters = header
    .split(';')
    .slice(1)
    .map((part) => part.split('='));
  const found = parameters.find(([key = '']) => key.trim().toLowerCase() === name.toLowerCase());
  return found?.[1]?.trim().replaceAll('"', '');
}

/** `application/fhir+json` of `application/fhir+json; charset=utf-8`. */
export function mediaType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}
