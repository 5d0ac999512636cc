import { describe, expect, it } from 'vitest';
import type { FhirResource } from '../fhir/resource.ts';
import { findConsentFaults, isWidened, toSharingGrants } from './consent.ts';
import { byIndividual } from './grants.ts';

const recordedAt = new Date('2026-11-01T08:00:00Z');
const recipientRole = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }],
};

function consent(change: Record<string, unknown> = {}, provision: Record<string, unknown> = {}): FhirResource {
  return {
    resourceType: 'Consent',
    status: 'active',
    patient: { reference: 'Patient/p' },
    dateTime: '2026-11-01T09:00:00+01:00',
    organization: [{ reference: 'Organization/region' }],
    provision: {
      type: 'permit',
      period: { start: '2026-11-01', end: '2027-10-31' },
      actor: [{ role: recipientRole, reference: { reference: 'Organization/kommun' } }],
      ...provision,
    },
    ...change,
  };
}

describe('toSharingGrants', () => {
  it('opens the data of the custodian that recorded it, to each recipient, through the last day of the period', () => {
    expect(toSharingGrants(consent(), 'region', recordedAt)).toEqual([
      {
        custodianId: 'region',
        recipientId: 'kommun',
        startsAt: new Date('2026-10-31T23:00:00Z'),
        endsAt: new Date('2027-10-31T23:00:00Z'),
      },
      {
        custodianId: byIndividual,
        recipientId: 'kommun',
        startsAt: new Date('2026-10-31T23:00:00Z'),
        endsAt: new Date('2027-10-31T23:00:00Z'),
        kind: 'when-confirmed',
      },
    ]);
  });

  const joint = { organization: [{ reference: 'Organization/region' }, { reference: 'Organization/other' }] };
  const partsOf = (resource: FhirResource, recorder: string): readonly string[] =>
    toSharingGrants(resource, recorder, recordedAt).map(
      ({ custodianId, recipientId, kind = 'at-once' }) => `${custodianId} ${kind} to ${recipientId}`,
    );

  it('opens the data of a custodian that did not record it when that one has confirmed, and the Consent to it meanwhile', () => {
    expect(partsOf(consent(joint), 'region')).toEqual([
      'region at-once to kommun',
      'other when-confirmed to kommun',
      '(individual) when-confirmed to kommun',
      'region asking to other',
    ]);
    expect(partsOf(consent(joint), 'third').filter((part) => part.includes('at-once'))).toEqual([]);
  });

  it('opens at once what every custodian keeps where the individual records it, and shows each the Consent', () => {
    expect(partsOf(consent(joint), byIndividual)).toEqual([
      'region at-once to kommun',
      'other at-once to kommun',
      '(individual) at-once to kommun',
      '(individual) asking to region',
      '(individual) asking to other',
    ]);
  });

  it('opens what the individual keeps when the individual confirms', () => {
    expect(partsOf(consent(joint), 'third')).toContain('(individual) when-confirmed to kommun');
  });

  it('asks the other custodians already while it is proposed', () => {
    expect(partsOf(consent({ ...joint, status: 'proposed' }), 'region')).toEqual(['region asking to other']);
  });

  it.each(['inactive', 'rejected', 'proposed', 'draft', 'entered-in-error', undefined])(
    'opens nothing while %s',
    (status) => {
      expect(toSharingGrants(consent({ status }), 'region', recordedAt)).toEqual([]);
    },
  );

  it('starts when it was given where the period has no start, and when it was recorded where it has no time', () => {
    const given = toSharingGrants(consent({}, { period: undefined }), 'region', recordedAt);
    expect(given[0]).toMatchObject({ startsAt: new Date('2026-11-01T08:00:00Z'), endsAt: undefined });
    const untimed = toSharingGrants(consent({ dateTime: undefined }, { period: undefined }), 'region', recordedAt);
    expect(untimed[0]).toMatchObject({ startsAt: recordedAt });
  });

  it.each([{ start: 'soon' }, { end: '2026-02-30' }, { end: '' }])(
    'opens nothing when the period cannot be read: %o',
    (period) => {
      expect(toSharingGrants(consent({}, { period }), 'region', recordedAt)).toEqual([]);
    },
  );
});

