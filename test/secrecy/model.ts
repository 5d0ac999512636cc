// Consent against a small model (sip.md §4–5): three parties give, change and withdraw consents, write and read, while time passes,
// in an order that a seed decides. After each step the hub must answer as the model says.
import { describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { entriesOf, goal, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Ask, askAt } from './answers.ts';
import { change, create, open, remove, type Written } from './world.ts';

const partyIds = [hsa.careCentre, hsa.homeCare, hsa.childUnit] as const;
type PartyId = (typeof partyIds)[number];

interface Kept {
  readonly custodian: PartyId;
  readonly person: number;
  written: Written;
}

interface Given {
  readonly by: PartyId;
  readonly to: PartyId;
  readonly person: number;
  status: string;
  readonly startMs: number;
  /** The last millisecond at which it opens. */
  readonly endMs: number;
  written: Written;
}

/** The oracle: what the specification says, in a few lines. */
class Model {
  readonly goals: Kept[] = [];
  readonly consents: Given[] = [];

  sees(reader: PartyId, { custodian, person }: Kept, atMs: number): boolean {
    return (
      reader === custodian ||
      this.consents.some(
        (given) =>
          given.status === 'active' &&
          given.by === custodian &&
          given.to === reader &&
          given.person === person &&
          given.startMs <= atMs &&
          atMs <= given.endMs,
      )
    );
  }

  visible(reader: PartyId, atMs: number): string {
    const ids = this.goals.filter((kept) => this.sees(reader, kept, atMs)).map(({ written }) => written.id);
    return ids.toSorted().join();
  }
}

/** mulberry32: the same numbers from the same seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

interface Play {
  readonly hub: TestHub;
  readonly ask: Ask;
  readonly systems: ReadonlyMap<PartyId, VendorSystem>;
  readonly people: readonly string[];
  readonly model: Model;
  readonly random: (below: number) => number;
}

const statuses = ['active', 'inactive', 'entered-in-error', 'proposed'] as const;

function pick<T>({ random }: Play, list: readonly T[]): T {
  const chosen = list[random(list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

function systemOf({ systems }: Play, party: PartyId): VendorSystem {
  const system = systems.get(party);
  if (system === undefined) throw new Error(`${party} has no system`);
  return system;
}

/** Asks twice what the model says, before and after the request: where time has changed the answer in between, either will do. */
async function compare<T>(play: Play, expected: (atMs: number) => T, look: () => Promise<T>): Promise<void> {
  const before = expected(play.hub.now().getTime());
  const seen = await look();
  const after = expected(play.hub.now().getTime());
  if (before === after) expect(seen).toBe(before);
  else expect([before, after]).toContain(seen);
}

const steps: readonly (readonly [weight: number, step: (play: Play) => Promise<void>])[] = [
  [50, readOne],
  [12, search],
  [8, writeAsAnyone],
  [6, giveConsent],
  [12, changeConsent],
  [2, deleteConsent],
  [10, passTime],
];

async function readOne(play: Play): Promise<void> {
  const kept = pick(play, play.model.goals);
  const reader = pick(play, partyIds);
  const { address, versionId } = kept.written;
  const path = pick(play, [address, `${address}/_history/${versionId}`, `${address}/_history`]);
  await compare(
    play,
    (atMs) => (play.model.sees(reader, kept, atMs) ? 200 : 404),
    async () => (await play.ask(systemOf(play, reader), { method: 'GET', path })).status,
  );
}

async function search(play: Play): Promise<void> {
  const reader = pick(play, partyIds);
  const path = pick(play, [
    'Goal?_count=1000',
    'Goal?_count=1000&_sort=_id',
    'Goal?_count=1000&lifecycle-status=active',
  ]);
  await compare(
    play,
    (atMs) => play.model.visible(reader, atMs),
    async () => {
      const answer = await play.ask(systemOf(play, reader), { method: 'GET', path });
      return entriesOf(answer)
        .map(({ resource }) => resource?.id ?? '')
        .toSorted()
        .join();
    },
  );
}

async function writeAsAnyone(play: Play): Promise<void> {
  const kept = pick(play, play.model.goals);
  const writer = pick(play, partyIds);
  const { address, resource, versionId } = kept.written;
  const system = systemOf(play, writer);
  if (writer === kept.custodian) {
    kept.written = await change(system, kept.written, {});
    return;
  }
  await compare(
    play,
    (atMs) => (play.model.sees(writer, kept, atMs) ? 422 : 404),
    async () => {
      const headers = { 'If-Match': `W/"${versionId}"` };
      return (await play.ask(system, { method: 'PUT', path: address, body: resource, headers })).status;
    },
  );
}

async function giveConsent(play: Play): Promise<void> {
  const { model, hub, random, people } = play;
  const by = pick(play, partyIds);
  const to = pick(play, partyIds);
  const person = random(people.length);
  const nowMs = hub.now().getTime();
  const startMs = nowMs + random(3000) - 2000;
  const endMs = random(3) === 0 ? Number.POSITIVE_INFINITY : startMs + random(6000);
  const status = pick(play, statuses);
  const period = {
    start: new Date(startMs).toISOString(),
    ...(endMs === Number.POSITIVE_INFINITY ? {} : { end: new Date(endMs).toISOString() }),
  };
  const opening = {
    by: systemOf(play, by),
    person: people[person] ?? '',
    custodian: by,
    recipient: to,
    period,
    status,
  };
  model.consents.push({ by, to, person, status, startMs, endMs, written: await open(opening) });
}

async function changeConsent(play: Play): Promise<void> {
  if (play.model.consents.length === 0) return;
  const given = pick(play, play.model.consents);
  const status = pick(play, statuses);
  given.written = await change(systemOf(play, given.by), given.written, { status });
  given.status = status;
}

async function deleteConsent(play: Play): Promise<void> {
  const { consents } = play.model;
  if (consents.length === 0) return;
  const given = pick(play, consents);
  await remove(systemOf(play, given.by), given.written);
  consents.splice(consents.indexOf(given), 1);
}

async function passTime({ hub, random }: Play): Promise<void> {
  hub.advance(random(400));
}

async function begin(hub: TestHub, seed: number): Promise<Play> {
  const systems = new Map<PartyId, VendorSystem>();
  for (const id of partyIds) systems.set(id, await hub.party(id));
  const people: string[] = [];
  const model = new Model();
  for (const [person, number] of [persons.bo, persons.cecilia].entries()) {
    for (const custodian of partyIds) {
      const system = await hub.party(custodian);
      const { address } = await create(system, patient(number));
      people[person] = address;
      for (let count = 0; count < 2; count += 1) {
        model.goals.push({ custodian, person, written: await create(system, goal(address)) });
      }
    }
  }
  return { hub, ask: askAt(hub.baseUrl), systems, people, model, random: createRandom(seed) };
}

export function testModel(
  name: string,
  openHub: OpenHub,
  options: { readonly seed: number; readonly steps: number },
): void {
  describe(`consent on ${name}`, () => {
    test(`behaves as the model for ${options.steps} steps of seed ${options.seed}`, { timeout: 300_000 }, async () => {
      const hub = await openHub();
      try {
        const play = await begin(hub, options.seed);
        const bag = steps.flatMap(([weight, step]) => Array<typeof step>(weight).fill(step));
        const history: string[] = [];
        for (let at = 0; at < options.steps; at += 1) {
          const step = pick(play, bag);
          history.push(step.name);
          try {
            await step(play);
          } catch (cause) {
            throw new Error(`step ${at} (${history.slice(-5).join(', ')}) of seed ${options.seed}`, { cause });
          }
        }
      } finally {
        await hub.stop();
      }
    });
  });
}
