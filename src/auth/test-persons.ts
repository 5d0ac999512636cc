// Persons to log in as while developing: published test identities, and no others. Names as in examples/ where they are there.
// Skatteverket's test numbers, and those of HL7 Sweden's base profiles. Never offered but by a hub on loopback (sign-in-method.ts).

export interface TestPerson {
  readonly name: string;
  /** Twelve digits. */
  readonly personalNumber: string;
}

export const testPersons: readonly TestPerson[] = [
  { name: 'Tolvan Tolvansson', personalNumber: '191212121212' },
  { name: 'Astrid Lindqvist', personalNumber: '189002029800' },
  { name: 'Mikael Sandberg', personalNumber: '195009072553' },
  { name: 'Elias Nilsson', personalNumber: '199002222397' },
  { name: 'Testperson ett', personalNumber: '196101182803' },
  { name: 'Testperson två', personalNumber: '200302022389' },
  { name: 'Testperson med samordningsnummer', personalNumber: '196109732393' },
  { name: 'Testperson med sekretessmarkering', personalNumber: '200001252386' },
  { name: 'Testperson med skyddad folkbokföring', personalNumber: '189602029812' },
];
