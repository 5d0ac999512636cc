// What the new bodies refer to: conditional references become literal ones, every local target must be there and visible to the writer,
// and all that belongs to a person belongs to the same person. https://hl7.org/fhir/R4/references.html
import { findSubjectReferences } from '../access/compartment.ts';
import type { Permit } from '../access/permit.ts';
import { type Finding, problem, throwIfErrors } from '../core/problem.ts';
import { forEachReference, parseReference, rewriteReferences } from '../fhir/reference.ts';
import { rewriteLinks } from '../fhir/rewrite-links.ts';
import type { FhirResource, ResourceAddress } from '../fhir/resource.ts';
import type { LockedVersion, Resolved, ResourceWrite, WriteTransaction } from '../store/store.ts';
import type { SettledChange } from './change.ts';
import { matchConditional, type Matches } from './conditional-references.ts';
import { joinPath } from './locate.ts';
import type { Services } from './services.ts';

/** Whom a written resource is about: a person the store knows, one that this same write registers, or nobody (directory). */
export type PersonOf = { readonly key: number } | { readonly patientId: string } | null;

export interface Links {
  /** The bodies with every local reference as `Type/id`. */
  readonly resource: ReadonlyMap<SettledChange, FhirResource>;
  readonly person: ReadonlyMap<SettledChange, PersonOf>;
  /** `Type/id` of the compartment resources that each body refers to. */
  readonly references: ReadonlyMap<SettledChange, readonly string[]>;
}

interface LinkInput {
  readonly services: Services;
  readonly transaction: WriteTransaction;
  readonly permit: Permit;
  readonly changes: readonly SettledChange[];
  /** Addresses that were given before a condition had its match -> the match. */
  readonly moved: ReadonlyMap<string, string>;
  /** The versions that changes follow. */
  readonly locked: ReadonlyMap<SettledChange, LockedVersion>;
  readonly isTransaction: boolean;
  /** The versions that the changes come to with these links. */
  readonly toWrites: (links: Links) => readonly ResourceWrite[];
}

/** What the bodies refer to. */
interface Leads {
  readonly targets: ReadonlyMap<SettledChange, readonly Target[]>;
  /** What the changes themselves write. */
  readonly inside: ReadonlyMap<string, SettledChange>;
  /** What is there. */
  readonly found: ReadonlyMap<string, Resolved>;
}

interface Target {
  readonly address: ResourceAddress;
  readonly path: string;
  /** The writer does not see it, and it was there before. */
  readonly isKept: boolean;
}

/** What the changes' bodies lead to. @throws reference-not-found, reference-ambiguous, reference-circular, subject-mismatch */
export async function resolveLinks(input: LinkInput): Promise<Links> {
  const { services, changes } = input;
  const conditional = await matchConditional({ ...input, foresee: (known) => foresee(input, known) });
  const resource = rewriteBodies(input, conditional);
  const leads = await follow(input, resource);
  const { targets, inside, found } = leads;
  if (services.mode.enforcesReferences) throwIfErrors(findDangling(targets, found, inside));
  const search: PersonSearch = { services, permit: input.permit, resource, found, inside };
  const person = new Map<SettledChange, PersonOf>();
  for (const change of changes) {
    const stays = isWithdrawal(change) ? personOf(input.locked.get(change)?.personKey) : undefined;
    person.set(change, stays ?? findPerson(change, search, 0));
  }
  if (services.mode.enforcesReferences) throwIfErrors(findForeignPersons({ targets, found, inside, person }));
  return { resource, person, references: findHideable(input, leads) };
}

/**
 * What the changes come to with these in place of their conditional references. Whom the resources are about is not known before the
 * references are, and not asked here: what the writer itself puts down it sees in any case.
 */
async function foresee(input: LinkInput, known: Matches): Promise<readonly ResourceWrite[]> {
  const resource = rewriteBodies(input, known);
  const leads = await follow(input, resource);
  const person = new Map(input.changes.map((change) => [change, personOf(input.locked.get(change)?.personKey)]));
  return input.toWrites({ resource, person, references: findHideable(input, leads) });
}

