// The promise of a withdrawal (sip.md §5): no request that starts after its 2xx returns anything it opened. Readers, searchers and exporters
// work without pause, through two hubs on one database, while consents are given and withdrawn. No test runner: what was asked and
// answered is noted with its times by one clock, and judged afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { createRandom, type Random } from '../contract/seeded-random.ts';
import { goal, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt } from './answers.ts';
import { change, create, open, reopen, task, type Written } from './world.ts';

/** One answer, as far as it is about one person. Times in milliseconds of one clock. */
export interface Observation {
  readonly kind: string;
  readonly person: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Something that only the consent opens was in it. */
  readonly saw: boolean;
  /** It lists what was open when it was begun: what has been opened since need not be in it. */
  readonly mayLack?: boolean;
}

/** From the end of the request that opened (or closed) to the start of the one that ends it. */
export interface Span {
  readonly person: number;
  readonly isOpen: boolean;
  readonly from: number;
  readonly until: number;
}

export interface Verdict {
  readonly faults: readonly string[];
  /** How many answers were asked for and given while it was open, and while it was closed, by kind. */
  readonly judged: Readonly<Record<string, { readonly open: number; readonly closed: number }>>;
}

/** Answers that lie wholly within a span are judged; in the others either is right. */
export function judge(observations: readonly Observation[], spans: readonly Span[]): Verdict {
  const faults: string[] = [];
  const judged: Record<string, { open: number; closed: number }> = {};
  for (const { kind, person, startedAt, endedAt, saw, mayLack = false } of observations) {
    const count = (judged[kind] ??= { open: 0, closed: 0 });
    const span = spans.find((one) => one.person === person && one.from <= startedAt && endedAt <= one.until);
    if (span === undefined) continue;
    if (span.isOpen && mayLack && !saw) continue;
    count[span.isOpen ? 'open' : 'closed'] += 1;
    if (span.isOpen === saw) continue;
    const [what, when] = saw ? ['saw', 'withdrawal'] : ['did not see', 'consent'];
    faults.push(`${kind} ${what} person ${person}, asked ${(startedAt - span.from).toFixed(1)} ms after the ${when}`);
  }
  return { faults, judged };
}

interface Person {
  readonly word: string;
  readonly address: string;
  readonly goal: Written;
}

interface Race {
  readonly asks: readonly Ask[];
  readonly keeper: VendorSystem;
  readonly reader: VendorSystem;
  readonly people: readonly Person[];
  readonly observations: Observation[];
  readonly spans: Span[];
  readonly isOver: () => boolean;
}

type Look = (
  ask: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>,
  person: Person,
) => Promise<Answer>;

const reading: Readonly<Record<string, Look>> = {
  read: (ask, { goal: { address } }) => ask(address),
  'read with If-None-Match': (ask, { goal: { address, versionId } }) =>
    ask(address, { 'If-None-Match': `W/"${versionId}"` }),
  vread: (ask, { goal: { address, versionId } }) => ask(`${address}/_history/${versionId}`),
  history: (ask, { goal: { address } }) => ask(`${address}/_history`),
  'history of the type': (ask) => ask('Goal/_history?_count=100'),
  search: (ask) => ask('Goal?_count=100'),
  'search by subject': (ask, { address }) => ask(`Goal?patient=${address}`),
  'search along a chain': (ask, { address }) => ask(`Goal?patient._id=${address.slice('Patient/'.length)}`),
  include: (ask) => ask('Task?_count=100&_include=Task:focus'),
  $everything: (ask, { address }) => ask(`${address}/$everything?_count=100`),
};

/**
 * Plays for `ms` milliseconds, and on a busy machine up to four times as long: until `fewest` answers of each kind were judged, both open and
 * closed. `hubs` work on one database, under one public address.
 */
export async function raceWithdrawals(
  hubs: readonly TestHub[],
  { seed, ms, fewest }: { readonly seed: number; readonly ms: number; readonly fewest: number },
): Promise<Verdict & { readonly withdrawals: number }> {
  const [first] = hubs;
  if (first === undefined) throw new Error('no hub');
  const keeper = await first.party(hsa.careCentre);
  const reader = await first.party(hsa.homeCare);
  const people: Person[] = [];
  for (const [at, number] of [persons.bo, persons.cecilia, persons.david, persons.eva].entries()) {
    const word = `hemligtord${at}slut`;
    const { address } = await create(keeper, patient(number));
    await create(reader, patient(number));
    const kept = await create(keeper, goal(address, { description: { text: word } }));
    people.push({ word, address, goal: kept });
  }
  const observations: Observation[] = [];
  const spans: Span[] = [];
  const race: Race = {
    asks: hubs.map(({ hub }) => askAt(`http://127.0.0.1:${hub.port}/fhir`)),
    keeper,
    reader,
    people,
    observations,
    spans,
    isOver: createEnd(ms, () => isEnough(judge(observations, spans), fewest)),
  };
  const consents = await Promise.all(people.map((person) => openFirst(race, person)));
  const random = createRandom(seed);
  const seedOf = (): Random => createRandom(random(1_000_000_000));
  await Promise.all([
    ...people.map((_person, at) => giveAndTake(race, at, consents[at], seedOf())),
    ...Array.from({ length: 6 }, () => readOn(race, seedOf())),
    exportOn(race),
  ]);
  const withdrawals = race.spans.filter(({ isOpen }) => !isOpen).length;
  return { ...judge(race.observations, race.spans), withdrawals };
}

