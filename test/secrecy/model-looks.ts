// The observations of the model test: each is one request whose answer is compared with the oracle's.
import type { FhirResource } from '../../src/fhir/resource.ts';
import { type Choice, compare, type Lane, pick, systemOf } from './model-lane.ts';
import { type Given, individual, type Kept, type PartyId } from './model-oracle.ts';
import type { Written } from './world.ts';

/** Who looks in a turn. */
export interface Asking {
  readonly reader: PartyId;
  readonly person: number;
}

export type LookStep = (lane: Lane, asking: Asking) => Promise<void>;

export const looks: readonly Choice<LookStep>[] = [
  { weight: 60, step: readOne },
  { weight: 10, step: readConsent, isPossible: ({ consents }) => consents.length > 0 },
  { weight: 8, step: search },
  { weight: 10, step: readAsIndividual },
];

/** The resource, mostly; its version, or its history. */
function pickPath({ random }: Lane, { address, versionId }: Written): string {
  const drawn = random(20);
  if (drawn === 0) return `${address}/_history?_count=2`;
  return drawn === 1 ? `${address}/_history/${versionId}` : address;
}

async function readOne(lane: Lane, { reader }: Asking): Promise<void> {
  const kept = pick(lane, [...lane.model.goals, ...lane.model.messages]);
  const path = pickPath(lane, kept.written);
  const status = await compare(lane, {
    asked: `${reader} reads ${path}`,
    expected: (atMs) => (lane.model.sees(reader, kept, atMs) ? 200 : 404),
    look: async () => (await lane.ask(systemOf(lane, reader), path)).status,
  });
  if (reader !== kept.custodian) lane.counts.reads[status === 200 ? 'visible' : 'hidden'] += 1;
}

async function readAsIndividual(lane: Lane, { person }: Asking): Promise<void> {
  const { goals, messages, consents } = lane.model;
  const kept = pick<Kept | Given>(lane, [...goals, ...messages, ...consents]);
  const path = pickPath(lane, kept.written);
  await compare(lane, {
    asked: `the person ${person} reads ${path}`,
    expected: () => (lane.model.shows(person, kept) ? 200 : 404),
    look: async () => (await lane.ask(systemOf(lane, individual, person), path)).status,
  });
}

async function readConsent(lane: Lane, { reader }: Asking): Promise<void> {
  const given = pick(lane, lane.model.consents);
  const { id } = given.written;
  const path = lane.random(6) === 0 ? `Consent?_id=${id}` : pickPath(lane, given.written);
  await compare(lane, {
    asked: `${reader} reads ${path}`,
    expected: (atMs) => lane.model.seesConsent(reader, given, atMs),
    look: async () => {
      const { status, text } = await lane.ask(systemOf(lane, reader), path);
      return path.startsWith('Consent?') ? resourcesOf(text).length === 1 : status === 200;
    },
  });
}

/** Which goals a search asks for, and how: mostly some by their ids, those about one person, seldom all there are. */
function pickGoals(lane: Lane): { readonly goals: readonly Kept[]; readonly criterion: string } {
  const { goals } = lane.model;
  const drawn = lane.random(160);
  if (drawn === 0) return { goals, criterion: '' };
  if (drawn < 24) {
    const person = lane.random(lane.people.length);
    return { goals: goals.filter((kept) => kept.person === person), criterion: `&subject=${lane.people[person]}` };
  }
  const some = [...new Set(Array.from({ length: 4 }, () => pick(lane, goals)))];
  return { goals: some, criterion: `&_id=${some.map(({ written }) => written.id).join()}` };
}

async function search(lane: Lane, { reader }: Asking): Promise<void> {
  const { model, people } = lane;
  const { goals, criterion } = pickGoals(lane);
  const path = `Goal?_count=1000${criterion}${pick(lane, ['', '&_sort=_id', '&lifecycle-status=active'])}`;
  await compare(lane, {
    asked: `${reader} searches ${path}`,
    expected: (atMs) => model.visible(reader, goals, atMs),
    look: async () => {
      const { text } = await lane.ask(systemOf(lane, reader), path);
      // Those about other persons are another lane's.
      const own = resourcesOf(text).filter(({ subject }) =>
        people.includes((subject as { readonly reference: string }).reference),
      );
      return own
        .map(({ id }) => id ?? '')
        .toSorted()
        .join();
    },
  });
}

function resourcesOf(text: string): readonly FhirResource[] {
  const { entry = [] } = JSON.parse(text) as { readonly entry?: readonly { readonly resource: FhirResource }[] };
  return entry.map(({ resource }) => resource);
}
