import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSource, parseOrganizationIdentifier } from './organization-identifier.ts';

const hsaId = { system: 'urn:oid:1.2.752.29.4.19', value: 'SE2321000016-A001' };
const number = { system: 'urn:oid:2.5.4.97', value: '2120000142' };

describe('parseOrganizationIdentifier', () => {
  test.each([
    ['SE2321000016-A001', hsaId],
    ['urn:oid:1.2.752.29.4.19#SE2321000016-A001', hsaId],
    ['urn:oid:1.2.752.29.4.19|SE2321000016-A001', hsaId],
    ['urn:oid:1.2.752.129.2.1.4.1|SE2321000016-A001', hsaId],
    ['2120000142', number],
    ['212000-0142', number],
    ['urn:oid:2.5.4.97#2120000142', number],
  ])('reads %s', (text, expected) => {
    expect(parseOrganizationIdentifier(text)).toEqual(expected);
  });

  test.each([
    '',
    '|',
    'Region Exempel',
    'SE2321000016',
    'SE2321000016-',
    'SE2321000016-Å',
    'urn:oid:1.2.752.29.4.19|2120000142',
    'urn:oid:2.5.4.97|SE2321000016-A001',
    'urn:oid:1.2.3|SE2321000016-A001',
    'http://electronichealth.se/identifier/personnummer|195009072553',
    '2120000143',
    '2110000142',
    'urn:oid:1.2.752.29.4.19|SE2321000016-A001|x',
  ])('refuses %j', (text) => {
    expect(parseOrganizationIdentifier(text)).toBeUndefined();
  });

  test('never throws, and what it reads it reads again from the form it gives', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(SE)?\d{10}(-\w{1,5})?$/)), (text) => {
        const parsed = parseOrganizationIdentifier(text);
        if (parsed !== undefined)
          expect(parseOrganizationIdentifier(`${parsed.system}#${parsed.value}`)).toEqual(parsed);
      }),
    );
  });
});

describe('findSource', () => {
  test('prefers the HSA-id, in whatever order and under whatever alias', () => {
    const alias = { system: 'urn:oid:1.2.752.129.2.1.4.1', value: hsaId.value };
    expect(findSource([number, alias])).toBe('urn:oid:1.2.752.29.4.19#SE2321000016-A001');
    expect(findSource([{ system: 'urn:other', value: 'x' }, number])).toBe('urn:oid:2.5.4.97#2120000142');
  });

  test('finds nothing where there is neither', () => {
    expect(findSource([{ system: 'urn:other', value: 'x' }, {}])).toBeUndefined();
  });
});
