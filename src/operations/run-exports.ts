// Lists what open exports hold, page by page, each page under a permit of that moment. Any process may go on where another stopped:
// a job is claimed for a while, and each page renews the claim. Started by the kick-off, by each look at a job, and when the hub starts.
import { decide } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import { letOthersIn } from '../core/background.ts';
import { Problem } from '../core/problem.ts';
import type { ProblemCode } from '../core/problem.ts';
import type { Services } from '../interactions/services.ts';
import { withFreshSearch } from '../interactions/with-fresh-search.ts';
import type { ClaimedExport } from '../store/export-store.ts';
import { DefinitionsMoved } from '../store/search-state.ts';
import { toStepQuery } from './export-request.ts';
import { toPrincipal } from './kept-principal.ts';

/** Longer than any statement may take. */
const claimMs = 60_000;
const linesPerPage = 1000;

/** When a job whose search parameter is being indexed is tried again, at the earliest. */
const indexingMs = 5_000;

/** After so many claims that led to nothing the job has failed. */
const mostTries = 5;

/** Lists what is to be listed, in the background. */
export function startExports(services: Services): void {
  services.background.start('export', (stopping) => runExports(services, stopping));
}

async function runExports(services: Services, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const at = services.clock();
    const until = new Date(at.getTime() + claimMs);
    const job = await services.store.exports.claim({ claim: services.ids.opaque(), at, until });
    if (job === undefined) return;
    if (job.tries > mostTries) await services.store.exports.advance(job, { state: 'failed' });
    else await runExport(services, job, stopping).catch((error: unknown) => endTry(services, job, error));
  }
}

/** What is asked for is at fault, and stays so. Not so a client that is disabled for a while. */
const isOfWork = (code: ProblemCode): boolean => code.startsWith('search-') || code === 'too-costly';

/** What is wrong with one job leaves the others alone. What the hub itself is to blame for is tried again when the claim has run out. */
async function endTry(services: Services, job: ClaimedExport, error: unknown): Promise<void> {
  const refusal = error instanceof Problem ? error : undefined;
  const code = refusal?.findings[0].code;
  if (code === 'search-parameter-indexing' || error instanceof DefinitionsMoved) {
    await services.store.exports.release(job, new Date(services.clock().getTime() + indexingMs));
  } else if (refusal !== undefined && code !== undefined && isOfWork(code)) {
    await services.store.exports.advance(job, { state: 'failed', failure: refusal.findings[0] });
  } else {
    const stack = error instanceof Error ? error.stack : String(error);
    const detail = refusal?.detail ?? stack;
    services.log('error', 'export-try-failed', { job: job.id, tries: job.tries, detail });
  }
}

async function runExport(services: Services, job: ClaimedExport, stopping: AbortSignal): Promise<void> {
  const principal = toPrincipal(job.principal);
  let { position } = job;
  for (let at = job.step; at < job.work.steps.length;) {
    const step = job.work.steps[at];
    if (step === undefined) break;
    if (stopping.aborted) {
      await services.store.exports.release(job);
      return;
    }
    const now = services.clock();
    const permit: Permit = decide(
      { kind: 'export', type: step.type },
      { principal, at: now, requestId: job.id, findTypePolicy: services.mode.findTypePolicy },
    );
    const after = position;
    const page = await withFreshSearch(services, () =>
      services.store.exports.list(permit, {
        job,
        generation: services.search.generation,
        query: {
          ...toStepQuery(services, permit, step),
          // Oldest first: what changes meanwhile moves ahead of the walk and is met again, never missed.
          sort: [{ param: '_lastUpdated', kind: 'last-updated', descending: false }],
          count: linesPerPage,
          total: 'none',
          after,
        },
      }),
    );
    if (page === false) return;
    position = page.next;
    if (position === undefined) at += 1;
    const until = new Date(services.clock().getTime() + claimMs);
    if (!(await services.store.exports.advance(job, { state: 'open', step: at, position, until }))) return;
    await letOthersIn();
  }
  await services.store.exports.advance(job, { state: 'done' });
}