describe('isWidened', () => {
  it.each([
    ['the same', {}, {}],
    ['a text', { language: 'sv' }, {}],
    ['a shorter time', {}, { period: { start: '2026-11-02', end: '2027-10-30' } }],
    ['an end', {}, { period: { start: '2026-11-01', end: '2027-10-31' } }],
  ])('is false for %s', (_name, changes, provision) => {
    expect(isWidened(consent(), consent(changes, provision))).toBe(false);
  });

  it.each([
    ['another recipient', {}, { actor: [{ role: recipientRole, reference: { reference: 'Organization/other' } }] }],
    ['an earlier start', {}, { period: { start: '2026-10-31', end: '2027-10-31' } }],
    ['a later end', {}, { period: { start: '2026-11-01', end: '2027-11-01' } }],
    ['no end', {}, { period: { start: '2026-11-01' } }],
    ['a start that is not said', { dateTime: undefined }, { period: { end: '2027-10-31' } }],
    ['a start that cannot be read', {}, { period: { start: 'soon' } }],
    ['a withdrawal', { status: 'inactive' }, {}],
  ])('is true for %s', (_name, changes, provision) => {
    expect(isWidened(consent(), consent(changes, provision))).toBe(true);
  });

  it('is true for what was not active before', () => {
    expect(isWidened(consent({ status: 'proposed' }), consent())).toBe(true);
  });
});

describe('findConsentFaults', () => {
  it('finds nothing in what the hub enforces', () => {
    expect(findConsentFaults(consent())).toEqual([]);
  });

  it.each([
    [
      'Consent.extension[0]',
      consent({ extension: [{ url: 'https://example.org/only-on-mondays', valueBoolean: true }] }),
    ],
    [
      'Consent.organization[0].extension',
      consent({ organization: [{ reference: 'Organization/region', extension: [{ url: 'https://example.org/x' }] }] }),
    ],
    ['Consent.verification', consent({ verification: [{ verified: true }] })],
    ['Consent.policyRule', consent({ policyRule: { text: 'x' } })],
    ['Consent.modifierExtension', consent({ modifierExtension: [{ url: 'http://example.org' }] })],
    ['Consent.provision.provision[0]', consent({}, { provision: [{ type: 'deny' }] })],
    ['Consent._status', consent({ _status: { extension: [{ url: 'http://example.org' }] } })],
    ['Consent.provision._type', consent({}, { _type: { extension: [{ url: 'http://example.org' }] } })],
    [
      'Consent.provision.period._end',
      consent({}, { period: { _end: { extension: [{ url: 'http://example.org' }] } } }),
    ],
    ['Consent.provision.period.extension', consent({}, { period: { extension: [{ url: 'http://example.org' }] } })],
    ['Consent.provision.purpose[0]', consent({}, { purpose: [{ code: 'TREAT' }] })],
    ['Consent.provision.purpose', consent({}, { purpose: [] })],
    ['Consent.provision.purpose', consent({}, { purpose: { system: 'x', code: 'TREAT' } })],
    ['Consent.provision.purpose[0]._code', consent({}, { purpose: [{ system: 'x', code: 'TREAT', _code: {} }] })],
    ['Consent.provision.action', consent({}, { action: [{ text: 'access' }] })],
    ['Consent.provision.class', consent({}, { class: [{ code: 'CarePlan' }] })],
    ['Consent.provision.dataPeriod', consent({}, { dataPeriod: { start: '2026' } })],
    ['Consent.provision.securityLabel', consent({}, { securityLabel: [{ code: 'R' }] })],
    ['Consent.provision.type', consent({}, { type: 'deny' })],
    [
      'Consent.provision.actor[0]',
      consent({}, { actor: [{ role: recipientRole, reference: { reference: 'Practitioner/x' } }] }),
    ],
    [
      'Consent.provision.actor[0]',
      consent({}, { actor: [{ role: { text: 'x' }, reference: { reference: 'Organization/x' } }] }),
    ],
  ])('refuses %s and lets nothing through while it is there', (expression, resource) => {
    const faults = findConsentFaults(resource);
    expect(faults.map((fault) => [fault.code, fault.expression])).toContainEqual([
      'consent-element-unsupported',
      expression,
    ]);
    expect(toSharingGrants(resource, 'region', recordedAt)).toEqual([]);
  });

  it('asks for a recipient and for a custodian', () => {
    expect(findConsentFaults(consent({}, { actor: [] })).map(({ code }) => code)).toEqual([
      'consent-recipient-required',
    ]);
    expect(findConsentFaults(consent({ organization: undefined })).map(({ code }) => code)).toEqual([
      'consent-custodian-required',
    ]);
    expect(findConsentFaults(consent({ provision: undefined })).map(({ code }) => code)).toEqual([
      'consent-recipient-required',
    ]);
  });
});
