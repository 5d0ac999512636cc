// The oracle that the hub is compared with (sip.md §4–5): who may see what, said again in a few lines that share no code with the hub.
import { hsa } from '../scenarios/test-hub.ts';
import type { Written } from './world.ts';

export const partyIds = [hsa.careCentre, hsa.elderBoard, hsa.homeCare, hsa.childUnit] as const;
export type PartyId = (typeof partyIds)[number];

/** Whoever the data are about. */
export const individual = 'individual';
export type Actor = PartyId | typeof individual;

/** The elder board's unit, home care, is the only one that is below another. */
const covers = (above: Actor, below: Actor): boolean =>
  above === below || (above === hsa.elderBoard && below === hsa.homeCare);

export interface Kept {
  readonly custodian: Actor;
  readonly person: number;
  /** Bears the label that consents deny. */
  readonly isLabelled: boolean;
  /** Is marked as not for the patient. */
  readonly isKeptBack: boolean;
  written: Written;
}

/** All that is said must be met. */
export interface Denied {
  readonly to?: PartyId;
  readonly goal?: Kept;
  readonly isLabelled?: true;
}

export interface Given {
  readonly by: Actor;
  readonly custodians: readonly PartyId[];
  readonly person: number;
  readonly startMs: number;
  to: PartyId;
  status: string;
  /** The last millisecond at which it opens. */
  endMs: number;
  readonly confirmed: Set<Actor>;
  denied: Denied | undefined;
  written: Written;
}

/** The oracle: what the specification says, in a few lines. */
export class Model {
  readonly goals: Kept[] = [];
  /** Of individuals. */
  readonly messages: Kept[] = [];
  readonly consents: Given[] = [];

  sees(reader: PartyId, kept: Thing, atMs: number): boolean {
    if (reader === kept.custodian) return true;
    const isDenied = this.consents.some((given) => denies(given, { reader, kept, atMs }));
    return !isDenied && this.consents.some((given) => opens(given, { reader, kept, atMs }));
  }

  shows(person: number, kept: Pick<Given, 'person'> & Partial<Kept>): boolean {
    return kept.person === person && kept.isKeptBack !== true;
  }

  seesConsent(reader: PartyId, given: Given, atMs: number): boolean {
    const isAsking = (given.status === 'active' || given.status === 'proposed') && atMs <= given.endMs;
    const isAsked = given.custodians.some((named) => named !== given.by && covers(named, reader));
    if (reader === given.by || (isAsking && isAsked)) return true;
    // It shows to whom it opens what its recorder keeps, and to whom another does not.
    const question = { reader, kept: { custodian: given.by, person: given.person }, atMs };
    return opens(given, question) && !this.consents.some((other) => denies(other, question));
  }

  /** The ids of those of the goals that the reader sees. */
  visible(reader: PartyId, goals: readonly Kept[], atMs: number): string {
    const ids = goals.filter((kept) => this.sees(reader, kept, atMs)).map(({ written }) => written.id);
    return ids.toSorted().join();
  }

  /** The instants, later than the first and no later than the second, at which time alone may change an answer. */
  turns(fromMs: number, toMs: number): readonly number[] {
    const all = this.consents.flatMap(({ startMs, endMs }) => [startMs, endMs + 1]);
    return all.filter((atMs) => fromMs < atMs && atMs <= toMs);
  }
}

/** A Goal, or a Consent, which bears no label and is not denied by itself. */
type Thing = Pick<Kept, 'custodian' | 'person'> & Partial<Kept>;

interface Question {
  readonly reader: PartyId;
  readonly kept: Thing;
  readonly atMs: number;
}

const isInForce = ({ status, person, startMs, endMs }: Given, { kept, atMs }: Question): boolean =>
  status === 'active' && person === kept.person && startMs <= atMs && atMs <= endMs;

function opens(given: Given, question: Question): boolean {
  const { reader, kept } = question;
  const isInEffect = (named: Actor): boolean =>
    given.by === individual || named === given.by || given.confirmed.has(named);
  // The individual is a custodian of every Consent.
  const isPart = (named: Actor): boolean => covers(named, kept.custodian) && isInEffect(named);
  return (
    isInForce(given, question) && covers(given.to, reader) && [...given.custodians, individual as Actor].some(isPart)
  );
}

function denies(given: Given, question: Question): boolean {
  const { reader, kept } = question;
  if (given.denied === undefined || !isInForce(given, question)) return false;
  const { to, goal: target, isLabelled } = given.denied;
  return (
    (to === undefined || covers(to, reader)) &&
    (target === undefined || target === kept) &&
    (isLabelled === undefined || kept.isLabelled === true)
  );
}

/** What the party is answered that confirms. */
export function confirmingStatus(model: Model, party: Actor, given: Given, atMs: number): number {
  if (party === individual) return given.by !== individual && given.status === 'active' ? 200 : 422;
  if (party !== given.by && !model.seesConsent(party, given, atMs)) return 404;
  const isAsked = party !== given.by && given.by !== individual && given.custodians.includes(party);
  return isAsked && given.status === 'active' ? 200 : 422;
}
