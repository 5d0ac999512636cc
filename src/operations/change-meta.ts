// What $meta-add and $meta-delete have in common: read the current version, change its profiles, tags and security labels, and put
// the whole resource down as its next version, valid as any other. https://hl7.org/fhir/R4/resource-operations.html#meta
// If-Match may be sent and then counts; without it a change that came between is met by trying again, since both only add or take away.
import { decide } from '../access/decide.ts';
import { decideChange } from '../access/decide-write.ts';
import { isProtectedLabel } from '../access/protected-labels.ts';
import { Problem, problem } from '../core/problem.ts';
import { requireIfMatch, toETag } from '../fhir/etag.ts';
import { parseJson } from '../fhir/json.ts';
import type { FhirCoding, FhirMeta, FhirResource } from '../fhir/resource.ts';
import { parseResource, requireResource, requireValid } from '../interactions/accept-resource.ts';
import { toServedBody } from '../interactions/answer.ts';
import { auditRead } from '../interactions/audit-rows.ts';
import { carryOut } from '../interactions/carry-out.ts';
import type { OperationRequest } from '../interactions/operation.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';

/** What may be added or taken away; nothing else of a Meta counts. */
export interface MetaChange {
  readonly profile: readonly string[];
  readonly tag: readonly FhirCoding[];
  readonly security: readonly FhirCoding[];
}

interface MetaOperation {
  readonly kind: 'meta-add' | 'meta-delete';
  /** The resource's meta with the change made. */
  readonly apply: (meta: FhirMeta, change: MetaChange) => FhirMeta;
}

/** So many changes of others may come between. */
const mostTries = 5;

/** 200 with the meta as it is now. @throws not-found, gone, not-your-resource, version-conflict, label-protected, and what an update throws */
export async function changeMeta(
  services: Services,
  context: RequestContext,
  { request, operation }: { readonly request: OperationRequest; readonly operation: MetaOperation },
): Promise<Answer> {
  const { type = '', id = '' } = request;
  const change = readMetaChange(services, request);
  const wanted = request.ifMatch === undefined ? undefined : requireIfMatch(request.ifMatch);
  for (let tries = 1; ; tries += 1) {
    const permit = decide({ kind: operation.kind, type, id }, { ...context, at: services.clock() });
    const current = await services.store.read(permit, { type, id });
    if (current === undefined) throw problem('not-found');
    const { body, versionId } = current;
    if (body === undefined) throw problem('gone');
    decideChange(permit, current);
    if (wanted !== undefined && wanted !== versionId) throw problem('version-conflict');
    const resource = parseStored(services, body);
    const before = resource.meta ?? {};
    const meta = operation.apply(before, change);
    if (countLabels(meta) === countLabels(before)) {
      await auditRead(services, permit, { type, versions: [current] });
      return toMetaAnswer(toServedMeta(services, { ...current, body }), versionId);
    }
    const changed = { ...resource, meta };
    requireValid(changed, type, services);
    try {
      const [outcome] = await carryOut(
        services,
        permit,
        [
          {
            kind: 'update',
            type,
            id,
            permit,
            path: type,
            resource: changed,
            ifMatch: versionId,
            hiddenReferences: new Set(current.hiddenReferences),
          },
        ],
        operation.kind,
      );
      if (outcome?.body === undefined) throw problem('internal', { detail: 'a change without an outcome' });
      return toMetaAnswer(parseStored(services, outcome.body).meta ?? {}, outcome.versionId ?? '');
    } catch (error) {
      const isOvertaken = error instanceof Problem && error.findings[0].code === 'version-conflict';
      if (!isOvertaken || wanted !== undefined || tries >= mostTries) throw error;
    }
  }
}

/** 200 with `Parameters.parameter[return].valueMeta`. */
export function toMetaAnswer(meta: FhirMeta, versionId: string): Answer {
  const body = JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: meta }] });
  return { status: 200, headers: { ETag: toETag(versionId) }, body };
}

