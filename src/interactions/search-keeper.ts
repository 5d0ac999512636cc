// Which search parameters there are as far as this process knows: a registry that is replaced, never changed, when the database holds
// another generation of definitions. Nothing here waits for a time to come: whoever needs to know looks.
import type { SearchParameter } from '@medplum/fhirtypes';
import { alwaysIndexed } from '../search/digests.ts';
import type { SearchRegistry } from '../search/registry.ts';
import type { SearchState, WantedParameters } from '../store/search-state.ts';

export interface SearchKeeper {
  readonly current: () => SearchRegistry;
  /** Looks into the database; true where `current` is another registry now. */
  readonly renew: () => Promise<boolean>;
  /** Resources are being indexed anew, or wait for somebody to do it. */
  readonly isIndexing: () => boolean;
}

/** Agrees with the database on what is indexed, and gives the keeper. `base` holds what needs no database. */
export async function createSearchKeeper(state: SearchState, base: SearchRegistry): Promise<SearchKeeper> {
  await state.agree((bodies) => {
    const stored = bodies.map(parse).filter(takesEffect);
    const registry = base.withStored({ generation: 0, stored, indexed: undefined, percent: undefined });
    return toWanted(registry, base.servedTypes);
  });
  let current: SearchRegistry | undefined;
  let percent: number | undefined;
  const renew = async (): Promise<boolean> => {
    const known = current?.generation;
    const loaded = await state.load(known);
    // A later look may have ended before this one.
    if (current !== undefined && loaded.generation < current.generation) return false;
    const stored = loaded.bodies?.map(parse).filter(takesEffect) ?? current?.stored;
    if (stored === undefined || (known === loaded.generation && percent === loaded.percent)) return false;
    if (loaded.bodies === undefined && current?.generation !== known) return false;
    ({ percent } = loaded);
    current = base.withStored({ ...loaded, stored, percent });
    return true;
  };
  await renew();
  return { current: () => current ?? base, renew, isIndexing: () => percent !== undefined };
}

/** What the rows of the types are to be made by. */
export function toWanted(registry: SearchRegistry, types: readonly string[]): WantedParameters {
  return new Map(
    types.map((type) => [
      type,
      { digests: registry.digestsOf(type), known: alwaysIndexed(registry.builtInOf(type).values()) },
    ]),
  );
}

/** A draft does not yet, and what is retired does no more. */
export const takesEffect = ({ status }: SearchParameter): boolean => status === 'active';

const parse = (body: string): SearchParameter => JSON.parse(body) as SearchParameter;
