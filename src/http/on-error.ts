// The one translation from what was thrown to what is answered. Public text apart from private detail: the detail goes to the log.
import { type Log } from '../core/log.ts';
import { Problem, problem } from '../core/problem.ts';
import { type Language, toOperationOutcome } from '../fhir/outcome.ts';
import type { Answer } from '../interactions/services.ts';

/** A Problem as it is; anything else is a fault of the hub (500) that keeps its cause for the log. */
export function toProblem(cause: unknown): Problem {
  return cause instanceof Problem ? cause : problem('internal', { cause });
}

/** The OperationOutcome to answer with; faults of the hub are logged with their stack, by request id. */
export function toErrorAnswer(
  cause: unknown,
  context: { readonly language: Language; readonly requestId: string; readonly log: Log },
): Answer {
  const found = toProblem(cause);
  if (found.status >= 500) {
    const inner = found.cause instanceof Error ? found.cause : found;
    context.log('error', 'request-failed', {
      requestId: context.requestId,
      code: found.findings[0].code,
      detail: found.detail ?? inner.message,
      stack: inner.stack,
    });
  }
  return { status: found.status, headers: found.headers, body: toOperationOutcome(found.findings, context.language) };
}
