import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, parseTimeSpan } from './instant.ts';

function spanOf(text: string): string | undefined {
  const span = parseTimeSpan(text);
  return span && `${new Date(span.lowMs).toISOString()} ${new Date(span.highMs).toISOString()}`;
}

describe('parseTimeSpan', () => {
  it.each([
    ['2026', '2025-12-31T23:00:00.000Z 2026-12-31T23:00:00.000Z'],
    ['2026-03', '2026-02-28T23:00:00.000Z 2026-03-31T22:00:00.000Z'],
    ['2026-11-03', '2026-11-02T23:00:00.000Z 2026-11-03T23:00:00.000Z'],
    ['2026-07-03', '2026-07-02T22:00:00.000Z 2026-07-03T22:00:00.000Z'],
    ['2026-11-03T10:15', '2026-11-03T09:15:00.000Z 2026-11-03T09:16:00.000Z'],
    ['2026-11-03T10:15:30', '2026-11-03T09:15:30.000Z 2026-11-03T09:15:31.000Z'],
    ['2026-11-03T10:15:30Z', '2026-11-03T10:15:30.000Z 2026-11-03T10:15:31.000Z'],
    ['2026-11-03T10:15:30.5Z', '2026-11-03T10:15:30.500Z 2026-11-03T10:15:30.600Z'],
    ['2026-11-03T10:15:30.123+01:00', '2026-11-03T09:15:30.123Z 2026-11-03T09:15:30.124Z'],
    ['2026-11-03T10:15:30.1239-05:30', '2026-11-03T15:45:30.123Z 2026-11-03T15:45:30.124Z'],
    ['2024-02-29', '2024-02-28T23:00:00.000Z 2024-02-29T23:00:00.000Z'],
    ['0026-01-01T00:00:00Z', '0026-01-01T00:00:00.000Z 0026-01-01T00:00:01.000Z'],
  ])('reads %s', (text, expected) => {
    expect(spanOf(text)).toBe(expected);
  });

  it('gives the days of the summer-time changes 23 and 25 hours', () => {
    expect(spanOf('2026-03-29')).toBe('2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z');
    expect(spanOf('2026-10-25')).toBe('2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z');
  });

  it('takes the first pass of the hour that autumn repeats, and moves the hour that spring skips', () => {
    expect(spanOf('2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z 2026-10-25T00:31:00.000Z');
    expect(spanOf('2026-10-25T03:30')).toBe('2026-10-25T02:30:00.000Z 2026-10-25T02:31:00.000Z');
    expect(spanOf('2026-03-29T02:30')).toBe('2026-03-29T01:30:00.000Z 2026-03-29T01:31:00.000Z');
    expect(spanOf('2026-03-29T03:30')).toBe('2026-03-29T01:30:00.000Z 2026-03-29T01:31:00.000Z');
  });

  it('knows that Sweden had no summer time in 1960', () => {
    expect(spanOf('1960-07-01')).toBe('1960-06-30T23:00:00.000Z 1960-07-01T23:00:00.000Z');
  });

  it.each([
    '',
    '26',
    '0000',
    '2026-13',
    '2026-00',
    '2026-02-30',
    '2023-02-29',
    '2026-11-03T24:00',
    '2026-11-03T10:60',
    '2026-11-03T10',
    '2026-11-03T10:15:61Z',
    '2026-11-03T10:15:30+14:01',
    '2026-11-03T10:15:30+01:75',
    '2026-11-03Z',
    '2026-11-03 10:15',
    ' 2026',
    '2026-1-1',
    '20261103',
  ])('refuses %j', (text) => {
    expect(parseTimeSpan(text)).toBe(undefined);
  });

  it('gives a span that is never empty, and contains the instant that was formatted', () => {
    const dates = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9998-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, fc.constantFrom(4, 7, 10, 16, 19, 24), (date, length) => {
        const text = formatInstant(date);
        const span = parseTimeSpan(text.slice(0, length));
        expect(span === undefined ? -1 : span.highMs - span.lowMs).toBeGreaterThan(0);
        expect(parseTimeSpan(text)?.lowMs).toBe(date.getTime());
      }),
      { numRuns: 300 },
    );
  });

  it('puts the days of a year end to end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1880, max: 2100 }), fc.integer({ min: 0, max: 364 }), (year, day) => {
        const at = (offset: number): string => new Date(Date.UTC(year, 0, 1 + day + offset)).toISOString().slice(0, 10);
        expect(parseTimeSpan(at(0))?.highMs).toBe(parseTimeSpan(at(1))?.lowMs);
      }),
    );
  });

  it('answers any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTimeSpan(text)?.lowMs ?? 0).toBeTypeOf('number');
      }),
    );
  });
});
