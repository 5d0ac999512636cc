// transaction and batch. https://hl7.org/fhir/R4/http.html#transaction
// A transaction goes down whole or not at all; a batch's entries stand or fall each by itself.
import { decide } from '../access/decide.ts';
import { type Finding, Problem, problem, throwIfErrors } from '../core/problem.ts';
import { toResponseBundle, type ResponseEntry } from '../fhir/bundle.ts';
import { requireIfMatch, toETag } from '../fhir/etag.ts';
import { formatInstant } from '../fhir/instant.ts';
import { stringifyJson } from '../fhir/json.ts';
import { toOperationOutcome } from '../fhir/outcome.ts';
import { rewriteReferences } from '../fhir/reference.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { findFaults, parseResource } from './accept-resource.ts';
import { toRefusedRow } from './audit-rows.ts';
import { type BundleEntry, parseBundle } from './bundle-entry.ts';
import { carryOut } from './carry-out.ts';
import type { Change, Outcome } from './change.ts';
import { parseCondition } from './condition.ts';
import { chooseId } from './create.ts';
import { locateAt } from './locate.ts';
import type { FhirRequest } from './run.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import { requireId } from './update.ts';

type RunEntry = (services: Services, context: RequestContext, request: FhirRequest) => Promise<Answer>;

interface BundleRequest {
  readonly body: string;
  /** How one entry of a batch, or a read inside a transaction, is carried out: the same as a request of its own. */
  readonly runEntry: RunEntry;
}

/** 200 with a transaction-response or batch-response. @throws for a transaction: the first entry's problem, and nothing is written */
export async function runBundle(services: Services, context: RequestContext, request: BundleRequest): Promise<Answer> {
  const bundle = parseBundle(parseResource(request.body, services), services.limits);
  const { runEntry } = request;
  const entries =
    bundle.type === 'transaction'
      ? await runTransaction(services, context, { entries: bundle.entries, runEntry })
      : await runBatch(services, context, { entries: bundle.entries, runEntry });
  return { status: 200, headers: {}, body: toResponseBundle(`${bundle.type}-response`, entries) };
}

interface EntriesRequest {
  readonly entries: readonly BundleEntry[];
  readonly runEntry: RunEntry;
}

async function runTransaction(
  services: Services,
  context: RequestContext,
  { entries, runEntry }: EntriesRequest,
): Promise<readonly ResponseEntry[]> {
  const at = services.clock();
  const permit = decide({ kind: 'transaction' }, { ...context, at });
  const changes = toChanges(services, context, { entries, at });
  const list = [...changes.values()];
  const outcomes = list.length === 0 ? [] : await carryOut(services, permit, list, 'transaction');
  const outcomeOf = new Map(list.map((change, index) => [change, outcomes[index]]));
  const answers: ResponseEntry[] = [];
  for (const entry of entries) {
    const change = changes.get(entry);
    const outcome = change === undefined ? undefined : outcomeOf.get(change);
    // Reads come last: they see what this transaction wrote.
    answers.push(
      outcome === undefined
        ? await runOne(services, context, { entry, runEntry })
        : toEntry(services, context, outcome),
    );
  }
  return answers;
}

async function runBatch(
  services: Services,
  context: RequestContext,
  { entries, runEntry }: { readonly entries: readonly (BundleEntry | Problem)[]; readonly runEntry: RunEntry },
): Promise<readonly ResponseEntry[]> {
  const answers: ResponseEntry[] = [];
  for (const entry of entries) {
    answers.push(
      entry instanceof Problem
        ? await refuseEntry(services, context, { interaction: 'batch', type: undefined, cause: entry })
        : await runOne(services, context, { entry, runEntry }),
    );
  }
  return answers;
}

async function runOne(
  services: Services,
  context: RequestContext,
  { entry, runEntry }: { readonly entry: BundleEntry; readonly runEntry: RunEntry },
): Promise<ResponseEntry> {
  try {
    const answer = await runEntry(services, context, {
      ...entry,
      isRead: entry.resource === undefined,
      body: entry.resource === undefined ? '' : stringifyJson(entry.resource),
    });
    return {
      status: statusLine(answer.status),
      body: answer.body,
      location: answer.headers['Location'],
      etag: answer.headers['ETag'],
    };
  } catch (cause) {
    // Who is out is out for the whole Bundle, not entry by entry.
    if (!(cause instanceof Problem) || cause.status === 401) throw cause;
    const { target } = entry;
    const type = 'type' in target ? target.type : undefined;
    return refuseEntry(services, context, { interaction: target.kind, type, cause });
  }
}

async function refuseEntry(
  services: Services,
  context: RequestContext,
  {
    interaction,
    type,
    cause,
  }: { readonly interaction: string; readonly type: string | undefined; readonly cause: Problem },
): Promise<ResponseEntry> {
  await services.store.audit([toRefusedRow(context, services.clock(), { interaction, type, status: cause.status })]);
  return { status: statusLine(cause.status), outcome: toOperationOutcome(cause.findings, context.language) };
}

