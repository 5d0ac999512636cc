// Weak ETags made of version ids. https://hl7.org/fhir/R4/http.html#concurrency
import { problem } from '../core/problem.ts';

/** `W/"<versionId>"` */
export function toETag(versionId: string): string {
  return `W/"${versionId}"`;
}

/** The version id that a change must follow. @throws if-match-required, if-match-malformed */
export function requireIfMatch(header: string | undefined): string {
  if (header === undefined || header === '') throw problem('if-match-required');
  const versionId = /^(?:W\/)?"([A-Za-z0-9\-.]{1,64})"$/.exec(header.trim())?.[1];
  if (versionId === undefined) throw problem('if-match-malformed');
  return versionId;
}

/** The version id that a change must follow; undefined where none is named and none is required. @throws if-match-required, if-match-malformed */
export function findIfMatch(header: string | undefined, isRequired: boolean): string | undefined {
  return isRequired || (header !== undefined && header !== '') ? requireIfMatch(header) : undefined;
}

/** True when If-None-Match names this version. */
export function matchesETag(header: string | undefined, versionId: string): boolean {
  return (header ?? '').split(',').some((part) => part.trim().replace(/^W\//, '') === `"${versionId}"`);
}
