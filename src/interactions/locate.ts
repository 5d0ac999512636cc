// Where in the request a refusal belongs, when what refused could not know.
import { Problem } from '../core/problem.ts';

/** What `work` gives; what it refuses without saying where is refused at `path`. */
export function locateAt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    const [first, ...others] = cause.findings;
    throw new Problem([{ ...first, expression: first.expression ?? path }, ...others], {
      headers: cause.headers,
      cause,
    });
  }
}
