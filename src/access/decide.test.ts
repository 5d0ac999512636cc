import { describe, expect, it } from 'vitest';
import { Problem } from '../core/problem.ts';
import { typePolicies } from './compartment.ts';
import { decide } from './decide.ts';
import { decideChange, decideWithdrawal, individualCustodian } from './decide-write.ts';
import type { FhirResource } from '../fhir/resource.ts';
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

const individual: Principal = {
  kind: 'individual',
  clientId: 'app',
  clientKey: 2,
  scopes: parseScopes('patient/*.cruds', 'patient') ?? new Map(),
  expiresAtMs: 0,
  person: { key: 1, patientId: 'p' },
};

describe('decide for the individual', () => {
  it('lets the individual read every type, and write some', () => {
    const written = Object.keys(typePolicies).filter(
      (type) => codeOf({ kind: 'create', type }, individual) === undefined,
    );
    expect(written.toSorted()).toEqual([
      'AppointmentResponse',
      'Communication',
      'Consent',
      'QuestionnaireResponse',
      'Task',
    ]);
    for (const type of Object.keys(typePolicies))
      expect(codeOf({ kind: 'read', type, id: 'x' }, individual)).toBeUndefined();
  });

  it.each<Interaction>([
    { kind: 'export', type: 'Goal' },
    { kind: 'export', type: 'Organization' },
    { kind: 'update', type: 'Goal', id: 'x' },
    { kind: 'meta-add', type: 'Goal', id: 'x' },
  ])('refuses what is for parties: %o', (interaction) => {
    expect(codeOf(interaction, individual)).toBe('role-forbidden');
  });
});

describe('decideWithdrawal', () => {
  const permitFor = (kind: 'update' | 'patch' | 'delete' | 'meta-add') =>
    decide({ kind, type: 'Consent', id: 'x' }, { principal: individual, at: new Date(0), requestId: 'r' });
  const ofParty = { type: 'Consent', custodianKey: 7, personKey: 1, hiddenReferences: [], isPlaceHidden: false };
  const before: FhirResource = {
    resourceType: 'Consent',
    id: 'x',
    meta: { versionId: '1', lastUpdated: '2026-11-01T08:00:00Z', source: 'urn:party', profile: ['p'] },
    status: 'active',
    organization: [{ reference: 'Organization/region', display: 'R' }],
  };
  const decideOn = (after: object, target = ofParty, from: object = {}): void =>
    decideWithdrawal(permitFor('update'), target, {
      before: { ...before, ...from },
      after: { ...before, ...from, ...after },
    });

  it('lets the individual come to it by an update or a patch of a Consent, and by nothing else', () => {
    for (const kind of ['update', 'patch'] as const) expect(() => decideChange(permitFor(kind), ofParty)).not.toThrow();
    for (const kind of ['delete', 'meta-add'] as const)
      expect(() => decideChange(permitFor(kind), ofParty)).toThrow(Problem);
    expect(() => decideChange(permitFor('update'), { ...ofParty, type: 'Task' })).toThrow(Problem);
  });

  it.each(['active', 'proposed', 'draft'])(
    'takes %s to inactive, whatever stands in meta of the hub’s own',
    (status) => {
      const meta = { profile: ['p'], versionId: '9', source: 'urn:somebody' };
      expect(() => decideOn({ status: 'inactive', meta }, ofParty, { status })).not.toThrow();
      const organization = [{ display: 'R', reference: 'Organization/region' }];
      expect(() => decideOn({ status: 'inactive', organization }, ofParty, { status })).not.toThrow();
    },
  );

  it.each<[object, object]>([
    [{ status: 'active' }, {}],
    [{ status: 'entered-in-error' }, {}],
    [{ status: 'inactive' }, { status: 'rejected' }],
    [{ status: 'inactive' }, { status: 'inactive' }],
    [{ status: 'inactive', organization: [] }, {}],
    [{ status: 'inactive', meta: { profile: [] } }, {}],
    [{ status: 'inactive', dateTime: '2026-11-01' }, {}],
  ])('refuses %o after %o', (after, from) => {
    expect(() => decideOn(after, ofParty, from)).toThrow(Problem);
  });

  it('asks nothing of one’s own', () => {
    expect(() => decideOn({ status: 'rejected' }, { ...ofParty, custodianKey: individualCustodian })).not.toThrow();
  });
});

describe('decideChange', () => {
  const permit = decide(
    { kind: 'update', type: 'CarePlan', id: 'x' },
    { principal: caller('system', 'system/*.cruds'), at: new Date(0), requestId: 'r' },
  );
  const own = { type: 'CarePlan', custodianKey: 7, personKey: 1, hiddenReferences: [], isPlaceHidden: false };

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
