// FHIR's date, dateTime and instant as the half-open span of time they cover, and back. https://hl7.org/fhir/R4/datatypes.html#dateTime
// What is written without a zone is Swedish time (Europe/Stockholm, summer time as Intl knows it). Refuses days that do not exist.

/** From `lowMs` up to but not including `highMs`, in milliseconds since 1970. */
export interface TimeSpan {
  readonly lowMs: number;
  readonly highMs: number;
}

/** The ends of time in JavaScript, for spans that are open. */
export const beginningOfTimeMs = -8.64e15;
export const endOfTimeMs = 8.64e15;

const homeZone = 'Europe/Stockholm';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const form = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/**
 * The span of `2026`, `2026-11`, `2026-11-03`, `2026-11-03T10:15`, `…:30`, `…:30.5`, with `Z`, `+01:00` or without;
 * undefined where the text is none of these or names a moment that does not exist.
 */
export function parseTimeSpan(text: string): TimeSpan | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, yearText, monthText, dayText, hourText, minuteText, secondText, fraction, zone] = match;
  const year = Number(yearText);
  const month = Number(monthText ?? 1);
  const day = Number(dayText ?? 1);
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hourText === undefined) {
    const start = wallClock(year, month, day);
    const end =
      dayText !== undefined
        ? start + dayMs
        : monthText !== undefined
          ? wallClock(year, month + 1, 1)
          : wallClock(year + 1, 1, 1);
    return { lowMs: fromHomeZone(start), highMs: fromHomeZone(end) };
  }
  const hour = Number(hourText);
  const minute = Number(minuteText);
  const second = Number(secondText ?? 0);
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const offsetMs = zone === undefined ? undefined : parseOffset(zone);
  if (Number.isNaN(offsetMs)) return undefined;
  const wall =
    wallClock(year, month, day) +
    hour * hourMs +
    minute * minuteMs +
    second * 1000 +
    Math.floor(Number(`0.${fraction ?? 0}`) * 1000 + 1e-7);
  const lowMs = offsetMs === undefined ? fromHomeZone(wall) : wall - offsetMs;
  return { lowMs, highMs: lowMs + widthMs(secondText, fraction) };
}

/** `2026-11-03T09:15:30.000Z`, FHIR's instant. */
export function formatInstant(date: Date): string {
  return date.toISOString();
}

function widthMs(second: string | undefined, fraction: string | undefined): number {
  if (second === undefined) return minuteMs;
  return fraction === undefined ? 1000 : Math.max(1, 10 ** (3 - fraction.length));
}

/** Milliseconds since 1970 as if the wall clock showed UTC. Date.UTC alone would take year 26 as 1926. */
function wallClock(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function daysInMonth(year: number, month: number): number {
  return new Date(wallClock(year, month + 1, 0)).getUTCDate();
}

/** `Z` or `±hh:mm` in milliseconds; NaN beyond ±14:00. */
function parseOffset(zone: string): number {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return Number.NaN;
  return (zone.startsWith('-') ? -1 : 1) * (hours * hourMs + minutes * minuteMs);
}

/** An hour that the autumn change repeats means its first pass; one that the spring change skips is moved forward. */
function fromHomeZone(wallMs: number): number {
  const before = homeOffsetMs(wallMs - dayMs);
  const candidate = wallMs - before;
  if (homeOffsetMs(candidate) === before) return candidate;
  const after = homeOffsetMs(candidate);
  return homeOffsetMs(wallMs - after) === after ? wallMs - after : candidate;
}

/** One year's changes of offset, oldest first; the first entry holds from the start of the year. */
type YearOffsets = readonly { readonly fromMs: number; readonly offsetMs: number }[];

const offsetsByYear = new Map<number, YearOffsets>();
const zoneName = new Intl.DateTimeFormat('en-US', { timeZone: homeZone, timeZoneName: 'longOffset' });

function homeOffsetMs(utcMs: number): number {
  const year = new Date(utcMs).getUTCFullYear();
  let offsets = offsetsByYear.get(year);
  if (offsets === undefined) {
    offsets = findOffsets(year);
    offsetsByYear.set(year, offsets);
  }
  return offsets.findLast((entry) => entry.fromMs <= utcMs)?.offsetMs ?? askIntl(utcMs);
}

/** Looks at the start of every month, and halves the months in which the offset changes. */
function findOffsets(year: number): YearOffsets {
  const starts = Array.from({ length: 13 }, (_, month) => wallClock(year, month + 1, 1));
  const offsets = [{ fromMs: starts[0] ?? 0, offsetMs: askIntl(starts[0] ?? 0) }];
  for (const [index, endMs] of starts.entries()) {
    if (index === 0 || askIntl(endMs) === offsets.at(-1)?.offsetMs) continue;
    let low = starts[index - 1] ?? 0;
    let high = endMs;
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (askIntl(middle) === offsets.at(-1)?.offsetMs) low = middle;
      else high = middle;
    }
    offsets.push({ fromMs: high, offsetMs: askIntl(high) });
  }
  return offsets;
}

function askIntl(utcMs: number): number {
  const name = zoneName.formatToParts(utcMs).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name) ?? [];
  return (sign === '-' ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}
