// An operator adds FHIR packages by a setting alone: HL7 Sweden's base guide as it is published, and a vendor's own guide.
// Profiles are enforced, extensions known, value sets asked, search parameters indexed, and the CapabilityStatement says so.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readArtifactFiles, toPackage } from '../../profiles/to-package.ts';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { addressOf, codesOf, issuesOf, patient, persons, put } from './fixtures.ts';
import { hsa, openTestHub, type TestHub } from './test-hub.ts';

const vendor = 'https://vendor.example/fhir';
const root = join(import.meta.dirname, '../..');
const manifest = { title: 'test', license: 'CC0-1.0', canonical: vendor };

/** Goals of the vendor: a kind from its own list, in an extension, is mandatory. */
function vendorFiles(): ReadonlyMap<string, string> {
  const extensionUrl = `${vendor}/StructureDefinition/kind`;
  const header = {
    version: '1.0.0',
    status: 'active',
    fhirVersion: '4.0.1',
    abstract: false,
    derivation: 'constraint',
  };
  const artifacts = [
    {
      resourceType: 'StructureDefinition',
      id: 'vendor-goal',
      url: `${vendor}/StructureDefinition/vendor-goal`,
      ...header,
      name: 'VendorGoal',
      kind: 'resource',
      type: 'Goal',
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Goal',
      snapshot: {
        element: [
          { id: 'Goal', path: 'Goal', min: 0, max: '*', base: { path: 'Goal', min: 0, max: '*' } },
          {
            id: 'Goal.extension',
            path: 'Goal.extension',
            min: 1,
            max: '*',
            base: { path: 'DomainResource.extension', min: 0, max: '*' },
            type: [{ code: 'Extension' }],
            slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' },
          },
          {
            id: 'Goal.extension:kind',
            path: 'Goal.extension',
            sliceName: 'kind',
            min: 1,
            max: '1',
            base: { path: 'DomainResource.extension', min: 0, max: '*' },
            type: [{ code: 'Extension', profile: [extensionUrl] }],
          },
          {
            id: 'Goal.note',
            path: 'Goal.note',
            min: 0,
            max: '0',
            base: { path: 'Goal.note', min: 0, max: '*' },
            type: [{ code: 'Annotation' }],
          },
        ],
      },
    },
    {
      resourceType: 'StructureDefinition',
      id: 'kind',
      url: extensionUrl,
      ...header,
      name: 'Kind',
      kind: 'complex-type',
      type: 'Extension',
      context: [{ type: 'element', expression: 'Goal' }],
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
      snapshot: {
        element: [
          { id: 'Extension', path: 'Extension', min: 0, max: '1', base: { path: 'Extension', min: 0, max: '*' } },
          {
            id: 'Extension.url',
            path: 'Extension.url',
            min: 1,
            max: '1',
            base: { path: 'Extension.url', min: 1, max: '1' },
            fixedUri: extensionUrl,
          },
          {
            id: 'Extension.value[x]',
            path: 'Extension.value[x]',
            min: 1,
            max: '1',
            base: { path: 'Extension.value[x]', min: 0, max: '1' },
            type: [{ code: 'code' }],
            binding: { strength: 'required', valueSet: `${vendor}/ValueSet/kinds` },
          },
        ],
      },
    },
    {
      resourceType: 'ValueSet',
      id: 'kinds',
      url: `${vendor}/ValueSet/kinds`,
      version: '1.0.0',
      status: 'active',
      compose: { include: [{ system: `${vendor}/CodeSystem/kinds` }] },
    },
    {
      resourceType: 'CodeSystem',
      id: 'kinds',
      url: `${vendor}/CodeSystem/kinds`,
      version: '1.0.0',
      status: 'active',
      content: 'complete',
      concept: [{ code: 'home' }, { code: 'work' }],
    },
    {
      resourceType: 'SearchParameter',
      id: 'goal-kind',
      url: `${vendor}/SearchParameter/goal-kind`,
      version: '1.0.0',
      name: 'kind',
      status: 'active',
      description: 'kind',
      code: 'vendor-kind',
      base: ['Goal'],
      type: 'token',
      expression: `Goal.extension.where(url = '${extensionUrl}').value`,
    },
  ];
  return new Map(
    artifacts.map((artifact) => [`${artifact.resourceType}-${artifact.id}.json`, JSON.stringify(artifact)]),
  );
}

