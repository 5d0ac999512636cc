import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readIuaClaims, toIuaClaims } from './iua-claims.ts';

const read = (iua: unknown): ReturnType<typeof readIuaClaims> => readIuaClaims({ extensions: { ihe_iua: iua } });
const system = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

describe('what is said of who is at work', () => {
  test('is read as IUA writes it', () => {
    const said = {
      subject_organization_id: 'SE2321000024-1020',
      national_provider_identifier: 'SE2321000024-P001',
      subject_role: [{ system: 'urn:oid:1.2.752.29.23.1.6', code: 'LK' }],
      purpose_of_use: [
        { system, code: 'TREAT', display: 'Vård' },
        { system, code: 'TREAT' },
      ],
    };
    expect(read(said)).toEqual({
      organization: 'SE2321000024-1020',
      staffId: 'SE2321000024-P001',
      roles: ['urn:oid:1.2.752.29.23.1.6|LK'],
      purposes: [`${system}|TREAT`],
    });
  });

  test('may be left out', () => {
    const nothing = { organization: undefined, staffId: undefined, roles: [], purposes: [] };
    for (const claims of [{}, { extensions: {} }, { extensions: { ihe_iua: {} } }, { extensions: { other: 1 } }]) {
      expect(readIuaClaims(claims)).toEqual(nothing);
    }
  });

  test.each([
    ['subject_organization_id', { subject_organization_id: '' }],
    ['national_provider_identifier', { national_provider_identifier: 'SE2321000024' }],
    ['national_provider_identifier', { national_provider_identifier: '191212121212' }],
    ['national_provider_identifier', { national_provider_identifier: null }],
    ['national_provider_identifier', { national_provider_identifier: 'SE2321000024-191212121212' }],
    ['purpose_of_use', { purpose_of_use: [{ system, code: 'a\u0000' }] }],
    ['purpose_of_use', { purpose_of_use: [{ system, code: '\ud800' }] }],
    ['purpose_of_use', { purpose_of_use: [{ system, code: '191212121212' }] }],
    ['subject_role', { subject_role: { system, code: 'x' } }],
    ['subject_role', { subject_role: [{ system }] }],
    ['purpose_of_use', { purpose_of_use: 'TREAT' }],
    ['purpose_of_use', { purpose_of_use: ['TREAT'] }],
    ['purpose_of_use', { purpose_of_use: [{ system, code: 'a b' }] }],
    ['purpose_of_use', { purpose_of_use: [{ system, code: 'a|b' }] }],
    ['purpose_of_use', { purpose_of_use: [{ system: '', code: 'a' }] }],
    ['purpose_of_use', { purpose_of_use: Array.from({ length: 6 }, (_, at) => ({ system, code: String(at) })) }],
  ])('is refused where %s is not of its form', (name, iua) => {
    expect(read(iua)).toContain(name);
  });

  test('goes into a token and comes out as it was', () => {
    const word = fc.stringMatching(/^[!-{}~]{1,9}$/);
    const codes = fc.uniqueArray(
      fc.tuple(word, word).map(([of, code]) => `${of}|${code}` as const),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(codes, codes, (roles, purposes) => {
        const said = { staffId: 'SE2321000024-P001', roles, purposes };
        expect(read(toIuaClaims(said))).toEqual({ organization: undefined, ...said });
      }),
    );
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (iua) => {
        expect(['string', 'object']).toContain(typeof read(iua));
      }),
    );
  });
});
