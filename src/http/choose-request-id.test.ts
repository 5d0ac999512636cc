import { expect, test } from 'vitest';
import { createIdSource } from '../core/ids.ts';
import { chooseRequestId } from './choose-request-id.ts';

const choose = (given: string | undefined): string => chooseRequestId(given, createIdSource());

test.each([
  '550e8400-e29b-41d4-a716-191212121212',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '1795824000',
  '1795824000123',
  '20261128001407',
  'order.7_b-3',
])('keeps %s', (given) => {
  expect(choose(given)).toBe(given);
});

test.each([
  undefined,
  '',
  'a b',
  'å',
  'x'.repeat(65),
  '191212121212',
  '19121212-1212',
  '121212-1212',
  '1212121212',
  'patient-191212121212.read',
  '197010632391',
  'eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJ4In0.c2ln',
])('gives a new one for %s', (given) => {
  expect(choose(given)).toMatch(/^[A-Za-z0-9\-_.]{16,64}$/);
  expect(choose(given)).not.toBe(given);
});
