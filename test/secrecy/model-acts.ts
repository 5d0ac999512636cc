// The changes of the model test: each is one request that changes what the hub keeps, or is refused as the oracle says.
import { organizationOf } from '../scenarios/fixtures.ts';
import { type Choice, compare, type Lane, label, pick, systemOf } from './model-lane.ts';
import {
  type Actor,
  confirmingStatus,
  type Denied,
  type Given,
  individual,
  type Kept,
  type Model,
  partyIds,
} from './model-oracle.ts';
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

export type ActStep = (lane: Lane) => Promise<void>;

/** So that a long play does not grow slower. */
const mostConsents = 40;
const mostMessages = 12;

/** Of consents that end: short enough that many do in force, also in a quick play. */
const lengthsMs = [4000, 20_000, 60_000] as const;

const isOpen = ({ status }: Given): boolean => status === 'active' || status === 'proposed';
const hasConsents = ({ consents }: Model): boolean => consents.length > 0;

export const acts: readonly Choice<ActStep>[] = [
  { weight: 3, step: sendMessage, isPossible: ({ messages }) => messages.length < mostMessages },
  { weight: 2, step: takeBackMessage, isPossible: ({ messages }) => messages.length > 0 },
  { weight: 5, step: withdrawAsIndividual, isPossible: hasConsents },
  { weight: 8, step: writeAsAnyone },
  { weight: 12, step: giveConsent, isPossible: ({ consents }) => consents.length < mostConsents },
  { weight: 10, step: confirmConsent, isPossible: hasConsents },
  { weight: 12, step: changeConsent, isPossible: ({ consents }) => consents.some(isOpen) },
  { weight: 6, step: deleteConsent, isPossible: hasConsents },
  { weight: 10, step: passTime },
];

/** Mostly a yes. */
const statuses = [...Array.from({ length: 9 }, () => 'active'), 'inactive', 'entered-in-error', 'proposed'] as const;

async function sendMessage(lane: Lane): Promise<void> {
  const { model, random, people } = lane;
  const person = random(people.length);
  const address = people[person] ?? '';
  const isLabelled = random(3) === 0;
  const more = { sender: { reference: address }, ...(isLabelled ? { meta: { security: [label] } } : {}) };
  const written = await create(systemOf(lane, individual, person), message(address, pick(lane, partyIds), more));
  model.messages.push({ custodian: individual, person, isLabelled, isKeptBack: false, written });
}

async function takeBackMessage(lane: Lane): Promise<void> {
  const { messages } = lane.model;
  const kept = pick(lane, messages);
  await remove(systemOf(lane, individual, kept.person), kept.written);
  messages.splice(messages.indexOf(kept), 1);
}

