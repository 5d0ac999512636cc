import { describe, expect, it } from 'vitest';
import { isRealDate, primitiveTypes } from './primitives.ts';

const faultOf = (type: string, value: string | number | boolean): string | undefined =>
  primitiveTypes.get(type)?.fault(value as never);

describe('primitiveTypes', () => {
  it.each([
    ['date', '2024-02-29'],
    ['date', '2026'],
    ['date', '2026-12'],
    ['dateTime', '2026-03-01T09:30:00+01:00'],
    ['dateTime', '2026-03-01T09:30:00.123Z'],
    ['dateTime', '2026-03'],
    ['instant', '2026-03-01T23:59:60Z'],
    ['time', '08:30:00'],
    ['id', 'a.B-9'],
    ['code', 'a b'],
    ['uri', 'urn:oid:1.2.752.29.4.19'],
    ['uri', 'http://example.org/ å'.replace(' ', '')],
    ['uri', 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'],
    ['canonical', 'https://example.org/p|1.0'],
    ['base64Binary', 'QUJD'],
    ['base64Binary', 'QUI=\nQUI='.slice(0, 4)],
    ['integer', -2_147_483_648],
    ['positiveInt', 1],
    ['unsignedInt', 0],
    ['decimal', 1e-9],
    ['string', 'å\n\tö'],
    ['markdown', '# A'],
  ])('takes the %s %j', (type, value) => {
    expect(faultOf(type, value)).toBeUndefined();
  });

  it.each([
    ['date', '2026-02-30'],
    ['date', '2023-02-29'],
    ['date', '1900-02-29'],
    ['date', '2026-13'],
    ['date', '2026-00-10'],
    ['date', '26-01-01'],
    ['date', '0000'],
    ['date', '2026-01-01T00:00:00Z'],
    ['dateTime', '2026-03-01T09:30:00'],
    ['dateTime', '2026-03-01T09:30Z'],
    ['dateTime', '2026-02-30T09:30:00Z'],
    ['dateTime', '2026-03-01T24:00:00Z'],
    ['dateTime', '2026-03-01T09:30:00+15:00'],
    ['instant', '2026-03-01'],
    ['time', '24:00:00'],
    ['time', '08:30'],
    ['id', ''],
    ['id', 'å'],
    ['id', 'a'.repeat(65)],
    ['code', ' a'],
    ['code', 'a  b'],
    ['uri', 'a b'],
    ['uri', 'JavaScript:alert(1)'],
    ['uri', 'urn:oid:1.02'],
    ['uri', 'urn:uuid:12'],
    ['base64Binary', 'QUJ'],
    ['base64Binary', 'Q=JD'],
    ['base64Binary', ''],
    ['integer', 1.5],
    ['integer', 2_147_483_648],
    ['positiveInt', 0],
    ['unsignedInt', -1],
    ['decimal', Infinity],
    ['string', ''],
    ['string', 'a\u0000b'],
    ['string', 'a'.repeat(1_048_577)],
    ['oid', '1.2.3'],
    ['uuid', 'x'],
  ])('refuses the %s %j', (type, value) => {
    expect(faultOf(type, value)).toBeDefined();
  });

  it('checks a megabyte of base64 without running out of stack', () => {
    expect(faultOf('base64Binary', 'QUJD'.repeat(262_144))).toBeUndefined();
  });
});

describe('isRealDate', () => {
  it('agrees with the calendar on each day of a leap year and its neighbours', () => {
    for (let day = Date.UTC(2023, 0, 1); day < Date.UTC(2026, 0, 1); day += 86_400_000)
      expect(isRealDate(new Date(day).toISOString().slice(0, 10))).toBe(true);
  });
});
