import { describe, expect, it } from 'vitest';
import { canonicalSystem, normalizeSystems, systemNames } from './system-aliases.ts';

describe('canonicalSystem', () => {
  it('gives the stored name of an alias and leaves others alone', () => {
    expect(canonicalSystem('urn:oid:1.2.752.129.2.1.3.1')).toBe('http://electronichealth.se/identifier/personnummer');
    expect(canonicalSystem('urn:oid:1.2.752.116.1.1.3.3.1')).toBe('http://hl7.org/fhir/sid/icf');
    expect(canonicalSystem('https://example.org')).toBe('https://example.org');
  });
});

describe('systemNames', () => {
  it('starts with the stored name, whichever was asked for', () => {
    expect(systemNames('urn:oid:1.2.752.129.2.1.4.1')).toEqual([
      'urn:oid:1.2.752.29.4.19',
      'urn:oid:1.2.752.129.2.1.4.1',
    ]);
  });
});

describe('normalizeSystems', () => {
  it('rewrites systems at any depth and nothing else', () => {
    const resource = {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:oid:1.2.752.129.2.1.3.3', value: 'urn:oid:1.2.752.129.2.1.3.3' }],
      telecom: [{ system: 'phone' }],
      contained: [{ code: { coding: [{ system: 'urn:oid:1.2.752.116.1.1.3', code: 'd4' }, null] } }],
    };
    normalizeSystems(resource);
    expect(resource.identifier).toEqual([
      { system: 'http://electronichealth.se/identifier/samordningsnummer', value: 'urn:oid:1.2.752.129.2.1.3.3' },
    ]);
    expect(resource.telecom).toEqual([{ system: 'phone' }]);
    expect(resource.contained[0]?.code.coding[0]).toEqual({ system: 'http://hl7.org/fhir/sid/icf', code: 'd4' });
  });
});