/** Every write of the transaction, decided by scope and validated; all that is wrong in any entry is told at once. */
function toChanges(
  services: Services,
  context: RequestContext,
  { entries, at }: { readonly entries: readonly BundleEntry[]; readonly at: Date },
): ReadonlyMap<BundleEntry, Change> {
  const ids = new Map<BundleEntry, string>();
  const placeholders = new Map<string, string>();
  for (const entry of entries) {
    const { target, resource } = entry;
    if (target.kind === 'create' && resource !== undefined) {
      services.normalizeSystems(resource);
      const id = chooseId(resource, services, at);
      ids.set(entry, id);
      if (entry.fullUrl !== undefined) placeholders.set(entry.fullUrl, `${target.type}/${id}`);
    } else if (target.kind === 'update' && entry.fullUrl !== undefined) {
      placeholders.set(entry.fullUrl, `${target.type}/${target.id}`);
    }
  }
  const findings: Finding[] = [];
  const changes = new Map<BundleEntry, Change>();
  for (const entry of entries) {
    const change = locateAt(entry.path, () =>
      toChange(services, context, { entry, at, id: ids.get(entry), placeholders, findings }),
    );
    if (change !== undefined) changes.set(entry, change);
  }
  throwIfErrors(findings);
  requireDistinct([...changes.values()]);
  return changes;
}

function toChange(
  services: Services,
  context: RequestContext,
  input: {
    readonly entry: BundleEntry;
    readonly at: Date;
    readonly id: string | undefined;
    readonly placeholders: ReadonlyMap<string, string>;
    readonly findings: Finding[];
  },
): Change | undefined {
  const { entry, at } = input;
  const { target, ifNoneExist } = entry;
  const path = `${entry.path}.resource`;
  if (target.kind === 'delete') {
    const { type, id } = target;
    const permit = decide({ kind: 'delete', type, id }, { ...context, at });
    return { kind: 'delete', type, id, permit, path: entry.path, ifMatch: requireIfMatch(entry.ifMatch) };
  }
  if ((target.kind !== 'create' && target.kind !== 'update') || entry.resource === undefined) return undefined;
  const { type } = target;
  if (entry.resource.resourceType !== type) {
    throw problem('resource-type-mismatch', {
      expression: `${path}.resourceType`,
      diagnostics: `The address says ${type}.`,
    });
  }
  const resource = replacePlaceholders(entry.resource, input.placeholders);
  if (target.kind === 'update') {
    const permit = decide({ kind: 'update', type, id: target.id }, { ...context, at });
    const ifMatch = requireIfMatch(entry.ifMatch);
    requireId(resource, target.id, path);
    input.findings.push(...findFaults(resource, path, services));
    return { kind: 'update', type, id: target.id, permit, path, resource, ifMatch };
  }
  const permit = decide({ kind: 'create', type, ifNoneExist }, { ...context, at });
  input.findings.push(...findFaults(resource, path, services));
  const condition = ifNoneExist === undefined ? undefined : parseCondition(services, `${type}?${ifNoneExist}`);
  return { kind: 'create', type, id: input.id ?? '', permit, path, resource, ifNoneExist: condition };
}

/** References to other entries by their fullUrl become `Type/id`. https://hl7.org/fhir/R4/http.html#trules */
function replacePlaceholders(resource: FhirResource, placeholders: ReadonlyMap<string, string>): FhirResource {
  return rewriteReferences(resource, ({ reference }) => placeholders.get(reference));
}

/** Two registrations of one person in one transaction would be one resource written twice. */
function requireDistinct(changes: readonly Change[]): void {
  const seen = new Set<string>();
  for (const change of changes) {
    const key = `${change.type}/${change.id}`;
    if (seen.has(key)) throw problem('bundle-duplicate-target', { expression: change.path });
    seen.add(key);
  }
}

const reasons: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 204: 'No Content', 304: 'Not Modified' };

function statusLine(status: number): string {
  const reason = reasons[status];
  return reason === undefined ? String(status) : `${status} ${reason}`;
}

function toEntry(services: Services, context: RequestContext, outcome: Outcome): ResponseEntry {
  const { type, id, versionId, lastUpdated, status, body } = outcome;
  return {
    status: statusLine(status),
    location: status === 204 ? undefined : `${services.baseUrl}/${type}/${id}/_history/${versionId}`,
    etag: toETag(versionId),
    lastModified: lastUpdated === undefined ? undefined : formatInstant(lastUpdated),
    ...(context.preferReturn === 'representation' && body !== undefined
      ? { fullUrl: `${services.baseUrl}/${type}/${id}`, body }
      : {}),
  };
}
