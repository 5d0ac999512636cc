// The one translation from errors of PostgreSQL to problems. https://www.postgresql.org/docs/15/errcodes-appendix.html
// Bad data is never a 500: what a client can cause answers 4xx; a database that is away or slow answers 503.
// The database's own words go to the log only (`detail`): they can hold values of a person.
import { Problem, problem } from '../core/problem.ts';
import type { ProblemCode } from '../core/problem.ts';
import { mostInHierarchy } from './search-hierarchy.ts';

/** By full code first, then by class (its first two characters). */
const codes: Readonly<Record<string, ProblemCode>> = {
  '57014': 'database-timeout', // query_canceled, which statement_timeout uses
  '55P03': 'database-timeout', // lock_not_available
  '40001': 'database-unavailable', // serialization_failure
  '40P01': 'database-unavailable', // deadlock_detected
  '54000': 'invalid-value', // program_limit_exceeded: an index value that is too long
  '54001': 'too-costly', // statement_too_complex
  '22': 'invalid-value', // data exception: 22021, 22P05, 22003, 22008 and their kin
  '08': 'database-unavailable', // connection exception
  '53': 'database-unavailable', // insufficient resources
  '57': 'database-unavailable', // operator intervention: shutdown, crash
  '58': 'database-unavailable', // system error
};

const connectionFaults = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);

const unreachable =
  /Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/;

/** The field of an error that the driver sets, where it is a string. */
function fieldOf(error: unknown, name: 'code' | 'constraint'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}

/** The Problem that an error of either driver stands for; what is a Problem already stays as it is. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = fieldOf(error, 'code');
  const message = error instanceof Error ? error.message : String(error);
  const detail = `${code ?? 'no code'}: ${message}`;
  const options = { detail, cause: error };
  if (violatedConstraint(error) === 'resource_address') return problem('version-conflict', options);
  // division_by_zero: how the walk refuses to go on.
  if (code === '22012') {
    const diagnostics = `:above and :below take at most ${mostInHierarchy} resources that are part of each other. Name one further down.`;
    return problem('too-costly', { ...options, diagnostics });
  }
  if (code === undefined) return problem(unreachable.test(message) ? 'database-unavailable' : 'internal', options);
  if (connectionFaults.has(code)) return problem('database-unavailable', options);
  return problem(codes[code] ?? codes[code.slice(0, 2)] ?? 'internal', options);
}

/** The unique constraint that the statement broke; undefined for any other error. Also looks into the cause of a Problem. */
export function violatedConstraint(error: unknown): string | undefined {
  if (error instanceof Problem) return violatedConstraint(error.cause);
  return fieldOf(error, 'code') === '23505' ? fieldOf(error, 'constraint') : undefined;
}
