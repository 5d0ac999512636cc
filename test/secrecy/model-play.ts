// A random play of consents on a hub, and the oracle that it is compared with (sip.md §4–5): four parties and the persons themselves give,
// confirm, change and withdraw consents, write and read, while time passes, in an order that a seed decides. No test runner: a copy of the sources with a
// fault planted plays it as well (model-faults.test.ts).
import { isDeepStrictEqual } from 'node:util';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { entriesOf, goal, organizationOf, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Ask, askAt } from './answers.ts';
import {
  change,
  confirm,
  create,
  denyActor,
  denyData,
  denyLabel,
  message,
  openJointly,
  remove,
  type Written,
} from './world.ts';
import { createRandom, type Random } from '../contract/seeded-random.ts';

const partyIds = [hsa.careCentre, hsa.elderBoard, hsa.homeCare, hsa.childUnit] as const;
type PartyId = (typeof partyIds)[number];

/** Whoever the data are about. */
const individual = 'individual';
type Actor = PartyId | typeof individual;

/** The elder board's unit, home care, is the only one that is below another. */
const covers = (above: Actor, below: Actor): boolean =>
  above === below || (above === hsa.elderBoard && below === hsa.homeCare);

interface Kept {
  readonly custodian: Actor;
  readonly person: number;
  /** Bears the label that consents deny. */
  readonly isLabelled: boolean;
  /** Is marked as not for the patient. */
  readonly isKeptBack: boolean;
  written: Written;
}

/** All that is said must be met. */
interface Denied {
  readonly to?: PartyId;
  readonly goal?: Kept;
  readonly isLabelled?: true;
}

interface Given {
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
class Model {
  readonly goals: Kept[] = [];
  /** Of individuals. */
  readonly messages: Kept[] = [];
  readonly consents: Given[] = [];

  sees(reader: PartyId, kept: Thing, atMs: number): boolean {
    if (reader === kept.custodian) return true;
    const isDenied = this.consents.some((given) => denies(given, { reader, kept, atMs }));
    return !isDenied && this.consents.some((given) => opens(given, { reader, kept, atMs }));
  }

  shows(person: number, kept: Kept): boolean {
    return kept.person === person && !kept.isKeptBack;
  }

  seesConsent(reader: PartyId, given: Given, atMs: number): boolean {
    const isAsking = (given.status === 'active' || given.status === 'proposed') && atMs <= given.endMs;
    const isAsked = given.custodians.some((named) => named !== given.by && covers(named, reader));
    if (reader === given.by || (isAsking && isAsked)) return true;
    // It shows to whom it opens what its recorder keeps, and to whom another does not.
    const question = { reader, kept: { custodian: given.by, person: given.person }, atMs };
    return opens(given, question) && !this.consents.some((other) => denies(other, question));
  }

