// Processor time that processes have used, from /proc (Linux). Independent of how busy the machine is with other things, which is why
// it is the better judge where figures per second are noisy.
import { globSync, readFileSync } from 'node:fs';

/** USER_HZ is 100 on every Linux that Node runs on. */
const millisecondsPerTick = 10;

interface Stat {
  readonly parent: number;
  readonly ownMs: number;
  /** Used by children that have ended. */
  readonly endedChildrenMs: number;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function readStat(path: string): Stat | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return {
      parent,
      ownMs: (user + system) * millisecondsPerTick,
      endedChildrenMs: (childUser + childSystem) * millisecondsPerTick,
    };
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}

/** Milliseconds that the process has used. */
export const readProcessMs = (pid: number): number => readStat(`/proc/${pid}/stat`)?.ownMs ?? 0;

/** Milliseconds that the process and all its children have used: PostgreSQL is a process per connection. */
export function readFamilyMs(pid: number): number {
  const head = readStat(`/proc/${pid}/stat`);
  if (head === undefined) return 0;
  return globSync('/proc/[0-9]*/stat')
    .map(readStat)
    .filter((stat) => stat?.parent === pid)
    .reduce((sum, stat) => sum + (stat?.ownMs ?? 0), head.ownMs + head.endedChildrenMs);
}
