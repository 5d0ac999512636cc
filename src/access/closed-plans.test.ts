import { expect, test } from 'vitest';
import { findPlanClosing } from './closed-plans.ts';

const written = new Date('2026-11-02T12:00:00Z');
const closingOf = (changes: object): Date | undefined =>
  findPlanClosing({ resourceType: 'CarePlan', ...changes }, written);

test.each([
  [{ status: 'completed' }, '2026-11-02T12:00:00.000Z'],
  [{ status: 'revoked', period: { end: '2020-05-31' } }, '2020-05-31T22:00:00.000Z'],
  [{ status: 'entered-in-error', period: { end: '2030-01-01' } }, '2026-11-02T12:00:00.000Z'],
  [{ status: 'completed', period: { end: 'soon' } }, '2026-11-02T12:00:00.000Z'],
])('of %o is at %s', (changes, at) => {
  expect(closingOf(changes)?.toISOString()).toBe(at);
});

test.each([
  { status: 'active', period: { end: '2020-05-31' } },
  { status: 'on-hold' },
  { resourceType: 'Goal', status: 'completed' },
])('there is none of %o', (changes) => {
  expect(closingOf(changes)).toBeUndefined();
});
