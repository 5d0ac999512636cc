import { describe, expect, it } from 'vitest';
import { Problem } from '../core/problem.ts';
import { typePolicies } from './compartment.ts';
import { decide } from './decide.ts';
import { decideChange } from './decide-write.ts';
import type { Interaction } from './interaction.ts';
import type { Principal } from './principal.ts';
import { parseScopes } from './scopes.ts';

const party = { key: 7, organizationId: 'org', source: 'urn:oid:1.2.752.29.4.19#SE2321000016-1' };

function caller(kind: 'system' | 'operator', scopes: string): Principal {
  const identity = {
    clientId: 'c',
    clientKey: 1,
    keyThumbprint: 't',
    scopes: parseScopes(scopes) ?? new Map(),
    expiresAtMs: 0,
  };
  return kind === 'system' ? { kind, party, purposes: [], staff: undefined, ...identity } : { kind, ...identity };
}

function codeOf(interaction: Interaction, principal: Principal): string | undefined {
  try {
    decide(interaction, { principal, at: new Date(0), requestId: 'r' });
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.findings[0].code : String(error);
  }
}

describe('decide', () => {
  it.each<[string, Interaction]>([
    ['r', { kind: 'read', type: 'CarePlan', id: 'x' }],
    ['r', { kind: 'vread', type: 'CarePlan', id: 'x', versionId: '1' }],
    ['r', { kind: 'history-instance', type: 'CarePlan', id: 'x' }],
    ['rs', { kind: 'history-type', type: 'CarePlan' }],
    ['s', { kind: 'search-type', type: 'CarePlan' }],
    ['c', { kind: 'create', type: 'CarePlan' }],
    ['cs', { kind: 'create', type: 'CarePlan', ifNoneExist: 'identifier=x' }],
    ['u', { kind: 'update', type: 'CarePlan', id: 'x' }],
    ['d', { kind: 'delete', type: 'CarePlan', id: 'x' }],
  ])('asks for exactly %s: %o', (needed, interaction) => {
    expect(codeOf(interaction, caller('system', `system/CarePlan.${needed}`))).toBeUndefined();
    const all = ['c', 'r', 'u', 'd', 's'];
    for (const missing of needed) {
      const others = all.filter((action) => action !== missing).join('');
      expect(codeOf(interaction, caller('system', `system/CarePlan.${others}`))).toBe('scope-insufficient');
    }
    expect(codeOf(interaction, caller('system', 'system/Goal.cruds'))).toBe('scope-insufficient');
  });

  it('keeps the operator from everything about persons, whatever the scopes', () => {
    for (const [type, policy] of Object.entries(typePolicies)) {
      const expected = policy.kind !== 'directory' ? 'role-forbidden' : undefined;
      expect(codeOf({ kind: 'read', type, id: 'x' }, caller('operator', 'system/*.cruds'))).toBe(expected);
      expect(codeOf({ kind: 'search-type', type }, caller('operator', 'system/*.cruds'))).toBe(expected);
    }
  });

  it('lets only the operator write organizations, and only parties their own staff', () => {
    const create = (type: string): Interaction => ({ kind: 'create', type });
    expect(codeOf(create('Organization'), caller('system', 'system/*.cruds'))).toBe('role-forbidden');
    expect(codeOf(create('Organization'), caller('operator', 'system/*.cruds'))).toBeUndefined();
    expect(codeOf(create('Practitioner'), caller('operator', 'system/*.cruds'))).toBe('role-forbidden');
    expect(codeOf(create('Practitioner'), caller('system', 'system/*.cruds'))).toBeUndefined();
    expect(codeOf(create('MeasureReport'), caller('operator', 'system/*.cruds'))).toBe('role-forbidden');
    expect(codeOf(create('AuditEvent'), caller('system', 'system/*.cruds'))).toBe('role-forbidden');
  });

  it('does not know types outside the table', () => {
    expect(codeOf({ kind: 'read', type: 'Observation', id: 'x' }, caller('system', 'system/*.cruds'))).toBe(
      'endpoint-unknown',
    );
    expect(codeOf({ kind: 'read', type: 'toString', id: 'x' }, caller('system', 'system/*.cruds'))).toBe(
      'endpoint-unknown',
    );
  });
});

describe('decideChange', () => {
  const permit = decide(
    { kind: 'update', type: 'CarePlan', id: 'x' },
    { principal: caller('system', 'system/*.cruds'), at: new Date(0), requestId: 'r' },
  );
  const own = { type: 'CarePlan', custodianKey: 7, personKey: 1, hiddenReferences: [] };

  it('lets the custodian change what it keeps', () => {
    expect(() => decideChange(permit, own)).not.toThrow();
  });

  it.each([8, 0, -1, null])('refuses everybody else: custodian %s', (custodianKey) => {
    expect(() => decideChange(permit, { ...own, custodianKey })).toThrow(Problem);
  });

  it('refuses a whole new body from somebody who saw a reduced view, but not a deletion', () => {
    const reduced = { ...own, hiddenReferences: ['Goal/1'] };
    expect(() => decideChange(permit, reduced)).toThrow(/taken out/);
    const deletion = decide(
      { kind: 'delete', type: 'CarePlan', id: 'x' },
      { principal: permit.principal, at: new Date(0), requestId: 'r' },
    );
    expect(() => decideChange(deletion, reduced)).not.toThrow();
  });
});