/** The meta that the reader is shown. */
export function toServedMeta(services: Services, version: Parameters<typeof toServedBody>[1]): FhirMeta {
  return parseStored(services, toServedBody(services, version)).meta ?? {};
}

/** The codings of `from` that are, by system and code, among `others`; `isAmong` false: those that are not. */
export function selectCodings(
  from: readonly FhirCoding[],
  { others, isAmong }: { readonly others: readonly FhirCoding[]; readonly isAmong: boolean },
): readonly FhirCoding[] {
  return from.filter(
    ({ system, code }) => others.some((other) => other.system === system && other.code === code) === isAmong,
  );
}

/** Meta without the lists that are empty: FHIR has no empty arrays. */
export function withLists(meta: FhirMeta, lists: MetaChange): FhirMeta {
  const { profile: _profile, tag: _tag, security: _security, ...rest } = meta;
  return {
    ...rest,
    ...(lists.profile.length === 0 ? {} : { profile: [...lists.profile] }),
    ...(lists.security.length === 0 ? {} : { security: [...lists.security] }),
    ...(lists.tag.length === 0 ? {} : { tag: [...lists.tag] }),
  };
}

function parseStored(services: Services, body: string): FhirResource {
  return requireResource(parseJson(body, { maxDepth: services.limits.jsonDepth }), undefined);
}

function readMetaChange(services: Services, { name, body }: OperationRequest): MetaChange {
  const resource = parseResource(body, services);
  if (resource.resourceType !== 'Parameters') {
    throw problem('resource-type-mismatch', { expression: 'resourceType', diagnostics: 'Send a Parameters resource.' });
  }
  const [only, ...others] = toList(resource['parameter']);
  if (!isObject(only) || only['name'] !== 'meta' || !isObject(only['valueMeta']) || others.length > 0) {
    throw problem('operation-parameter-invalid', {
      expression: 'Parameters.parameter',
      diagnostics: `${name} takes one parameter, meta, with a valueMeta.`,
    });
  }
  const meta = only['valueMeta'];
  const change = {
    profile: readProfiles(meta),
    tag: readCodings(meta, 'tag'),
    security: readCodings(meta, 'security'),
  };
  if (change.profile.length + change.tag.length + change.security.length === 0) {
    throw problem('operation-parameter-invalid', {
      expression: place,
      diagnostics: 'Name at least one profile, tag or security label.',
    });
  }
  return change;
}

/** Labels are only added, or only taken away: as many as before are the same. */
const countLabels = ({ profile = [], tag = [], security = [] }: FhirMeta): number =>
  profile.length + tag.length + security.length;

const toList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const place = 'Parameters.parameter[0].valueMeta';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readProfiles({ profile = [] }: Readonly<Record<string, unknown>>): readonly string[] {
  if (!Array.isArray(profile) || profile.some((item) => typeof item !== 'string' || item === '')) {
    throw problem('wrong-type', { expression: `${place}.profile`, diagnostics: 'Send an array of canonical URLs.' });
  }
  return profile as readonly string[];
}

function readCodings(meta: Readonly<Record<string, unknown>>, key: 'tag' | 'security'): readonly FhirCoding[] {
  const list = meta[key] ?? [];
  if (!Array.isArray(list))
    throw problem('wrong-type', { expression: `${place}.${key}`, diagnostics: 'Send an array of Codings.' });
  return list.map((item: unknown, at) => {
    const expression = `${place}.${key}[${at}]`;
    const isCoding =
      isObject(item) &&
      typeof item['code'] === 'string' &&
      (item['system'] === undefined || typeof item['system'] === 'string');
    if (!isCoding)
      throw problem('wrong-type', {
        expression,
        diagnostics: 'Send a Coding with a code and, where it has one, its system.',
      });
    if (isProtectedLabel(item)) throw problem('label-protected', { expression });
    return item;
  });
}
