// $export-file: one file of a finished export, as NDJSON. Its lines are made while it is fetched: each page asks anew who may see what,
// under a permit of that moment, and its audit row is committed before it leaves (docs/decisions/0016-bulk-export.md).
// https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request
import { decide } from '../access/decide.ts';
import { problem } from '../core/problem.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { requireResource } from '../interactions/accept-resource.ts';
import { toServedBody } from '../interactions/answer.ts';
import { auditRead } from '../interactions/audit-rows.ts';
import type { Operation, OperationRequest } from '../interactions/operation.ts';
import { selectElements } from '../interactions/present.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import type { ExportJob } from '../store/export-store.ts';
import { decideOwnExport, linesPerFile } from './export-status.ts';
import { invalidParameter, readOperationParameters } from './operation-parameters.ts';

const linesPerPage = 200;

export const exportFile: Operation = {
  name: '$export-file',
  summary: 'One file of a finished export, named by the manifest. Holds what the caller may see while it is fetched.',
  definition: undefined,
  levels: ['system'],
  types: undefined,
  allowsGet: true,
  run: answerFile,
};

/** 200 with a stream of lines. @throws not-found, operation-parameter-invalid, scope-insufficient */
async function answerFile(services: Services, context: RequestContext, request: OperationRequest): Promise<Answer> {
  const parameters = readOperationParameters(services, context, { request, names: ['job', 'type', 'part'] });
  const [id = '', type = '', part = '1'] = [parameters.one('job'), parameters.one('type'), parameters.one('part')];
  if (!/^[1-9]\d{0,5}$/.test(part)) throw invalidParameter(exportFile.name, 'takes a whole number from 1 as part');
  const permit = decideOwnExport(services, context);
  const job = await services.store.exports.find(permit, id);
  if (job?.state !== 'done' || !job.work.steps.some((step) => step.type === type)) throw problem('not-found');
  const counts = await services.store.exports.countLines(permit, id);
  const last = counts.find((count) => count.type === type)?.last ?? 0;
  const first = (Number(part) - 1) * linesPerFile;
  if (first >= last) throw problem('not-found');
  // The scope is the present token's.
  decide({ kind: 'export', type }, { ...context, at: services.clock() });
  const lines = makeLines(services, context, { job, type, after: first, last: Math.min(last, first + linesPerFile) });
  // What goes wrong at once is answered as any error; only later trouble breaks the stream.
  const begun = await lines.next();
  return {
    status: 200,
    headers: {},
    body: undefined,
    contentType: 'application/fhir+ndjson',
    stream: begun.done === true ? nothing() : resume(begun.value, lines),
  };
}

interface Part {
  readonly job: ExportJob;
  readonly type: string;
  readonly after: number;
  readonly last: number;
}

async function* makeLines(
  services: Services,
  context: RequestContext,
  { job, type, after, last }: Part,
): AsyncGenerator<string, void> {
  for (let at = after; at < last; at += linesPerPage) {
    const permit = decide({ kind: 'export', type }, { ...context, at: services.clock() });
    const until = Math.min(at + linesPerPage, last);
    const versions = await services.store.exports.lines(permit, { jobId: job.id, type, after: at, until });
    if (versions.length === 0) continue;
    await auditRead(services, permit, { type, versions });
    yield versions
      .flatMap((version) =>
        version.body === undefined ? [] : [toServedBody(services, { ...version, body: version.body })],
      )
      .map((body) => `${job.work.elements.length === 0 ? body : reduce(services, job, body)}\n`)
      .join('');
  }
}

function reduce(services: Services, { work }: ExportJob, body: string): string {
  const resource: FhirResource = requireResource(parseJson(body, { maxDepth: services.limits.jsonDepth }), undefined);
  return stringifyJson(selectElements(resource, work.elements, services.shapes));
}

async function* resume(first: string, rest: AsyncGenerator<string, void>): AsyncGenerator<string, void> {
  yield first;
  yield* rest;
}

/** Of an empty file. */
async function* nothing(): AsyncGenerator<string, void> {}