/** Whether it is enough is asked twice a second. */
function createEnd(ms: number, isDone: () => boolean): () => boolean {
  const startedAt = performance.now();
  let askedAt = startedAt;
  let isOver = false;
  return () => {
    const now = performance.now();
    if (isOver || now < startedAt + ms || now < askedAt + 500) return isOver;
    askedAt = now;
    isOver = now > startedAt + 4 * ms || isDone();
    return isOver;
  };
}

/** Of every kind of reading, and of exports. */
function isEnough({ judged }: Verdict, fewest: number): boolean {
  const counts = Object.values(judged);
  const isEvery = counts.length > Object.keys(reading).length;
  return isEvery && counts.every(({ open: opened, closed }) => Math.min(opened, closed) >= fewest);
}

/** The reader's Task leads to what is opened; then it is closed again. */
async function openFirst({ keeper, reader }: Race, person: Person): Promise<Written> {
  const opening = { by: keeper, person: person.address, custodian: hsa.careCentre, recipient: hsa.homeCare };
  const given = await open(opening);
  await create(reader, task(person.address, hsa.homeCare, person.goal.address));
  return change(keeper, given, { status: 'inactive' });
}

async function giveAndTake(race: Race, person: number, consent: Written | undefined, random: Random): Promise<void> {
  const { keeper, spans } = race;
  let given = consent;
  if (given === undefined) throw new Error('no consent');
  while (!race.isOver()) {
    for (const status of ['active', 'inactive'] as const) {
      given = await (status === 'active' ? reopen(keeper, given) : change(keeper, given, { status }));
      const from = performance.now();
      await sleep(40 + random(120));
      spans.push({ person, isOpen: status === 'active', from, until: performance.now() });
    }
  }
}

async function readOn(race: Race, random: Random): Promise<void> {
  const kinds = Object.entries(reading);
  while (!race.isOver()) {
    const [kind, look] = kinds[random(kinds.length)] ?? ['', reading['read']];
    const ask = race.asks[random(race.asks.length)];
    const at = random(race.people.length);
    const person = race.people[at];
    if (look === undefined || ask === undefined || person === undefined) throw new Error('nothing to ask');
    await observe(
      race,
      kind,
      { only: kind.includes('type') || ['search', 'include'].includes(kind) ? undefined : at },
      () =>
        look(
          (path, headers) => ask(race.reader, { method: 'GET', path, ...(headers === undefined ? {} : { headers }) }),
          person,
        ),
    );
  }
}

/** Notes what the answer holds of the one person that was asked about, or of each. */
async function observe(
  { people, observations }: Race,
  kind: string,
  { only, mayLack = false }: { readonly only: number | undefined; readonly mayLack?: boolean },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const startedAt = performance.now();
  const answer = await work();
  const endedAt = performance.now();
  if (answer.status >= 500) throw new Error(`${kind}: ${answer.status} ${answer.text}`);
  for (const [person, { word }] of people.entries()) {
    if (only !== undefined && only !== person) continue;
    const saw = answer.status === 304 || answer.text.includes(word);
    observations.push({ kind, person, startedAt, endedAt, saw, mayLack });
  }
  return answer;
}

/** Asks for exports one after the other, and fetches the files of each again and again while the next is made. */
async function exportOn(race: Race): Promise<void> {
  const { reader } = race;
  const [ask] = race.asks;
  if (ask === undefined) throw new Error('no hub');
  while (!race.isOver()) {
    const headers = { Prefer: 'respond-async' };
    const asked = await ask(reader, { method: 'GET', path: '$export?_type=Goal', headers });
    const place = asked.headers['content-location'];
    if (place === undefined) throw new Error(`No export: ${asked.status} ${asked.text}`);
    let status = 202;
    let files: readonly string[] = [];
    while (status === 202 && !race.isOver()) {
      await sleep(10);
      const answer = await ask(reader, { method: 'GET', path: place });
      status = answer.status;
      const output = (answer.body?.['output'] ?? []) as readonly { readonly url: string }[];
      files = output.map(({ url }) => url);
    }
    for (let round = 0; round < 10 && !race.isOver(); round += 1) {
      for (const path of files) {
        await observe(race, 'file of an export', { only: undefined, mayLack: true }, () =>
          ask(reader, { method: 'GET', path }),
        );
      }
      await sleep(5);
    }
    await ask(reader, { method: 'DELETE', path: place });
  }
}
