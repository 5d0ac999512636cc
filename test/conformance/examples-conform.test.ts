// The committed definitions are what their sources give, and the examples conform to them and to HL7 Sweden’s base profiles.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';
import { createSipProfiles } from '../../src/validation/sip-profiles.ts';
import { directory, examplesFolder, plans, type ExampleBundle } from './examples.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['profiles/json', 'terminology/json', 'profiles/hl7se.fhir.base-1.1.0'].map((folder) =>
  join(root, folder),
);
const definitions = loadDefinitions(folders);
const validator = createValidator({
  definitions,
  codes: createCodes(definitions),
  sipProfiles: createSipProfiles('https://siphub.se/fhir'),
});
const bundles: readonly ExampleBundle[] = [directory, ...plans.flatMap((plan) => plan.bundles)];
const seBase = 'http://hl7.se/fhir/ig/base/StructureDefinition/';
const seProfiles = new Map([
  ['Organization', 'SEBaseOrganization'],
  ['Patient', 'SEBasePatient'],
  ['Practitioner', 'SEBasePractitioner'],
  ['PractitionerRole', 'SEBasePractitionerRole'],
]);

/** Placeholders as the hub replaces them before it validates. */
function withIds(bundle: ExampleBundle): readonly FhirResource[] {
  const ids = new Map(
    bundle.entries.map(({ fullUrl, resource }) => [
      fullUrl,
      `${resource.resourceType}/${fullUrl.slice('urn:uuid:'.length)}`,
    ]),
  );
  const text = JSON.stringify(bundle.entries.map(({ resource }) => resource));
  return JSON.parse(
    text.replaceAll(/"(urn:uuid:[0-9a-f-]{36})"/g, (whole, urn: string) =>
      ids.has(urn) ? `"${ids.get(urn)}"` : whole,
    ),
  ) as FhirResource[];
}

describe.each(bundles.map((bundle) => [bundle.name, bundle] as const))('%s', (_name, bundle) => {
  it('conforms to the hub’s profiles', () => {
    expect(withIds(bundle).flatMap((resource) => validator.validate(resource))).toEqual([]);
  });

  it('conforms to the base profiles of HL7 Sweden', () => {
    const findings = withIds(bundle).flatMap((resource) => {
      const profile = seProfiles.get(resource.resourceType);
      return profile === undefined ? [] : validator.validate(resource, { profiles: [seBase + profile] });
    });
    expect(findings).toEqual([]);
  });
});

interface InvalidExample {
  readonly request: { readonly method: string; readonly url: string; readonly body?: FhirResource };
  readonly expected: { readonly code: string; readonly expression?: string };
}

/** Refused for another reason than what the validator looks at. */
const decidedElsewhere = /^(?:resource-type-|reference-not-found|consent-|if-match-|id-mismatch|endpoint-|role-)/;

describe('examples/invalid', () => {
  const folder = join(examplesFolder, 'invalid');
  const cases = readdirSync(folder)
    .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as InvalidExample] as const)
    .filter(
      ([, { request, expected }]) =>
        request.body !== undefined && request.body.resourceType !== 'Bundle' && !decidedElsewhere.test(expected.code),
    );

  it.each(cases)('%s is refused at the element it names', (_name, { request, expected }) => {
    const errors = validator.validate(request.body as FhirResource).filter(({ severity }) => severity === 'error');
    const places = errors.map(({ code, expression }) => ({ code, expression }));
    expect(places).toContainEqual({ code: expected.code, expression: expected.expression });
  });
});

describe('profiles and terminology', () => {
  const structures = definitions.project.filter(
    ({ resourceType, url }) =>
      resourceType === 'StructureDefinition' && String(url).startsWith('https://siphub.se/fhir/'),
  );

  it('names HL7 Sweden’s base profile in each profile of a type that has one', () => {
    for (const [type, profile] of seProfiles) {
      const own = structures.find(
        (structure) => structure['type'] === type && structure['derivation'] === 'constraint',
      );
      expect(own?.['extension']).toContainEqual({
        url: 'http://hl7.org/fhir/StructureDefinition/structuredefinition-compliesWithProfile',
        valueCanonical: seBase + profile,
      });
    }
  });

  it('binds to value sets that are loaded', () => {
    const bound = structures.flatMap((structure) => {
      const { element } = structure['differential'] as {
        element: { binding?: { strength: string; valueSet: string } }[];
      };
      return element.flatMap(({ binding }) => (binding === undefined ? [] : [binding.valueSet]));
    });
    expect(bound.length).toBeGreaterThan(20);
    for (const valueSet of bound) expect(definitions.valueSet(valueSet), valueSet).toBeDefined();
  });

  it.each(['profiles/build.ts', 'terminology/build.ts'])(
    'has committed what %s makes',
    { timeout: 120_000 },
    (script) => {
      const run = spawnSync(process.execPath, [join(root, script), '--check'], { encoding: 'utf8' });
      expect(run.stderr).toBe('');
      expect(run.status).toBe(0);
    },
  );
});
