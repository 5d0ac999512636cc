// A random play of consents on a hub, compared with the oracle (model-oracle.ts): four parties and the persons themselves give, confirm, change
// and withdraw consents, write and read, while time passes, in an order that a seed decides. No test runner: a copy of the sources with a
// fault planted plays it as well (model-faults.test.ts).
import { createRandom } from '../contract/seeded-random.ts';
import { goal, patient, persons } from '../scenarios/fixtures.ts';
import type { OpenHub, TestHub } from '../scenarios/test-hub.ts';
import { askTogetherAt, type AskTogether } from './ask-together.ts';
import { acts, giveConsent } from './model-acts.ts';
import { type Counts, draw, label, type Lane, pick } from './model-lane.ts';
import { type Asking, looks } from './model-looks.ts';
import { Model, partyIds } from './model-oracle.ts';
import { create } from './world.ts';

/** Three lanes, each about two persons. */
const casts = [
  [persons.bo, persons.cecilia],
  [persons.david, persons.eva],
  [persons.astrid, persons.tolvan],
] as const;

const keptBack = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPATIENT' };

/** Tokens last 300 s, those of systems by the machine's clock: the hub's must not run further ahead than the rest of that. */
const signInEveryMs = 100_000;
const mostAheadMs = 100_000;

/** Given before the first step, so that a short play sees as much as a long one. */
const consentsBefore = 16;

async function logIn(hub: TestHub, numbers: readonly string[]): Promise<Lane['apps']> {
  const signedInMs = hub.now().getTime();
  return { signedInMs, systems: await Promise.all(numbers.map((number) => hub.individual(number))) };
}

/** Every person is known to every party, which keeps three goals: as it is, labelled, and kept from the person. */
async function fill(hub: TestHub, numbers: readonly string[], model: Model): Promise<readonly string[]> {
  const people: string[] = [];
  for (const [person, number] of numbers.entries()) {
    for (const custodian of partyIds) {
      const system = await hub.party(custodian);
      const { address } = await create(system, patient(number));
      people[person] = address;
      for (const security of [[], [label], [keptBack]]) {
        const written = await create(system, goal(address, security.length === 0 ? {} : { meta: { security } }));
        const [isLabelled, isKeptBack] = [security.includes(label), security.includes(keptBack)];
        model.goals.push({ custodian, person, isLabelled, isKeptBack, written });
      }
    }
  }
  return people;
}

interface Setting {
  readonly hub: TestHub;
  readonly ask: AskTogether;
  readonly counts: Counts;
  readonly seed: number;
  readonly steps: number;
}

async function begin(setting: Setting, numbers: readonly string[]): Promise<Playing> {
  const { hub, ask, counts, seed, steps } = setting;
  const model = new Model();
  const people = await fill(hub, numbers, model);
  // Of a hundred steps one or two let time pass.
  const mostMs = Math.min(400, Math.round((mostAheadMs * 100) / steps));
  const random = createRandom(seed);
  const fixed = { hub, ask, systems: new Map(), numbers, people, model, random, counts, mostMs, recent: [] };
  const lane: Playing = { ...fixed, apps: await logIn(hub, numbers), sinceMs: hub.now().getTime() };
  await signInAnew(lane);
  for (let given = 0; given < consentsBefore; given += 1) await giveConsent(lane);
  return lane;
}

/** A lane, and when its last turn began. */
interface Playing extends Lane {
  apps: Lane['apps'];
  sinceMs: number;
  /** The names of its last steps. */
  readonly recent: string[];
}

async function signInAnew(lane: Playing): Promise<void> {
  for (const id of partyIds) lane.systems.set(id, await lane.hub.party(id));
  if (lane.hub.now().getTime() - lane.apps.signedInMs > signInEveryMs) lane.apps = await logIn(lane.hub, lane.numbers);
}

function countExpired(lane: Playing): void {
  const nowMs = lane.hub.now().getTime();
  const ended = lane.model.consents.filter(
    ({ status, endMs }) => status === 'active' && lane.sinceMs <= endMs && endMs < nowMs,
  );
  lane.counts.expired += ended.length;
  lane.sinceMs = nowMs;
}

/** So many changes at most come before the next observations. */
const mostChanges = 5;
/** Observations of a turn, at least and at most. */
const [fewestLooks, mostLooks] = [12, 40];

