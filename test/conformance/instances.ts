// Every instance that the conformance tests make or hold, right and wrong ones, each under a name: what HL7's own validator is asked about.
// docs/decisions/0021-hl7-validator-as-yardstick.md
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StructureDefinition } from '@medplum/fhirtypes';
import type { Finding } from '../../src/core/problem.ts';
import type { Definitions } from '../../src/fhir/definitions.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';
import { findBasePlaces } from './base-places.ts';
import { makeBaseSeeds } from './base-seeds.ts';
import { breakRule, listBaseRules } from './base-rules.ts';
import { breakPlace } from './base-violations.ts';
import { listConstraints } from './constraints.ts';
import { directory, plans } from './examples.ts';
import type { Json } from './json.ts';
import { findViolation } from './violations.ts';
import type { Seed } from './violations.ts';

export interface Instance {
  /** Unique; says what the instance is made for. */
  readonly name: string;
  /** The profile it is held to beside R4, if any. */
  readonly profile?: string;
  readonly resource: Json;
  /** Of a wrong one: the right one it was made from, where it was made from one. */
  readonly madeFrom?: string;
}

const repository = join(import.meta.dirname, '../..');
const base = 'https://siphub.se/fhir/StructureDefinition/';

export const definitionFolders: readonly string[] = [
  join(repository, 'profiles/json'),
  join(repository, 'terminology/json'),
  join(repository, 'profiles/hl7se.fhir.base-1.1.0'),
];

/** What the hub finds wrong in an instance: errors only. */
export function createJudge(definitions: Definitions): (instance: Omit<Instance, 'name'>) => readonly Finding[] {
  const validator = createValidator({ definitions, codes: createCodes(definitions), sipProfiles: () => [] });
  return ({ resource, profile }) =>
    validator
      .validate(resource as FhirResource, { profiles: profile === undefined ? [] : [profile] })
      .filter(({ severity }) => severity === 'error');
}

/** Right ones: of every type of R4, of every profile of the hub, and the example plans. */
export function* rightInstances(definitions: Definitions): Generator<Instance> {
  const judge = createJudge(definitions);
  const seeds = makeBaseSeeds({ definitions, codes: createCodes(definitions) }, (resource) => judge({ resource }));
  for (const { name, resource } of seeds) yield { name: `R4 ${name}`, resource };
  for (const { name, profile, resource } of readSeeds())
    yield { name: `profile ${name}`, profile: base + profile, resource };
  for (const [plan, { bundles }] of [{ bundles: [directory] }, ...plans].entries())
    for (const [bundle, { entries }] of bundles.entries())
      for (const [entry, { resource }] of entries.entries())
        yield { name: `example ${plan}.${bundle}.${entry} ${resource.resourceType}`, resource };
}

/** Wrong ones: each thing that R4 says of an element broken once, each rule of R4, and each constraint of a profile of the hub. */
export function* wrongInstances(definitions: Definitions): Generator<Instance> {
  const codes = createCodes(definitions);
  const judge = createJudge(definitions);
  const errorsOf = (resource: Json): readonly Finding[] => judge({ resource });
  const seen = makeBaseSeeds({ definitions, codes }, errorsOf).map(({ name, resource }) => ({
    madeFrom: `R4 ${name}`,
    resource,
    places: [...findBasePlaces(resource, definitions)],
  }));
  const made = new Set<string>();
  for (const { madeFrom, resource, places } of seen) {
    for (const place of places) {
      for (const { kind, make } of breakPlace(resource, place, definitions)) {
        const name = `R4 ${place.element.path} ${kind}${kind === 'form' || kind === 'type' ? ` ${place.type}` : ''}`;
        if (made.has(name)) continue;
        made.add(name);
        yield { name, resource: make(), madeFrom };
      }
    }
  }
  for (const rule of listBaseRules(seen, { definitions, codes })) {
    const resource = breakRule(rule, errorsOf);
    const name = `rule ${rule.type} ${rule.constraint.key}`;
    if (resource === undefined || made.has(name)) continue;
    made.add(name);
    yield { name, resource };
  }
  yield* profileViolations(definitions);
}

function* profileViolations(definitions: Definitions): Generator<Instance> {
  const seeds = readSeeds();
  for (const artifact of definitions.project) {
    if (artifact.resourceType !== 'StructureDefinition' || !String(artifact['url']).startsWith(base)) continue;
    const profile = artifact as unknown as StructureDefinition;
    for (const constraint of listConstraints(profile)) {
      const violation = findViolation(constraint, seeds, definitions);
      if (violation === undefined) throw new Error(`No instance violates ${constraint.name}.`);
      const held = profile.type === 'Extension' ? {} : { profile: profile.url };
      yield { name: `profile ${profile.id} ${constraint.name}`, ...held, resource: violation.resource };
    }
  }
}

const readSeeds = (): readonly Seed[] =>
  readdirSync(join(import.meta.dirname, 'seeds')).map((file) => ({
    name: file.slice(0, -'.json'.length),
    profile: file.split('.')[0] ?? '',
    resource: JSON.parse(readFileSync(join(import.meta.dirname, 'seeds', file), 'utf8')) as Json,
  }));
