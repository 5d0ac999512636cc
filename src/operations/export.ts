// $export: asks for all that the caller may see, as NDJSON to be fetched later. https://hl7.org/fhir/uv/bulkdata/STU2/export.html
// For the whole hub, and for the data of persons (Patient); of the members of a Group by export-group.ts. Refuses what is not asked for
// with Prefer: respond-async (400), and more jobs at once than the settings allow (429).
import { decide } from '../access/decide.ts';
import { problem } from '../core/problem.ts';
import { parseJson } from '../fhir/json.ts';
import { parseReference } from '../fhir/reference.ts';
import { requireResource } from '../interactions/accept-resource.ts';
import { auditRead } from '../interactions/audit-rows.ts';
import type { Operation, OperationRequest } from '../interactions/operation.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import { readExportRequest } from './export-request.ts';
import { DefinitionsMoved } from '../store/search-state.ts';
import { keepPrincipal } from './kept-principal.ts';
import { startExports } from './run-exports.ts';

export const exportData: Operation = {
  name: '$export',
  summary:
    'Asks for all that the caller may see, as NDJSON: of the whole hub, or of persons (`Patient`). Needs `Prefer: respond-async`. Takes `_type`, `_since`, `_typeFilter`, `_elements`, `_outputFormat`; answers 202 with `Content-Location`.',
  definition: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export',
  levels: ['system', 'type'],
  types: ['Patient'],
  allowsGet: true,
  run: askForExport,
};

/** 202 with Content-Location. @throws operation-parameter-invalid, throttled, not-found (the Group), DefinitionsMoved, and as readExportRequest */
export async function askForExport(
  services: Services,
  context: RequestContext,
  request: OperationRequest,
): Promise<Answer> {
  const { type, id } = request;
  if (!context.isAsync) {
    throw problem('operation-parameter-invalid', {
      diagnostics: 'Send Prefer: respond-async. An export is always asynchronous.',
    });
  }
  const { generation } = services.search;
  const { steps, elements, query } = readExportRequest(services, context, request);
  // What is asked for is right for these definitions alone, and nothing is written yet.
  if ((await services.store.searchState.generation()) !== generation) throw new DefinitionsMoved();
  const patients = id === undefined ? undefined : await readMembers(services, context, id);
  const now = services.clock();
  const [first] = steps;
  const permit = decide({ kind: 'export', type: first?.type ?? 'Patient' }, { ...context, at: now });
  const jobId = services.ids.opaque() + services.ids.opaque();
  const path = [type, id, '$export'].filter((part) => part !== undefined).join('/');
  const isMade = await services.store.exports.create(permit, {
    id: jobId,
    request: `${services.baseUrl}/${path}${query === '' ? '' : `?${query}`}`,
    work: { steps, patients, elements },
    transactionAt: now,
    expiresAt: new Date(now.getTime() + services.limits.exportLifetimeMs),
    principal: keepPrincipal(context.principal),
    most: services.limits.exportsAtOnce,
  });
  if (!isMade) {
    throw problem('throttled', {
      diagnostics: `At most ${services.limits.exportsAtOnce} exports are kept for a client and party. Delete those that are fetched.`,
      headers: { 'Retry-After': '120' },
    });
  }
  await auditRead(services, permit, { type, versions: [] });
  startExports(services);
  return {
    status: 202,
    headers: { 'Content-Location': `${services.baseUrl}/$export-status?job=${jobId}` },
    body: undefined,
  };
}

/** The Patients of the Group as it is now. */
async function readMembers(services: Services, context: RequestContext, id: string): Promise<readonly string[]> {
  const permit = decide({ kind: 'read', type: 'Group', id }, { ...context, at: services.clock() });
  const version = await services.store.read(permit, { type: 'Group', id });
  if (version === undefined) throw problem('not-found');
  if (version.body === undefined) throw problem('gone');
  await auditRead(services, permit, { type: 'Group', versions: [version] });
  const group = requireResource(parseJson(version.body, { maxDepth: services.limits.jsonDepth }), undefined);
  const members = (group['member'] ?? []) as readonly {
    readonly inactive?: boolean;
    readonly entity?: { readonly reference?: string };
  }[];
  return members.flatMap(({ inactive, entity }) => {
    if (inactive === true || entity?.reference === undefined) return [];
    const parsed = parseReference(entity.reference, services.baseUrl);
    return parsed.kind === 'local' && parsed.type === 'Patient' ? [parsed.id] : [];
  });
}
