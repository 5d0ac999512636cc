import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../core/problem.ts';
import { findJsonFault } from './json-fault.ts';
import { numberSources, parseJson, stringifyJson } from './json.ts';

const parse = (text: string, maxDepth = 64): unknown => parseJson(text, { maxDepth });

function codeOf(text: string, maxDepth = 64): string {
  try {
    parse(text, maxDepth);
  } catch (error) {
    if (error instanceof Problem) return `${error.findings[0].code}: ${error.findings[0].diagnostics ?? ''}`;
    throw error;
  }
  return 'none';
}

describe('parseJson', () => {
  it('gives the plain value of well-formed JSON', () => {
    expect(parse('{"a":[1,2.5,"x",true,null],"b":{"c":-3}}')).toEqual({ a: [1, 2.5, 'x', true, null], b: { c: -3 } });
  });

  it.each([
    ['{"a":1,}', 'line 1, column 8'],
    ['{\n  "a": 195009072553x\n}', 'line 2, column 20'],
    ['{"a":"195009072553', 'line 1, column 19'],
    ['', 'line 1, column 1'],
    ['{"a":1} {', 'line 1, column 9'],
    ["{'a':1}", 'line 1, column 2'],
    ['[01]', 'line 1, column 3'],
    ['{"a":"\u0000"}', 'line 1, column 7'],
    ['{"a":"\\x"}', 'line 1, column 7'],
    ['[1,,2]', 'line 1, column 4'],
    ['nul', 'line 1, column 1'],
    ['\ufeff{}', 'line 1, column 1'],
    [']', 'line 1, column 1'],
    ['[}', 'line 1, column 2'],
  ])('names the place of the fault in %j and nothing of the content', (text, place) => {
    const answer = codeOf(text);
    expect(answer).toContain('json-malformed');
    expect(answer).toContain(`${place}.`);
    expect(answer).not.toContain('1950');
  });

  it('refuses nesting one level deeper than allowed', () => {
    expect(codeOf('[[[]]]', 3)).toBe('none');
    expect(codeOf('[[[[]]]]', 3)).toContain('json-too-deep');
    expect(codeOf('["[[[[[["]', 1)).toBe('none');
  });

  it('refuses a key said twice, also when written with an escape', () => {
    expect(codeOf('{"a":1,"b":{"a":2}}')).toBe('none');
    expect(codeOf('{"a":1,"b":2,"a":3}')).toContain('json-duplicate-key: The JSON has a fault at line 1, column 14.');
    expect(codeOf('{"a":1,"\\u0061":3}')).toContain('json-duplicate-key');
    expect(codeOf('{"a:b":"c:\\":d"}')).toBe('none');
  });

  it.each(['{"__proto__":{}}', '{"a":[{"constructor":1}]}', '{"prototype":1}', '{"__prot\\u006f__":{"x":1}}'])(
    'refuses the key in %s',
    (text) => {
      expect(codeOf(text)).toContain('json-forbidden-key');
    },
  );

  it.each(['{"a":"\\u0000"}', '{"a":"\\ud83d"}', '{"a":"\\ude00x"}', '{"\\ud83d":1}', '["\ud83d"]'])(
    'refuses the character in %j',
    (text) => {
      expect(codeOf(text)).toContain('json-forbidden-character');
    },
  );

  it('takes a whole surrogate pair, written plainly or escaped', () => {
    expect(parse('["😀","\\ud83d\\ude00"]')).toEqual(['😀', '😀']);
  });
});

describe('numbers', () => {
  const text = '{"a":1.00,"b":1e3,"c":-0.0,"d":12345678901234567890,"e":2.5,"f":[1.10,{"g":0.10}]}';

  it('keep their digits through parse and stringify', () => {
    expect(stringifyJson(parse(text))).toBe(text);
  });

  it('are plain numbers in the tree', () => {
    expect(Object.entries(parse('{"a":1.00,"b":1e3}') as object)).toEqual([
      ['a', 1],
      ['b', 1000],
    ]);
    expect(JSON.stringify(parse('{"a":1.00}'))).toBe('{"a":1}');
  });

  it('keep their digits through object spread, unless the number is another', () => {
    const value = parse('{"a":1.00,"b":2.00}') as { a: number; b: number };
    expect(stringifyJson({ ...value, b: 3 })).toBe('{"a":1.00,"b":3}');
    expect(stringifyJson({ b: value.b })).toBe('{"b":2}');
  });

  it('in JavaScript form leave no trace', () => {
    expect(Object.getOwnPropertySymbols(parse('{"a":36.6,"b":12,"c":-7}') as object)).toEqual([]);
    expect(Object.getOwnPropertySymbols(parse('{"a":36.60}') as object)).toEqual([numberSources]);
  });
});

const jsonNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.bigInt({ min: 0n, max: 10n ** 25n }),
    fc.option(fc.stringMatching(/^[0-9]{1,12}$/)),
    fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,2}$/)),
  )
  .map(
    ([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent ?? ''}`,
  );
const jsonText = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false'),
    jsonNumber,
    fc.string({ unit: 'grapheme' }).map((s) => JSON.stringify(s.replaceAll('\0', ''))),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  // Keys that look like array indexes are moved to the front by every JavaScript engine: not part of the property.
  object: fc
    .uniqueArray(fc.stringMatching(/^[a-z_][a-zA-Z0-9:"\\å]{0,6}$/), { maxLength: 4 })
    .chain((keys) => fc.tuple(...keys.map((key) => tie('value').map((value) => `${JSON.stringify(key)}:${value}`))))
    .map((members) => `{${members.join(',')}}`),
})).value;

function parseNatively(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}

describe('parseJson and stringifyJson', () => {
  it('are the identity on text without spare white space, digits included', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(stringifyJson(parse(`[${text}]`, 1000))).toBe(`[${text}]`);
      }),
    );
  });

  it('agree with JSON.parse on any text, or throw a Problem', () => {
    const mangled = fc
      .tuple(jsonText, fc.nat(), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
      .map(([text, at, cut, put]) => {
        const from = at % (text.length + 1);
        return text.slice(0, from) + put + text.slice(from + cut);
      });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), mangled), (text) => {
        const code = codeOf(text, 1000);
        const native = parseNatively(text);
        expect(code.startsWith('json-malformed')).toBe(native === undefined);
        expect(code.startsWith('json-duplicate-key')).toBe(
          native !== undefined && findJsonFault(text)?.kind === 'duplicate-key',
        );
        expect(code === 'none' ? JSON.stringify(parse(text, 1000)) : native).toBe(native);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['open brackets', '['.repeat(1_000_000)],
    ['quotes after backslashes', `"${'\\'.repeat(1_000_000)}`],
    ['escaped quotes', `"${'\\"'.repeat(500_000)}`],
    ['one long number', `[${'1'.repeat(1_000_000)}`],
    ['many long decimals', `[${'1.000000000000000000000000000001,'.repeat(30_000)}`],
    ['lines before a fault', `[${'\n'.repeat(1_000_000)}x`],
    ['a wide object with a duplicate', `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(',')},"k1":2}`],
  ])('answer hostile text: %s', (_, text) => {
    expect(codeOf(text)).toMatch(/^json-(malformed|too-deep|duplicate-key)/);
  });
});
