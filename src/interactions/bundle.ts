// transaction and batch. https://hl7.org/fhir/R4/http.html#transaction
// A transaction goes down whole or not at all; a batch's entries stand or fall each by itself.
import { decide } from '../access/decide.ts';
import { Problem, problem } from '../core/problem.ts';
import { toResponseBundle, type ResponseEntry } from '../fhir/bundle.ts';
import { toETag } from '../fhir/etag.ts';
import { formatInstant } from '../fhir/instant.ts';
import { stringifyJson } from '../fhir/json.ts';
import { toOperationOutcome } from '../fhir/outcome.ts';
import { parseResource } from './accept-resource.ts';
import { toRefusedRow } from './audit-rows.ts';
import { type BundleEntry, parseBundle } from './bundle-entry.ts';
import { carryOutAndThen } from './carry-out.ts';
import type { Outcome } from './change.ts';
import { locateAtAsync } from './locate.ts';
import { readPatchResource } from './parse-patch.ts';
import type { FhirRequest } from './run.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import { toChanges } from './to-changes.ts';

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
  const { outcomes, result } = await carryOutAndThen(services, permit, {
    changes: list,
    interaction: 'transaction',
    // Reads come last: they see what this transaction wrote, and take it back where they fail.
    andThen: async (inside) => {
      const answers = new Map<BundleEntry, ResponseEntry>();
      for (const entry of entries) {
        if (changes.has(entry)) continue;
        const answer = await locateAtAsync(entry.path, () => runEntry(inside, context, toRequest(entry)));
        answers.set(entry, toReadEntry(entry, answer));
      }
      return answers;
    },
  });
  const outcomeOf = new Map(list.map((change, index) => [change, outcomes[index]]));
  return entries.map((entry) => {
    const change = changes.get(entry);
    const outcome = change === undefined ? undefined : outcomeOf.get(change);
    const answer = outcome === undefined ? result.get(entry) : toEntry(services, context, outcome);
    if (answer === undefined) throw problem('internal', { detail: 'an entry without an answer' });
    return answer;
  });
}

/** An entry as a request of its own. */
function toRequest(entry: BundleEntry): FhirRequest {
  const { target, resource, path } = entry;
  if (target.kind === 'patch' && resource !== undefined) {
    const { body, format } = readPatchResource(resource, `${path}.resource`);
    return { ...entry, body, patchFormat: format };
  }
  return { ...entry, body: resource === undefined ? '' : stringifyJson(resource), patchFormat: 'fhirpath-patch' };
}

function toReadEntry({ isHead }: BundleEntry, answer: Answer): ResponseEntry {
  return {
    status: statusLine(answer.status),
    body: isHead ? undefined : answer.body,
    location: answer.headers['Location'],
    etag: answer.headers['ETag'],
  };
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
    return toReadEntry(entry, await runEntry(services, context, toRequest(entry)));
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
    etag: versionId === undefined ? undefined : toETag(versionId),
    lastModified: lastUpdated === undefined ? undefined : formatInstant(lastUpdated),
    ...(context.preferReturn === 'representation' && body !== undefined
      ? { fullUrl: `${services.baseUrl}/${type}/${id}`, body }
      : {}),
  };
}
