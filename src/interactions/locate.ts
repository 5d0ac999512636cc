// Where in the request a refusal belongs, when what refused could not know.
import { Problem } from '../core/problem.ts';

/** What `work` gives; what it refuses without saying where is refused at `path`. */
export function locateAt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw toLocated(path, cause);
  }
}

/** The same, of what comes later. */
export async function locateAtAsync<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw toLocated(path, cause);
  }
}

function toLocated(path: string, cause: unknown): unknown {
  if (!(cause instanceof Problem)) return cause;
  const [first, ...others] = cause.findings;
  return new Problem([{ ...first, expression: first.expression ?? path }, ...others], {
    headers: cause.headers,
    cause,
  });
}

/** `Bundle.entry[3].resource` and `CarePlan.goal[0]` give `Bundle.entry[3].resource.goal[0]`. */
export function joinPath(root: string, path: string): string {
  const [, ...rest] = path.split('.');
  return [root, ...rest].join('.');
}
