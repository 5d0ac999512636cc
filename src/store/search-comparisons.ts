// How a row of an index compares with what was asked: spans of time, numbers, composites and words.
// https://hl7.org/fhir/R4/search.html#prefix
import type { CompositeValue, DateValue, Filter, NumberValue, TokenValue } from '../search/query.ts';
import { toIndexedCode, toIndexedString, toTimestamp } from './indexed-value.ts';
import type { Reader } from './reader.ts';
import { allOf, anyOf, name, sql, value } from './sql.ts';
import type { Fragment } from './sql.ts';

/** The first text after all that begin with this one, in the order of code points. */
export const upperBound = (text: string): string => `${toIndexedString(text)}\u{10FFFF}`;

const textColumns = { narrative: 'narrative', content: 'content' } as const;
const languages = ['swedish', 'english', 'simple'] as const;

/** Each row is asked in its own language, so that the words are brought to the same stems. */
export function matchesText({ part, values }: Filter & { readonly kind: 'text' }, alias: string): Fragment {
  const column = name(`${alias}.${textColumns[part]}`);
  return anyOf(
    values.flatMap((text) =>
      languages.map(
        (language) => sql`(${name(`${alias}.language`)} = ${value('text', language)}
        and ${column} @@ websearch_to_tsquery(${value('text', language)}::regconfig, ${value('text', text)}))`,
      ),
    ),
  );
}

/** The row's span [low, high] against the number. https://hl7.org/fhir/R4/search.html#prefix */
export function matchesNumber(given: NumberValue, alias: string): Fragment {
  return allOf([
    matchesUnit(given, alias),
    compareNumber(given, { low: name(`${alias}.low`), high: name(`${alias}.high`) }),
  ]);
}

function matchesUnit({ unit }: NumberValue, alias: string): Fragment {
  if (unit === undefined) return sql`true`;
  const code = value('text', toIndexedCode(unit.code));
  return unit.system === undefined
    ? sql`(${name(`${alias}.code`)} = ${code} or ${name(`${alias}.unit`)} = ${code})`
    : sql`(${name(`${alias}.code`)} = ${code} and ${name(`${alias}.system`)} = ${value('text', toIndexedCode(unit.system))})`;
}

function compareNumber(given: NumberValue, row: Span): Fragment {
  const at = value('double precision', given.value);
  const isRounded = sql`(${row.low} >= ${value('double precision', given.low)} and ${row.high} < ${value('double precision', given.high)})`;
  switch (given.prefix) {
    case 'eq':
      return isRounded;
    case 'ne':
      return sql`not ${isRounded}`;
    case 'gt':
      return sql`${row.high} > ${at}`;
    case 'lt':
      return sql`${row.low} < ${at}`;
    case 'ge':
      return sql`${row.high} >= ${at}`;
    case 'le':
      return sql`${row.low} <= ${at}`;
    case 'sa':
      return sql`${row.low} > ${at}`;
    case 'eb':
      return sql`${row.high} < ${at}`;
    case 'ap': {
      const tenth = Math.abs(given.value) / 10;
      return sql`(${row.low} <= ${value('double precision', given.value + tenth)} and ${row.high} >= ${value('double precision', given.value - tenth)})`;
    }
  }
}

/** One row holds the parts of one element. */
export function matchesComposite({ key, second, third }: CompositeValue, reader: Reader): Fragment {
  return allOf([
    isToken(key, sql`x.key_code`, sql`x.key_system`),
    matchesPart(second, reader),
    ...(third === undefined ? [] : [compareNumber(third, { low: sql`x.low2`, high: sql`x.high2` })]),
  ]);
}

function isToken({ code, system }: TokenValue, codeColumn: Fragment, systemColumn: Fragment): Fragment {
  return allOf([
    ...(code === undefined ? [] : [sql`${codeColumn} = ${value('text', toIndexedCode(code))}`]),
    ...(system === undefined ? [] : [sql`${systemColumn} = ${value('text', toIndexedCode(system))}`]),
  ]);
}

function matchesPart(part: CompositeValue['second'], reader: Reader): Fragment {
  switch (part.kind) {
    case 'token':
      return isToken(part.value, sql`x.code`, sql`x.system`);
    case 'number':
      return matchesNumber(part.value, 'x');
    case 'date':
      return compareSpans(part.value, { low: sql`x.low`, high: sql`x.high` }, spanOf(part.value), reader);
    case 'string':
      return sql`starts_with(x.code, ${value('text', part.value)})`;
    case 'reference':
      return isToken({ code: part.value.id, system: part.value.type }, sql`x.code`, sql`x.system`);
  }
}

/** The row's span [x.low_ms, x.high_ms) against the value's. https://hl7.org/fhir/R4/search.html#prefix */
export function matchesSpan(given: DateValue, reader: Reader): Fragment {
  return compareSpans(given, { low: sql`x.low_ms`, high: sql`x.high_ms` }, spanOf(given), reader);
}

/** An instant counts as the millisecond it falls in. */
export function matchesInstant(given: DateValue, at: Fragment, reader: Reader): Fragment {
  const low = sql`floor(extract(epoch from ${at}) * 1000)::bigint`;
  if (given.prefix === 'ap') return compareSpans(given, { low, high: sql`${low} + 1` }, spanOf(given), reader);
  const [from, to] = [given.lowMs, given.highMs].map((ms) => sql`${value('timestamptz', toTimestamp(ms))}`);
  if (from === undefined || to === undefined) return sql`false`;
  return compareSpans(given, { low: at, high: sql`${at} + interval '1 millisecond'` }, { low: from, high: to }, reader);
}

interface Span {
  readonly low: Fragment;
  readonly high: Fragment;
}

const spanOf = ({ lowMs, highMs }: DateValue): Span => ({
  low: sql`${value('bigint', lowMs)}`,
  high: sql`${value('bigint', highMs)}`,
});

function compareSpans({ prefix }: DateValue, row: Span, given: Span, reader: Reader): Fragment {
  const isWithin = sql`(${row.low} >= ${given.low} and ${row.high} <= ${given.high})`;
  switch (prefix) {
    case 'eq':
      return isWithin;
    case 'ne':
      return sql`not ${isWithin}`;
    case 'gt':
      return sql`${row.high} > ${given.high}`;
    case 'lt':
      return sql`${row.low} < ${given.low}`;
    case 'ge':
      return sql`(${row.high} > ${given.high} or ${isWithin})`;
    case 'le':
      return sql`(${row.low} < ${given.low} or ${isWithin})`;
    case 'sa':
      return sql`${row.low} >= ${given.high}`;
    case 'eb':
      return sql`${row.high} <= ${given.low}`;
    case 'ap': {
      // A tenth of the time between then and now, on either side.
      const slack = sql`abs(extract(epoch from ${reader.at}) * 1000 - ${given.low}) / 10`;
      return sql`(${row.low} < ${given.high} + ${slack} and ${row.high} > ${given.low} - ${slack})`;
    }
  }
}
