// $export-status: how far an export has come (202), the manifest of its files (200), and DELETE, which ends it and takes them away.
// https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request · Anybody else's job does not exist (404).
import { decide } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import { hasScope } from '../access/scopes.ts';
import { type Problem, problem, problemKinds } from '../core/problem.ts';
import { formatInstant } from '../fhir/instant.ts';
import type { Operation, OperationRequest } from '../interactions/operation.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import type { ExportJob } from '../store/export-store.ts';
import { readOperationParameters } from './operation-parameters.ts';
import { startExports } from './run-exports.ts';

/** Lines of a file. What is listed is fetched in files of this size. */
export const linesPerFile = 10_000;

export const exportStatus: Operation = {
  name: '$export-status',
  summary:
    'How far an export has come: 202 with `X-Progress`, then 200 with the manifest. DELETE ends it and takes its files away. Only for the client and party that asked.',
  definition: undefined,
  levels: ['system'],
  types: undefined,
  allowsGet: true,
  allowsDelete: true,
  run: answerStatus,
};

/** @throws not-found; what stopped the export where it failed, internal where that is not known */
async function answerStatus(services: Services, context: RequestContext, request: OperationRequest): Promise<Answer> {
  const parameters = readOperationParameters(services, context, { request, names: ['job'] });
  const jobId = parameters.one('job') ?? '';
  const permit = decideOwnExport(services, context);
  if (request.isDelete) {
    if (!(await services.store.exports.remove(permit, jobId))) throw problem('not-found');
    return { status: 202, headers: {}, body: undefined };
  }
  const job = await services.store.exports.find(permit, jobId);
  if (job === undefined) throw problem('not-found');
  switch (job.state) {
    case 'failed':
      throw toFailure(job);
    case 'open':
      // Whoever looks keeps it going, also where the process that began it is gone.
      startExports(services);
      return { status: 202, headers: { 'X-Progress': toProgress(job), 'Retry-After': '2' }, body: undefined };
    case 'done':
      return {
        status: 200,
        headers: { Expires: job.expiresAt.toUTCString() },
        body: JSON.stringify(await toManifest(services, permit, job)),
        contentType: 'application/json',
      };
  }
}

/** What the listing was refused with; a fault of the hub where that is not known. */
function toFailure({ id, failure }: ExportJob): Problem {
  const reason = failure?.diagnostics === undefined ? '' : `${failure.diagnostics} `;
  // The row may be of another version of the hub.
  const code = failure !== undefined && failure.code in problemKinds ? failure.code : 'internal';
  return problem(code, {
    detail: `export ${id} failed`,
    diagnostics: `${reason}The export failed. Delete it and ask again.`,
  });
}

/** Right to look at one's own exports: whoever may export any type. @throws scope-insufficient */
export function decideOwnExport(services: Services, context: RequestContext): Permit {
  const { scopes, kind } = context.principal;
  const types = Object.entries(services.mode.policies).filter(
    ([, policy]) => policy.kind === 'directory' || (kind === 'system' && policy.kind === 'patient'),
  );
  const [type = 'Organization'] =
    types.find(([name]) => hasScope(scopes, name, 'r') && hasScope(scopes, name, 's')) ?? [];
  return decide({ kind: 'export', type }, { ...context, at: services.clock() });
}

function toProgress({ work, step, listed }: ExportJob): string {
  return `${listed} lines, step ${Math.min(step + 1, work.steps.length)} of ${work.steps.length}`;
}

/**
 * A version has the time at which its request was decided and is seen from its commit on. Runs by `_since` overlap by more than
 * lies between the two, so that a write under way while one run lists is in the next.
 */
const overlapMs = 60_000;

async function toManifest(services: Services, permit: Permit, job: ExportJob): Promise<object> {
  const counts = await services.store.exports.countLines(permit, job.id);
  const output = counts.flatMap(({ type, last }) =>
    Array.from({ length: Math.ceil(last / linesPerFile) }, (_, at) => ({
      type,
      url: `${services.baseUrl}/$export-file?job=${job.id}&type=${type}&part=${at + 1}`,
    })),
  );
  return {
    transactionTime: formatInstant(new Date(job.transactionAt.getTime() - overlapMs)),
    request: job.request,
    requiresAccessToken: true,
    output,
    error: [],
  };
}
