// The writing entries of a transaction as changes: each decided by scope and validated, its links to other entries resolved.
// https://hl7.org/fhir/R4/http.html#trules · All that is wrong in any entry is told at once.
import { decide } from '../access/decide.ts';
import { type Finding, problem, throwIfErrors } from '../core/problem.ts';
import { findIfMatch } from '../fhir/etag.ts';
import { type ReplaceLink, rewriteLinks } from '../fhir/rewrite-links.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { findFaults, mayBeWithdrawal, requireId, requireType } from './accept-resource.ts';
import type { BundleEntry } from './bundle-entry.ts';
import type { Change } from './change.ts';
import { parseCondition, parseConditionOf } from './condition.ts';
import { chooseId } from './create.ts';
import { locateAt } from './locate.ts';
import { parsePatchResource } from './parse-patch.ts';
import type { RequestContext, Services } from './services.ts';

interface Entries {
  readonly entries: readonly BundleEntry[];
  readonly at: Date;
}

/** @throws scope-insufficient, role-forbidden, if-match-required, resource-type-mismatch, id-mismatch, patch-malformed, search-…, and what validation finds */
export function toChanges(
  services: Services,
  context: RequestContext,
  { entries, at }: Entries,
): ReadonlyMap<BundleEntry, Change> {
  const { ids, links } = findLinks(services, { entries, at });
  const findings: Finding[] = [];
  const changes = new Map<BundleEntry, Change>();
  for (const entry of entries) {
    const change = locateAt(entry.path, () =>
      toChange(services, context, { entry, at, id: ids.get(entry) ?? '', links, findings }),
    );
    if (change !== undefined) changes.set(entry, change);
  }
  throwIfErrors(findings);
  return changes;
}

interface BundleLinks {
  /** The id that each entry's resource has or gets, where it is known or chosen now. */
  readonly ids: ReadonlyMap<BundleEntry, string>;
  /** fullUrl -> `Type/id` */
  readonly links: ReadonlyMap<string, string>;
}

function findLinks(services: Services, { entries, at }: Entries): BundleLinks {
  const ids = new Map<BundleEntry, string>();
  const links = new Map<string, string>();
  for (const entry of entries) {
    const { target, resource, fullUrl } = entry;
    if (target.kind !== 'create' && target.kind !== 'update' && target.kind !== 'patch') continue;
    if (target.kind !== 'patch' && resource !== undefined) services.normalizeSystems(resource);
    const id = chooseEntryId(services, entry, at);
    if (id === undefined) continue;
    ids.set(entry, id);
    if (fullUrl !== undefined) links.set(fullUrl, `${target.type}/${id}`);
  }
  return { ids, links };
}

function chooseEntryId(services: Services, { target, resource }: BundleEntry, at: Date): string | undefined {
  if (target.kind === 'create') return resource === undefined ? undefined : chooseId(resource, services, at);
  if (target.kind !== 'update' && target.kind !== 'patch') return undefined;
  // For a conditional update: the id it gets unless something matches.
  return target.id ?? resource?.id ?? services.ids.resourceId(at.getTime());
}

interface ChangeInput {
  readonly entry: BundleEntry;
  readonly at: Date;
  readonly id: string;
  readonly links: ReadonlyMap<string, string>;
  readonly findings: Finding[];
}

function toChange(services: Services, context: RequestContext, input: ChangeInput): Change | undefined {
  const { entry, at, id, findings } = input;
  const { target, ifNoneExist, parameters } = entry;
  if (target.kind !== 'create' && target.kind !== 'update' && target.kind !== 'patch' && target.kind !== 'delete')
    return undefined;
  const { type } = target;
  if (target.kind === 'create') {
    const permit = decide({ kind: 'create', type, ifNoneExist }, { ...context, at });
    const { resource, path } = toResource(services, input, type);
    findings.push(...findFaults(resource, path, services));
    const condition = ifNoneExist === undefined ? undefined : parseCondition(services, `${type}?${ifNoneExist}`);
    return { kind: 'create', type, id, permit, path, resource, ifNoneExist: condition };
  }
  const permit = decide(target, { ...context, at });
  const ifMatch = findIfMatch(entry.ifMatch, services.mode.requiresIfMatch);
  const condition = target.id === undefined ? parseConditionOf(services, type, parameters) : undefined;
  const common = { type, permit, ifMatch, condition };
  if (target.kind === 'delete') return { kind: 'delete', ...common, id: target.id ?? '', path: entry.path };
  if (target.kind === 'patch') {
    const path = `${entry.path}.resource`;
    const patch = parsePatchResource(services, requireBody(entry), path);
    return { kind: 'patch', ...common, id, path, patch };
  }
  const { resource, path } = toResource(services, input, type);
  if (target.id !== undefined) requireId(resource, target.id, path);
  const faults = findFaults(resource, path, services);
  if (mayBeWithdrawal(resource, services)) return { kind: 'update', ...common, id, path, resource, faults };
  findings.push(...faults);
  return { kind: 'update', ...common, id, path, resource };
}

function requireBody({ resource, path }: BundleEntry): FhirResource {
  if (resource === undefined) throw problem('bundle-entry', { expression: `${path}.resource`, diagnostics: 'Add it.' });
  return resource;
}

/** The entry's resource with its links to other entries as `Type/id`. @throws resource-type-mismatch */
function toResource(
  services: Services,
  { entry, links }: ChangeInput,
  type: string,
): { readonly resource: FhirResource; readonly path: string } {
  const path = `${entry.path}.resource`;
  const resource = requireBody(entry);
  requireType(resource, type, path);
  return { resource: rewriteLinks(resource, toReplace(entry.fullUrl, links), services.shapes), path };
}

/** A relative link in an entry whose fullUrl is on some server means that server. https://hl7.org/fhir/R4/bundle.html#references */
function toReplace(fullUrl: string | undefined, links: ReadonlyMap<string, string>): ReplaceLink {
  const base = /^(https?:\/\/\S+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl ?? '')?.[1];
  if (base === undefined) return (text) => links.get(text);
  return (text) => links.get(text) ?? links.get(`${base}${text}`);
}
