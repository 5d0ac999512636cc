import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../core/problem.ts';
import { fromTree, toTree } from './exact-numbers.ts';
import { applyJsonPatch, parseJsonPatch, parsePointer } from './json-patch.ts';
import { parseJson, stringifyJson } from './json.ts';

const limits = { patchOperations: 100, jsonDepth: 20 };

function patchText(document: string, patch: string): string {
  const operations = parseJsonPatch(parseJson(patch, { maxDepth: 64 }), limits);
  return stringifyJson(fromTree(applyJsonPatch(toTree(parseJson(document, { maxDepth: 64 })), operations, limits)));
}

const patch = (document: unknown, operations: unknown): unknown =>
  JSON.parse(patchText(JSON.stringify(document), JSON.stringify(operations)));

function refusal(work: () => unknown): readonly [string, string] {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return [error.findings[0].code, error.findings[0].diagnostics ?? ''];
    throw error;
  }
  return ['none', ''];
}

describe('JSON Patch gives the results of RFC 6902, appendix A', () => {
  test.each<[string, unknown, unknown, unknown]>([
    [
      'A.1 adding an object member',
      { foo: 'bar' },
      [{ op: 'add', path: '/baz', value: 'qux' }],
      { baz: 'qux', foo: 'bar' },
    ],
    [
      'A.2 adding an array element',
      { foo: ['bar', 'baz'] },
      [{ op: 'add', path: '/foo/1', value: 'qux' }],
      { foo: ['bar', 'qux', 'baz'] },
    ],
    ['A.3 removing an object member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    [
      'A.4 removing an array element',
      { foo: ['bar', 'qux', 'baz'] },
      [{ op: 'remove', path: '/foo/1' }],
      { foo: ['bar', 'baz'] },
    ],
    [
      'A.5 replacing a value',
      { baz: 'qux', foo: 'bar' },
      [{ op: 'replace', path: '/baz', value: 'boo' }],
      { baz: 'boo', foo: 'bar' },
    ],
    [
      'A.6 moving a value',
      { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
      [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
      { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
    ],
    [
      'A.7 moving an array element',
      { foo: ['all', 'grass', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      { foo: ['all', 'cows', 'eat', 'grass'] },
    ],
    [
      'A.8 testing values',
      { baz: 'qux', foo: ['a', 2, 'c'] },
      [
        { op: 'test', path: '/baz', value: 'qux' },
        { op: 'test', path: '/foo/1', value: 2 },
      ],
      { baz: 'qux', foo: ['a', 2, 'c'] },
    ],
    [
      'A.10 adding a nested member object',
      { foo: 'bar' },
      [{ op: 'add', path: '/child', value: { grandchild: {} } }],
      { foo: 'bar', child: { grandchild: {} } },
    ],
    [
      'A.11 ignoring unrecognized elements',
      { foo: 'bar' },
      [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }],
      { foo: 'bar', baz: 'qux' },
    ],
    ['A.14 ~ escape ordering', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    [
      'A.16 adding an array value',
      { foo: ['bar'] },
      [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
      { foo: ['bar', ['abc', 'def']] },
    ],
    [
      'a copy is another value than its source',
      { a: { b: 1 } },
      [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'replace', path: '/c/b', value: 2 },
      ],
      { a: { b: 1 }, c: { b: 2 } },
    ],
    [
      'objects are equal in any order of members',
      { a: { x: 1, y: [null] } },
      [{ op: 'test', path: '/a', value: { y: [null], x: 1.0 } }],
      { a: { x: 1, y: [null] } },
    ],
  ])('%s', (_name, document, operations, expected) => {
    expect(patch(document, operations)).toEqual(expected);
  });

  test.each<[string, unknown, unknown, string, RegExp]>([
    [
      'A.9 a test that fails',
      { baz: 'qux' },
      [{ op: 'test', path: '/baz', value: 'bar' }],
      'patch-test-failed',
      /^Operation 0 /,
    ],
    [
      'A.12 adding to a nonexistent target',
      { foo: 'bar' },
      [{ op: 'add', path: '/baz/bat', value: 'qux' }],
      'patch-failed',
      /nothing at \/baz/,
    ],
    [
      'A.15 comparing strings and numbers',
      { '/': 9, '~1': 10 },
      [{ op: 'test', path: '/~01', value: '10' }],
      'patch-test-failed',
      /^Operation 0 /,
    ],
    [
      'a second operation is named by its place',
      { a: 1 },
      [
        { op: 'test', path: '/a', value: 1 },
        { op: 'remove', path: '/b' },
      ],
      'patch-failed',
      /^Operation 1 \(remove\)/,
    ],
    [
      'a place beyond the end of a list',
      { a: [1] },
      [{ op: 'add', path: '/a/2', value: 1 }],
      'patch-failed',
      /has 1 items/,
    ],
    ['a place that is no number', { a: [1] }, [{ op: 'add', path: '/a/01', value: 1 }], 'patch-failed', /has 1 items/],
    [
      'replacing what is not there',
      { a: 1 },
      [{ op: 'replace', path: '/b', value: 1 }],
      'patch-failed',
      /nothing at \/b/,
    ],
    ['moving into itself', { a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/b' }], 'patch-failed', /into itself/],
    ['removing everything', { a: 1 }, [{ op: 'remove', path: '' }], 'patch-failed', /whole resource/],
    [
      'members of the prototype',
      { a: 1 },
      [{ op: 'test', path: '/toString', value: null }],
      'patch-test-failed',
      /none/,
    ],
    [
      'keys that JavaScript treats specially',
      { a: 1 },
      [{ op: 'add', path: '/__proto__/x', value: 1 }],
      'patch-malformed',
      /JSON Pointer/,
    ],
    [
      'a pointer without its slash',
      { a: 1 },
      [{ op: 'remove', path: 'a' }],
      'patch-malformed',
      /^Operation 0: path must be/,
    ],
    ['a pointer with a bad escape', { a: 1 }, [{ op: 'remove', path: '/a~2' }], 'patch-malformed', /JSON Pointer/],
    ['an unknown operation', { a: 1 }, [{ op: 'increment', path: '/a' }], 'patch-malformed', /op must be/],
    ['an operation without its value', { a: 1 }, [{ op: 'add', path: '/a' }], 'patch-malformed', /needs a value/],
    ['a move without from', { a: 1 }, [{ op: 'move', path: '/a' }], 'patch-malformed', /from must be/],
    ['an operation that is no object', { a: 1 }, ['add'], 'patch-malformed', /must be an object/],
    ['a document that is no list', { a: 1 }, { op: 'add' }, 'patch-malformed', /array of operations/],
  ])('refuses %s', (...row) => {
    const [, document, operations, code, words] = row;
    const [found, diagnostics] = refusal(() => patch(document, operations));
    expect(found).toBe(code);
    expect(diagnostics).toMatch(words);
  });
});

describe('a patched resource', () => {
  test('keeps the digits of its numbers, also of those that move', () => {
    const document = '{"a":[1.00,2.50,{"b":1e2}],"c":3.0}';
    expect(
      patchText(
        document,
        '[{"op":"remove","path":"/a/0"},{"op":"move","from":"/c","path":"/a/0"},{"op":"add","path":"/d","value":7.10}]',
      ),
    ).toBe('{"a":[3.0,2.50,{"b":1e2}],"d":7.10}');
    expect(patchText(document, '[{"op":"test","path":"/a/0","value":1},{"op":"copy","from":"/a/2","path":"/d"}]')).toBe(
      '{"a":[1.00,2.50,{"b":1e2}],"c":3.0,"d":{"b":1e2}}',
    );
  });

  test('loses lists and objects that its removals leave empty, at the end of the patch', () => {
    expect(patch({ a: 1, list: [{ b: { c: 1 } }] }, [{ op: 'remove', path: '/list/0/b/c' }])).toEqual({ a: 1 });
    expect(
      patch({ list: [1] }, [
        { op: 'remove', path: '/list/0' },
        { op: 'add', path: '/list/-', value: 2 },
      ]),
    ).toEqual({ list: [2] });
    expect(patch({ a: [], b: 1 }, [{ op: 'replace', path: '/b', value: 2 }])).toEqual({ a: [], b: 2 });
  });

  test('cannot be blown up by copying it into itself', () => {
    const grow = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(refusal(() => patch({ a: [1, 2, 3] }, grow))[0]).toBe('patch-failed');
    const wide = [
      { op: 'add', path: '/b', value: {} },
      ...Array.from({ length: 90 }, (_, at) => ({ op: 'copy', from: '/a', path: `/b/${at}` })),
    ];
    expect(refusal(() => patch({ a: Array.from({ length: 2000 }, () => 1) }, wide))[1]).toMatch(/copies more/);
    expect(
      refusal(() =>
        parseJsonPatch(
          Array.from({ length: 101 }, () => ({})),
          limits,
        ),
      )[1],
    ).toMatch(/at most 100/);
  });
});

test('a pointer made of any tokens leads back to them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string().filter((token) => !['__proto__', 'constructor', 'prototype'].includes(token))),
      (tokens) => {
        const text = tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        expect(parsePointer(text)).toEqual(tokens);
      },
    ),
  );
});
