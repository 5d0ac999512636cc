// The example plans are whole, hang together and obey sip.md §6, before any hub has seen them.
import type { CarePlan, CodeableConcept, Extension, Organization, Resource } from '@medplum/fhirtypes';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemKinds } from '../../src/core/problem.ts';
import { hasLuhnDigit } from '../../src/validation/identifiers.ts';
import {
  directory,
  examplesFolder,
  plans,
  referencesIn,
  resolve,
  type ExampleBundle,
  type ExampleEntry,
  type ExamplePlan,
} from './examples.ts';

const base = 'https://siphub.se/fhir';
const testPersons = new Set([
  '195009072553',
  '196101182803',
  '189002029800',
  '200302022389',
  '199002222397',
  '200001252386',
  '189602029812',
  '191212121212',
  '196109732393',
]);
const dayMs = 86_400_000;

type ResourceOf<Type extends Resource['resourceType']> = Extract<Resource, { readonly resourceType: Type }>;

function all<Type extends Resource['resourceType']>(
  entries: readonly ExampleEntry[],
  type: Type,
): readonly ResourceOf<Type>[] {
  return entries.flatMap(({ resource }) =>
    resource.resourceType === type ? [resource as unknown as ResourceOf<Type>] : [],
  );
}

function extension(
  resource: { readonly extension?: readonly Extension[] | undefined },
  name: string,
): Extension | undefined {
  return resource.extension?.find(({ url }) => url === `${base}/StructureDefinition/${name}`);
}

function daysBetween(from: string | undefined, to: string | undefined): number {
  return (Date.parse(to ?? '') - Date.parse(from ?? '')) / dayMs;
}

function codesOf(
  concepts: readonly { readonly coding?: readonly { readonly code?: string }[] }[] | undefined,
): readonly (string | undefined)[] {
  return (concepts ?? []).flatMap(({ coding }) => (coding ?? []).map(({ code }) => code));
}

function mainBundle(plan: ExamplePlan): ExampleBundle {
  const [main] = plan.bundles;
  if (main === undefined) throw new Error(`${plan.folder} has no Bundle.`);
  return main;
}

function planOf(plan: ExamplePlan): CarePlan {
  const [carePlan, ...others] = all(mainBundle(plan).entries, 'CarePlan');
  if (carePlan === undefined || others.length > 0) throw new Error(`${plan.folder} must have one CarePlan.`);
  return carePlan;
}

