import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasOnlineAccess, readPersonScopes, toResourceRights } from './person-scopes.ts';

describe('readPersonScopes', () => {
  test.each([
    ['patient/CarePlan.rs', 'patient/CarePlan.rs'],
    ['launch/patient patient/CarePlan.rs online_access', 'launch/patient patient/CarePlan.rs online_access'],
    ['offline_access online_access patient/Goal.r', 'online_access patient/Goal.r'],
    ['patient/CarePlan.read', 'patient/CarePlan.rs'],
    ['patient/Consent.write patient/*.read', 'patient/Consent.cud patient/*.rs'],
    ['patient/CarePlan.read patient/CarePlan.rs', 'patient/CarePlan.rs'],
  ])('%s is granted as %s', (asked, scope) => {
    expect(readPersonScopes(asked, 'patient/*.cruds')).toEqual({ scope });
  });

  test.each([
    undefined,
    '',
    'launch/patient',
    'online_access',
    'patient/CarePlan.sr',
    'patient/CarePlan.rs  patient/Goal.rs',
    'patient/CarePlan.rs?category=x',
    'user/CarePlan.rs',
    'system/CarePlan.rs',
    'launch patient/CarePlan.rs',
    'openid fhirUser patient/CarePlan.rs',
    'patient/careplan.rs',
  ])('%s is refused whole', (asked) => {
    expect(readPersonScopes(asked, 'patient/*.cruds')).toEqual({ fault: expect.any(String) });
  });

  test('a right that is not registered spoils the rest', () => {
    const registered = 'patient/*.rs patient/Consent.cu';
    expect(readPersonScopes('patient/CarePlan.rs patient/Consent.cu', registered)).toHaveProperty('scope');
    for (const asked of ['patient/CarePlan.rs patient/Goal.u', 'patient/Consent.write', 'patient/*.cruds'])
      expect(readPersonScopes(asked, registered)).toHaveProperty('fault');
  });

  test('what is granted can be read again, and grants the same', () => {
    const part = fc.constantFrom(
      'launch/patient',
      'offline_access',
      'patient/*.read',
      'patient/Task.cu',
      'patient/Goal.*',
      'x',
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const first = readPersonScopes(parts.join(' '), 'patient/*.cruds');
        if ('scope' in first) {
          expect(readPersonScopes(first.scope, 'patient/*.cruds')).toEqual(first);
          expect(toResourceRights(first.scope)?.size).toBeGreaterThan(0);
        }
      }),
    );
  });
});

test('online access is a scope of its own', () => {
  expect(hasOnlineAccess('launch/patient online_access')).toBe(true);
  for (const scope of [undefined, '', 'patient/online_access.r']) expect(hasOnlineAccess(scope)).toBe(false);
});
