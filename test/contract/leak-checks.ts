// Every way in which a hidden row could show, as a table of checks: each gives what leaked (nothing where all is well).
// The same table is run against the store and, to prove that it can fail, against stores with the predicate taken from one path.
import type { Permit } from '../../src/access/permit.ts';
import type { EverythingQuery, Store, StoredVersion } from '../../src/store/store.ts';
import type { Filter } from '../../src/search/query.ts';
import type { AuditEventFilter } from '../../src/store/audit-event.ts';
import { notForPatient } from '../../src/access/sharing-labels.ts';
import { auditRow, change, consent, minutesAfterNoon, put, query } from './store-world.ts';
import type { World } from './store-world.ts';

const number = '195009072553';
const hasNumber: Filter = { kind: 'token', param: 'identifier', values: [{ system: undefined, code: number }] };
const isActive: Filter = { kind: 'token', param: 'status', values: [{ system: undefined, code: 'active' }] };
const isAbout = (id: string): Filter => ({ kind: 'reference', param: 'patient', values: [{ type: 'Patient', id }] });
const ofPersonWithNumber: Filter = { kind: 'chain', param: 'patient', targetTypes: ['Patient'], filter: hasNumber };

const above = (id: string): Filter => ({
  kind: 'hierarchy',
  param: 'location',
  direction: 'above',
  targetType: 'Location',
  step: 'partof',
  ids: [id],
});

export interface Secret {
  /** What `region` keeps and `other` may not see. */
  readonly permit: Permit;
  /** The person p1. What `region` keeps about p1 and has marked as not for the patient is hidden from p1, and p2 altogether. */
  readonly individual: Permit;
  readonly firstVersion: string;
  readonly currentVersion: string;
}

/**
 * `region` keeps a plan about p1, hidden from `other`. `other` keeps a Task that refers to the plan, knows p1 by no registration
 * of its own, and sees one registration of p2 (town's, by consent) but not region's, which is newer.
 */
export async function plantSecret(world: World): Promise<Secret> {
  const [, first] = await put(
    world,
    { type: 'Patient', id: 'p1', custodian: 'region', patient: 'p1', tokens: [['identifier', number]] },
    {
      type: 'CarePlan',
      id: 'plan',
      custodian: 'region',
      patient: 'p1',
      tokens: [['status', 'active']],
      refersTo: [['patient', 'Patient/p1']],
    },
    { type: 'Goal', id: 'goal', custodian: 'region', patient: 'p1' },
  );
  const current = await change(world, {
    type: 'CarePlan',
    id: 'plan',
    custodian: 'region',
    patient: 'p1',
    tokens: [['status', 'active']],
  });
  await put(world, {
    type: 'Task',
    id: 'task',
    custodian: 'other',
    patient: 'p1',
    tokens: [['focus:identified', 'plan-number']],
    refersTo: [
      ['focus', 'CarePlan/plan'],
      ['patient', 'Patient/p1'],
    ],
  });
  await put(
    world,
    { type: 'Location', id: 'top', custodian: 'other', patient: 'p1' },
    { type: 'Encounter', id: 'at-top', custodian: 'other', patient: 'p1', refersTo: [['location', 'Location/top']] },
  );
  await put(world, {
    type: 'Location',
    id: 'hidden-part',
    custodian: 'region',
    patient: 'p1',
    refersTo: [['partof', 'Location/top']],
  });
  await put(
    world,
    { type: 'Patient', id: 'p2', custodian: 'town', patient: 'p2', at: minutesAfterNoon(-200) },
    consent('town', 'other', 'p2'),
  );
  await put(
    world,
    { type: 'Patient', id: 'p2', custodian: 'region', patient: 'p2', at: minutesAfterNoon(-10) },
    { type: 'Goal', id: 'goal-of-p2', custodian: 'region', patient: 'p2' },
    // Of the region, which the reader does not see, though it tells of the town's data.
    {
      type: 'Consent',
      id: 'hidden-consent',
      custodian: 'region',
      patient: 'p2',
      grants: [{ custodianId: 'town', recipientId: 'clinic', startsAt: minutesAfterNoon(-120), endsAt: undefined }],
    },
  );
  await put(world, {
    type: 'Communication',
    id: 'kept-back',
    custodian: 'region',
    patient: 'p1',
    labels: [notForPatient],
  });
  await put(world, {
    type: 'Encounter',
    id: 'leads-to-kept-back',
    custodian: 'region',
    patient: 'p1',
    refersTo: [
      ['patient', 'Patient/p1'],
      ['reason', 'Communication/kept-back'],
    ],
  });
  await plantExport(world);
  await plantLog(world);
  return {
    permit: world.permit('other'),
    individual: await world.individual('p1'),
    firstVersion: first?.versionId ?? '',
    currentVersion: current.versionId,
  };
}

