// Indexes anew, in the background, what was written before a search parameter was defined otherwise. Any process goes on where another
// stopped. Started when the hub starts, by each change of definitions, and by whoever asks for a parameter that is not yet indexed.
import { letOthersIn } from '../core/background.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { parseJson } from '../fhir/json.ts';
import { DefinitionsMoved } from '../store/search-state.ts';
import type { Services } from './services.ts';

/** Resources locked at a time: some tens of milliseconds. */
const pageSize = 200;

/** `services`: those of the hub itself, whose `search` is always the present one. */
export function startIndexing(services: Services): void {
  services.background.start('search-index', (stopping) => runIndexing(services, stopping));
}

async function runIndexing(services: Services, stopping: AbortSignal): Promise<void> {
  let pages = 0;
  const tell = (event: string): void => {
    services.log('info', event, { generation: services.search.generation, pages });
  };
  while (!stopping.aborted) {
    const outcome = await indexPage(services);
    if (outcome === 'nothing') return;
    if (outcome === 'moved') {
      await services.renewSearch();
      continue;
    }
    if (pages === 0) tell('search-index-started');
    pages += 1;
    await letOthersIn();
    if (outcome === 'end') {
      await services.renewSearch();
      tell('search-index-finished');
      pages = 0;
    }
  }
  if (pages > 0) tell('search-index-stopped');
}

async function indexPage(services: Services): Promise<'page' | 'end' | 'nothing' | 'moved'> {
  const { search, store, limits } = services;
  try {
    return await store.searchState.indexPage({
      generation: search.generation,
      size: pageSize,
      extract: (body) => search.extract(parseJson(body, { maxDepth: limits.jsonDepth }) as FhirResource),
    });
  } catch (error) {
    if (error instanceof DefinitionsMoved) return 'moved';
    throw error;
  }
}
