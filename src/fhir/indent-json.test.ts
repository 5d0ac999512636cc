import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indentJson } from './indent-json.ts';

test('indented JSON says the same, as JSON.stringify would print it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, undefined, 2));
      expect(indentJson(JSON.stringify(value, undefined, 3))).toBe(JSON.stringify(value, undefined, 2));
    }),
  );
});

test('numbers keep their digits', () => {
  expect(indentJson('{"a":[1.00,1e3]}')).toBe('{\n  "a": [\n    1.00,\n    1e3\n  ]\n}');
});