  visible(reader: PartyId, atMs: number): string {
    const ids = this.goals.filter((kept) => this.sees(reader, kept, atMs)).map(({ written }) => written.id);
    return ids.toSorted().join();
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
function confirmingStatus(model: Model, party: Actor, given: Given, atMs: number): number {
  if (party === individual) return given.by !== individual && given.status === 'active' ? 200 : 422;
  if (party !== given.by && !model.seesConsent(party, given, atMs)) return 404;
  const isAsked = party !== given.by && given.by !== individual && given.custodians.includes(party);
  return isAsked && given.status === 'active' ? 200 : 422;
}

interface Play {
  readonly hub: TestHub;
  readonly ask: Ask;
  readonly systems: ReadonlyMap<PartyId, VendorSystem>;
  readonly people: readonly string[];
  /** The persons' own apps. */
  readonly apps: readonly VendorSystem[];
  readonly model: Model;
  readonly random: Random;
  readonly reads: { visible: number; hidden: number };
}

const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };

const keptBack = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPATIENT' };

const statuses = [
  'active',
  'active',
  'active',
  'active',
  'active',
  'inactive',
  'entered-in-error',
  'proposed',
] as const;

function pick<T>({ random }: Pick<Play, 'random'>, list: readonly T[]): T {
  const chosen = list[random(list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** The system of the party, or the app of the person. */
function systemOf({ systems, apps }: Play, actor: Actor, person = -1): VendorSystem {
  const system = actor === individual ? apps[person] : systems.get(actor);
  if (system === undefined) throw new Error(`${actor} has no system`);
  return system;
}

/** Asks twice what the model says, before and after the request: where time has changed the answer in between, either will do. */
async function compare<T>(play: Play, expected: (atMs: number) => T, look: () => Promise<T>): Promise<T> {
  const before = expected(play.hub.now().getTime());
  const seen = await look();
  const after = expected(play.hub.now().getTime());
  if (!isDeepStrictEqual(seen, before) && !isDeepStrictEqual(seen, after)) {
    throw new Error(`the hub says ${String(seen)}, the model ${String(before)}`);
  }
  return seen;
}

type Step = (play: Play) => Promise<void>;

const steps: readonly (readonly [weight: number, step: Step])[] = [
  [50, readOne],
  [10, readConsent],
  [12, search],
  [10, readAsIndividual],
  [3, sendMessage],
  [5, withdrawAsIndividual],
  [8, writeAsAnyone],
  [10, giveConsent],
  [10, confirmConsent],
  [12, changeConsent],
  [1, deleteConsent],
  [10, passTime],
];

async function readOne(play: Play): Promise<void> {
  const kept = pick(play, [...play.model.goals, ...play.model.messages]);
  const reader = pick(play, partyIds);
  const { address, versionId } = kept.written;
  const path = pick(play, [address, `${address}/_history/${versionId}`, `${address}/_history`]);
  const status = await compare(
    play,
    (atMs) => (play.model.sees(reader, kept, atMs) ? 200 : 404),
    async () => (await play.ask(systemOf(play, reader), { method: 'GET', path })).status,
  );
  if (reader !== kept.custodian) play.reads[status === 200 ? 'visible' : 'hidden'] += 1;
}

async function readAsIndividual(play: Play): Promise<void> {
  const kept = pick(play, [...play.model.goals, ...play.model.messages]);
  const person = play.random(play.people.length);
  const { address, versionId } = kept.written;
  const path = pick(play, [address, `${address}/_history/${versionId}`, `${address}/_history`]);
  await compare(
    play,
    () => (play.model.shows(person, kept) ? 200 : 404),
    async () => (await play.ask(systemOf(play, individual, person), { method: 'GET', path })).status,
  );
}

async function sendMessage(play: Play): Promise<void> {
  const { model, random, people } = play;
  if (model.messages.length > 20) return;
  const person = random(people.length);
  const address = people[person] ?? '';
  const isLabelled = random(3) === 0;
  const more = { sender: { reference: address }, ...(isLabelled ? { meta: { security: [label] } } : {}) };
  const written = await create(systemOf(play, individual, person), message(address, pick(play, partyIds), more));
  model.messages.push({ custodian: individual, person, isLabelled, isKeptBack: false, written });
}

/** Of one's own Consents any; of another's nothing shows. */
async function withdrawAsIndividual(play: Play): Promise<void> {
  const { model, random, people } = play;
  if (model.consents.length === 0) return;
  const given = pick(play, model.consents);
  const person = random(4) === 0 ? random(people.length) : given.person;
  const { address, versionId, resource } = given.written;
  const isOpen = given.status === 'active' || given.status === 'proposed';
  const canEnd = isOpen || (given.by === individual && given.status === 'inactive');
  const answer = await play.ask(systemOf(play, individual, person), {
    method: 'PUT',
    path: address,
    body: { ...resource, status: 'inactive' },
    headers: { 'If-Match': `W/"${versionId}"` },
  });
  const expected = person !== given.person ? 404 : canEnd ? 200 : 422;
  if (answer.status !== expected) throw new Error(`the withdrawal gives ${answer.status} instead of ${expected}`);
  if (answer.status !== 200) return;
  const changed = answer.body as unknown as Written['resource'];
  given.written = { ...given.written, versionId: changed.meta?.versionId ?? '', resource: changed };
  given.status = 'inactive';
  given.confirmed.clear();
}

async function readConsent(play: Play): Promise<void> {
  if (play.model.consents.length === 0) return;
  const given = pick(play, play.model.consents);
  const reader = pick(play, partyIds);
  const { address, id, versionId } = given.written;
  const path = pick(play, [address, `${address}/_history/${versionId}`, `Consent?_id=${id}`]);
  await compare(
    play,
    (atMs) => play.model.seesConsent(reader, given, atMs),
    async () => {
      const answer = await play.ask(systemOf(play, reader), { method: 'GET', path });
      return path.includes('?') ? entriesOf(answer).length === 1 : answer.status === 200;
    },
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

const toPeriod = (startMs: number, endMs: number): { readonly start: string; readonly end?: string } => ({
  start: new Date(startMs).toISOString(),
  ...(endMs === Number.POSITIVE_INFINITY ? {} : { end: new Date(endMs).toISOString() }),
});

function pickDenied(play: Play, { by, person }: Pick<Given, 'by' | 'person'>): Denied {
  const isOwn = (kept: Kept): boolean => by === individual || kept.custodian === by;
  const own = play.model.goals.filter((kept) => isOwn(kept) && kept.person === person && !kept.isKeptBack);
  return pick<Denied>(play, [
    { to: pick(play, partyIds) },
    { goal: pick(play, own) },
    { isLabelled: true },
    { to: pick(play, partyIds), isLabelled: true },
  ]);
}

const toProvision = ({ to, goal: target, isLabelled }: Denied): object => ({
  ...(to === undefined ? {} : denyActor(to)),
  ...(target === undefined ? {} : denyData(target.written.address)),
  ...(isLabelled === undefined ? {} : denyLabel(label.system, label.code)),
});

async function giveConsent(play: Play): Promise<void> {
  const { model, hub, random, people } = play;
  const party = pick(play, partyIds);
  const by = random(5) === 0 ? individual : party;
  const others = partyIds.filter((id) => id !== party && random(3) === 0);
  const custodians = others.length > 0 && random(4) === 0 ? others : [party, ...others];
  const to = pick(play, partyIds);
  const person = random(people.length);
  const startMs = hub.now().getTime() + random(3000) - 2000;
  const endMs = random(3) === 0 ? Number.POSITIVE_INFINITY : startMs + random(60_000);
  const status = pick(play, statuses);
  const denied = random(6) === 0 ? pickDenied(play, { by, person }) : undefined;
  const written = await openJointly({
    by: systemOf(play, by, person),
    person: people[person] ?? '',
    custodians,
    recipients: [to],
    period: toPeriod(startMs, endMs),
    status,
    denied: denied === undefined ? [] : [toProvision(denied)],
  });
  model.consents.push({ by, custodians, to, person, status, startMs, endMs, denied, confirmed: new Set(), written });
}

async function confirmConsent(play: Play): Promise<void> {
  if (play.model.consents.length === 0) return;
  const given = pick(play, play.model.consents);
  const party = pick<Actor>(play, [...partyIds, ...given.custodians, ...given.custodians, individual]);
  const status = await compare(
    play,
    (atMs) => confirmingStatus(play.model, party, given, atMs),
    async () => (await confirm(systemOf(play, party, given.person), given.written)).status,
  );
  if (status === 200) given.confirmed.add(party);
}

/** Another status, recipient or end, or nothing denied any more. What is withdrawn stays so. */
async function changeConsent(play: Play): Promise<void> {
  const open = play.model.consents.filter(({ status }) => status === 'active' || status === 'proposed');
  if (open.length === 0) return;
  const given = pick(play, open);
  const chosen = pick(play, statuses);
  const status = given.status === 'active' && chosen === 'proposed' ? 'active' : chosen;
  const to = play.random(4) === 0 ? pick(play, partyIds) : given.to;
  const endMs = play.random(4) === 0 ? given.startMs + play.random(60_000) : given.endMs;
  const denied = play.random(4) === 0 ? undefined : given.denied;
  const { provision: nested, ...provision } = given.written.resource['provision'] as {
    readonly actor: readonly object[];
    readonly provision?: readonly object[];
  };
  given.written = await change(systemOf(play, given.by, given.person), given.written, {
    status,
    provision: {
      ...provision,
      actor: [{ ...provision.actor[0], reference: { reference: organizationOf(to) } }],
      period: toPeriod(given.startMs, endMs),
      ...(denied === undefined ? {} : { provision: nested }),
    },
  });
  const isWider = to !== given.to || endMs > given.endMs || denied !== given.denied;
  if (isWider || status !== 'active' || given.status !== 'active') given.confirmed.clear();
  Object.assign(given, { status, to, endMs, denied });
}

async function deleteConsent(play: Play): Promise<void> {
  const { consents } = play.model;
  if (consents.length === 0) return;
  const given = pick(play, consents);
  await remove(systemOf(play, given.by, given.person), given.written);
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
      for (const security of [[], [label], [keptBack]]) {
        const written = await create(system, goal(address, security.length === 0 ? {} : { meta: { security } }));
        const [isLabelled, isKeptBack] = [security.includes(label), security.includes(keptBack)];
        model.goals.push({ custodian, person, isLabelled, isKeptBack, written });
      }
    }
  }
  const apps = await Promise.all([persons.bo, persons.cecilia].map((number) => hub.individual(number)));
  const reads = { visible: 0, hidden: 0 };
  return { hub, ask: askAt(hub.baseUrl), systems, people, apps, model, random: createRandom(seed), reads };
}

/** What was played: how often each step, and what others than the custodian saw. */
export interface Played {
  readonly steps: Readonly<Record<string, number>>;
  readonly reads: { readonly visible: number; readonly hidden: number };
}

/** @throws at the first step at which the hub and the model differ */
export async function playModel(
  openHub: OpenHub,
  options: { readonly seed: number; readonly steps: number },
): Promise<Played> {
  const hub = await openHub();
  try {
    const play = await begin(hub, options.seed);
    const bag = steps.flatMap(([weight, step]) => Array<Step>(weight).fill(step));
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
    const counts = Object.fromEntries(
      steps.map(([, { name }]) => [name, history.filter((played) => played === name).length]),
    );
    return { steps: counts, reads: play.reads };
  } finally {
    await hub.stop();
  }
}