describe('packages that an operator adds', () => {
  let folder = '';
  let hub: TestHub;
  let region: VendorSystem;
  let astrid: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-hub-packages-'));
    const guides = [
      [
        'hl7se.fhir.base',
        '1.1.0',
        readArtifactFiles([join(root, 'profiles/hl7se.fhir.base-1.1.0')]),
        { 'hl7.fhir.r4.core': '4.0.1' },
      ],
      ['vendor.guide', '1.0.0', vendorFiles(), { 'hl7se.fhir.base': '1.1.0', 'nobody.has.this': '9.0.0' }],
      ['siphub.fhir', '0.1.0', readArtifactFiles([join(root, 'profiles/json'), join(root, 'terminology/json')]), {}],
    ] as const;
    for (const [name, version, files, dependencies] of guides)
      writeFileSync(join(folder, `${name}.tgz`), toPackage({ ...manifest, name, version, dependencies }, files));
    hub = await openTestHub({ packages: ` ${folder} ,` });
    region = await hub.party(hsa.careCentre);
    astrid = await put(region, patient(persons.astrid));
  });

  afterAll(async () => {
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  const goal = (changes: Readonly<Record<string, unknown>>): unknown => ({
    resourceType: 'Goal',
    meta: { profile: [`${vendor}/StructureDefinition/vendor-goal`] },
    lifecycleStatus: 'active',
    category: [{ coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-goal-kind', code: 'main-goal' }] }],
    description: { text: 'Jag vill bo kvar hemma.' },
    subject: { reference: astrid },
    startDate: '2026-10-27',
    ...changes,
  });
  const kind = (valueCode: string): Readonly<Record<string, unknown>> => ({
    extension: [{ url: `${vendor}/StructureDefinition/kind`, valueCode }],
  });

  test('hold a resource to the vendor’s profile that it claims', async () => {
    const missing = await region.call({ method: 'POST', path: 'Goal', body: goal({}) });
    expect([missing.status, codesOf(missing)]).toEqual([422, ['element-required']]);
    const wrong = await region.call({ method: 'POST', path: 'Goal', body: goal(kind('moon')) });
    expect(issuesOf(wrong)[0]).toMatchObject({ code: 'code-not-in-value-set', expression: 'Goal.extension[0].value' });
    const noted = await region.call({
      method: 'POST',
      path: 'Goal',
      body: goal({ ...kind('home'), note: [{ text: 'x' }] }),
    });
    expect(codesOf(noted)).toEqual(['element-prohibited']);
    addressOf(await region.call({ method: 'POST', path: 'Goal', body: goal(kind('home')) }));
  });

  test('say where an extension of the vendor may stand', async () => {
    const answer = await region.call({
      method: 'POST',
      path: 'Patient/$validate',
      body: patient(persons.bo, kind('home')),
    });
    expect(codesOf(answer)).toContain('extension-context');
  });

  test('make the vendor’s search parameter work', async () => {
    const address = addressOf(await region.call({ method: 'POST', path: 'Goal', body: goal(kind('work')) }));
    const found = await region.call({ method: 'GET', path: 'Goal?vendor-kind=work' });
    const { entry } = found.body as { entry?: readonly { fullUrl: string }[] };
    expect(entry?.map(({ fullUrl }) => fullUrl)).toEqual([`${hub.baseUrl}/${address}`]);
  });

  test('stand in the CapabilityStatement, after the hub’s own', async () => {
    const { body } = await region.call({ method: 'GET', path: 'metadata' });
    const { rest } = body as {
      rest: readonly { resource: readonly { type: string; supportedProfile?: readonly string[] }[] }[];
    };
    const profilesOf = (type: string) =>
      rest[0]?.resource.find((resource) => resource.type === type)?.supportedProfile ?? [];
    expect(profilesOf('Goal').at(-1)).toBe(`${vendor}/StructureDefinition/vendor-goal`);
    expect(profilesOf('Patient')).toEqual([
      'https://siphub.se/fhir/StructureDefinition/SipPatient',
      'http://hl7.se/fhir/ig/base/StructureDefinition/SEBasePatient',
    ]);
  });

  test('are judged by HL7 Sweden’s profile on request', async () => {
    const profile = 'http://hl7.se/fhir/ig/base/StructureDefinition/SEBasePatient';
    const answer = await region.call({
      method: 'POST',
      path: `Patient/$validate?profile=${profile}`,
      body: patient(persons.bo),
    });
    expect(codesOf(answer).filter((code) => code !== '')).toEqual([]);
  });

  test('that lack what they depend on are told of in the log', () => {
    const warnings = hub.logged.filter((line) => line.includes('package dependency missing'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('vendor.guide 1.0.0 needs nobody.has.this 9.0.0');
  });

  test('stop the start where they are damaged, before anything is opened', async () => {
    const damaged = join(folder, 'damaged.tgz');
    writeFileSync(damaged, 'nothing');
    await expect(openTestHub({ packages: damaged })).rejects.toThrow(/damaged\.tgz cannot be read as a FHIR package/);
  });
});
