// What a stage's answers took: how many, how long, what went wrong.
import type { JobResult } from './job.ts';

export interface Latencies {
  /** From now on it counts. */
  readonly start: () => void;
  readonly add: (tookMs: number, answerBytes: number) => void;
  readonly addError: (what: string) => void;
  /** What came in since `start`, over the time until now. */
  readonly end: (nextRunning: number) => JobResult;
}

export function createLatencies(): Latencies {
  let startedAt = 0;
  let took: number[] = [];
  let bytes = 0;
  let errors = 0;
  let firstError: string | undefined;
  return {
    start: () => {
      startedAt = performance.now();
      took = [];
      bytes = 0;
    },
    add: (tookMs, answerBytes) => {
      took.push(tookMs);
      bytes += answerBytes;
    },
    addError: (what) => {
      errors += 1;
      firstError ??= what;
    },
    end: (nextRunning) => {
      const seconds = (performance.now() - startedAt) / 1000;
      const sorted = Float64Array.from(took).toSorted();
      return {
        requests: took.length,
        perSecond: took.length / seconds,
        p50Ms: percentile(sorted, 0.5),
        p95Ms: percentile(sorted, 0.95),
        p99Ms: percentile(sorted, 0.99),
        errors,
        firstError,
        nextRunning,
        answerBytes: took.length === 0 ? 0 : bytes / took.length,
      };
    },
  };
}

/** The smallest value that at least `share` of all values do not exceed; 0 of none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
