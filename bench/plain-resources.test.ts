import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../src/fhir/definitions.ts';
import { createCodes } from '../src/terminology/codes.ts';
import { createValidator } from '../src/validation/create-validator.ts';
import { bundleSize, makePlainBundle, makePlainResource, plainAddress, plainTypes } from './plain-resources.ts';

const folders = ['../profiles/json', '../profiles/hl7se.fhir.base-1.1.0', '../terminology/json'];
const definitions = loadDefinitions(folders.map((folder) => fileURLToPath(new URL(folder, import.meta.url))));
const validator = createValidator({ definitions, codes: createCodes(definitions), sipProfiles: () => [] });
const errorsOf = (resource: unknown): readonly unknown[] =>
  validator.validate(resource as { resourceType: string }).filter(({ severity }) => severity === 'error');

describe('makePlainResource', () => {
  it('gives nine types that are valid R4, new and changed', () => {
    const resources = [0, 1, 59].flatMap((edition) =>
      plainTypes.map((_, running) => makePlainResource(running, { edition })),
    );
    expect(new Set(resources.map(({ resourceType }) => resourceType)).size).toBe(9);
    expect(resources.flatMap(errorsOf)).toEqual([]);
  });

  it('changes with the edition', () => {
    const before = plainTypes.map((_, running) => makePlainResource(running));
    const after = plainTypes.map((_, running) => makePlainResource(running, { edition: 1 }));
    expect(after.filter((resource, at) => JSON.stringify(resource) === JSON.stringify(before[at]))).toEqual([]);
  });

  it('lies under an address of its own, which its text tells', () => {
    const addresses = Array.from({ length: 5 * bundleSize }, (_, running) => plainAddress(running));
    expect(new Set(addresses).size).toBe(addresses.length);
    const { resourceType, id } = makePlainResource(4321);
    expect(`${String(resourceType)}/${String(id)}`).toBe(addresses[4321]);
  });
});

describe('makePlainBundle', () => {
  const text = JSON.stringify(makePlainBundle(2 * bundleSize));

  it('refers to nothing outside itself', () => {
    const written = new Set(text.matchAll(/"url":"([^"]+)"/g).map(([, url]) => url));
    const referred = Array.from(text.matchAll(/"reference":"([^"]+)"/g), ([, reference]) => reference);
    expect(written.size).toBe(bundleSize);
    expect(referred.filter((reference) => !written.has(reference))).toEqual([]);
  });
});
