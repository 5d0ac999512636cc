// Each constraint of each profile is broken once, and the hub must refuse that instance at that element.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StructureDefinition } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../src/core/problem.ts';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';
import { createSipProfiles } from '../../src/validation/sip-profiles.ts';
import type { ConstraintKind } from './constraints.ts';
import { listConstraints } from './constraints.ts';
import type { Json } from './json.ts';
import type { Seed } from './violations.ts';
import { findViolation } from './violations.ts';

const repository = join(import.meta.dirname, '../..');
const base = 'https://siphub.se/fhir';
const definitions = loadDefinitions([
  join(repository, 'profiles/json'),
  join(repository, 'terminology/json'),
  join(repository, 'profiles/hl7se.fhir.base-1.1.0'),
]);
const sipProfiles = createSipProfiles(base);
const validator = createValidator({ definitions, codes: createCodes(definitions), sipProfiles });

const seeds: readonly Seed[] = readdirSync(join(import.meta.dirname, 'seeds')).map((file) => ({
  name: file.slice(0, -'.json'.length),
  profile: file.split('.')[0] ?? '',
  resource: JSON.parse(readFileSync(join(import.meta.dirname, 'seeds', file), 'utf8')) as Json,
}));

const profiles = definitions.project
  .filter((artifact) => artifact.resourceType === 'StructureDefinition' && String(artifact['url']).startsWith(base))
  .map((artifact) => artifact as unknown as StructureDefinition);

const check = (resource: Json, profile: string) =>
  validator.validate(resource as FhirResource, { profiles: [`${base}/StructureDefinition/${profile}`] });

/** What each kind of violation is refused with. A fixed value that tells a slice is missed as the slice. */
const codesOf: Readonly<Record<ConstraintKind, readonly ProblemCode[]>> = {
  min: ['element-required'],
  max: ['too-many', 'element-prohibited'],
  fixed: ['fixed-value', 'element-required', 'slice-not-allowed'],
  binding: ['code-not-in-value-set'],
  choice: ['type-not-allowed'],
  target: ['reference-target'],
  invariant: ['invariant-failed'],
  context: ['extension-context'],
};

describe('the generator', () => {
  it('gives no instance for a rule that has no violation by hand, so that the rule fails by name', () => {
    const [profile] = profiles.filter((candidate) => candidate.id === 'SipPatient');
    const [element] = profile?.snapshot?.element ?? [];
    if (profile === undefined || element === undefined) throw new Error('SipPatient is missing.');
    expect(
      findViolation(
        { profile, element, kind: 'invariant', key: 'sip-no-such-rule', name: 'planted' },
        seeds,
        definitions,
      ),
    ).toBeUndefined();
    const unseeded = { ...element, id: 'Patient.animal', path: 'Patient.animal' };
    expect(
      findViolation({ profile, element: unseeded, kind: 'fixed', key: '', name: 'planted' }, seeds, definitions),
    ).toBeUndefined();
  });

  it('sees every constraint of a differential', () => {
    const kinds = new Set(profiles.flatMap(listConstraints).map((constraint) => constraint.kind));
    expect([...kinds].toSorted()).toEqual(Object.keys(codesOf).toSorted());
    const total = profiles.flatMap(listConstraints).length;
    expect(total).toBeGreaterThan(400);
  });
});

describe('the seeds', () => {
  it('has one for each profile of a resource', () => {
    const named = new Set(seeds.map((seed) => seed.profile));
    expect(
      profiles
        .filter((profile) => profile.type !== 'Extension')
        .map((profile) => profile.id)
        .filter((id) => !named.has(id ?? '')),
    ).toEqual([]);
  });

  it.each(seeds)('$name conforms to its profile', ({ resource, profile }) => {
    expect(check(resource, profile)).toEqual([]);
  });

  it.each(seeds.filter((seed) => seed.profile !== 'SipWorkItem'))(
    '$name is held to its profile by the table',
    ({ resource, profile }) => {
      expect(sipProfiles(resource as FhirResource)).toEqual([`${base}/StructureDefinition/${profile}`]);
    },
  );

  const complying = profiles.flatMap((profile) => {
    const claim = (profile.extension ?? []).find((extension) =>
      extension.url.endsWith('/structuredefinition-compliesWithProfile'),
    )?.valueCanonical;
    return claim === undefined
      ? []
      : seeds
          .filter((seed) => seed.profile === profile.id)
          .map((seed) => ({ name: seed.name, claim, resource: seed.resource }));
  });

  it('are complying with a profile of HL7 Sweden in at least four cases', () => {
    expect(complying.length).toBeGreaterThanOrEqual(4);
  });

  it.each(complying)('$name conforms to $claim as well', ({ resource, claim }) => {
    expect(definitions.structure(claim)).toBeDefined();
    expect(validator.validate(resource as FhirResource, { profiles: [claim] })).toEqual([]);
  });
});

describe.each(profiles.map((profile) => ({ id: profile.id, profile })))('$id', ({ profile }) => {
  const constraints = listConstraints(profile);

  it('adds constraints that the generator can see', () => {
    expect(constraints.length).toBeGreaterThan(0);
  });

  it.each(constraints.map((constraint) => ({ name: constraint.name, constraint })))(
    'refuses a violation of $name',
    ({ constraint }) => {
      const violation = findViolation(constraint, seeds, definitions);
      expect(
        violation,
        `no instance violates ${constraint.name}: give a seed that has the element, or an entry in rule-breakers.ts`,
      ).toBeDefined();
      if (violation === undefined) return;
      const owner = profile.type === 'Extension' ? [] : [profile.url ?? ''];
      const findings = validator
        .validate(violation.resource as FhirResource, { profiles: owner })
        .filter((finding) => finding.severity === 'error');
      const codes = codesOf[constraint.kind];
      const found = findings.some(
        (finding) =>
          codes.includes(finding.code) &&
          finding.expression?.startsWith(violation.expression) === true &&
          (constraint.key === '' || finding.diagnostics?.includes(`(${constraint.key})`) === true),
      );
      expect(
        found,
        `expected ${codes.join(' or ')} at ${violation.expression}, found ${JSON.stringify(findings)}`,
      ).toBe(true);
    },
  );
});
