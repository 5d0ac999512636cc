// Identifier systems: the address the hub stores and emits first, then the aliases it accepts. terminology/build.ts writes them out.

export interface NamingSystemSource {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** The first is preferred. */
  readonly systems: readonly string[];
}

const national: readonly NamingSystemSource[] = [
  {
    id: 'personnummer',
    title: 'Personnummer',
    description: 'Swedish personal identity number, twelve digits without separator, Luhn over the last ten.',
    systems: [
      'http://electronichealth.se/identifier/personnummer',
      'urn:oid:1.2.752.129.2.1.3.1',
      'https://terminology.hl7.se/sid/se-personnummer',
    ],
  },
  {
    id: 'samordningsnummer',
    title: 'Samordningsnummer',
    description: 'Swedish coordination number: as personnummer with 60 added to the day.',
    systems: ['http://electronichealth.se/identifier/samordningsnummer', 'urn:oid:1.2.752.129.2.1.3.3'],
  },
  {
    id: 'nationellt-reservnummer',
    title: 'Nationellt reservnummer',
    description: 'National reserve identity in health care. Only its shape is checked.',
    systems: ['http://electronichealth.se/identifier/nationelltReservnummer', 'urn:oid:1.2.752.74.9.1'],
  },
  {
    id: 'hsa-id',
    title: 'HSA-id',
    description: 'SE, ten digits of the organisationsnummer, a hyphen and up to eighteen letters or digits.',
    systems: ['urn:oid:1.2.752.29.4.19', 'urn:oid:1.2.752.129.2.1.4.1'],
  },
  {
    id: 'organisationsnummer',
    title: 'Organisationsnummer',
    description: 'Ten digits, third digit at least 2, Luhn.',
    systems: ['urn:oid:2.5.4.97'],
  },
  {
    id: 'kommunkod',
    title: 'Kommunkod',
    description: 'Code of a municipality (SCB), four digits.',
    systems: ['urn:oid:1.2.752.129.2.2.1.17'],
  },
  {
    id: 'lanskod',
    title: 'Länskod',
    description: 'Code of a county (SCB), two digits.',
    systems: ['urn:oid:1.2.752.129.2.2.1.18'],
  },
];

const vendors = [
  ['prator', 'Prator'],
  ['lifecare', 'Lifecare SP'],
  ['cosmic-link', 'Cosmic Link'],
  ['webcare', 'WebCare'],
  ['takecare', 'TakeCare'],
  ['samsa', 'SAMSA'],
  ['mina-planer', 'Mina Planer'],
] as const;

const things = [
  ['plan-id', 'plan'],
  ['intervention-id', 'intervention'],
  ['message-id', 'message'],
] as const;

const vendorSystems = vendors.flatMap(([key, name]) =>
  things.map(([suffix, thing]) => ({
    id: `${key}-${suffix}`,
    title: `${name}, ${thing} id`,
    description: `The id that ${name} gives a ${thing}. Kept and returned as it is.`,
    systems: [`https://siphub.se/fhir/sid/${key}-${suffix}`],
  })),
);

export const namingSystems: readonly NamingSystemSource[] = [...national, ...vendorSystems];
