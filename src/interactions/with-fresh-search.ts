// Work that may have been done by search parameters that another process has changed meanwhile: looked up anew, and done again.
import { Problem } from '../core/problem.ts';
import { DefinitionsMoved } from '../store/search-state.ts';
import type { Services } from './services.ts';

/** More changes than this while one request is answered are no accident. */
const mostTries = 5;

/** What `work` gives; done again where the search parameters it knew are no longer those of the database. It must have changed nothing. */
export async function withFreshSearch<T>(services: Services, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries >= mostTries || !mayBeStale(error)) throw error;
      const isOther = await services.renewSearch();
      if (!isOther && !(error instanceof DefinitionsMoved)) throw error;
    }
  }
}

/** Refusals that a parameter this process has not heard of may be the reason for. */
const codes: ReadonlySet<string> = new Set([
  'search-parameter-unknown',
  'search-parameter-indexing',
  'search-parameter-refused',
  'search-value-invalid',
]);

function mayBeStale(error: unknown): boolean {
  return error instanceof DefinitionsMoved || (error instanceof Problem && codes.has(error.findings[0].code));
}