/** Conditional references and our own absolute addresses become `Type/id`; what pointed at a conditional create points at its match. */
function rewriteBodies(
  { services, changes, moved }: LinkInput,
  conditional: Matches,
): ReadonlyMap<SettledChange, FhirResource> {
  const findings: Finding[] = [];
  const bodies = new Map<SettledChange, FhirResource>();
  for (const change of changes) {
    if (change.kind === 'delete') continue;
    const body = rewriteReferences(change.resource, ({ reference }, path) => {
      const parsed = parseReference(reference, services.baseUrl);
      if (parsed.kind === 'conditional') {
        const [match, other] = conditional.get(reference) ?? [];
        if (match !== undefined && other === undefined) return `${match.type}/${match.id}`;
        const code = match === undefined ? 'reference-not-found' : 'reference-ambiguous';
        findings.push({ code, severity: 'error', expression: joinPath(change.path, path) });
        return undefined;
      }
      if (parsed.kind !== 'local') return undefined;
      const version = parsed.versionId === undefined ? '' : `/_history/${parsed.versionId}`;
      const local = `${parsed.type}/${parsed.id}`;
      return moved.get(local) ?? `${local}${version}`;
    });
    const isMoved = moved.size > 0;
    bodies.set(change, isMoved ? rewriteLinks(body, (text) => moved.get(text), services.shapes) : body);
  }
  throwIfErrors(findings);
  return bodies;
}

async function follow(input: LinkInput, resource: ReadonlyMap<SettledChange, FhirResource>): Promise<Leads> {
  const { services, changes } = input;
  const targets = new Map([...resource].map(([change, body]) => [change, findTargets(change, body, services.baseUrl)]));
  const inside = new Map(changes.map((change) => [`${change.type}/${change.id}`, change]));
  return { targets, inside, found: await resolveTargets(input, targets, inside) };
}

/** It refers to what it referred to before, whether that is still there or not. */
const isWithdrawal = (change: SettledChange): boolean => change.kind === 'update' && change.isWithdrawal === true;

function findTargets(change: SettledChange, body: FhirResource, baseUrl: string): readonly Target[] {
  const targets: Target[] = [];
  forEachReference(body, ({ reference }, expression) => {
    const parsed = parseReference(reference, baseUrl);
    const path = joinPath(change.path, expression);
    if (parsed.kind === 'local') {
      const key = `${parsed.type}/${parsed.id}`;
      const isKept = isWithdrawal(change) || (change.kind === 'update' && change.hiddenReferences?.has(key) === true);
      targets.push({ address: { type: parsed.type, id: parsed.id }, path, isKept });
    }
    // A placeholder that no entry of the Bundle stands for.
    else if (parsed.kind === 'urn' && parsed.urn.startsWith('urn:uuid:'))
      targets.push({ address: { type: '', id: parsed.urn }, path, isKept: false });
  });
  return targets;
}

/** What is there among the targets; a person registered in this same write is asked for too, since others may know the same one. */
async function resolveTargets(
  { transaction, permit, changes }: LinkInput,
  targets: ReadonlyMap<SettledChange, readonly Target[]>,
  inside: ReadonlyMap<string, SettledChange>,
): Promise<ReadonlyMap<string, Resolved>> {
  const wanted = new Map<string, ResourceAddress>();
  for (const { address } of [...targets.values()].flat()) {
    const key = `${address.type}/${address.id}`;
    if (address.type !== '' && !inside.has(key)) wanted.set(key, address);
  }
  for (const change of changes) {
    if (change.type === 'Patient') wanted.set(`Patient/${change.id}`, { type: 'Patient', id: change.id });
  }
  const found = await transaction.resolve(permit, [...wanted.values()]);
  return new Map(found.map((resolved) => [`${resolved.type}/${resolved.id}`, resolved]));
}

function findDangling(
  targets: ReadonlyMap<SettledChange, readonly Target[]>,
  found: ReadonlyMap<string, Resolved>,
  inside: ReadonlyMap<string, SettledChange>,
): readonly Finding[] {
  return [...targets.values()].flat().flatMap(({ address, path, isKept }): Finding[] => {
    const key = `${address.type}/${address.id}`;
    const change = inside.get(key);
    if (isKept) return [];
    if (change === undefined ? found.has(key) : change.kind !== 'delete') return [];
    return [{ code: 'reference-not-found', severity: 'error', expression: path }];
  });
}

interface PersonSearch {
  readonly services: Services;
  readonly permit: Permit;
  readonly resource: ReadonlyMap<SettledChange, FhirResource>;
  readonly found: ReadonlyMap<string, Resolved>;
  readonly inside: ReadonlyMap<string, SettledChange>;
}

const maxSubjectSteps = 4;

