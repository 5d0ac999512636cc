// Writes of SearchParameter by the operator: what they come to for searching, judged together, before anything is put down.
// docs/decisions/0019-search-parameters-at-run-time.md · What a party writes (plain mode) is a resource like any other.
import type { SearchParameter } from '@medplum/fhirtypes';
import { type Finding, throwIfErrors } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { findDefinitionFaults } from '../search/definition-faults.ts';
import type { SearchRegistry } from '../search/registry.ts';
import type { WantedParameters } from '../store/search-state.ts';
import type { Change, SettledChange } from './change.ts';
import { takesEffect, toWanted } from './search-keeper.ts';
import type { Services } from './services.ts';

/** True of a change that can change what searches mean. */
export function isDefinition({ type, permit }: Pick<Change, 'type' | 'permit'>): boolean {
  return type === 'SearchParameter' && permit.principal.kind === 'operator';
}

interface Written {
  readonly changes: readonly SettledChange[];
  readonly resourceOf: ReadonlyMap<SettledChange, FhirResource>;
}

/** What rows are to be made by from now on; undefined where no definition is written. @throws search-parameter-refused */
export function toDefinitions({ search }: Services, { changes, resourceOf }: Written): WantedParameters | undefined {
  const defining = changes.filter(isDefinition);
  if (defining.length === 0) return undefined;
  const next = new Map(search.stored.map((definition) => [definition.id, definition]));
  const written = new Map<string, { readonly definition: SearchParameter; readonly path: string }>();
  for (const change of defining) {
    next.delete(change.id);
    if (change.kind === 'delete') continue;
    const resource = { ...(resourceOf.get(change) ?? change.resource), id: change.id };
    const definition = resource as unknown as SearchParameter;
    written.set(change.id, { definition, path: change.path });
    if (takesEffect(definition)) next.set(change.id, definition);
  }
  const stored = [...next.values()];
  const registry = search.withStored({ generation: search.generation, stored, indexed: undefined, percent: undefined });
  throwIfErrors([
    ...[...written.values()].flatMap(({ definition, path }) => findDefinitionFaults(definition, { registry, path })),
    ...stored.flatMap((definition) =>
      breakingFaults(definition, { before: search, registry, written, path: defining[0]?.path ?? '' }),
    ),
  ]);
  const bases = [...search.stored, ...stored].flatMap(({ base }) => base as readonly string[]);
  return toWanted(registry, [...new Set(bases)].filter(registry.isServed));
}

interface Breaking {
  readonly before: SearchRegistry;
  readonly registry: SearchRegistry;
  readonly written: ReadonlyMap<string, unknown>;
  readonly path: string;
}

/** A pair that is not written here, but whose parts are, must still be one. */
function breakingFaults(
  definition: SearchParameter,
  { before, registry, written, path }: Breaking,
): readonly Finding[] {
  const { id = '', type } = definition;
  if (type !== 'composite' || written.has(id)) return [];
  const isWhole = (known: SearchRegistry): boolean =>
    findDefinitionFaults(definition, { registry: known, path }).length === 0;
  if (isWhole(registry) || !isWhole(before)) return [];
  const diagnostics = `SearchParameter/${id} is made of it. Change or retire that first.`;
  return [{ code: 'search-parameter-refused', severity: 'error', expression: path, diagnostics }];
}
