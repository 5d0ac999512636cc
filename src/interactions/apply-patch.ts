// A patch and the locked version it is for give an update: applied to what the writer sees of it, validated as any update.
// https://hl7.org/fhir/R4/http.html#patch · docs/decisions/0017-patch-on-a-reduced-view.md
import { cutHidden, restoreHidden } from '../access/reduced-view.ts';
import { type Finding, problem, throwIfErrors } from '../core/problem.ts';
import { fromTree, toTree, type TreeObject } from '../fhir/exact-numbers.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import { forEachReference, parseReference } from '../fhir/reference.ts';
import type { LockedVersion } from '../store/store.ts';
import { requireId, requireResource, requireType, requireValidUpdate } from './accept-resource.ts';
import type { Patch, Update } from './change.ts';
import { joinPath } from './locate.ts';
import type { Services } from './services.ts';

/** @throws patch-failed, patch-test-failed, reduced-view, id-mismatch, resource-type-mismatch, body-too-large, and what validation finds */
export function applyPatch(services: Services, change: Patch, before: LockedVersion, body: string): Update {
  const { path, type } = change;
  const hidden = new Set(before.hiddenReferences);
  const isHidden = (text: string): boolean => {
    const parsed = parseReference(text, services.baseUrl);
    return parsed.kind === 'local' && hidden.has(`${parsed.type}/${parsed.id}`);
  };
  const tree = toTree(parseJson(body, { maxDepth: services.limits.jsonDepth })) as TreeObject;
  const cuts = hidden.size === 0 ? [] : cutHidden(tree, isHidden);
  const patched = change.patch(tree);
  if (hidden.size > 0) {
    // A reference to what the writer may not see is refused as one to nothing.
    throwIfErrors(findHidden(patched, path, isHidden));
    if (!restoreHidden(patched, cuts)) throw problem('reduced-view', { expression: path });
  }
  const resource = requireResource(fromTree(patched), path);
  requireType(resource, type, path);
  requireId(resource, change.id, path);
  if (Buffer.byteLength(stringifyJson(resource)) > services.limits.resourceBytes) {
    throw problem('body-too-large', { expression: path, diagnostics: 'The patched resource is too large.' });
  }
  const faults = requireValidUpdate(resource, path, services);
  return { ...change, kind: 'update', resource, method: 'PATCH', hiddenReferences: hidden, faults };
}

function findHidden(patched: TreeObject, path: string, isHidden: (text: string) => boolean): readonly Finding[] {
  const findings: Finding[] = [];
  forEachReference(requireResource(fromTree(patched), path), ({ reference }, expression) => {
    if (isHidden(reference)) {
      findings.push({ code: 'reference-not-found', severity: 'error', expression: joinPath(path, expression) });
    }
  });
  return findings;
}
