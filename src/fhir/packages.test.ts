import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDefinitions } from './definitions.ts';
import type { FhirResource } from './resource.ts';
import { findMissingDependencies, type FhirPackage, PackageError, readPackages } from './packages.ts';
import { writeTgz } from './tar.ts';

const manifest = {
  name: 'vendor.guide',
  version: '1.0.0',
  fhirVersions: ['4.0.1'],
  dependencies: { 'hl7.fhir.r4.core': '4.0.1', 'other.guide': '2.0.0' },
};
const valueSet = {
  resourceType: 'ValueSet',
  url: 'https://vendor.example/ValueSet/a',
  version: '1.0.0',
  status: 'active',
};
const example = { resourceType: 'Patient', id: 'x' };
const profileUrl = 'https://vendor.example/StructureDefinition/p';

function tgz(files: Readonly<Record<string, unknown>>): Buffer {
  return writeTgz(
    Object.entries(files).map(([name, value]) => ({
      name: `package/${name}`,
      bytes: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    })),
  );
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-hub-packages-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
function write(files: Readonly<Record<string, unknown>> | Buffer): string {
  made += 1;
  const path = join(folder, `${made}.tgz`);
  writeFileSync(path, Buffer.isBuffer(files) ? files : tgz(files));
  return path;
}

const namesOf = (packages: readonly FhirPackage[]): readonly string[] => packages.map(({ name }) => name);

describe('readPackages', () => {
  it('takes the definitions of a .tgz and leaves its index and examples', () => {
    const [found] = readPackages([
      write({
        'package.json': manifest,
        '.index.json': {},
        'a.json': valueSet,
        'b.json': example,
        'example/c.json': valueSet,
      }),
    ]);
    expect(found).toMatchObject({ name: 'vendor.guide', version: '1.0.0' });
    expect(found?.artifacts).toEqual([valueSet]);
  });

  it('reads a folder of one package, a package cache, and a folder of archives alike', () => {
    const [one, cache, archives] = ['one', 'cache', 'archives'].map((name) => join(folder, name));
    if (one === undefined || cache === undefined || archives === undefined) throw new Error('no folders');
    mkdirSync(one);
    writeFileSync(join(one, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(one, 'a.json'), `\uFEFF${JSON.stringify(valueSet)}`);
    mkdirSync(join(cache, 'cached.guide#1.0.0', 'package'), { recursive: true });
    writeFileSync(
      join(cache, 'cached.guide#1.0.0', 'package', 'package.json'),
      JSON.stringify({ ...manifest, name: 'cached.guide' }),
    );
    mkdirSync(archives);
    writeFileSync(join(archives, 'a.tgz'), tgz({ 'package.json': { ...manifest, name: 'archived.guide' } }));
    const found = readPackages([one, cache, archives]);
    expect(namesOf(found)).toEqual(['vendor.guide', 'cached.guide', 'archived.guide']);
    expect(found[0]?.artifacts).toEqual([valueSet]);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>> | Buffer, RegExp]>([
    ['is not an archive', Buffer.from('nothing'), /cannot be read as a FHIR package: it is not a whole gzip file/],
    ['has no manifest', { 'a.json': valueSet }, /no package\/package\.json/],
    ['has a manifest without a version', { 'package.json': { name: 'x' } }, /lacks a name or a version/],
    ['holds a file that is not JSON', { 'package.json': manifest, 'a.json': '{' }, /a\.json is not JSON/],
    ['holds a file that is no object', { 'package.json': manifest, 'a.json': '[]' }, /not a JSON object/],
    [
      'is made for another release',
      { 'package.json': { ...manifest, fhirVersions: ['5.0.0'] } },
      /made for FHIR 5\.0\.0/,
    ],
    [
      'holds a profile without a snapshot',
      {
        'package.json': manifest,
        'a.json': { resourceType: 'StructureDefinition', url: profileUrl, derivation: 'constraint' },
      },
      /StructureDefinition\/p has no snapshot/,
    ],
  ])('refuses a package that %s, and names it', (_case, files, words) => {
    const path = write(files);
    expect(() => readPackages([path])).toThrow(PackageError);
    expect(() => readPackages([path])).toThrow(words);
    expect(() => readPackages([path])).toThrow(path);
  });

  it('refuses a place that is not there, is no package, or gives a package twice', () => {
    expect(() => readPackages([join(folder, 'nowhere')])).toThrow(/is not there/);
    const text = join(folder, 'note.txt');
    writeFileSync(text, 'x');
    expect(() => readPackages([text])).toThrow(/neither a folder nor a \.tgz/);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect(() => readPackages([empty])).toThrow(/holds no FHIR package/);
    const path = write({ 'package.json': manifest });
    expect(() => readPackages([path, path])).toThrow(/Name it once/);
  });
});

describe('findMissingDependencies', () => {
  it('names what nobody has, not what the hub brings', () => {
    const found = readPackages([write({ 'package.json': manifest })]);
    expect(findMissingDependencies(found, [])).toEqual(['vendor.guide 1.0.0 needs other.guide 2.0.0']);
    expect(findMissingDependencies(found, ['other.guide'])).toEqual([]);
  });
});

describe('definitions with packages', () => {
  const from = (location: string, ...artifacts: readonly FhirResource[]): FhirPackage => ({
    ...manifest,
    artifacts,
    location,
  });

  it('gives the newest version to a bare URL and each version to its own', () => {
    const newer = { ...valueSet, version: '1.10.0' };
    const definitions = loadDefinitions([], [from('a', newer), from('b', valueSet, { ...valueSet, version: '1.9.0' })]);
    expect(definitions.valueSet(valueSet.url)?.version).toBe('1.10.0');
    expect(definitions.valueSet(`${valueSet.url}|1.0.0`)?.version).toBe('1.0.0');
    expect(definitions.valueSet(`${valueSet.url}|2.0.0`)).toBeUndefined();
    expect(definitions.isProject(valueSet.url)).toBe(true);
    expect(definitions.isBuiltIn(valueSet.url)).toBe(false);
  });

  it('counts the same definition once, and refuses two that differ under one version', () => {
    expect(loadDefinitions([], [from('a', valueSet), from('b', { ...valueSet })]).project).toEqual([valueSet]);
    expect(() => loadDefinitions([], [from('a', valueSet), from('b', { ...valueSet, title: 'other' })])).toThrow(
      /b defines https:\/\/vendor\.example\/ValueSet\/a\|1\.0\.0 otherwise than a does/,
    );
  });

  it('keeps R4’s own types as they are', () => {
    const patient = {
      resourceType: 'StructureDefinition',
      url: 'http://hl7.org/fhir/StructureDefinition/Patient',
      derivation: 'specialization',
      type: 'Basic',
    };
    const definitions = loadDefinitions([], [from('a', patient)]);
    expect(definitions.typeStructure('Patient')?.type).toBe('Patient');
    expect(definitions.project).toEqual([]);
  });
});
