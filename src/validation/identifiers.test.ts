import { describe, expect, it } from 'vitest';
import { findIdentifierFault, hasLuhnDigit } from './identifiers.ts';

const personnummer = 'http://electronichealth.se/identifier/personnummer';
const samordningsnummer = 'http://electronichealth.se/identifier/samordningsnummer';
const reserve = 'http://electronichealth.se/identifier/nationelltReservnummer';
const organisation = 'urn:oid:2.5.4.97';
const hsaId = 'urn:oid:1.2.752.29.4.19';

describe('findIdentifierFault', () => {
  it.each([
    '195009072553',
    '196101182803',
    '189002029800',
    '200302022389',
    '199002222397',
    '200001252386',
    '189602029812',
    '191212121212',
  ])('takes the test person %s', (value) => {
    expect(findIdentifierFault(personnummer, value)).toBeUndefined();
  });

  it('refuses every other check digit of a personnummer', () => {
    for (const digit of '012456789')
      expect(findIdentifierFault(personnummer, `19500907255${digit}`)).toMatch(/check digit/);
  });

  it.each([
    [personnummer, '5009072553', /12 digits/],
    [personnummer, '19500907-2553', /12 digits/],
    [personnummer, '195013072553', /not a date/],
    [personnummer, '195002302553', /not a date/],
    [personnummer, '196109732393', /not a date/],
    [samordningsnummer, '195009072553', /60 added/],
    [samordningsnummer, '196109732394', /check digit/],
    [organisation, '232100016', /10 digits/],
    [organisation, '232100-0164', /10 digits/],
    [organisation, '2321000165', /check digit/],
    [organisation, '5001011236', /third digit/],
    [hsaId, 'SE2321000131', /HSA-id/],
    [hsaId, 'SE2321000131-å', /HSA-id/],
    [reserve, '98240301-AA06', /reserve number/],
    [reserve, '98240301IO06', /reserve number/],
  ])('refuses for %s the value %s', (system, value, words) => {
    expect(findIdentifierFault(system, value)).toMatch(words);
  });

  it.each([
    [samordningsnummer, '196109732393'],
    [organisation, '2321000016'],
    [organisation, '2321000024'],
    [organisation, '2321000131'],
    [organisation, '2321000255'],
    [hsaId, 'SE2321000131-E000000000001'],
    [reserve, '98240301AA06'],
    ['https://example.org/journal', 'anything'],
  ])('takes for %s the value %s', (system, value) => {
    expect(findIdentifierFault(system, value)).toBeUndefined();
  });

  it.each([
    ['urn:oid:1.2.752.129.2.1.3.1', '195009072554'],
    ['https://terminology.hl7.se/sid/se-personnummer', '195009072554'],
    ['urn:oid:1.2.752.129.2.1.4.1', 'x'],
    ['urn:oid:1.2.752.74.9.1', 'x'],
    ['urn:oid:1.2.752.129.2.1.3.3', 'x'],
  ])('knows the alias %s', (system, value) => {
    expect(findIdentifierFault(system, value)).toBeDefined();
  });

  it('never repeats the number', () => {
    expect(findIdentifierFault(personnummer, '195009072554')).not.toContain('19500907');
  });
});

describe('hasLuhnDigit', () => {
  it('finds every single wrong digit', () => {
    const right = '5009072553';
    for (let at = 0; at < right.length; at += 1) {
      for (const digit of '0123456789') {
        const changed = right.slice(0, at) + digit + right.slice(at + 1);
        expect(hasLuhnDigit(changed)).toBe(changed === right);
      }
    }
  });
});
