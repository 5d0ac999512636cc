// Makes terminology/json from terminology/source and src/core/problem.ts: one CodeSystem, ValueSet, ConceptMap or NamingSystem per file.
// https://hl7.org/fhir/R4/terminology-module.html · `--check` writes nothing and fails where the committed JSON differs.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, exit, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { problemKinds } from '../src/core/problem.ts';
import { writeOrCompare } from './generated-files.ts';
import { codeSystems, type CodeSystemSource } from './source/code-systems.ts';
import { namingSystems } from './source/naming-systems.ts';
import { valueSets, type ValueSetSource } from './source/value-sets.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const canonical = 'https://siphub.se/fhir';
const version = '0.1.0';
const releasedOn = '2026-11-02';
const icfVersion = '2017a';
const icfCopyright =
  'ICF © World Health Organization 2001–2017. Swedish translation: Socialstyrelsen, on behalf of WHO. See terminology/NOTICE.';

interface Definition {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

interface Property {
  readonly code: string;
  readonly valueCode?: string;
  readonly valueInteger?: number;
}

interface Concept {
  readonly code: string;
  readonly display?: string;
  readonly definition?: string;
  readonly designation?: readonly { readonly language: string; readonly value: string }[];
  readonly property?: readonly Property[];
}

/** Rows of a tab-separated file by column name. */
function readTable(name: string): readonly Readonly<Record<string, string>>[] {
  const [header = '', ...lines] = readFileSync(join(folder, 'source', name), 'utf8')
    .trimEnd()
    .split('\n');
  const columns = header.split('\t');
  return lines.map((line) =>
    Object.fromEntries(line.split('\t').map((cell, index) => [columns[index] ?? '', cell.trim()])),
  );
}

/** English as display where there is one, both languages as designations. */
function toConcept(
  code: string,
  en: string | undefined,
  sv: string | undefined,
  property?: readonly Property[],
): Concept {
  const designation = [...(en ? [{ language: 'en', value: en }] : []), ...(sv ? [{ language: 'sv', value: sv }] : [])];
  const display = en || sv;
  return {
    code,
    ...(display ? { display } : {}),
    ...(designation.length > 0 ? { designation } : {}),
    ...(property !== undefined && property.length > 0 ? { property } : {}),
  };
}

function toName(id: string): string {
  return id
    .split('-')
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`)
    .join('');
}

interface CodeSystemParts {
  readonly id: string;
  readonly url?: string;
  readonly version?: string;
  readonly title: string;
  readonly description: string;
  readonly content?: string;
  readonly copyright?: string;
  readonly property?: readonly { readonly code: string; readonly description: string; readonly type: string }[];
  readonly concept: readonly Concept[];
}

function toCodeSystem(parts: CodeSystemParts): Definition {
  return {
    resourceType: 'CodeSystem',
    id: parts.id,
    url: parts.url ?? `${canonical}/CodeSystem/${parts.id}`,
    version: parts.version ?? version,
    name: toName(parts.id),
    title: parts.title,
    status: 'active',
    experimental: false,
    description: parts.description,
    ...(parts.copyright === undefined ? {} : { copyright: parts.copyright }),
    caseSensitive: true,
    content: parts.content ?? 'complete',
    count: parts.concept.length,
    ...(parts.property === undefined ? {} : { property: parts.property }),
    concept: parts.concept,
  };
}

function toValueSet({ id, title, include }: ValueSetSource): Definition {
  return {
    resourceType: 'ValueSet',
    id,
    url: `${canonical}/ValueSet/${id}`,
    version,
    name: toName(id),
    title,
    status: 'active',
    experimental: false,
    compose: {
      include: include.map(({ system, codes }) => ({
        system,
        ...(codes === undefined ? {} : { concept: codes.map((code) => ({ code })) }),
      })),
    },
  };
}

function ownCodeSystem({ codes, ...parts }: CodeSystemSource): Definition {
  return toCodeSystem({ ...parts, concept: codes.map(({ code, en, sv }) => toConcept(code, en, sv)) });
}

const icfRows = readTable('icf.tsv');

function icfCodeSystem(): Definition {
  return toCodeSystem({
    id: 'icf',
    url: 'http://hl7.org/fhir/sid/icf',
    version: icfVersion,
    title: 'ICF: components, chapters, blocks and second-level categories',
    description:
      'A part of the International Classification of Functioning, Disability and Health, with Swedish and English titles. Who holds the licence can load the whole in its place.',
    content: 'fragment',
    copyright: icfCopyright,
    property: [
      { code: 'parent', description: 'Component of a chapter, chapter of a block or a category.', type: 'code' },
      { code: 'block', description: 'The block a category stands in.', type: 'code' },
      { code: 'level', description: 'component, chapter, block or second.', type: 'code' },
    ],
    concept: icfRows.map((row) =>
      toConcept(row['code'] ?? '', row['title_en'], row['title_sv'], [
        ...(row['parent'] ? [{ code: 'parent', valueCode: row['parent'] }] : []),
        ...(row['block'] ? [{ code: 'block', valueCode: row['block'] }] : []),
        { code: 'level', valueCode: row['level'] ?? '' },
      ]),
    ),
  });
}

function areaCodeSystems(): readonly Definition[] {
  const municipalities = readTable('kommuner.tsv').map((row) =>
    toConcept(row['code'] ?? '', undefined, row['name'], [{ code: 'lan', valueCode: row['lan_code'] ?? '' }]),
  );
  const counties = readTable('regioner.tsv').map((row) => toConcept(row['lan_code'] ?? '', undefined, row['lan_name']));
  return [
    toCodeSystem({
      id: 'se-kommun',
      url: 'urn:oid:1.2.752.129.2.2.1.17',
      title: 'Municipalities of Sweden',
      description: 'Kommunkod as kept by Statistics Sweden (SCB).',
      copyright: 'SCB, CC0-1.0',
      property: [{ code: 'lan', description: 'Länskod of the county.', type: 'code' }],
      concept: municipalities,
    }),
    toCodeSystem({
      id: 'se-lan',
      url: 'urn:oid:1.2.752.129.2.2.1.18',
      title: 'Counties of Sweden',
      description: 'Länskod as kept by Statistics Sweden (SCB).',
      copyright: 'SCB, CC0-1.0',
      concept: counties,
    }),
  ];
}

function errorCodeSystem(): Definition {
  return toCodeSystem({
    id: 'sip-error',
    title: 'Errors of the hub',
    description: 'The stable codes in OperationOutcome.issue.details.coding. Each says what is wrong and what to do.',
    property: [
      { code: 'status', description: 'HTTP status it is answered with.', type: 'integer' },
      { code: 'issue', description: 'FHIR issue type.', type: 'code' },
    ],
    concept: Object.entries(problemKinds).map(([code, kind]) =>
      toConcept(code, kind.en, kind.sv, [
        { code: 'status', valueInteger: kind.status },
        { code: 'issue', valueCode: kind.issue },
      ]),
    ),
  });
}

interface ConceptMapParts {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly groups: readonly {
    readonly source: string;
    readonly target: string;
    readonly pairs: readonly (readonly [string, string])[];
    readonly equivalence: 'wider' | 'equal';
  }[];
}

function toConceptMap({ id, title, description, groups }: ConceptMapParts): Definition {
  return {
    resourceType: 'ConceptMap',
    id,
    url: `${canonical}/ConceptMap/${id}`,
    version,
    name: toName(id),
    title,
    status: 'active',
    experimental: false,
    description,
    group: groups.map(({ source, target, pairs, equivalence }) => ({
      source,
      target,
      element: pairs.map(([from, to]) => ({ code: from, target: [{ code: to, equivalence }] })),
    })),
  };
}

function conceptMaps(): readonly Definition[] {
  const lifeArea = `${canonical}/CodeSystem/sip-ibic-life-area`;
  return [
    toConceptMap({
      id: 'kommun-to-lan',
      title: 'Municipality to county',
      description: 'The county each municipality lies in.',
      groups: [
        {
          source: 'urn:oid:1.2.752.129.2.2.1.17',
          target: 'urn:oid:1.2.752.129.2.2.1.18',
          pairs: readTable('kommuner.tsv').map((row) => [row['code'] ?? '', row['lan_code'] ?? ''] as const),
          equivalence: 'wider',
        },
      ],
    }),
    toConceptMap({
      id: 'icf-to-ibic-life-area',
      title: 'ICF to IBIC life area',
      description:
        'Nine IBIC life areas are the chapters d1–d9 of ICF; two stand on Swedish extension codes. After a secondary source.',
      groups: [
        {
          source: 'http://hl7.org/fhir/sid/icf',
          target: lifeArea,
          pairs: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((chapter) => [`d${chapter}`, String(chapter)] as const),
          equivalence: 'equal',
        },
        {
          source: `${canonical}/CodeSystem/icf-se`,
          target: lifeArea,
          pairs: [
            ['b1528A', '10'],
            ['e398A', '11'],
          ],
          equivalence: 'equal',
        },
      ],
    }),
  ];
}

function namingSystemResources(): readonly Definition[] {
  return namingSystems.map(({ id, title, description, systems }) => ({
    resourceType: 'NamingSystem',
    id,
    name: toName(id),
    status: 'active',
    kind: 'identifier',
    date: releasedOn,
    usage: title,
    description,
    uniqueId: systems.map((system, index) => ({ type: 'uri', value: system, preferred: index === 0 })),
  }));
}

function allDefinitions(): readonly Definition[] {
  const listed = new Set(valueSets.map(({ id }) => id));
  const wholeSystems = codeSystems
    .filter(({ id }) => !listed.has(id))
    .map(({ id, url, title }) => ({ id, title, include: [{ system: url ?? `${canonical}/CodeSystem/${id}` }] }));
  const headings = {
    id: 'sip-icf-heading',
    title: 'ICF headings of sub-goals: chapters, blocks and second-level categories',
    include: [
      {
        system: 'http://hl7.org/fhir/sid/icf',
        codes: icfRows.filter((row) => row['level'] !== 'component').map((row) => row['code'] ?? ''),
      },
    ],
  };
  return [
    ...codeSystems.map(ownCodeSystem),
    icfCodeSystem(),
    ...areaCodeSystems(),
    errorCodeSystem(),
    ...[...wholeSystems, ...valueSets, headings].map((source) =>
      source.id.includes('icf') ? { ...toValueSet(source), copyright: icfCopyright } : toValueSet(source),
    ),
    ...conceptMaps(),
    ...namingSystemResources(),
  ];
}

const files = new Map(
  allDefinitions().map((definition) => [
    `${definition.resourceType}-${definition.id}.json`,
    `${JSON.stringify(definition, null, 2)}\n`,
  ]),
);
const differences = writeOrCompare({ folder: join(folder, 'json'), files, check: argv.includes('--check') });
for (const difference of differences) stderr.write(`${difference}\n`);
stdout.write(
  `terminology: ${files.size} definitions${differences.length > 0 ? `, ${differences.length} differ; run npm run build:terminology` : ', up to date'}\n`,
);
if (differences.length > 0) exit(1);
