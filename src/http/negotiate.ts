// Media types: JSON only, in and out. https://hl7.org/fhir/R4/http.html#mime-type · Refuses with 406 and 415.
import { problem } from '../core/problem.ts';

export const fhirJson = 'application/fhir+json';

const jsonTypes = new Set([fhirJson, 'application/json', 'text/json']);
const acceptedRanges = new Set([...jsonTypes, '*/*', 'application/*']);
const formats = new Set([...jsonTypes, 'json']);

/** @throws not-acceptable when neither `_format` (which wins) nor Accept allows JSON of FHIR R4 */
export function requireAcceptable(accept: string | undefined, format: string | undefined): void {
  // A plus sign in a query arrives as a space: `application/fhir+json`.
  if (format !== undefined && format !== '') {
    if (!formats.has(mediaType(format).replaceAll(' ', '+'))) throw problem('not-acceptable');
    return;
  }
  if (accept === undefined || accept === '') return;
  const isAccepted = accept.split(',').some((range) => {
    const version = /;\s*fhirVersion\s*=\s*"?([^";]+)"?/i.exec(range)?.[1];
    const isRefused = /;\s*q=0(?:\.0{1,3})?\s*$/i.test(range);
    return acceptedRanges.has(mediaType(range)) && !isRefused && (version === undefined || version.trim() === '4.0');
  });
  if (!isAccepted) throw problem('not-acceptable');
}

/** @throws media-type-unsupported unless the body is declared as JSON in UTF-8 */
export function requireJsonContent(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^";]+)"?/i.exec(contentType ?? '')?.[1];
  if (!jsonTypes.has(mediaType(contentType ?? '')) || (charset !== undefined && charset.trim().toLowerCase() !== 'utf-8')) {
    throw problem('media-type-unsupported');
  }
}

/** @throws media-type-unsupported unless the body is a form, as POST _search asks for */
export function requireFormContent(contentType: string | undefined): void {
  if (mediaType(contentType ?? '') !== 'application/x-www-form-urlencoded') {
    throw problem('media-type-unsupported', { diagnostics: 'Send application/x-www-form-urlencoded to _search.' });
  }
}

function mediaType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}