/** What keeps the steps of all lanes. */
class Course {
  readonly seed: number;
  readonly steps: number;
  readonly counts: Counts = { steps: new Map(), reads: { visible: 0, hidden: 0 }, expired: 0, either: 0 };
  #startedMs: number | undefined;
  readonly #tenthsMs: number[] = [];
  #done = 0;
  /** A lane has found a difference. */
  isOver = false;

  constructor({ seed, steps }: { readonly seed: number; readonly steps: number }) {
    this.seed = seed;
    this.steps = steps;
  }

  /** @throws Error that says which step it was, after what */
  async take({ recent }: Playing, name: string, step: () => Promise<void>): Promise<void> {
    this.#startedMs ??= performance.now();
    recent.push(name);
    const history = recent.slice(-20).join(', ');
    try {
      await step();
    } catch (cause) {
      this.isOver = true;
      throw new Error(`step ${this.#done} (${history}) of seed ${this.seed}`, { cause });
    }
    this.#done += 1;
    this.counts.steps.set(name, (this.counts.steps.get(name) ?? 0) + 1);
    if (this.#done % Math.ceil(this.steps / 10) === 0) this.#tenthsMs.push(performance.now() - this.#startedMs);
  }

  /** Of the first tenth, and of the last. */
  stepsPerSecond(): readonly number[] {
    const at = this.#tenthsMs;
    const lasted = [at[0] ?? 0, (at.at(-1) ?? 0) - (at.at(-2) ?? 0)];
    return lasted.map((ms) => Math.round((this.steps / 10 / ms) * 1000));
  }
}

/** Some changes, one after the other, and then what a party and a person see of it, asked at once. */
async function playTurn(lane: Playing, course: Course, most: number): Promise<number> {
  await signInAnew(lane);
  const changes = Math.min(most, 1 + lane.random(mostChanges));
  for (let at = 0; at < changes; at += 1) {
    const act = draw(lane, acts);
    await course.take(lane, act.name, () => act(lane));
    countExpired(lane);
  }
  const asking: Asking = { reader: pick(lane, partyIds), person: lane.random(lane.people.length) };
  const asked = Math.min(most - changes, fewestLooks + lane.random(mostLooks - fewestLooks + 1));
  const taken = Array.from({ length: asked }, () => {
    const look = draw(lane, looks);
    return course.take(lane, look.name, () => look(lane, asking));
  });
  // All have come back before the first difference is told of.
  await Promise.allSettled(taken);
  await Promise.all(taken);
  return changes + asked;
}

async function playLane(lane: Playing, course: Course, steps: number): Promise<void> {
  const { recent } = lane;
  for (let left = steps; left > 0 && !course.isOver;) {
    left -= await playTurn(lane, course, left);
    recent.splice(0, recent.length - 20);
  }
}

/** What was played. */
export interface Played {
  /** How often each step. */
  readonly steps: Readonly<Record<string, number>>;
  /** Steps that change something or are refused to; the others look. */
  readonly changes: number;
  /** What others than the custodian saw. */
  readonly reads: { readonly visible: number; readonly hidden: number };
  /** Consents that ended by themselves, and answers of which time left more than one open. */
  readonly expired: number;
  readonly either: number;
  readonly stepsPerSecond: readonly number[];
}

/** @throws at the first step at which the hub and the model differ */
export async function playModel(
  openHub: OpenHub,
  options: { readonly seed: number; readonly steps: number },
): Promise<Played> {
  const hub = await openHub();
  try {
    const ask = askTogetherAt(hub.baseUrl);
    const course = new Course(options);
    const { counts } = course;
    const lanes: Playing[] = [];
    for (const [at, numbers] of casts.entries())
      lanes.push(await begin({ ...options, hub, ask, counts, seed: options.seed + at }, numbers));
    const share = (at: number): number => Math.floor((options.steps + at) / casts.length);
    const played = lanes.map((lane, at) => playLane(lane, course, share(at)));
    await Promise.allSettled(played);
    await Promise.all(played);
    const { steps, ...others } = counts;
    const sorted = [...steps].toSorted(([one], [other]) => one.localeCompare(other));
    const changes = acts.reduce((sum, { step }) => sum + (steps.get(step.name) ?? 0), 0);
    return { steps: Object.fromEntries(sorted), changes, ...others, stepsPerSecond: course.stepsPerSecond() };
  } finally {
    await hub.stop();
  }
}
