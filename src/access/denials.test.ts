import { describe, expect, it } from 'vitest';
import type { Denial } from './consent-body.ts';
import { findDenialFaults, keepsDenials, readDenials } from './denials.ts';

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const sensitivity = 'https://siphub.se/fhir/CodeSystem/sip-sensitivity';
const role = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] };
const actor = (id: string): object => ({ role, reference: { reference: `Organization/${id}` } });
const data = (reference: string, meaning = 'instance'): object => ({ meaning, reference: { reference } });
const deny = (changes: object): Denial => ({ type: 'deny', ...changes });
const placesOf = (denial: object): readonly (string | undefined)[] =>
  findDenialFaults([denial], 'provision').map(({ expression }) => expression);

describe('findDenialFaults', () => {
  it('finds nothing in what the hub enforces', () => {
    const denial = deny({
      id: 'd',
      actor: [actor('school')],
      data: [data('Goal/1'), data('Goal?identifier=a|b')],
      securityLabel: [
        { system: confidentiality, code: 'R', display: 'restricted' },
        { system: sensitivity, code: 'violence' },
      ],
    });
    expect(placesOf(denial)).toEqual([]);
    expect(findDenialFaults(undefined, 'provision')).toEqual([]);
  });

  it.each([
    ['a permit', { ...deny({ actor: [actor('a')] }), type: 'permit' }, 'provision[0].type'],
    ['no type', { actor: [actor('a')] }, 'provision[0].type'],
    ['nothing that is denied', deny({}), 'provision[0]'],
    ['empty lists', deny({ actor: [], data: [], securityLabel: [] }), 'provision[0]'],
    ['a deeper level', deny({ actor: [actor('a')], provision: [] }), 'provision[0].provision'],
    ['a period of its own', deny({ actor: [actor('a')], period: {} }), 'provision[0].period'],
    ['a class', deny({ actor: [actor('a')], class: [] }), 'provision[0].class'],
    ['an extension', deny({ actor: [actor('a')], extension: [] }), 'provision[0].extension'],
    ['an actor that is nobody', deny({ actor: [{ role }] }), 'provision[0].actor[0]'],
    ['an actor in another role', deny({ actor: [{ ...actor('a'), role: {} }] }), 'provision[0].actor[0]'],
    ['another meaning', deny({ data: [data('Goal/1', 'related')] }), 'provision[0].data[0].meaning'],
    ['a version', deny({ data: [data('Goal/1/_history/2')] }), 'provision[0].data[0].reference'],
    ['what stands in the directory', deny({ data: [data('Practitioner/1')] }), 'provision[0].data[0].reference'],
    ['a type that is not served', deny({ data: [data('Basic/1')] }), 'provision[0].data[0].reference'],
    ['data elsewhere', deny({ data: [data('https://other.example/Goal/1')] }), 'provision[0].data[0].reference'],
    ['data without a reference', deny({ data: [{ meaning: 'instance' }] }), 'provision[0].data[0].reference'],
    ['an extension of data', deny({ data: [{ ...data('Goal/1'), extension: [] }] }), 'provision[0].data[0].extension'],
    [
      'an unknown label',
      deny({ securityLabel: [{ system: confidentiality, code: 'X' }] }),
      'provision[0].securityLabel[0]',
    ],
    ['a label without a system', deny({ securityLabel: [{ code: 'R' }] }), 'provision[0].securityLabel[0]'],
    [
      'a label of another system',
      deny({ securityLabel: [{ system: 'a', code: 'R' }] }),
      'provision[0].securityLabel[0]',
    ],
    ['a label that is none', deny({ securityLabel: [null] }), 'provision[0].securityLabel[0]'],
    [
      'an inherited word',
      deny({ securityLabel: [{ system: 'toString', code: 'R' }] }),
      'provision[0].securityLabel[0]',
    ],
  ])('refuses %s', (_name, denial, place) => {
    expect(placesOf(denial)).toContain(place);
  });
});

describe('readDenials', () => {
  it('gives the conditions that are made, with the labels that are more confidential', () => {
    const labels = [
      { system: confidentiality, code: 'R' },
      { system: sensitivity, code: 'violence' },
    ];
    expect(
      readDenials([deny({ securityLabel: labels }), deny({ actor: [actor('a')], data: [data('Goal/1')] })]),
    ).toEqual([
      { labels: [`${confidentiality}|R`, `${confidentiality}|V`, `${sensitivity}|violence`] },
      { recipientIds: ['a'], targets: ['Goal/1'] },
    ]);
  });
});

describe('keepsDenials', () => {
  const before = readDenials([deny({ actor: [actor('a')], data: [data('Goal/1')] })]);

  it.each([
    ['the same', [deny({ actor: [actor('a')], data: [data('Goal/1')] })], true],
    ['more', [deny({ actor: [actor('b'), actor('a')], data: [data('Goal/1'), data('Goal/2')] })], true],
    ['fewer conditions', [deny({ actor: [actor('a')] })], true],
    ['another beside it', [deny({ actor: [actor('b')] }), deny({ data: [data('Goal/1')] })], true],
    ['none', [], false],
    ['another actor', [deny({ actor: [actor('b')], data: [data('Goal/1')] })], false],
    [
      'one condition more',
      [
        deny({
          actor: [actor('a')],
          data: [data('Goal/1')],
          securityLabel: [{ system: sensitivity, code: 'violence' }],
        }),
      ],
      false,
    ],
  ])('of %s', (_name, after, isKept) => {
    expect(keepsDenials(before, readDenials(after))).toBe(isKept);
  });
});
