// Puts validation together: R4's structure first, then profiles and rules on what has been found sound.
// https://hl7.org/fhir/R4/validation.html · docs/decisions/0015-validation-compiled.md
// Types and profiles are compiled when first met (or by `prepare`) and kept. Refuses by findings; never throws for bad input.
import type { ElementDefinition } from '@medplum/fhirtypes';
import type { Finding } from '../core/problem.ts';
import type { Definitions } from '../fhir/definitions.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { Codes } from '../terminology/codes.ts';
import type { BindingCheck } from './binding.ts';
import { compileBinding } from './binding.ts';
import type { Invariant } from './invariants.ts';
import { compileInvariants } from './invariants.ts';
import { compileProfile } from './profile.ts';
import type { Profile, ProfileParts } from './profile.ts';
import type { SipProfiles } from './sip-profiles.ts';
import { createStructureCheck } from './structure-check.ts';
import type { StructureCheck } from './structure-check.ts';
import { createStructures } from './structure.ts';
import { createTypeRules } from './type-rules.ts';
import type { Validator } from './validator.ts';
import type { JsonObject, Walk } from './walk.ts';
import { defer, isObject, noteContainedId, quoteCode, report, runDeferred, startWalk } from './walk.ts';

export interface ValidatorSources {
  readonly definitions: Definitions;
  readonly codes: Codes;
  readonly sipProfiles: SipProfiles;
}

export interface PreparedValidator extends Validator {
  /** Compiles types and profiles ahead of the first request. Unknown names are passed over. */
  readonly prepare: (types: readonly string[], profiles: readonly string[]) => void;
}

/** A validator over the definitions. */
export function createValidator(sources: ValidatorSources): PreparedValidator {
  const { definitions, codes } = sources;
  const bindingOf = remember((element: ElementDefinition): BindingCheck | undefined => compileBinding(element, codes));
  const invariantsOf = remember((element: ElementDefinition): readonly Invariant[] =>
    compileInvariants(element, definitions),
  );
  const structures = createStructures({ definitions, bindingOf, invariantsOf });
  const profiles = new Map<string, Profile | undefined>();
  const profile = (canonical: string): Profile | undefined => {
    if (profiles.has(canonical)) return profiles.get(canonical);
    const structure = definitions.structure(canonical);
    const isUsable = structure?.derivation === 'constraint' && structure.snapshot !== undefined;
    const compiled = isUsable ? compileProfile(structure, parts) : undefined;
    // Names that senders make up must not fill the memory.
    if (structure !== undefined) profiles.set(canonical, compiled);
    return compiled;
  };
  const conforms = (walk: Walk, value: JsonObject, canonical: string): boolean => {
    const found = profile(canonical);
    // A base type as profile asks for the type alone.
    const type = found?.type ?? definitions.structure(canonical)?.type;
    if (
      typeof value['resourceType'] === 'string' &&
      type !== undefined &&
      type !== 'Resource' &&
      value['resourceType'] !== type
    )
      return false;
    if (found === undefined) return true;
    const trial: Walk = { ...walk, path: walk.path.slice(), findings: [], deferred: [], isMalformed: false };
    found.check(trial, value);
    runDeferred(trial);
    return trial.findings.every((finding) => finding.severity !== 'error');
  };
  const parts: ProfileParts = { definitions, codes, bindingOf, invariantsOf, profile, conforms };
  const resourceCheck = (walk: Walk, value: JsonObject): void =>
    checkInnerResource(walk, value, { definitions, structure: () => structure, profile, node: structures.node });
  const structure = createStructureCheck(
    structures,
    createTypeRules(sources, { profile, conforms, resource: resourceCheck }),
  );
  return {
    validate: (resource, options) =>
      validateResource(resource, {
        ...sources,
        structure,
        profile,
        node: structures.node,
        profiles: options?.profiles,
      }),
    prepare: (types, canonicals) => {
      for (const type of types) if (definitions.resourceTypes.has(type)) structures.node(type);
      for (const canonical of canonicals) profile(canonical);
    },
  };
}

