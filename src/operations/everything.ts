// $everything on one Patient: all that the caller may see about the person, from every custodian, and the directory resources it
// refers to. https://hl7.org/fhir/R4/patient-operation-everything.html · Refuses Patient/$everything without an id: search instead.
import { listStoredTypes } from '../access/compartment.ts';
import { decide, requireScope } from '../access/decide.ts';
import { hasScope } from '../access/scopes.ts';
import { problem } from '../core/problem.ts';
import { type BundleLink, toSearchset } from '../fhir/bundle.ts';
import { beginningOfTimeMs, endOfTimeMs } from '../fhir/instant.ts';
import { toServedBody } from '../interactions/answer.ts';
import { auditRead } from '../interactions/audit-rows.ts';
import type { Operation, OperationRequest } from '../interactions/operation.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import { findClinicalDate } from '../search/clinical-date.ts';
import { openSearchCursor, sealCursor } from '../search/cursor.ts';
import type { CursorPosition, TypeParameter } from '../search/query.ts';
import { DefinitionsMoved } from '../store/search-state.ts';
import type { EverythingQuery } from '../store/store.ts';
import {
  invalidParameter,
  type OperationParameters,
  readOperationParameters,
  toOperationParameters,
} from './operation-parameters.ts';

const name = '$everything';
const names = ['start', 'end', '_since', '_type', '_count', '_page'];

export const everything: Operation = {
  name,
  summary:
    'All that the caller may see about one person, from every custodian, and the directory resources it refers to. Takes `start` and `end` (when the care took place), `_since`, `_type`, `_count`; comes in pages. Without an id it is refused (405).',
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  levels: ['instance', 'type'],
  types: ['Patient'],
  allowsGet: true,
  run: runEverything,
};

/** 200 with a searchset. @throws not-found where the caller sees no registration of the person, operation-parameter-invalid, search-parameter-indexing */
async function runEverything(services: Services, context: RequestContext, request: OperationRequest): Promise<Answer> {
  const { id } = request;
  if (id === undefined) {
    throw problem('interaction-unsupported', {
      diagnostics: 'Ask for one person: Patient/[id]/$everything. For many, use Patient/$export.',
    });
  }
  const permit = decide({ kind: 'everything', type: 'Patient', id }, { ...context, at: services.clock() });
  const scope = `${name} ${id}`;
  const asked = readOperationParameters(services, context, { request, names });
  const { parameters, position } = openPage(services, scope, asked);
  const { generation } = services.search;
  const page = await services.store.everything(permit, toQuery(services, context, { id, parameters, position }));
  // Looked at afterwards, so that no row was taken away meanwhile.
  if ((await services.store.searchState.generation()) !== generation) throw new DefinitionsMoved();
  if (page === undefined) throw problem('not-found');
  await auditRead(services, permit, { type: 'Patient', versions: page.versions });
  const address = `${services.baseUrl}/Patient/${id}/${name}`;
  const links: BundleLink[] = [{ relation: 'self', url: asked.query === '' ? address : `${address}?${asked.query}` }];
  if (page.next !== undefined) {
    const sealed = sealCursor(services.cursorKey, scope, { query: parameters.query, position: page.next });
    links.push({ relation: 'next', url: `${address}?_page=${sealed}` });
  }
  const entries = page.versions.flatMap((version) => {
    const { type, id, body } = version;
    if (body === undefined) return [];
    const fullUrl = `${services.baseUrl}/${type}/${id}`;
    return [{ fullUrl, body: toServedBody(services, { ...version, body }), mode: 'match' as const }];
  });
  return { status: 200, headers: {}, body: toSearchset({ links, total: page.total, entries }) };
}

function openPage(
  services: Services,
  scope: string,
  asked: OperationParameters,
): { readonly parameters: OperationParameters; readonly position: CursorPosition | undefined } {
  const sealed = asked.one('_page');
  if (sealed === undefined) return { parameters: asked, position: undefined };
  if (names.some((other) => other !== '_page' && asked.all(other).length > 0)) {
    throw problem('search-cursor-invalid', {
      diagnostics: 'A page link holds the whole request. Use it as it was given.',
    });
  }
  const { query, position } = openSearchCursor(services.cursorKey, scope, sealed);
  return { parameters: toOperationParameters(name, new URLSearchParams(query)), position };
}

function toQuery(
  services: Services,
  context: RequestContext,
  asked: {
    readonly id: string;
    readonly parameters: OperationParameters;
    readonly position: CursorPosition | undefined;
  },
): EverythingQuery {
  const { parameters } = asked;
  const types = chooseTypes(services, context, parameters.list('_type'));
  const [start, end] = [parameters.time('start'), parameters.time('end')];
  const count = parameters.one('_count');
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
    throw invalidParameter(name, 'takes a whole number from 1 as _count');
  return {
    patientId: asked.id,
    types,
    sinceMs: parameters.time('_since')?.lowMs,
    dates:
      start === undefined && end === undefined
        ? undefined
        : {
            startMs: start?.lowMs ?? beginningOfTimeMs,
            endMs: end?.highMs ?? endOfTimeMs,
            parameters: types.flatMap((type) => {
              const param = findClinicalDate(services.search.parametersOf(type));
              return param === undefined ? [] : [{ type, param }];
            }),
          },
    references: findReferences(services),
    count: Math.min(count === undefined ? services.limits.defaultPageSize : Number(count), services.limits.maxPageSize),
    after: asked.position,
  };
}

/**
 * What the hub defines is waited for, so that no answer lacks it in silence; what the operator adds counts as soon as it is indexed.
 * @throws search-parameter-indexing
 */
function findReferences({ search }: Services): readonly TypeParameter[] {
  return search.servedTypes.flatMap((type) =>
    [...search.parametersOf(type).values()]
      .filter(({ kind }) => kind === 'reference')
      .filter(({ code, isStored }) =>
        isStored === true ? search.isUsable(type, code) : search.findParameter(type, code) !== undefined,
      )
      .map(({ code }) => ({ type, param: code })),
  );
}

/** The types asked for, each within the token's scopes; all of those where none is asked for. @throws scope-insufficient */
function chooseTypes(services: Services, { principal }: RequestContext, wanted: readonly string[]): readonly string[] {
  const served = listStoredTypes(services.mode.policies);
  const unknown = wanted.filter((type) => !served.includes(type));
  if (unknown.length > 0) throw invalidParameter(name, 'takes as _type a list of resource types that the hub serves');
  for (const type of wanted) requireScope(principal, type, 'r');
  return wanted.length > 0 ? wanted : served.filter((type) => hasScope(principal.scopes, type, 'r'));
}