/** What the region did with its own; what the town read of several parties' data; what `other` read by a Consent that it does not see. */
async function plantLog(world: World): Promise<void> {
  const rows = await world.database.query<{ key: number; id: string }>({
    text: 'select key, patient_id as id from person',
  });
  const personKey = (id: string): number => rows.find((row) => row.id === id)?.key ?? -1;
  const entity = (address: string, custodian: 'region' | 'town' | 'other', consentId?: string) => ({
    address,
    versionId: '1',
    personKey: personKey(/p2/.test(address) ? 'p2' : 'p1'),
    custodianKey: world.keyOf(custodian),
    consent: consentId === undefined ? undefined : `${consentId}/_history/1`,
  });
  const staff = { hsaId: 'SE2321000024-P007', roles: ['https://example.org/roles|nurse'], purposes: [] };
  const row = (
    requestId: string,
    party: 'region' | 'town' | 'other',
    ...entities: readonly ReturnType<typeof entity>[]
  ) =>
    auditRow({
      requestId,
      partyKey: world.keyOf(party),
      interaction: 'search-type',
      type: 'CarePlan',
      status: 200,
      entities,
      staff,
    });
  await world.store.audit([
    row('logged-alone', 'region', entity('CarePlan/plan', 'region')),
    row('logged-together', 'town', entity('CarePlan/plan', 'region', 'c'), entity('Task/task', 'other', 'c')),
    row('logged-kept-back', 'region', entity('Communication/kept-back', 'region')),
    row('logged-by-other', 'other', entity('Patient/p2', 'town', 'hidden-consent')),
  ]);
}

const events = (store: Store, { permit }: Pick<Secret, 'permit'>, filters: readonly AuditEventFilter[] = []) =>
  store.auditEvents(permit, {
    filters,
    isOldestFirst: true,
    count: 100,
    total: 'accurate',
    after: undefined,
    untilMs: minutesAfterNoon(1).getTime(),
  });

const exportId = 'listed-while-open';

/** A finished export of `other` that lists two Goals about p3, one of them changed since, and the consent that opened them withdrawn. */
async function plantExport(world: World): Promise<void> {
  const { exports } = world.store;
  const goals = ['goal-of-p3', 'changed-goal-of-p3'].map(
    (id) => ({ type: 'Goal', id, custodian: 'region', patient: 'p3' }) as const,
  );
  const opening = consent('region', 'other', 'p3');
  await put(world, { type: 'Patient', id: 'p3', custodian: 'region', patient: 'p3' }, ...goals, opening);
  const permit = world.permit('other');
  const work = { steps: [{ type: 'Goal', query: '' }], patients: undefined, elements: [] };
  const times = { transactionAt: minutesAfterNoon(0), expiresAt: minutesAfterNoon(600) };
  await exports.create(permit, { id: exportId, request: '', work, ...times, principal: {}, most: 1 });
  const job = await exports.claim({ claim: 'mine', at: minutesAfterNoon(0), until: minutesAfterNoon(1) });
  if (job === undefined) throw new Error('the export cannot be claimed');
  const sort = [{ param: '_lastUpdated', kind: 'last-updated', descending: false }] as const;
  const generation = await world.store.searchState.generation();
  await exports.list(permit, { job, query: query('Goal', [], { sort }), generation });
  await exports.advance(job, { state: 'done' });
  const listed = await exports.lines(permit, allLines);
  if (listed.length !== 2) throw new Error('the export lists nothing that could leak');
  for (const goal of goals.slice(1)) await change(world, goal);
  await change(world, { ...opening, grants: [] });
}

const allLines = { jobId: exportId, type: 'Goal', after: 0, until: 10 } as const;

type Leaks = readonly string[];

const everythingOf = (patientId: string): EverythingQuery => ({
  patientId,
  types: ['Patient', 'CarePlan', 'Goal', 'Task', 'Consent'],
  sinceMs: undefined,
  dates: undefined,
  references: [{ type: 'CarePlan', param: 'performer' }],
  count: 50,
  after: undefined,
});
const plan = { type: 'CarePlan', id: 'plan' } as const;

