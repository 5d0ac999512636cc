// Searches as the hub does them, without HTTP: resources through the extractors into a store, queries through the parser.
// Nothing is validated, so that a test may write only the element it asks for.
import type { CodeSystem, ValueSet } from '@medplum/fhirtypes';
import { createIdSource } from '../../src/core/ids.ts';
import { loadDefinitions, type Definitions } from '../../src/fhir/definitions.ts';
import { stringifyJson } from '../../src/fhir/json.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { Problem } from '../../src/core/problem.ts';
import { parseQuery } from '../../src/search/parse-query.ts';
import { createSearchRegistry, type SearchRegistry } from '../../src/search/registry.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import {
  auditRow,
  minutesAfterNoon,
  openWorld,
  toWrite,
  type OpenDatabase,
  type World,
} from '../contract/store-world.ts';

export const baseUrl = 'https://hub.example/fhir';
const ids = createIdSource();

export interface SearchWorld {
  readonly world: World;
  readonly definitions: Definitions;
  readonly registry: SearchRegistry;
  /** Writes the resources as `region`, each a millisecond after the one before. All are about the person `p1`. */
  readonly write: (resources: readonly (FhirResource & { readonly id: string })[]) => Promise<void>;
  /** Ids of the matches, sorted, or the codes and words of the refusal. */
  readonly find: (type: string, query: string) => Promise<readonly string[] | string>;
  /** Ids of the matches in order, and of what is included with `+` before it. */
  readonly list: (type: string, query: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export async function openSearchWorld(
  open: OpenDatabase,
  own: { readonly codeSystem?: CodeSystem; readonly valueSet?: ValueSet } = {},
): Promise<SearchWorld> {
  const world = await openWorld(open);
  const base = loadDefinitions([]);
  const definitions: Definitions = {
    ...base,
    codeSystem: (canonical) => (canonical === own.codeSystem?.url ? own.codeSystem : base.codeSystem(canonical)),
    valueSet: (canonical) => (canonical === own.valueSet?.url ? own.valueSet : base.valueSet(canonical)),
  };
  const registry = createSearchRegistry(definitions, baseUrl, {
    codes: createCodes(definitions),
    servedTypes: [...definitions.resourceTypes],
  });
  const permit = world.permit('region');
  let written = 0;
  const search = (type: string, query: string) => {
    const { query: parsed } = parseQuery({
      type,
      parameters: new URLSearchParams(query),
      registry,
      limits: {
        defaultPageSize: 5000,
        maxPageSize: 5000,
        searchCriteria: 50,
        searchValues: 500,
        chainSteps: 5,
        includes: 30,
      },
      canonicalSystem: (system) => system,
      baseUrl,
      isLenient: false,
    });
    return world.store.search(permit, parsed);
  };
  return {
    world,
    definitions,
    registry,
    write: async (resources) => {
      const writes = resources.map((resource) => {
        written += 1;
        const draft = { type: resource.resourceType, id: resource.id, custodian: 'region' as const, patient: 'p1' };
        return {
          ...toWrite(world, {
            ...draft,
            at: minutesAfterNoon(written / 60_000),
            refersTo: [],
            body: stringifyJson(resource),
          }),
          versionId: ids.opaque(),
          index: registry.extract(resource),
        };
      });
      await world.store.transaction(permit, (inside) => inside.apply(permit, writes, auditRow()));
    },
    find: async (type, query) => {
      try {
        return (await search(type, query)).matches.map(({ id }) => id).toSorted();
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return error.findings.map(({ code, diagnostics }) => `${code}: ${diagnostics ?? ''}`).join('; ');
      }
    },
    list: async (type, query) => {
      const page = await search(type, query);
      return [...page.matches.map(({ id }) => id), ...page.included.map(({ id }) => `+${id}`).toSorted()].join(' ');
    },
    close: world.close,
  };
}
