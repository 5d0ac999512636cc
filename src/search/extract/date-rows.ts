// The spans of time a date parameter is found by. https://hl7.org/fhir/R4/search.html#date
// Of a Timing only the outer limits count. What is not a date is not indexed.
import { beginningOfTimeMs, endOfTimeMs, parseTimeSpan } from '../../fhir/instant.ts';
import type { TimeSpan } from '../../fhir/instant.ts';

type DateRule = (value: unknown) => readonly TimeSpan[];

const moment: DateRule = (value) => {
  const span = typeof value === 'string' ? parseTimeSpan(value) : undefined;
  return span === undefined ? [] : [span];
};

const period: DateRule = (value) => {
  const { start, end } = value as { readonly start?: unknown; readonly end?: unknown };
  const [first] = moment(start);
  const [last] = moment(end);
  if (first === undefined && last === undefined) return [];
  const lowMs = first?.lowMs ?? beginningOfTimeMs;
  // A period that ends before it starts is not a span; its start still is one.
  return [{ lowMs, highMs: Math.max(last?.highMs ?? endOfTimeMs, first?.highMs ?? lowMs) }];
};

const timing: DateRule = (value) => {
  const { event, repeat } = value as {
    readonly event?: unknown;
    readonly repeat?: { readonly boundsPeriod?: unknown };
  };
  const events = Array.isArray(event) ? event.flatMap(moment) : [];
  const bounds =
    typeof repeat?.boundsPeriod === 'object' && repeat.boundsPeriod !== null ? period(repeat.boundsPeriod) : [];
  const spans = [...events, ...bounds];
  if (spans.length === 0) return [];
  return [
    spans.reduce((outer, span) => ({
      lowMs: Math.min(outer.lowMs, span.lowMs),
      highMs: Math.max(outer.highMs, span.highMs),
    })),
  ];
};

export const dateRules: Readonly<Record<string, DateRule>> = {
  date: moment,
  dateTime: moment,
  instant: moment,
  Period: period,
  Timing: timing,
};
