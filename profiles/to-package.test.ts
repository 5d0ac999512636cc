import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Definitions, loadDefinitions } from '../src/fhir/definitions.ts';
import { readPackages } from '../src/fhir/packages.ts';
import type { FhirResource } from '../src/fhir/resource.ts';
import { createCodes } from '../src/terminology/codes.ts';
import { createValidator } from '../src/validation/create-validator.ts';
import { createSipProfiles } from '../src/validation/sip-profiles.ts';
import { readArtifactFiles, toPackage } from './to-package.ts';

const root = join(import.meta.dirname, '..');
const own = [join(root, 'profiles/json'), join(root, 'terminology/json')];
const folder = mkdtempSync(join(tmpdir(), 'sip-hub-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = {
  name: 'siphub.fhir',
  version: '0.1.0',
  canonical: 'https://siphub.se/fhir',
  title: 'SIP',
  license: 'Apache-2.0',
  dependencies: {},
};
const bytes = toPackage(manifest, readArtifactFiles(own));

const validatorOf = (definitions: Definitions) =>
  createValidator({
    definitions,
    codes: createCodes(definitions),
    sipProfiles: createSipProfiles('https://siphub.se/fhir'),
  });

describe('our own package', () => {
  writeFileSync(join(folder, 'siphub.fhir.tgz'), bytes);
  const packages = readPackages([folder]);
  const fromFolders = loadDefinitions(own);
  const fromPackage = loadDefinitions([], packages);

  it('is the same bytes each time', () => {
    expect(toPackage(manifest, readArtifactFiles(own)).equals(bytes)).toBe(true);
  });

  it('holds every profile and all terminology', () => {
    expect(fromPackage.project.length).toBeGreaterThan(100);
    const urls = (definitions: Definitions) =>
      definitions.project.map(({ resourceType, id }) => `${resourceType}/${id}`);
    expect(urls(fromPackage).toSorted()).toEqual(urls(fromFolders).toSorted());
  });

  it('makes a validator that judges as one from the folders does', () => {
    const [one, other] = [validatorOf(fromFolders), validatorOf(fromPackage)];
    const seeds = join(root, 'test/conformance/seeds');
    const invalid = join(root, 'examples/invalid');
    const resources = [
      ...readdirSync(seeds).map((name) => JSON.parse(readFileSync(join(seeds, name), 'utf8')) as FhirResource),
      ...readdirSync(invalid).flatMap((name) => {
        const { request } = JSON.parse(readFileSync(join(invalid, name), 'utf8')) as {
          request: { body?: FhirResource };
        };
        return request.body === undefined ? [] : [request.body];
      }),
    ];
    const findings = resources.map((resource) => one.validate(resource));
    expect(findings.filter((list) => list.length > 0).length).toBeGreaterThan(10);
    expect(resources.map((resource) => other.validate(resource))).toEqual(findings);
  });
});
