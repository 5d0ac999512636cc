// Work that no request waits for. It ends when it has nothing more to do; nothing here waits for a time to come, so nothing keeps the
// process alive. What fails is told to the log and left for the next start.
import { setImmediate } from 'node:timers/promises';
import type { Log } from './log.ts';

export interface Background {
  /** Starts the work unless work of this name is going on; then it starts once more when that has ended. */
  readonly start: (name: string, work: (stopping: AbortSignal) => Promise<void>) => void;
  /** Tells all work to stop, starts no more, and resolves when none is going on. */
  readonly stop: () => Promise<void>;
}

/**
 * To be awaited between the pages of long work. The embedded database answers without a turn of the event loop: work that only asks it
 * would let no request and no signal in until its end.
 */
export const letOthersIn = (): Promise<void> => setImmediate();

export function createBackground(log: Log): Background {
  const stopping = new AbortController();
  const going = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const start: Background['start'] = (name, work) => {
    if (stopping.signal.aborted) return;
    if (going.has(name)) {
      again.add(name);
      return;
    }
    going.set(name, run(name, work));
  };
  const run = async (name: string, work: (stopping: AbortSignal) => Promise<void>): Promise<void> => {
    try {
      await work(stopping.signal);
    } catch (error) {
      log('error', 'background-failed', { name, detail: error instanceof Error ? error.stack : String(error) });
    } finally {
      going.delete(name);
      if (again.delete(name)) start(name, work);
    }
  };
  return {
    start,
    stop: async () => {
      stopping.abort();
      await Promise.all(going.values());
    },
  };
}