describe.each(plans)('examples/$folder', (plan) => {
  const main = mainBundle(plan);
  const everything = plan.bundles.flatMap(({ entries }) => entries);

  it('has 15 to 30 resources in its main Bundle', () => {
    expect(main.entries.length).toBeGreaterThanOrEqual(15);
    expect(main.entries.length).toBeLessThanOrEqual(30);
  });

  it('resolves every reference to exactly one resource of what has been posted until then', () => {
    const loose = plan.bundles.flatMap((bundle, at) => {
      const posted = [directory, ...plan.bundles.slice(0, at + 1)].flatMap(({ entries }) => entries);
      return bundle.entries.flatMap(({ resource }) =>
        referencesIn(resource)
          // By identifier alone: what the other party posts later.
          .filter(({ reference }) => reference !== undefined)
          .filter((element) => resolve(element, bundle, posted).length !== 1)
          .map(({ reference }) => `${bundle.name} ${resource.resourceType} ${reference}`),
      );
    });
    expect(loose).toEqual([]);
  });

  it('names a called party by an identifier that the party itself posts', () => {
    const logical = everything
      .flatMap(({ resource }) => referencesIn(resource))
      .filter(({ reference }) => reference === undefined);
    expect(logical.length).toBeGreaterThan(0);
    for (const element of logical) expect(resolve(element, main, everything)).toHaveLength(1);
  });

  it('gives every fullUrl once', () => {
    const urls = everything.map(({ fullUrl }) => fullUrl);
    expect(new Set(urls).size).toBe(urls.length);
  });

  it('uses published test identities only, the same in every Bundle', () => {
    const persons = all(everything, 'Patient').flatMap(({ identifier = [] }) =>
      identifier.map(({ value = '' }) => value),
    );
    expect(persons).toHaveLength(plan.bundles.length);
    expect(new Set(persons).size).toBe(1);
    for (const number of persons) {
      expect(testPersons).toContain(number);
      expect(hasLuhnDigit(number.slice(2))).toBe(true);
    }
    const twelveDigits = JSON.stringify(everything).match(/(?<![\d-])(?:18|19|20)\d{10}(?!\d)/g) ?? [];
    for (const number of twelveDigits) expect(testPersons).toContain(number);
  });

  it('has a consent recorded by each party, which opens its own data to all the others', () => {
    const consents = plan.bundles.map(({ entries }) => all(entries, 'Consent'));
    const custodians = consents.map((list) => list.map((consent) => consent.organization?.[0]?.reference));
    expect(custodians.every((list) => list.length === 1)).toBe(true);
    for (const [consent] of consents) {
      const recipients = consent?.provision?.actor?.map(({ reference }) => reference?.reference);
      const others = custodians.flat().filter((custodian) => custodian !== consent?.organization?.[0]?.reference);
      expect(new Set(recipients)).toEqual(new Set(others));
      expect(Date.parse(consent?.provision?.period?.start ?? '')).toBeLessThanOrEqual(
        Date.parse(planOf(plan).created ?? ''),
      );
    }
  });

  it('gives each party an intervention and a commitment that it posts itself', () => {
    const interventions = all(main.entries, 'ServiceRequest');
    for (const bundle of plan.bundles) {
      const party = all(bundle.entries, 'Consent')[0]?.organization?.[0]?.reference;
      const own = interventions.filter(({ performer }) => performer?.[0]?.reference === party);
      const commitments = all(bundle.entries, 'Task');
      expect(own.length).toBeGreaterThan(0);
      expect(commitments).toHaveLength(own.length);
      expect(commitments.map(({ owner }) => owner?.reference)).toEqual(own.map(() => party));
      const focus = commitments.map((task) => resolve(task.focus ?? {}, bundle, everything)[0]?.resource);
      expect(new Set(focus)).toEqual(new Set(own));
    }
  });

  it('has one main goal, sub-goals under headings of ICF, and lists them all in the plan', () => {
    const goals = all(main.entries, 'Goal');
    expect(goals.filter(({ category }) => codesOf(category).includes('main-goal'))).toHaveLength(1);
    const subGoals = goals.filter(({ category }) => codesOf(category).includes('sub-goal'));
    expect(subGoals.length).toBeGreaterThanOrEqual(3);
    for (const { category, description } of subGoals) {
      expect(codesOf(category).some((code) => /^[bsde]\d/.test(code ?? ''))).toBe(true);
      expect(description.text).toMatch(/^Jag vill /);
    }
    expect(planOf(plan).goal).toHaveLength(goals.length);
  });

  it('puts every intervention in the plan, with a goal and words for the individual', () => {
    const interventions = all(main.entries, 'ServiceRequest');
    const activities = (planOf(plan).activity ?? []).map(
      ({ reference }) => resolve(reference ?? {}, main, main.entries)[0]?.resource,
    );
    for (const intervention of interventions) {
      expect(activities).toContain(intervention);
      expect(intervention.patientInstruction).toBeTruthy();
    }
  });

  it('is active with needs, strengths, one overall responsible region or municipality and a coordinator who can be reached', () => {
    const carePlan = planOf(plan);
    expect(carePlan.status).toBe('active');
    expect(extension(carePlan, 'sip-need')).toBeDefined();
    expect(extension(carePlan, 'sip-strength')).toBeDefined();
    const responsible = extension(carePlan, 'sip-overall-responsible')?.valueReference ?? {};
    const [huvudman] = resolve(responsible, main, directory.entries);
    expect(codesOf(huvudman?.resource['type'] as CodeableConcept[])).toEqual([
      expect.stringMatching(/^(?:region|municipality)$/),
    ]);
    const [team] = all(main.entries, 'CareTeam');
    const coordinators = (team?.participant ?? []).filter(({ role }) => codesOf(role).includes('coordinator'));
    expect(coordinators).toHaveLength(1);
    const [role] = resolve(coordinators[0]?.member ?? {}, main, main.entries);
    expect(role?.resource.resourceType).toBe('PractitionerRole');
    expect(role?.resource['telecom']).toBeDefined();
  });

  it('keeps the dates that sip.md §6 asks for', () => {
    const carePlan = planOf(plan);
    const appointments = all(main.entries, 'Appointment');
    const meeting = appointments.find(({ appointmentType }) =>
      codesOf([appointmentType ?? {}]).includes('sip-meeting'),
    );
    const followUp = appointments.find(({ appointmentType }) => codesOf([appointmentType ?? {}]).includes('follow-up'));
    const nextFollowUp = extension(carePlan, 'sip-next-follow-up')?.valueDate;
    expect(followUp?.start?.slice(0, 10)).toBe(nextFollowUp);
    expect(daysBetween(carePlan.created?.slice(0, 10), nextFollowUp)).toBeLessThanOrEqual(92);
    expect(Date.parse(carePlan.created ?? '')).toBeGreaterThanOrEqual(Date.parse(meeting?.start ?? ''));
    const [stay] = all(main.entries, 'Encounter');
    if (codesOf(carePlan.category).includes('SPU')) {
      const ready = extension(stay ?? {}, 'sip-ready-for-discharge')?.valueDateTime;
      expect(daysBetween(ready, meeting?.created)).toBeGreaterThanOrEqual(0);
      expect(daysBetween(ready, meeting?.created)).toBeLessThanOrEqual(3);
      expect(daysBetween(stay?.period?.end, carePlan.created)).toBeLessThanOrEqual(28);
    } else {
      expect(daysBetween(meeting?.created, meeting?.start)).toBeGreaterThanOrEqual(28);
    }
  });
});

