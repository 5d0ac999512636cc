// The body of a patch: JSON Patch, or FHIRPath Patch as Parameters; in a Bundle the first as a Binary.
// https://hl7.org/fhir/R4/http.html#patch · Refuses what is malformed (400); what cannot be carried out is found when it is.
import { problem } from '../core/problem.ts';
import type { FindShapes } from '../fhir/element-shapes.ts';
import { isTreeObject, type TreeObject } from '../fhir/exact-numbers.ts';
import { applyFhirPathPatch } from '../fhir/fhirpath-patch.ts';
import { applyJsonPatch, parseJsonPatch, type PatchLimits } from '../fhir/json-patch.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import { parseFhirPathPatch } from '../fhir/parse-fhirpath-patch.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { Services } from './services.ts';

export type PatchFormat = 'json-patch' | 'fhirpath-patch';

export const jsonPatchType = 'application/json-patch+json';

/** A patch that was understood: gives the changed tree, which may be the same object. @throws patch-failed, patch-test-failed */
export type ParsedPatch = (tree: TreeObject) => TreeObject;

/** @throws body-missing, json-…, patch-malformed */
export function parsePatch(services: Services, body: string, format: PatchFormat): ParsedPatch {
  if (body.trim() === '') throw problem('body-missing');
  const limits: PatchLimits = services.limits;
  const document = parseJson(body, { maxDepth: limits.jsonDepth });
  return format === 'json-patch' ? toJsonPatch(document, limits) : toFhirPathPatch(document, limits, services.shapes);
}

/** The patch of a Bundle's entry. @throws bundle-entry, json-…, patch-malformed */
export function parsePatchResource(services: Services, resource: FhirResource, path: string): ParsedPatch {
  const { body, format } = readPatchResource(resource, path);
  return parsePatch(services, body, format);
}

/** What the entry would send as a request of its own. @throws bundle-entry */
export function readPatchResource(
  resource: FhirResource,
  path: string,
): { readonly body: string; readonly format: PatchFormat } {
  if (resource.resourceType === 'Parameters') return { body: stringifyJson(resource), format: 'fhirpath-patch' };
  const { contentType, data } = resource;
  const isJsonPatch = typeof contentType === 'string' && contentType.split(';')[0]?.trim() === jsonPatchType;
  if (resource.resourceType !== 'Binary' || !isJsonPatch || typeof data !== 'string') {
    throw problem('bundle-entry', {
      expression: path,
      diagnostics: `PATCH takes Parameters, or a Binary with contentType ${jsonPatchType} and data.`,
    });
  }
  return { body: decode(data, path), format: 'json-patch' };
}

function toJsonPatch(document: unknown, limits: PatchLimits): ParsedPatch {
  const operations = parseJsonPatch(document, limits);
  return (tree) => {
    const patched = applyJsonPatch(tree, operations, limits);
    if (isTreeObject(patched)) return patched;
    throw problem('patch-failed', { diagnostics: 'The patch leaves no resource.' });
  };
}

function toFhirPathPatch(document: unknown, limits: PatchLimits, shapes: FindShapes): ParsedPatch {
  const operations = parseFhirPathPatch(document, limits);
  return (tree) => {
    applyFhirPathPatch(tree, operations, { shapes, limits });
    return tree;
  };
}

function decode(data: string, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(data, 'base64'));
  } catch {
    throw problem('bundle-entry', { expression: `${path}.data`, diagnostics: 'The data are not UTF-8 in base64.' });
  }
}
