// search by GET and POST. https://hl7.org/fhir/R4/http.html#search · Only what the caller may see is matched, counted or included.
import { listStoredTypes } from '../access/compartment.ts';
import { decide } from '../access/decide.ts';
import { hasScope } from '../access/scopes.ts';
import { problem } from '../core/problem.ts';
import { type BundleLink, toSearchset } from '../fhir/bundle.ts';
import { openSearchCursor, sealCursor } from '../search/cursor.ts';
import { parseQuery } from '../search/parse-query.ts';
import type { CursorPosition } from '../search/query.ts';
import { DefinitionsMoved } from '../store/search-state.ts';
import type { StoredVersion } from '../store/store.ts';
import { toServedBody } from './answer.ts';
import { auditRead } from './audit-rows.ts';
import { includableTypes, requireChainScope, requireIncludeScope } from './chain-scope.ts';
import type { Answer, RequestContext, Services } from './services.ts';

export interface SearchRequest {
  /** undefined: of several types, those of `_type`. */
  readonly type: string | undefined;
  /** Only what belongs to this patient's compartment. */
  readonly patientId?: string | undefined;
  readonly parameters: URLSearchParams;
}

/** 200 with a searchset. @throws search-…, scope-insufficient also for each type that a chain, `_has` or include touches */
export async function search(services: Services, context: RequestContext, request: SearchRequest): Promise<Answer> {
  const { parameters, patientId } = request;
  const path = [
    ...(patientId === undefined ? [] : ['Patient', patientId]),
    request.type ?? (patientId === undefined ? '' : '*'),
  ]
    .filter((part) => part !== '')
    .join('/');
  const scope = `search ${path}`;
  const openCursor = (sealed: string) => openSearchCursor(services.cursorKey, scope, sealed);
  if (
    patientId !== undefined &&
    request.type !== undefined &&
    services.search.patientCompartment(request.type).length === 0
  ) {
    throw problem('endpoint-unknown', { diagnostics: 'Resources of this type do not belong to a patient.' });
  }
  const types =
    request.type === undefined ? chooseTypes(services, context, { ...request, openCursor }) : [request.type];
  const permits = types.map((type) => decide({ kind: 'search-type', type }, { ...context, at: services.clock() }));
  const [permit] = permits;
  const [type] = types;
  if (permit === undefined || type === undefined)
    throw problem('scope-insufficient', { diagnostics: 'The token may search no type.' });
  const registry = services.search;
  const parsed = parseQuery({
    type,
    ...(request.type === undefined ? { types } : {}),
    compartmentOf: patientId,
    parameters,
    registry,
    limits: services.limits,
    canonicalSystem: services.canonicalSystem,
    baseUrl: services.baseUrl,
    isLenient: context.isLenient,
    openCursor,
  });
  requireChainScope(permit, parsed.query.filters, services.mode.findTypePolicy);
  requireIncludeScope(permit, parsed.query.includes);
  const includeTypes = includableTypes(permit, listStoredTypes(services.mode.policies));
  const page = await services.store.search(permit, { ...parsed.query, includeTypes });
  const { included } = page;
  // Looked at afterwards, so that no row was taken away meanwhile.
  if (parsed.dependsOnGeneration && (await services.store.searchState.generation()) !== registry.generation)
    throw new DefinitionsMoved();
  await auditRead(services, permit, { type: request.type, versions: [...page.matches, ...included] });
  const address = path === '' ? services.baseUrl : `${services.baseUrl}/${path}`;
  const linkTo = (relation: BundleLink['relation'], position: CursorPosition | undefined): readonly BundleLink[] => {
    if (position === undefined) return [];
    const sealed = sealCursor(services.cursorKey, scope, { query: parsed.cursorQuery, position });
    return [{ relation, url: `${address}?_page=${sealed}` }];
  };
  const links: readonly BundleLink[] = [
    { relation: 'self', url: parsed.selfQuery === '' ? address : `${address}?${parsed.selfQuery}` },
    ...linkTo('previous', page.previous),
    ...linkTo('next', page.next),
  ];
  const entries = [...toEntries(services, page.matches, 'match'), ...toEntries(services, included, 'include')];
  return { status: 200, headers: {}, body: toSearchset({ links, total: page.total, entries }) };
}

/** The types named by `_type`, or all that the caller may search (and that can belong to a patient, in a compartment). */
function chooseTypes(
  services: Services,
  { principal }: RequestContext,
  {
    patientId,
    parameters,
    openCursor,
  }: SearchRequest & { readonly openCursor: (sealed: string) => { readonly query: string } },
): readonly string[] {
  const sealed = parameters.get('_page');
  const given = sealed === null ? parameters : new URLSearchParams(openCursor(sealed).query);
  const named = given.getAll('_type').flatMap((text) => text.split(','));
  const stored = listStoredTypes(services.mode.policies);
  const isPossible = (type: string): boolean =>
    stored.includes(type) && (patientId === undefined || services.search.patientCompartment(type).length > 0);
  if (named.length > 0) {
    const unknown = named.some((type) => services.mode.findTypePolicy(type) === undefined || !isPossible(type));
    if (unknown)
      throw problem('search-value-invalid', {
        diagnostics: '_type takes resource types that can be found here, with commas between.',
      });
    return [...new Set(named)];
  }
  return Object.entries(services.mode.policies)
    .filter(
      ([type, { kind }]) =>
        isPossible(type) &&
        hasScope(principal.scopes, type, 's') &&
        (kind !== 'patient' || principal.kind !== 'operator'),
    )
    .map(([type]) => type);
}

function toEntries(
  services: Services,
  versions: readonly StoredVersion[],
  mode: 'match' | 'include',
): { fullUrl: string; body: string; mode: 'match' | 'include' }[] {
  return versions.flatMap((version) => {
    const { type, id, body } = version;
    if (body === undefined) return [];
    return [{ fullUrl: `${services.baseUrl}/${type}/${id}`, body: toServedBody(services, { ...version, body }), mode }];
  });
}
