import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasScope, isSubset, parseScopes, type ScopeAction } from './scopes.ts';

const actions = 'cruds';
const type = fc.constantFrom('*', 'CarePlan', 'Goal', 'Task', 'Patient', 'Consent');
const rights = fc.subarray(actions.split(''), { minLength: 1 }).map((letters) => letters.join(''));
const scope = fc.tuple(type, rights).map(([on, letters]) => `system/${on}.${letters}`);
const scopes = fc.uniqueArray(scope, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(' '));

const granted = (text: string) => parseScopes(text) ?? new Map<string, ReadonlySet<ScopeAction>>();

describe('parseScopes', () => {
  test('reads rights by type', () => {
    expect(parseScopes('system/CarePlan.cruds system/*.rs')).toEqual(
      new Map([
        ['CarePlan', new Set(['c', 'r', 'u', 'd', 's'])],
        ['*', new Set(['r', 's'])],
      ]),
    );
  });

  test.each([
    '',
    ' ',
    'system/CarePlan.',
    'system/CarePlan',
    'system/CarePlan.sr',
    'system/CarePlan.rr',
    'system/CarePlan.read',
    'system/CarePlan.*',
    'system/careplan.r',
    'system/.r',
    'system/CarePlan.rs?category=x',
    'user/CarePlan.r',
    'patient/*.rs',
    'openid',
    'system/CarePlan.r system/CarePlan.r',
    'system/CarePlan.r  system/Goal.r',
    ' system/CarePlan.r',
    'system/CarePlan.r\n',
    'system/CarePlan.r\tsystem/Goal.r',
    'system/CarePlan.r,system/Goal.r',
    'system/CarePlan.r system/Goal.x',
  ])('refuses %j whole', (text) => {
    expect(parseScopes(text)).toBeUndefined();
  });

  test('gives exactly the rights that are written, for every well-formed text', () => {
    fc.assert(
      fc.property(scopes, (text) => {
        const written = new Set(
          text.split(' ').flatMap((part) => {
            const [, on = '', letters = ''] = /^system\/(.*)\.(.*)$/.exec(part) ?? [];
            return letters.split('').map((letter) => `${on}.${letter}`);
          }),
        );
        const read = new Set(
          [...granted(text)].flatMap(([on, letters]) => [...letters].map((letter) => `${on}.${letter}`)),
        );
        expect(read).toEqual(written);
      }),
    );
  });

  test('never throws, and reads nothing out of text that holds a part it would not read by itself', () => {
    fc.assert(
      fc.property(scopes, fc.string(), (good, other) => {
        if (other === '' || other.split(' ').every((part) => parseScopes(part) !== undefined)) return;
        expect(parseScopes(`${good} ${other}`)).toBeUndefined();
      }),
    );
  });
});

describe('isSubset', () => {
  test('holds for part of what is registered, and not the other way', () => {
    fc.assert(
      fc.property(scopes, scopes, (first, second) => {
        const both = granted([...new Set(`${first} ${second}`.split(' '))].join(' '));
        expect(isSubset(granted(first), both)).toBe(true);
        expect(isSubset(granted(first), granted(second))).toBe(
          [...granted(first)].every(([on, letters]) =>
            [...letters].every((letter) => hasScope(granted(second), on, letter)),
          ),
        );
      }),
    );
  });

  test('a right on every type covers each type, never the reverse', () => {
    expect(isSubset(granted('system/CarePlan.r'), granted('system/*.rs'))).toBe(true);
    expect(isSubset(granted('system/*.r'), granted('system/CarePlan.r system/Goal.r'))).toBe(false);
    expect(isSubset(granted('system/CarePlan.ru'), granted('system/*.r system/Goal.u'))).toBe(false);
    expect(isSubset(granted('system/CarePlan.ru'), granted('system/*.r system/CarePlan.u'))).toBe(true);
  });
});
