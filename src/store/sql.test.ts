import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  compile,
  join,
  name,
  nothing,
  slot,
  splitValues,
  sql,
  toColumns,
  toLiteralText,
  toStatement,
  toValueText,
  value,
} from './sql.ts';

describe('the composer', () => {
  test('sends values as parameters, and one used twice once', () => {
    const party = value('bigint', 5);
    const { text, values } = toStatement(
      sql`select ${party}, ${sql`(${value('text', "'; drop table resource")})`}, ${party}`,
    );
    expect(text).toBe('select $1::bigint, ($2::text), $1::bigint');
    expect(values).toEqual([5, "'; drop table resource"]);
  });

  test('gives the same name to the same text and another to another', () => {
    const first = toStatement(sql`select ${value('text', 'a')}`);
    expect(toStatement(sql`select ${value('text', 'b')}`).name).toBe(first.name);
    expect(toStatement(sql`select ${value('bigint', 1)}`).name).not.toBe(first.name);
  });

  test('fills slots at each run, in the order of the text', () => {
    const run = compile(
      sql`${slot('text', 'b')} ${slot('bigint', 'a')} ${slot('text', 'b')} ${value('text', undefined)}`,
    );
    expect(run({ a: 1, b: 'x' })).toMatchObject({
      text: '$1::text $2::bigint $1::text $3::text',
      values: ['x', 1, null],
    });
    expect(run({ a: 2 }).values).toEqual([null, 2, null]);
  });

  test.each(['r;', 'r r', "r'", 'R', '', 'a.b.c', 'r--'])('refuses %j as a name', (text) => {
    expect(() => name(text)).toThrow('not a name');
  });

  test('joins nothing, one and several', () => {
    const [a, b] = [sql`a`, sql`b`];
    expect(
      [
        join([], ','),
        join([a], ','),
        join([a, b], ','),
        allOf([]),
        allOf([a, b]),
        anyOf([]),
        anyOf([a, b]),
        nothing,
      ].map(toLiteralText),
    ).toEqual(['', 'a', 'a,b', 'true', 'a and b', 'false', '(a or b)', '']);
  });

  test('makes no literal text of a fragment with values', () => {
    expect(() => toLiteralText(sql`${value('text', 'x')}`)).toThrow('with values');
  });

  test('puts columns in the place of values, in the order of the values, and leaves slots', () => {
    const twice = value('bigint[]', [1]);
    const fragment = sql`${slot('text', 'a')} ${twice} ${sql`(${value('text', 'x')} ${twice})`}`;
    expect(toStatement(toColumns(fragment, 'asked')).text).toBe(
      '$1::text asked.p0::bigint[] (asked.p1::text asked.p0::bigint[])',
    );
    expect(splitValues(fragment)).toEqual({
      common: '$1::text $2::bigint[] ($3::text $2::bigint[])',
      values: [[1], 'x'],
    });
  });

  test.each([
    [null, null],
    ['a', 'a'],
    [1.5, '1.5'],
    [Infinity, 'Infinity'],
    [true, 'true'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [[], '{}'],
    [[1, null], '{"1",NULL}'],
    [['a"b', 'c\\d'], '{"a\\"b","c\\\\d"}'],
  ])('writes %j as text', (given, text) => {
    expect(toValueText(given)).toBe(text);
  });
});