describe('examples/directory.json', () => {
  const organizations = all(directory.entries, 'Organization');

  it('leads every unit up to a region with länskod or a municipality with kommunkod', () => {
    const isHuvudman = ({ identifier = [] }: Organization): boolean =>
      identifier.some(({ system }) => /^urn:oid:1\.2\.752\.129\.2\.2\.1\.1[78]$/.test(system ?? ''));
    const top = (organization: Organization): Organization => {
      const [parent] =
        organization.partOf === undefined ? [] : resolve(organization.partOf, directory, directory.entries);
      return parent === undefined ? organization : top(parent.resource as unknown as Organization);
    };
    expect(organizations.filter((organization) => !isHuvudman(top(organization)))).toEqual([]);
  });

  it('marks each board that is an authority of its own', () => {
    const boards = organizations.filter(({ name }) => /nämnd/i.test(name ?? ''));
    expect(boards.length).toBeGreaterThan(0);
    for (const board of boards) expect(extension(board, 'sip-own-authority')?.valueBoolean).toBe(true);
  });
});

describe('examples/invalid', () => {
  const names = readdirSync(join(examplesFolder, 'invalid')).filter((name) => name.endsWith('.json'));

  it('has at least 36 of them', () => {
    expect(names.length).toBeGreaterThanOrEqual(36);
  });

  it.each(names)('%s expects a code of the error table with a status that code can have', (name) => {
    const example = JSON.parse(readFileSync(join(examplesFolder, 'invalid', name), 'utf8')) as {
      title: string;
      actingParty: string;
      expected: { status: number; code: keyof typeof problemKinds };
    };
    expect(example.title).toBeTruthy();
    expect(problemKinds[example.expected.code].status).toBe(example.expected.status);
    const parties = all(directory.entries, 'Organization').flatMap(({ identifier = [] }) =>
      identifier.map(({ value }) => value),
    );
    expect([...parties, 'operator']).toContain(example.actingParty);
  });
});
