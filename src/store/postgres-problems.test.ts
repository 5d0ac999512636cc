import { describe, expect, test } from 'vitest';
import { problem } from '../core/problem.ts';
import { toProblem, violatedConstraint } from './postgres-problems.ts';

const failure = (code: string, constraint?: string) =>
  Object.assign(new Error('value 191212121212 is bad'), { code, constraint });

describe('an error of the database', () => {
  test.each([
    ['22021', 400],
    ['22P05', 400],
    ['22003', 400],
    ['22008', 400],
    ['54000', 400],
    ['57014', 503],
    ['57P01', 503],
    ['08006', 503],
    ['53300', 503],
    ['40P01', 503],
    ['ECONNREFUSED', 503],
    ['42P01', 500],
  ])('%s answers %i', (code, status) => {
    expect(toProblem(failure(code)).status).toBe(status);
  });

  test('keeps the words of the database out of what a caller reads', () => {
    const found = toProblem(failure('22003'));
    expect(found.message).not.toContain('191212121212');
    expect(found.detail).toContain('191212121212');
  });

  test('of a connection that is lost without a code is database-unavailable', () => {
    expect(toProblem(new Error('Connection terminated unexpectedly')).status).toBe(503);
    expect(toProblem(new Error('something else')).status).toBe(500);
  });

  test('tells which unique constraint was broken, also from within a problem', () => {
    expect(violatedConstraint(failure('23505', 'resource_address'))).toBe('resource_address');
    expect(violatedConstraint(toProblem(failure('23505', 'resource_address')))).toBe('resource_address');
    expect(violatedConstraint(failure('23503', 'resource_address'))).toBeUndefined();
    expect(toProblem(failure('23505', 'resource_address')).status).toBe(412);
  });

  test('that is a problem already stays as it is', () => {
    const given = problem('gone');
    expect(toProblem(given)).toBe(given);
  });
});