/** @throws element-required, subject-mismatch when the subject element does not lead to exactly one person */
function findPerson(change: SettledChange, search: PersonSearch, steps: number): PersonOf {
  const { mode, baseUrl } = search.services;
  const policy = mode.findTypePolicy(change.type);
  if (change.kind === 'delete' || policy?.kind !== 'patient') return null;
  if (change.type === 'Patient') return findRegistered(change.id, search);
  const expression = change.path;
  const references = findSubjectReferences(search.resource.get(change) ?? change.resource, mode.findTypePolicy);
  if (policy.isSubjectOptional === true) return findOptionalPerson(references, search, steps);
  const [first] = references;
  if (first === undefined || steps > maxSubjectSteps) {
    throw problem('element-required', {
      expression,
      diagnostics: 'The resource must refer to the person it is about.',
    });
  }
  const persons = references.map((reference) => {
    const parsed = parseReference(reference, baseUrl);
    if (parsed.kind !== 'local') {
      throw problem('reference-not-found', { expression, diagnostics: 'The person must be registered at this hub.' });
    }
    const key = `${parsed.type}/${parsed.id}`;
    const inside = search.inside.get(key);
    if (inside !== undefined) return findPerson(inside, search, steps + 1);
    const personKey = search.found.get(key)?.personKey;
    return personOf(personKey);
  });
  const [person] = persons;
  if (person == null || persons.some((other) => !isSamePerson(other, person))) {
    throw problem('subject-mismatch', { expression, diagnostics: 'The resource must be about exactly one person.' });
  }
  return person;
}

/** The person of a Patient: one that is known already, or one that comes to be with this registration. */
function findRegistered(id: string, { services, permit, found }: PersonSearch): PersonOf {
  const party = permit.principal.kind === 'system' ? permit.principal.party.key : 0;
  const known = found.get(`Patient/${id}`);
  const isMeant = services.mode.sharesPersons || known?.custodianKey === party;
  if (known?.personKey != null && isMeant) return { key: known.personKey };
  return { patientId: services.mode.sharesPersons ? id : `${party}:${id}` };
}

/** The one person that the references lead to; nobody where there are none, several, or what they lead to is not here. */
function findOptionalPerson(references: readonly string[], search: PersonSearch, steps: number): PersonOf {
  if (steps > maxSubjectSteps) return null;
  const persons = references.flatMap((reference): NonNullable<PersonOf>[] => {
    const parsed = parseReference(reference, search.services.baseUrl);
    if (parsed.kind !== 'local') return [];
    const key = `${parsed.type}/${parsed.id}`;
    const inside = search.inside.get(key);
    const personKey = search.found.get(key)?.personKey;
    const person = inside !== undefined ? findPerson(inside, search, steps + 1) : personOf(personKey);
    return person === null ? [] : [person];
  });
  const [person] = persons;
  return person === undefined || persons.some((other) => !isSamePerson(other, person)) ? null : person;
}

function personOf(key: number | null | undefined): PersonOf {
  return key == null ? null : { key };
}

function isSamePerson(one: PersonOf, other: PersonOf): boolean {
  return personText(one) === personText(other);
}

function personText(person: PersonOf): string {
  if (person === null) return '';
  return 'key' in person ? `key ${person.key}` : `patient ${person.patientId}`;
}

function findForeignPersons(input: {
  readonly targets: ReadonlyMap<SettledChange, readonly Target[]>;
  readonly found: ReadonlyMap<string, Resolved>;
  readonly inside: ReadonlyMap<string, SettledChange>;
  readonly person: ReadonlyMap<SettledChange, PersonOf>;
}): readonly Finding[] {
  return [...input.targets].flatMap(([change, targets]) =>
    targets.flatMap(({ address, path }): Finding[] => {
      const key = `${address.type}/${address.id}`;
      const inside = input.inside.get(key);
      const personKey = input.found.get(key)?.personKey;
      const theirs: PersonOf = inside === undefined ? personOf(personKey) : (input.person.get(inside) ?? null);
      const own = input.person.get(change) ?? null;
      if (theirs === null || isSamePerson(theirs, own)) return [];
      return [{ code: 'subject-mismatch', severity: 'error', expression: path }];
    }),
  );
}

/** Those among the targets that may be hidden from somebody. What is not there can be hidden from nobody. */
function findHideable(
  { services: { mode } }: LinkInput,
  { targets, found, inside }: Leads,
): ReadonlyMap<SettledChange, readonly string[]> {
  const isHideable = ({ type }: ResourceAddress): boolean =>
    mode.findTypePolicy(type)?.kind === 'patient' || !mode.enforcesReferences;
  const addressesOf = (list: readonly Target[]): readonly string[] =>
    list.flatMap(({ address, isKept }) => {
      const key = `${address.type}/${address.id}`;
      return isHideable(address) && (isKept || found.has(key) || inside.has(key)) ? [key] : [];
    });
  return new Map([...targets].map(([change, list]) => [change, [...new Set(addressesOf(list))]]));
}