const namesOf = (versions: readonly (Pick<StoredVersion, 'type' | 'id'> | undefined)[]): Leaks =>
  versions.flatMap((version) => (version === undefined ? [] : [`${version.type}/${version.id}`]));

/** Undoes whatever `work` does, and gives its result. */
async function withoutTrace<T>(
  store: Store,
  permit: Permit,
  work: Parameters<typeof store.transaction<T>>[1],
): Promise<T> {
  const box: { result?: { readonly given: T } } = {};
  const stop = new Error('undo');
  await store
    .transaction(permit, async (inside) => {
      box.result = { given: await work(inside) };
      throw stop;
    })
    .catch((error: unknown) => {
      if (error !== stop) throw error;
    });
  if (box.result === undefined) throw new Error('nothing was done');
  return box.result.given;
}

const keptBack = { type: 'Communication', id: 'kept-back' } as const;

/** What an individual may not see: what is marked so, and whatever is about another person. */
const individualChecks: Readonly<Record<string, (store: Store, secret: Secret) => Promise<Leaks>>> = {
  'what is not for the patient, read': async (store, { individual }) =>
    namesOf([await store.read(individual, keptBack)]),
  'what is not for the patient, searched': async (store, { individual }) => {
    const page = await store.search(individual, query('Communication', [isAbout('p1')]));
    return [...namesOf(page.matches), ...(page.total === 0 ? [] : [`total ${page.total}`])];
  },
  'what is not for the patient, left in a body': async (store, { individual }) => {
    const encounter = await store.read(individual, { type: 'Encounter', id: 'leads-to-kept-back' });
    return encounter?.hiddenReferences.join() === 'Communication/kept-back' ? [] : ['Communication/kept-back'];
  },
  'what is not for the patient, explained': async (store, { individual }) => {
    const asked = { patientId: 'p1', custodianId: 'region', recipientId: 'region', resource: keptBack };
    const found = await store.explain(individual, asked);
    return typeof found === 'object' && !found.isOpen ? [] : ['Communication/kept-back is explained'];
  },
  'what is not for the patient, in the log': async (store, { individual }) => {
    const told = (await events(store, { permit: individual })).events;
    if (told.length !== 3) return [`${told.length} events about the person`];
    return told.flatMap(({ entities }) =>
      entities.flatMap(({ address }) => (address === 'Communication/kept-back' ? [address] : [])),
    );
  },
  'what is about another person': async (store, { individual }) =>
    namesOf([
      await store.read(individual, { type: 'Goal', id: 'goal-of-p2' }),
      await store.read(individual, { type: 'Patient', id: 'p2' }),
      ...(await store.search(individual, query('Goal', [], { total: 'none' }))).matches.filter(
        ({ id }) => id !== 'goal',
      ),
      ...(await store.search(individual, query('Patient', [], { total: 'none' }))).matches.filter(
        ({ id }) => id !== 'p1',
      ),
    ]),
  'the events about another person': async (store, { individual }) =>
    (await events(store, { permit: individual })).events.flatMap(({ patientId }) =>
      patientId === 'p1' ? [] : [`about ${patientId}`],
    ),
};