/** Of one's own Consents any; of another's nothing shows. */
async function withdrawAsIndividual(lane: Lane): Promise<void> {
  const { model, random, people } = lane;
  const given = pick(lane, model.consents);
  const person = random(4) === 0 ? random(people.length) : given.person;
  const { address, versionId, resource } = given.written;
  const canEnd = isOpen(given) || (given.by === individual && given.status === 'inactive');
  const answer = await systemOf(lane, individual, person).call({
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

async function writeAsAnyone(lane: Lane): Promise<void> {
  const kept = pick(lane, lane.model.goals);
  const writer = pick(lane, partyIds);
  const { address, resource, versionId } = kept.written;
  const system = systemOf(lane, writer);
  if (writer === kept.custodian) {
    kept.written = await change(system, kept.written, {});
    return;
  }
  await compare(lane, {
    asked: `${writer} writes ${address}`,
    expected: (atMs) => (lane.model.sees(writer, kept, atMs) ? 422 : 404),
    look: async () => {
      const headers = { 'If-Match': `W/"${versionId}"` };
      return (await system.call({ method: 'PUT', path: address, body: resource, headers })).status;
    },
  });
}

const toPeriod = (startMs: number, endMs: number): { readonly start: string; readonly end?: string } => ({
  start: new Date(startMs).toISOString(),
  ...(endMs === Number.POSITIVE_INFINITY ? {} : { end: new Date(endMs).toISOString() }),
});

function pickDenied(lane: Lane, { by, person }: Pick<Given, 'by' | 'person'>): Denied {
  const isOwn = (kept: Kept): boolean => by === individual || kept.custodian === by;
  const own = lane.model.goals.filter((kept) => isOwn(kept) && kept.person === person && !kept.isKeptBack);
  return pick<Denied>(lane, [
    { to: pick(lane, partyIds) },
    { goal: pick(lane, own) },
    { isLabelled: true },
    { to: pick(lane, partyIds), isLabelled: true },
  ]);
}

const toProvision = ({ to, goal: target, isLabelled }: Denied): object => ({
  ...(to === undefined ? {} : denyActor(to)),
  ...(target === undefined ? {} : denyData(target.written.address)),
  ...(isLabelled === undefined ? {} : denyLabel(label.system, label.code)),
});

export async function giveConsent(lane: Lane): Promise<void> {
  const { model, hub, random, people } = lane;
  const party = pick(lane, partyIds);
  const by = random(3) === 0 ? individual : party;
  const others = partyIds.filter((id) => id !== party && random(2) === 0);
  const custodians = others.length > 0 && random(4) === 0 ? others : [party, ...others];
  const to = pick(lane, partyIds);
  const person = random(people.length);
  const startMs = hub.now().getTime() + random(3000) - 2000;
  const endMs = random(3) === 0 ? Number.POSITIVE_INFINITY : startMs + random(pick(lane, lengthsMs));
  const status = pick(lane, statuses);
  const denied = random(10) === 0 ? pickDenied(lane, { by, person }) : undefined;
  const written = await openJointly({
    by: systemOf(lane, by, person),
    person: people[person] ?? '',
    custodians,
    recipients: [to],
    period: toPeriod(startMs, endMs),
    status,
    denied: denied === undefined ? [] : [toProvision(denied)],
  });
  model.consents.push({ by, custodians, to, person, status, startMs, endMs, denied, confirmed: new Set(), written });
}

async function confirmConsent(lane: Lane): Promise<void> {
  const given = pick(lane, lane.model.consents);
  const party = pick<Actor>(lane, [...partyIds, ...given.custodians, ...given.custodians, individual]);
  const status = await compare(lane, {
    asked: `${party} confirms ${given.written.address}`,
    expected: (atMs) => confirmingStatus(lane.model, party, given, atMs),
    look: async () => (await confirm(systemOf(lane, party, given.person), given.written)).status,
  });
  if (status === 200) given.confirmed.add(party);
}

/** Another status, recipient or end, or nothing denied any more. What is withdrawn stays so. */
async function changeConsent(lane: Lane): Promise<void> {
  const given = pick(lane, lane.model.consents.filter(isOpen));
  const chosen = pick(lane, statuses);
  const status = given.status === 'active' && chosen === 'proposed' ? 'active' : chosen;
  const to = lane.random(4) === 0 ? pick(lane, partyIds) : given.to;
  const endMs = lane.random(4) === 0 ? given.startMs + lane.random(pick(lane, lengthsMs)) : given.endMs;
  const denied = lane.random(4) === 0 ? undefined : given.denied;
  const { provision: nested, ...provision } = given.written.resource['provision'] as {
    readonly actor: readonly object[];
    readonly provision?: readonly object[];
  };
  given.written = await change(systemOf(lane, given.by, given.person), given.written, {
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

/** Mostly of what is over. */
async function deleteConsent(lane: Lane): Promise<void> {
  const { consents } = lane.model;
  const nowMs = lane.hub.now().getTime();
  const over = consents.filter((given) => !isOpen(given) || given.endMs < nowMs);
  const given = pick(lane, over.length === 0 || lane.random(8) === 0 ? consents : over);
  await remove(systemOf(lane, given.by, given.person), given.written);
  consents.splice(consents.indexOf(given), 1);
}

async function passTime({ hub, random, mostMs }: Lane): Promise<void> {
  hub.advance(random(mostMs + 1));
}
