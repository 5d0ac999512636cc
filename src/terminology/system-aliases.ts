// One system, several names in circulation: which the hub accepts, and which it stores and emits.
// Specification: sip.md §3. Codes of an unknown system are left as they are.

const aliases: ReadonlyMap<string, string> = new Map([
  ['urn:oid:1.2.752.129.2.1.3.1', 'http://electronichealth.se/identifier/personnummer'],
  ['https://terminology.hl7.se/sid/se-personnummer', 'http://electronichealth.se/identifier/personnummer'],
  ['urn:oid:1.2.752.129.2.1.3.3', 'http://electronichealth.se/identifier/samordningsnummer'],
  ['urn:oid:1.2.752.74.9.1', 'http://electronichealth.se/identifier/nationelltReservnummer'],
  ['urn:oid:1.2.752.129.2.1.4.1', 'urn:oid:1.2.752.29.4.19'],
  ['urn:oid:1.2.752.116.1.1.3', 'http://hl7.org/fhir/sid/icf'],
  ['urn:oid:1.2.752.116.1.1.3.1.1', 'http://hl7.org/fhir/sid/icf'],
  ['urn:oid:1.2.752.116.1.1.3.3.1', 'http://hl7.org/fhir/sid/icf'],
]);

/** The name of the system that the hub stores; the same text where it has no alias. */
export function canonicalSystem(system: string): string {
  return aliases.get(system) ?? system;
}

/** Every name of the system, the stored one first: what a search must look for in texts that came in otherwise. */
export function systemNames(system: string): readonly string[] {
  const stored = canonicalSystem(system);
  return [stored, ...[...aliases].filter(([, target]) => target === stored).map(([alias]) => alias)];
}

/** Rewrites, in place, every `system` in the JSON from an alias to the stored name. Leaves all else as it is. */
export function normalizeSystems(json: unknown): void {
  if (typeof json !== 'object' || json === null) return;
  if (Array.isArray(json)) {
    for (const item of json) normalizeSystems(item);
    return;
  }
  const object = json as Record<string, unknown>;
  for (const key in object) {
    const value = object[key];
    if (typeof value === 'object') normalizeSystems(value);
    else if (key === 'system' && typeof value === 'string') {
      const stored = aliases.get(value);
      if (stored !== undefined) object[key] = stored;
    }
  }
}