export const leakChecks: Readonly<Record<string, (store: Store, secret: Secret) => Promise<Leaks>>> = {
  read: async (store, { permit }) => namesOf([await store.read(permit, plan)]),
  'read of a person': async (store, { permit }) => namesOf([await store.read(permit, { type: 'Patient', id: 'p1' })]),
  'read of another registration': async (store, { permit }) => {
    const seen = await store.read(permit, { type: 'Patient', id: 'p2' });
    return seen?.openedBy === undefined ? [`Patient/p2 of ${seen?.custodianKey}`] : [];
  },
  'vread of the current version': async (store, { permit, currentVersion }) =>
    namesOf([await store.readVersion(permit, { ...plan, versionId: currentVersion })]),
  'vread of a superseded version': async (store, { permit, firstVersion }) =>
    namesOf([await store.readVersion(permit, { ...plan, versionId: firstVersion })]),
  'history of the resource': async (store, { permit }) => {
    const page = await store.history(permit, { ...plan, sinceMs: undefined, count: 10, after: undefined });
    return [...namesOf(page.versions), ...(page.total === 0 ? [] : [`total ${page.total}`])];
  },
  'history of the type': async (store, { permit }) => {
    const page = await store.history(permit, {
      type: 'CarePlan',
      id: undefined,
      sinceMs: undefined,
      count: 10,
      after: undefined,
    });
    return [...namesOf(page.versions), ...(page.total === undefined ? [] : [`total ${page.total}`])];
  },
  'history of persons': async (store, { permit }) => {
    const page = await store.history(permit, {
      type: 'Patient',
      id: undefined,
      sinceMs: undefined,
      count: 10,
      after: undefined,
    });
    return page.versions
      .filter(({ id, openedBy }) => id === 'p1' || openedBy === undefined)
      .map(({ id }) => `Patient/${id}`);
  },
  ...Object.fromEntries(
    Object.entries({
      'search without filters': query('CarePlan'),
      'search by id': query('CarePlan', [{ kind: 'id', values: ['plan'] }]),
      'search by token': query('CarePlan', [isActive]),
      'search by reference': query('CarePlan', [isAbout('p1')]),
      'search by chain': query('CarePlan', [ofPersonWithNumber]),
      // The Task is the reader's own, and the reference is taken out of it: that it matches would tell that it is there.
      'search by a reference that is taken out': query('Task', [
        { kind: 'reference', param: 'focus', values: [{ type: 'CarePlan', id: 'plan' }] },
      ]),
      'search by a reference that is taken out, probed': query('Task', [
        { kind: 'id', values: ['task'] },
        { kind: 'reference', param: 'focus', values: [{ type: 'CarePlan', id: 'plan' }] },
      ]),
      'search in another order': query('CarePlan', [isActive], {
        sort: [{ param: '_id', kind: 'id', descending: false }],
      }),
      'search of persons': query('Patient', [hasNumber]),
      // The Task is the reader's own: that it matches would tell that the person has this number.
      'chain to a hidden person': query('Task', [ofPersonWithNumber]),
      // The identifier stands in the reference to the hidden plan, which is taken out of the reader's own Task.
      'search by the identifier in a reference that is taken out': query('Task', [
        { kind: 'identified', param: 'focus:identified', values: [{ system: undefined, code: 'plan-number' }] },
      ]),
      // Of two registrations of p2 only one is open; the hidden Goal about p2 is region's.
      'reverse chain from a hidden goal': query('Patient', [
        { kind: 'has', sourceType: 'Goal', param: 'patient', filter: { kind: 'id', values: ['goal-of-p2'] } },
      ]),
      // The Encounter is the reader's own: that it matches would tell of what the hidden place is a part.
      'what is above a hidden place': query('Encounter', [above('hidden-part')]),
      'what is above a hidden place, probed': query('Encounter', [
        { kind: 'id', values: ['at-top'] },
        above('hidden-part'),
      ]),
      'chain to a hidden plan, probed': query('Task', [
        { kind: 'id', values: ['task'] },
        { kind: 'chain', param: 'focus', targetTypes: ['CarePlan'], filter: isActive },
      ]),
    }).map(([name, asked]) => [
      name,
      async (store: Store, { permit }: Secret): Promise<Leaks> => {
        const page = await store.search(permit, asked);
        return [...namesOf(page.matches), ...(page.total === 0 ? [] : [`total ${page.total}`])];
      },
    ]),
  ),
  include: async (store, { permit }) => {
    const includes = [
      { param: 'focus', targetType: undefined },
      { param: 'patient', targetType: 'Patient' },
    ];
    const page = await store.search(permit, query('Task', [], { includes }));
    return page.matches.length === 1 ? namesOf(page.included) : ['the Task is not found, so nothing is shown'];
  },
  revinclude: async (store, { permit }) => {
    const includes = [{ sourceType: 'Goal', param: 'patient', targetType: undefined, isReverse: true }];
    const page = await store.search(permit, query('Patient', [{ kind: 'id', values: ['p2'] }], { includes }));
    return page.matches.length === 1 ? namesOf(page.included) : ['the person is not found, so nothing is shown'];
  },
  'reference left in a body': async (store, { permit }) => {
    const task = await store.read(permit, { type: 'Task', id: 'task' });
    return ['CarePlan/plan', 'Patient/p1'].filter((reference) => task?.hiddenReferences.includes(reference) !== true);
  },
  'search of persons by another registration': async (store, { permit }) => {
    const page = await store.search(permit, query('Patient', [{ kind: 'id', values: ['p2'] }]));
    return page.matches.length === 1 && page.matches[0]?.openedBy !== undefined
      ? []
      : [`${page.matches.length} registrations`];
  },
  resolve: (store, { permit }) =>
    withoutTrace(store, permit, async (inside) =>
      namesOf(await inside.resolve(permit, [plan, { type: 'Patient', id: 'p1' }])),
    ),
  'lock for a change': (store, { permit }) =>
    withoutTrace(store, permit, async (inside) => namesOf(await inside.lockCurrent(permit, [plan]))),
  'everything of a hidden person': async (store, { permit }) => {
    const page = await store.everything(permit, everythingOf('p1'));
    return page === undefined ? [] : ['Patient/p1 is known', ...namesOf(page.versions)];
  },
  'everything of a person': async (store, { permit }) => {
    const page = await store.everything(permit, everythingOf('p2'));
    const seen = page?.versions.filter(({ openedBy }) => openedBy !== undefined) ?? [];
    return page?.total === 2 && seen.length === 2 ? [] : [`total ${page?.total}`, ...namesOf(page?.versions ?? [])];
  },
  'explanation about a hidden person': async (store, { permit }) => {
    const asked = { patientId: 'p1', custodianId: 'other', recipientId: 'other', resource: undefined };
    return (await store.explain(permit, asked)) === undefined ? [] : ['Patient/p1 is known'];
  },
  'explanation of what is closed': async (store, { permit }) => {
    const asked = { patientId: 'p2', custodianId: 'region', recipientId: 'other', resource: undefined };
    const found = await store.explain(permit, asked);
    return typeof found === 'object' && !found.isOpen ? [] : ['Patient/p2 of region is open'];
  },
  'explanation by a hidden Consent': async (store, { permit }) => {
    const asked = { patientId: 'p2', custodianId: 'town', recipientId: 'clinic', resource: undefined };
    const found = await store.explain(permit, asked);
    if (typeof found !== 'object' || !found.isOpen) return ['nothing is open, so nothing is shown'];
    return found.isShown ? [`Consent/${found.consent?.consentId}`] : [];
  },
  'events of the log': async (store, secret) => {
    const page = await events(store, secret);
    const seen = page.events.map(({ requestId }) => requestId);
    const expected = ['logged-together', 'logged-by-other'];
    const isAlike = page.total === 2 && seen.join() === expected.join();
    return isAlike ? [] : [`${page.total} events: ${seen.join()}`];
  },
  'what an event was about': async (store, secret) => {
    const page = await events(store, secret, [{ kind: 'patient', ids: ['p1'] }]);
    const about = page.events.flatMap(({ entities }) => entities.map(({ address }) => address));
    return about.join() === 'Task/task' ? [] : about;
  },
  'events about a hidden resource': async (store, secret) =>
    (await events(store, secret, [{ kind: 'entity', addresses: ['CarePlan/plan'] }])).events.map(
      ({ requestId }) => requestId,
    ),
  'what another party searched for': async (store, secret) => {
    const told = (await events(store, secret)).events.filter(({ requestId }) => requestId === 'logged-together');
    if (told.length !== 1) return ['no event that could tell it'];
    return told.flatMap(({ type }) => type ?? []);
  },
  'who was at work at another party': async (store, secret) => {
    const told = (await events(store, secret)).events.filter(({ requestId }) => requestId === 'logged-together');
    if (told.length !== 1) return ['no event that could tell it'];
    return told.flatMap(({ staff }) => [staff?.hsaId ?? [], staff?.roles ?? []].flat());
  },
  'a hidden Consent in the log': async (store, secret) => {
    const page = await events(store, secret, [{ kind: 'patient', ids: ['p2'] }]);
    if (page.events.length !== 1) return ['no event that could name it'];
    return page.events.flatMap(({ entities }) => entities.flatMap(({ consent: named }) => named ?? []));
  },
  ...individualChecks,
  'lines of an export': async (store, { permit }) => namesOf(await store.exports.lines(permit, allLines)),
  'conditional match': (store, { permit }) =>
    withoutTrace(store, permit, async (inside) => {
      const found = await inside.match(permit, [query('CarePlan', [isActive]), query('Patient', [hasNumber])], 2);
      return namesOf(found.flat());
    }),
};

/** All that leaks, `check: what`. */
export async function findLeaks(store: Store, secret: Secret): Promise<Leaks> {
  const found: string[] = [];
  for (const [name, check] of Object.entries(leakChecks)) {
    for (const leak of await check(store, secret)) found.push(`${name}: ${leak}`);
  }
  return found;
}
