// One history of the model test: its persons, what is kept about them, who asks, and how an answer is compared with the oracle's.
import { isDeepStrictEqual } from 'node:util';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { Random } from '../contract/seeded-random.ts';
import type { TestHub } from '../scenarios/test-hub.ts';
import type { AskTogether } from './ask-together.ts';
import { type Actor, individual, type Model, type PartyId } from './model-oracle.ts';

/** What is counted of a play. */
export interface Counts {
  readonly steps: Map<string, number>;
  /** Of what another keeps. */
  readonly reads: { visible: number; hidden: number };
  /** Consents in force that time has ended. */
  expired: number;
  /** Answers of which time left more than one open. */
  either: number;
}

/** About persons of its own: lanes share a hub, its parties and its clock, and nothing that one does changes what another must see. */
export interface Lane {
  readonly hub: TestHub;
  readonly ask: AskTogether;
  readonly systems: Map<PartyId, VendorSystem>;
  /** The persons, by their numbers in the order of `people`. */
  readonly numbers: readonly string[];
  /** `Patient/id` */
  readonly people: readonly string[];
  /** The persons' own apps. */
  readonly apps: { readonly signedInMs: number; readonly systems: readonly VendorSystem[] };
  readonly model: Model;
  readonly random: Random;
  readonly counts: Counts;
  /** How far the clock is moved on at most. */
  readonly mostMs: number;
}

export const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };

export function pick<T>({ random }: Pick<Lane, 'random'>, list: readonly T[]): T {
  const chosen = list[random(list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** One kind of step: how often it is drawn, and when it can be. */
export interface Choice<Step> {
  readonly weight: number;
  readonly step: Step;
  readonly isPossible?: (model: Model) => boolean;
}

/** A step that is possible now. */
export function draw<Step>({ model, random }: Lane, choices: readonly Choice<Step>[]): Step {
  const possible = choices.filter(({ isPossible = () => true }) => isPossible(model));
  let at = random(possible.reduce((sum, { weight }) => sum + weight, 0));
  for (const { weight, step } of possible) {
    if (at < weight) return step;
    at -= weight;
  }
  throw new Error('no step is possible');
}

/** The system of the party, or the app of the person. */
export function systemOf({ systems, apps }: Lane, actor: Actor, person = -1): VendorSystem {
  const system = actor === individual ? apps.systems[person] : systems.get(actor);
  if (system === undefined) throw new Error(`${actor} has no system`);
  return system;
}

export interface Look<T> {
  /** What is asked and by whom, for whoever reads that it was wrong. */
  readonly asked: string;
  readonly expected: (atMs: number) => T;
  readonly look: () => Promise<T>;
}

/**
 * Asks the model before and after the request. Where time has changed the answer in between, it may be that of any instant between them:
 * the hub's clock goes on by itself.
 */
export async function compare<T>({ hub, model, counts }: Lane, { asked, expected, look }: Look<T>): Promise<T> {
  const fromMs = hub.now().getTime();
  const before = expected(fromMs);
  const seen = await look();
  const toMs = hub.now().getTime();
  const others = model.turns(fromMs, toMs).map((atMs) => expected(atMs));
  if (others.some((other) => !isDeepStrictEqual(other, before))) counts.either += 1;
  if (![before, ...others].some((answer) => isDeepStrictEqual(seen, answer))) {
    throw new Error(`${asked}: the hub says ${String(seen)}, the model ${String(before)}`);
  }
  return seen;
}