interface Run {
  readonly definitions: Definitions;
  readonly sipProfiles: SipProfiles;
  readonly structure: StructureCheck;
  readonly profile: (canonical: string) => Profile | undefined;
  readonly node: ReturnType<typeof createStructures>['node'];
  readonly profiles: readonly string[] | undefined;
}

function validateResource(resource: FhirResource, run: Run): readonly Finding[] {
  const type: unknown = isObject(resource) ? resource.resourceType : undefined;
  if (typeof type !== 'string' || !run.definitions.resourceTypes.has(type)) {
    return [
      {
        code: 'resource-type-unknown',
        severity: 'error',
        diagnostics: 'resourceType must name a resource type of FHIR R4. Correct it.',
        expression: 'Resource.resourceType',
      },
    ];
  }
  const walk = startWalk(resource, type);
  run.structure.object(walk, resource, run.node(type), type);
  if (walk.isMalformed) return walk.findings;
  const wanted = new Set(run.profiles ?? run.sipProfiles(resource));
  for (const canonical of wanted) applyProfile(walk, resource, { canonical, run, isClaim: false });
  for (const canonical of claimed(resource))
    if (!wanted.has(canonical)) applyProfile(walk, resource, { canonical, run, isClaim: true });
  runDeferred(walk);
  return withoutRepeats(walk.findings);
}

function claimed(resource: JsonObject): readonly string[] {
  const profile = isObject(resource['meta']) ? resource['meta']['profile'] : undefined;
  return Array.isArray(profile) ? profile.filter((item) => typeof item === 'string') : [];
}

interface ProfileUse {
  readonly canonical: string;
  readonly run: Pick<Run, 'profile' | 'definitions'>;
  /** In meta.profile, as against asked for from outside. */
  readonly isClaim: boolean;
}

function applyProfile(walk: Walk, resource: JsonObject, { canonical, run, isClaim }: ProfileUse): void {
  const found = run.profile(canonical);
  // A base type as profile asks for the type alone.
  const structure = found ?? run.definitions.structure(canonical);
  const at = isClaim ? ['meta', 'profile'] : [];
  if (structure === undefined || (found === undefined && !run.definitions.resourceTypes.has(structure.type ?? ''))) {
    report(walk, 'profile-unknown', {
      at,
      severity: isClaim ? 'warning' : 'error',
      diagnostics: `The hub does not hold the profile ${quoteCode(canonical)}. Correct its URL, or have its package loaded.`,
    });
  } else if (structure.type !== resource['resourceType']) {
    report(walk, 'type-not-allowed', {
      at,
      diagnostics: `${quoteCode(canonical)} is a profile of ${structure.type}. ${isClaim ? 'Remove it from meta.profile.' : 'Name one of this type.'}`,
    });
  } else found?.check(walk, resource);
}

/** A rule that a profile and its parent both state is told once. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = `${finding.code} ${finding.expression} ${finding.code === 'invariant-failed' || finding.code === 'code-not-in-value-set' ? finding.diagnostics : ''}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

interface InnerSources {
  readonly definitions: Definitions;
  readonly structure: () => StructureCheck;
  readonly profile: (canonical: string) => Profile | undefined;
  readonly node: Run['node'];
}

/** A resource inside another: contained, or in an entry of a Bundle, where `#id` starts anew. */
function checkInnerResource(walk: Walk, value: JsonObject, sources: InnerSources): void {
  const type = value['resourceType'];
  if (typeof type !== 'string' || !sources.definitions.resourceTypes.has(type)) {
    report(walk, 'resource-type-unknown', {
      at: ['resourceType'],
      diagnostics: 'resourceType must name a resource type of FHIR R4. Correct it.',
    });
    return;
  }
  const outer = { resource: walk.resource, root: walk.root };
  walk.resource = value;
  if (!walk.path.includes('contained')) walk.root = value;
  else if (typeof value['id'] === 'string') noteContainedId(walk, value['id']);
  sources.structure().object(walk, value, sources.node(type), type);
  for (const canonical of claimed(value))
    defer(walk, (later) => applyProfile(later, value, { canonical, run: sources, isClaim: true }), value);
  walk.resource = outer.resource;
  walk.root = outer.root;
}

function remember<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known.value;
    const value = make(key);
    made.set(key, { value });
    return value;
  };
}
