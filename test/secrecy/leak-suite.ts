// The adversary: a party that could see, remembers every id, version, ETag and link, and may see no longer; and one that never could.
// A table of checks over one hub. Each gives what leaked; nothing where all is well. The same table is run against the hub as it is
// and against copies with a fault planted (planted-faults.test.ts).
import { setTimeout } from 'node:timers/promises';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import {
  entriesOf,
  goal,
  linkOf,
  organizationOf,
  patient,
  persons,
  personnummerSystem,
} from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt, type Call, differences, withoutNewWords } from './answers.ts';
import { onClosedPlans } from './closed-plans.ts';
import { onProtected } from './protected-identity.ts';
import { clientIdOf, commandClient, organizationIdOf } from './clients.ts';
import {
  change,
  confirm,
  create,
  denyActor,
  denyData,
  denyLabel,
  message,
  messageIdSystem,
  open,
  openJointly,
  remove,
  reopen,
  secretWord,
  task,
  withdraw,
  type Written,
} from './world.ts';

export interface LeakWorld {
  readonly hub: TestHub;
  readonly ask: Ask;
  /** Keeps the secrets. */
  readonly keeper: VendorSystem;
  /** Could see them once. */
  readonly reader: VendorSystem;
  /** Known to both: each has its own registration. */
  readonly bo: {
    readonly id: string;
    readonly keepersVersion: string;
    readonly goal: Written;
    readonly firstVersion: string;
  };
  /** The reader's Task about Bo, that leads to the hidden Goal. */
  readonly task: Written;
  /** The keeper's Task, a part of one of the reader's that others are parts of, too. */
  readonly part: Written;
  /** Known to the keeper alone. */
  readonly cecilia: { readonly id: string; readonly version: string; readonly goal: Written };
  /** The reader's Task about Cecilia, whom it has not registered. */
  readonly orphan: Written;
  /** Links that the reader was given while it could see. */
  readonly links: Readonly<Record<'page' | 'historyPage' | 'typeHistoryPage', string>>;
  /** The files of an export that was finished while the reader could see. */
  readonly exported: readonly string[];
  /** Registered by a third party, which has opened its registration, and later by the keeper, which has not. */
  readonly davidId: string;
  /** Registered by the reader, and later by the third party, which has opened its registration. */
  readonly evaId: string;
  readonly third: VendorSystem;
  /** Bo, by an app of his own. */
  readonly person: VendorSystem;
  /** Of the keeper's about Bo, and marked as not for the patient. */
  readonly keptBack: Written;
  /** The keeper's Task about Bo that leads to it. */
  readonly leading: Written;
}

const never = {
  id: '0199a0b0-0000-7000-8000-0123456789ab',
  number: persons.tolvan,
  code: 'aldrig-sedd',
  nested: 'aldrig-sagt',
} as const;
const keptBackCode = 'undan-honom';
const notForPatient = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPATIENT' };
const nestedCode = 'undan-inuti';
const hiddenCode = 'undan-gomda';

/** Writes everything, lets the reader see it, and takes that back. */
export async function plantSecrets(hub: TestHub): Promise<LeakWorld> {
  const ask = askAt(hub.baseUrl);
  const keeper = await hub.party(hsa.careCentre);
  const reader = await hub.party(hsa.homeCare);
  const third = await hub.party(hsa.childUnit);
  const identifier = [{ system: messageIdSystem, value: hiddenCode }];
  const description = { text: `Ett ${secretWord} mål.` };

  const bo = await create(keeper, patient(persons.bo, { address: [{ text: secretWord }] }));
  await create(reader, patient(persons.bo));
  const first = await create(keeper, goal(bo.address, { description, identifier }));
  const second = await change(keeper, first, { startDate: '2026-10-28' });
  await create(keeper, goal(bo.address, { description }));
  await create(keeper, task(bo.address, hsa.homeCare, first.address, { identifier, description: secretWord }));
  const cecilia = await create(keeper, patient(persons.cecilia, { address: [{ text: secretWord }] }));
  const ceciliasGoal = await create(keeper, goal(cecilia.address, { description }));

  const opening = { by: keeper, custodian: hsa.careCentre, recipient: hsa.homeCare };
  const consents = [
    await open({ ...opening, person: bo.address }),
    await open({ ...opening, person: cecilia.address }),
  ];
  const focus = { reference: first.address, identifier: { system: messageIdSystem, value: nestedCode } };
  const own = await create(reader, task(bo.address, hsa.homeCare, first.address, { focus }));
  const orphan = await create(reader, task(cecilia.address, hsa.homeCare, ceciliasGoal.address));
  const linkAt = async (path: string): Promise<string> => {
    const link = linkOf(await ask(reader, { method: 'GET', path }), 'next');
    if (link === undefined) throw new Error(`${path} has one page only: there is nothing to come back to.`);
    return link;
  };
  const links = {
    page: await linkAt('Goal?_count=1'),
    historyPage: await linkAt(`${first.address}/_history?_count=1`),
    typeHistoryPage: await linkAt('Goal/_history?_count=1'),
  };
  const exported = (await exportAll(ask, reader)).map(({ url }) => url);
  const hidden = await change(keeper, second, { startDate: '2026-10-29' });
  const part = await plantPart({ keeper, reader, person: bo.address, focus: first.address });
  for (const given of consents) await withdraw(keeper, given);

  const david = await create(third, patient(persons.david));
  await open({ by: third, person: david.address, custodian: hsa.childUnit, recipient: hsa.homeCare });
  await create(keeper, patient(persons.david, { address: [{ text: secretWord }] }));
  const eva = await create(reader, patient(persons.eva));
  await create(third, patient(persons.eva));
  await open({ by: third, person: eva.address, custodian: hsa.childUnit, recipient: hsa.homeCare });
  await create(third, patient(persons.filip, { address: [{ text: secretWord }] }));
  const kept = message(bo.address, hsa.homeCare, {
    meta: { security: [notForPatient] },
    identifier: [{ system: messageIdSystem, value: keptBackCode }],
  });
  const keptBack = await change(keeper, await create(keeper, kept), { sent: '2026-10-29T08:00:00+01:00' });
  const leading = await create(keeper, task(bo.address, hsa.careCentre, keptBack.address));
  return {
    hub,
    ask,
    keeper,
    reader,
    third,
    links,
    exported,
    orphan,
    part,
    task: own,
    bo: { id: bo.id, keepersVersion: bo.versionId, goal: hidden, firstVersion: first.versionId },
    cecilia: { id: cecilia.id, version: cecilia.versionId, goal: ceciliasGoal },
    davidId: david.id,
    evaId: eva.id,
    person: await hub.individual(persons.bo),
    keptBack,
    leading,
  };
}

/** The keeper makes a part of the reader's Task while it sees that. */
async function plantPart(given: {
  readonly keeper: VendorSystem;
  readonly reader: VendorSystem;
  readonly person: string;
  readonly focus: string;
}): Promise<Written> {
  const { keeper, reader, person, focus } = given;
  const consent = await open({ by: reader, person, custodian: hsa.homeCare, recipient: hsa.careCentre });
  const whole = await create(reader, task(person, hsa.homeCare, focus));
  const partOf = [{ reference: whole.address }];
  await create(reader, task(person, hsa.homeCare, focus, { partOf }));
  const part = await create(keeper, task(person, hsa.homeCare, focus, { partOf, description: secretWord }));
  await withdraw(reader, consent);
  return part;
}

/** Exports goals and persons, and gives the files once they are there. */
async function exportAll(
  ask: Ask,
  system: VendorSystem,
): Promise<readonly { readonly type: string; readonly url: string }[]> {
  const path = '$export?_type=Goal,Patient';
  const asked = await ask(system, { method: 'GET', path, headers: { Prefer: 'respond-async' } });
  const place = asked.headers['content-location'];
  if (place === undefined) throw new Error(`No export: ${asked.status} ${asked.text}`);
  for (let round = 0; round < 600; round += 1) {
    const { status, body, text } = await ask(system, { method: 'GET', path: place });
    if (status === 200) return (body?.['output'] ?? []) as readonly { readonly type: string; readonly url: string }[];
    if (status !== 202) throw new Error(`No export: ${status} ${text}`);
    await setTimeout(50);
  }
  throw new Error('The export does not end.');
}

type Check = (world: LeakWorld) => Promise<readonly string[]>;

/** An answer to the reader that holds the secret word is a leak, whatever else it is. To the person it is none: much is about him. */
async function look(
  world: LeakWorld,
  call: Call,
  by: VendorSystem = world.reader,
): Promise<{ readonly answer: Answer; readonly leaks: readonly string[] }> {
  const answer = await world.ask(by, call);
  const told =
    by !== world.person && answer.text.includes(secretWord) ? [`${call.method} ${call.path} gives the secret`] : [];
  return { answer, leaks: answer.status >= 500 ? [...told, `${call.path} gives ${answer.status}`] : told };
}

interface Pair {
  readonly hidden: Call;
  readonly absent: Call;
  readonly words: readonly (readonly [string, string])[];
  /** Of a write that succeeds, only what is not new each time is compared. */
  readonly isWrite?: boolean;
  /** Left out: the reader. */
  readonly by?: VendorSystem;
}

async function compare(world: LeakWorld, pair: Pair): Promise<readonly string[]> {
  const { hidden, absent, words, isWrite = false, by } = pair;
  const seen = await look(world, hidden, by);
  const unseen = await look(world, absent, by);
  const clean = isWrite ? withoutNewWords : (answer: Answer): Answer => answer;
  return [...seen.leaks, ...differences(clean(seen.answer), clean(unseen.answer), words)];
}

/** What is asked of a resource, by its address. `version` is one that exists. */
type AskOf = (target: {
  readonly type: string;
  readonly id: string;
  readonly version: string;
  readonly body: object;
}) => Call;

const entry = (method: string, url: string, more: object = {}): Call => ({
  method: 'POST',
  path: '',
  body: { resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method, url, ...more } }] },
});

const toBatch = (call: Call): Call => ({ ...call, body: { ...(call.body as object), type: 'batch' } });

const questions: Readonly<Record<string, AskOf>> = {
  read: ({ type, id }) => ({ method: 'GET', path: `${type}/${id}` }),
  HEAD: ({ type, id }) => ({ method: 'HEAD', path: `${type}/${id}` }),
  'read with If-None-Match': ({ type, id, version }) => ({
    method: 'GET',
    path: `${type}/${id}`,
    headers: { 'If-None-Match': `W/"${version}"` },
  }),
  vread: ({ type, id, version }) => ({ method: 'GET', path: `${type}/${id}/_history/${version}` }),
  history: ({ type, id }) => ({ method: 'GET', path: `${type}/${id}/_history` }),
  'history since': ({ type, id }) => ({ method: 'GET', path: `${type}/${id}/_history?_since=2000-01-01T00:00:00Z` }),
  'search by id': ({ type, id }) => ({ method: 'GET', path: `${type}?_id=${id}&_total=accurate` }),
  'count by id': ({ type, id }) => ({ method: 'GET', path: `${type}?_id=${id}&_count=0` }),
  'search by id, sorted': ({ type, id }) => ({ method: 'GET', path: `${type}?_id=${id}&_sort=_id` }),
  'POST _search': ({ type, id }) => ({
    method: 'POST',
    path: `${type}/_search`,
    body: `_id=${id}&_total=accurate`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
  'update with the right If-Match': ({ type, id, version, body }) => ({
    method: 'PUT',
    path: `${type}/${id}`,
    body: { ...body, id },
    headers: { 'If-Match': `W/"${version}"` },
  }),
  'update with a wrong If-Match': ({ type, id, body }) => ({
    method: 'PUT',
    path: `${type}/${id}`,
    body: { ...body, id },
    headers: { 'If-Match': 'W/"0000000000000000"' },
  }),
  'update without If-Match': ({ type, id, body }) => ({ method: 'PUT', path: `${type}/${id}`, body: { ...body, id } }),
  'delete with the right If-Match': ({ type, id, version }) => ({
    method: 'DELETE',
    path: `${type}/${id}`,
    headers: { 'If-Match': `W/"${version}"` },
  }),
  'delete with a wrong If-Match': ({ type, id }) => ({
    method: 'DELETE',
    path: `${type}/${id}`,
    headers: { 'If-Match': 'W/"0000000000000000"' },
  }),
  'patch with the right If-Match': ({ type, id, version }) => ({
    method: 'PATCH',
    path: `${type}/${id}`,
    body: [{ op: 'add', path: '/language', value: 'sv' }],
    headers: { 'If-Match': `W/"${version}"`, 'content-type': 'application/json-patch+json' },
  }),
  $meta: ({ type, id }) => ({ method: 'GET', path: `${type}/${id}/$meta` }),
  'summary by id': ({ type, id }) => ({ method: 'GET', path: `${type}?_id=${id}&_summary=true` }),
  'transaction with a read': ({ type, id }) => entry('GET', `${type}/${id}`),
  'transaction with a deletion': ({ type, id, version }) =>
    entry('DELETE', `${type}/${id}`, { ifMatch: `W/"${version}"` }),
  'transaction with an update': ({ type, id, version, body }) => {
    const call = entry('PUT', `${type}/${id}`, { ifMatch: `W/"${version}"` });
    const bundle = call.body as { readonly entry: readonly object[] };
    return {
      ...call,
      body: { ...bundle, entry: bundle.entry.map((given) => ({ ...given, resource: { ...body, id } })) },
    };
  },
  'batch with a read': ({ type, id }) => toBatch(entry('GET', `${type}/${id}`)),
  'batch with a vread': ({ type, id, version }) => toBatch(entry('GET', `${type}/${id}/_history/${version}`)),
  'batch with a deletion': ({ type, id, version }) =>
    toBatch(entry('DELETE', `${type}/${id}`, { ifMatch: `W/"${version}"` })),
};

const byAddress: Readonly<Record<string, Check>> = Object.fromEntries(
  Object.entries(questions).flatMap(([name, question]): readonly (readonly [string, Check])[] => [
    [
      `${name}: a hidden Goal is as absent`,
      (world) => {
        const { id, versionId } = world.bo.goal;
        const target = { type: 'Goal', version: versionId, body: goal(`Patient/${world.bo.id}`) };
        return compareTargets(world, question, { ...target, id });
      },
    ],
    [
      `${name}: a hidden person is as absent`,
      (world) => {
        const { id, version } = world.cecilia;
        return compareTargets(world, question, { type: 'Patient', id, version, body: patient(never.number) });
      },
    ],
  ]),
);

function compareTargets(
  world: LeakWorld,
  question: AskOf,
  target: Parameters<AskOf>[0],
  by?: VendorSystem,
): Promise<readonly string[]> {
  return compare(world, {
    ...(by === undefined ? {} : { by }),
    hidden: question(target),
    absent: question({ ...target, id: never.id }),
    words: [[target.id, never.id]],
  });
}

const onVersions: Readonly<Record<string, Check>> = {
  'vread of a superseded hidden version': (world) => {
    const path = `/_history/${world.bo.firstVersion}`;
    const { id } = world.bo.goal;
    return compare(world, {
      hidden: { method: 'GET', path: `Goal/${id}${path}` },
      absent: { method: 'GET', path: `Goal/${never.id}${path}` },
      words: [[id, never.id]],
    });
  },
  "vread of another party's registration of a person the reader knows": (world) => {
    const neverVersion = 'AAAAAAAAAAAAAAAA';
    const at = (version: string): Call => ({ method: 'GET', path: `Patient/${world.bo.id}/_history/${version}` });
    const { keepersVersion } = world.bo;
    return compare(world, {
      hidden: at(keepersVersion),
      absent: at(neverVersion),
      words: [[keepersVersion, neverVersion]],
    });
  },
  'history of a person shows only the own registration': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: `Patient/${world.bo.id}/_history` });
    return [...leaks, ...expectTotal(answer, 1)];
  },
  'history of all persons shows the own registrations and the opened one': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: 'Patient/_history' });
    return [...leaks, ...expectEntries(answer, 3), ...mentions(answer, [world.cecilia.id])];
  },
  'history of a type': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: 'Goal/_history' });
    return [...leaks, ...expectEntries(answer, 0)];
  },
  'link to the next page of a history': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: world.links.historyPage });
    return [...leaks, ...(answer.status === 404 ? [] : [`status ${answer.status}`])];
  },
  "link to the next page of a type's history": async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: world.links.typeHistoryPage });
    return [...leaks, ...expectEntries(answer, 0)];
  },
};

/** Searches for what exists and for what never did, one word apart. */
const searches: readonly (readonly [
  string,
  (world: LeakWorld) => readonly [path: string, hidden: string, absent: string],
])[] = [
  [
    'persons by identifier',
    () => [`Patient?identifier=${personnummerSystem}|$&_total=accurate`, persons.cecilia, never.number],
  ],
  [
    "persons by identifier, where another person's registration is open",
    () => [`Patient?identifier=${personnummerSystem}|$`, persons.filip, never.number],
  ],
  ['goals by identifier', () => [`Goal?identifier=${messageIdSystem}|$&_total=accurate`, hiddenCode, never.code]],
  ['goals by patient', ({ cecilia }) => ['Goal?patient=Patient/$&_total=accurate', cecilia.id, never.id]],
  [
    'goals by chain',
    () => [`Goal?patient.identifier=${personnummerSystem}|$&_total=accurate`, persons.cecilia, never.number],
  ],
  [
    'persons by what refers to them',
    () => [`Patient?_has:Goal:patient:identifier=${messageIdSystem}|$&_total=accurate`, hiddenCode, never.code],
  ],
  [
    'persons by what refers to them, probed',
    ({ bo }) => [`Patient?_id=${bo.id}&_has:Goal:patient:identifier=${messageIdSystem}|$`, hiddenCode, never.code],
  ],
  [
    'own tasks by the identifier in a reference that is taken out',
    () => [`Task?focus:identifier=${messageIdSystem}|$&_total=accurate`, nestedCode, never.code],
  ],
  [
    'own tasks by a chain of two steps through a hidden goal',
    () => [`Task?focus:Goal.patient.identifier=${personnummerSystem}|$`, persons.bo, never.number],
  ],
  ['goals by their words', () => ['Goal?_content=$&_total=accurate', 'mål', 'mås']],
  [
    'own tasks by the words of a reference that is taken out',
    () => ['Task?_content=$&_total=accurate', nestedCode, never.code],
  ],
  [
    'own tasks by chain to a hidden person',
    () => [`Task?patient.identifier=${personnummerSystem}|$&_total=accurate`, persons.cecilia, never.number],
  ],
  [
    'own tasks by chain to a hidden goal',
    () => [`Task?focus:Goal.identifier=${messageIdSystem}|$&_total=accurate`, hiddenCode, never.code],
  ],
  [
    'own tasks by two criteria',
    () => [`Task?status=requested&focus:Goal.identifier=${messageIdSystem}|$&_sort=_id`, hiddenCode, never.code],
  ],
  [
    'own tasks by a reference to a hidden goal',
    ({ bo }) => ['Task?focus=Goal/$&_total=accurate', bo.goal.id, never.id],
  ],
  [
    'own tasks by a reference, probed',
    ({ bo, task }) => [`Task?_id=${task.id}&focus=Goal/$&_total=accurate`, bo.goal.id, never.id],
  ],
  [
    'own tasks by what is above a hidden one',
    ({ part }) => ['Task?part-of:above=Task/$&_total=accurate', part.id, never.id],
  ],
  [
    'own tasks by what is above a hidden one, probed',
    ({ part, task }) => [`Task?_id=${task.id}&part-of:above=Task/$`, part.id, never.id],
  ],
  [
    'own tasks by what is below a hidden one',
    ({ part }) => ['Task?part-of:below=Task/$&_total=accurate', part.id, never.id],
  ],
  ['own tasks by a reference, sorted', ({ bo }) => ['Task?focus=$&_sort=-_id&_total=accurate', bo.goal.id, never.id]],
  [
    'own tasks by what stands inside a reference',
    () => [`Task?focus:identifier=${messageIdSystem}|$`, nestedCode, never.nested],
  ],
  [
    'a person by what refers to it',
    () => [`Patient?_has:Goal:patient:identifier=${messageIdSystem}|$`, hiddenCode, never.code],
  ],
  ['own tasks by a reference to a hidden person', ({ cecilia }) => ['Task?patient=Patient/$', cecilia.id, never.id]],
];

const bySearch: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(
    searches.map(([name, asked]): readonly [string, Check] => [
      `search of ${name}`,
      (world) => {
        const [path, hidden, absent] = asked(world);
        return compare(world, {
          hidden: { method: 'GET', path: path.replace('$', encodeURIComponent(hidden)) },
          absent: { method: 'GET', path: path.replace('$', encodeURIComponent(absent)) },
          words: [[hidden, absent]],
        });
      },
    ]),
  ),
  'totals count what is visible': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: 'Goal?_total=accurate' });
    return [...leaks, ...expectTotal(answer, 0), ...expectEntries(answer, 0)];
  },
  'totals of a common code': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: 'Task?status=requested&_count=0' });
    return [...leaks, ...expectTotal(answer, 4)];
  },
  'link to the next page': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: world.links.page });
    return [...leaks, ...expectEntries(answer, 0)];
  },
  'what refers to a person, of hidden origin': async (world) => {
    const path = `Patient?_id=${world.bo.id}&_revinclude=Goal:patient&_revinclude=Task:patient`;
    const { answer, leaks } = await look(world, { method: 'GET', path });
    return [...leaks, ...mentions(answer, [world.bo.goal.id])];
  },
  'a reference to what is hidden is missing': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: 'Task?focus:missing=false&_total=accurate' });
    return [...leaks, ...expectTotal(answer, 0)];
  },
  'include of hidden sources': async (world) => {
    const path = `Patient?_id=${world.bo.id}&_revinclude=Goal:patient&_revinclude=*`;
    const { answer, leaks } = await look(world, { method: 'GET', path });
    const others = entriesOf(answer).filter(
      ({ search, resource }) => search?.mode === 'include' && resource?.resourceType === 'Goal',
    );
    return [
      ...leaks,
      ...mentions(answer, [world.bo.goal.id]),
      ...others.map(({ fullUrl }) => `${fullUrl} is included`),
    ];
  },
  'include of hidden targets': async (world) => {
    const { answer, leaks } = await look(world, {
      method: 'GET',
      path: 'Task?_include=Task:focus&_include=Task:patient',
    });
    const included = entriesOf(answer).filter(({ search }) => search?.mode === 'include');
    const expected = included.length === 1 && included[0]?.resource?.resourceType === 'Patient';
    return [...leaks, ...(expected ? [] : [`${included.length} included instead of the own registration`])];
  },
};

const onEverything: Readonly<Record<string, Check>> = {
  'history of the system': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: '_history?_count=1000' });
    return [...leaks, ...mentions(answer, [world.bo.goal.id, world.cecilia.id])];
  },
  'files of an export from before': async (world) => {
    const answers = await Promise.all(world.exported.map((path) => look(world, { method: 'GET', path })));
    return answers.flatMap(({ answer, leaks }) => [
      ...leaks,
      ...mentions(answer, [world.bo.goal.id, world.cecilia.id]),
    ]);
  },
  'an export lists what is visible': async (world) => {
    const files = await exportAll(world.ask, world.reader);
    const types = files.map(({ type }) => type).join();
    const answers = await Promise.all(files.map(({ url }) => look(world, { method: 'GET', path: url })));
    const lines = answers.flatMap(({ answer }) => answer.text.split('\n').filter((line) => line !== ''));
    const found = types === 'Patient' && lines.length === 3 ? [] : [`${lines.length} lines of ${types}`];
    return [...answers.flatMap(({ leaks }) => leaks), ...found];
  },
  '$everything about a hidden person': (world) =>
    compare(world, {
      hidden: { method: 'GET', path: `Patient/${world.cecilia.id}/$everything` },
      absent: { method: 'GET', path: `Patient/${never.id}/$everything` },
      words: [[world.cecilia.id, never.id]],
    }),
  '$explain-access about a hidden person': (world) =>
    compare(world, {
      hidden: { method: 'GET', path: `Consent/$explain-access?patient=Patient/${world.cecilia.id}` },
      absent: { method: 'GET', path: `Consent/$explain-access?patient=Patient/${never.id}` },
      words: [[world.cecilia.id, never.id]],
    }),
  '$explain-access to what is withdrawn': async (world) => {
    const custodian = `Organization/${organizationIdOf(world.keeper)}`;
    const about = `patient=Patient/${world.bo.id}&custodian=${custodian}`;
    const found: string[] = [];
    for (const resource of ['', `&resource=${world.bo.goal.address}`]) {
      const { answer, leaks } = await look(world, {
        method: 'GET',
        path: `Consent/$explain-access?${about}${resource}`,
      });
      found.push(...leaks, ...(toldOf(answer) === 'false, no-consent' ? [] : [`${resource} ${toldOf(answer)}`]));
    }
    return found;
  },
  '$everything about a person the reader knows': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: `Patient/${world.bo.id}/$everything` });
    return [...leaks, ...mentions(answer, [world.bo.goal.id])];
  },
};

const onOwnResources: Readonly<Record<string, Check>> = {
  'references to what is hidden are taken out of an own resource': async (world) => {
    const read = await look(world, { method: 'GET', path: world.task.address });
    const version = await look(world, {
      method: 'GET',
      path: `${world.task.address}/_history/${world.task.versionId}`,
    });
    const found = await look(world, { method: 'GET', path: `Task?_id=${world.task.id}` });
    const old = await look(world, { method: 'GET', path: `${world.task.address}/_history` });
    return [read, version, found, old].flatMap(({ answer, leaks }) => [
      ...leaks,
      ...mentions(answer, [world.bo.goal.id, nestedCode]),
      ...(answer.text.includes('SUBSETTED') ? [] : ['the view is reduced but does not say so']),
    ]);
  },
  'a reference to a person whose data are hidden is taken out': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: world.orphan.address });
    return [...leaks, ...mentions(answer, [world.cecilia.id, world.cecilia.goal.id])];
  },
  'a reduced view is not written back': async (world) => {
    const { answer } = await look(world, { method: 'GET', path: world.task.address });
    const put = await look(world, {
      method: 'PUT',
      path: world.task.address,
      body: answer.text,
      headers: { 'If-Match': `W/"${world.task.versionId}"` },
    });
    return [...put.leaks, ...(put.answer.status === 409 ? [] : [`status ${put.answer.status}`])];
  },
};

const byWriting: Readonly<Record<string, Check>> = {
  'create that refers to a hidden resource': (world) =>
    compare(world, {
      hidden: post(task(`Patient/${world.bo.id}`, hsa.homeCare, world.bo.goal.address)),
      absent: post(task(`Patient/${world.bo.id}`, hsa.homeCare, `Goal/${never.id}`)),
      words: [[world.bo.goal.id, never.id]],
    }),
  'create about a hidden person': (world) =>
    compare(world, {
      hidden: post(goal(`Patient/${world.cecilia.id}`)),
      absent: post(goal(`Patient/${never.id}`)),
      words: [[world.cecilia.id, never.id]],
    }),
  'transaction that refers to a hidden resource': (world) => {
    const refer = (focus: string): Call => {
      const resource = task(`Patient/${world.bo.id}`, hsa.homeCare, focus);
      const call = entry('POST', 'Task');
      return {
        ...call,
        body: { ...(call.body as object), entry: [{ resource, request: { method: 'POST', url: 'Task' } }] },
      };
    };
    return compare(world, {
      hidden: refer(world.bo.goal.address),
      absent: refer(`Goal/${never.id}`),
      words: [[world.bo.goal.id, never.id]],
    });
  },
  'conditional reference that only a hidden resource meets': (world) => {
    const refer = (code: string): Call =>
      post(task(`Patient/${world.bo.id}`, hsa.homeCare, `Goal?identifier=${messageIdSystem}|${code}`));
    return compare(world, { hidden: refer(hiddenCode), absent: refer(never.code), words: [[hiddenCode, never.code]] });
  },
  'conditional reference that only a hidden resource meets, in a transaction that writes its type': (world) => {
    const subject = `Patient/${world.bo.id}`;
    const refer = (code: string): Call => {
      const about = task(subject, hsa.homeCare, `Goal?identifier=${messageIdSystem}|${code}`);
      const written = [about, goal(subject)].map((resource) => ({
        resource,
        request: { method: 'POST', url: resource.resourceType },
      }));
      const call = entry('POST', 'Task');
      return { ...call, body: { ...(call.body as object), entry: written } };
    };
    return compare(world, { hidden: refer(hiddenCode), absent: refer(never.code), words: [[hiddenCode, never.code]] });
  },
  'conditional reference that only a hidden person meets': (world) => {
    const refer = (number: string): Call => post(goal(`Patient?identifier=${personnummerSystem}|${number}`));
    const words = [[persons.cecilia, never.number]] as const;
    return compare(world, { hidden: refer(persons.cecilia), absent: refer(never.number), words });
  },
  'conditional create that only a hidden resource meets': (world) => {
    const make = (code: string): Call => ({
      ...post(goal(`Patient/${world.bo.id}`, { lifecycleStatus: 'cancelled' })),
      headers: { 'If-None-Exist': `identifier=${messageIdSystem}|${code}` },
    });
    return compare(world, {
      hidden: make(hiddenCode),
      absent: make(never.code),
      words: [[hiddenCode, never.code]],
      isWrite: true,
    });
  },
};

/** Changes of the one resource that a condition matches: for who may not see it there is none. */
const onCondition = (code: string): readonly (readonly [string, Call])[] => {
  const path = `Goal?identifier=${messageIdSystem}|${code}`;
  const patch = [{ op: 'add', path: '/language', value: 'sv' }];
  return [
    [
      'conditional patch',
      { method: 'PATCH', path, body: patch, headers: { 'content-type': 'application/json-patch+json' } },
    ],
    ['conditional deletion', { method: 'DELETE', path }],
  ];
};

const byCondition: Readonly<Record<string, Check>> = Object.fromEntries(
  onCondition('').map(([name], at): readonly [string, Check] => [
    `${name} that only a hidden resource meets`,
    (world) => {
      const hidden = onCondition(hiddenCode)[at]?.[1];
      const absent = onCondition(never.code)[at]?.[1];
      if (hidden === undefined || absent === undefined) throw new Error('nothing to compare');
      return compare(world, { hidden, absent, words: [[hiddenCode, never.code]] });
    },
  ]),
);

const onRegistrations: Readonly<Record<string, Check>> = {
  'of two registrations the reader gets the one that is open to it': (world) =>
    expectRegistration(world, { id: world.davidId, number: persons.david, keeper: hsa.childUnit }),
  'of two registrations the reader gets its own': (world) =>
    expectRegistration(world, { id: world.evaId, number: persons.eva, keeper: hsa.homeCare }),
};

async function expectRegistration(
  world: LeakWorld,
  { id, number, keeper }: { readonly id: string; readonly number: string; readonly keeper: string },
): Promise<readonly string[]> {
  const source = `"source":"urn:oid:1.2.752.29.4.19#`;
  const leaks: string[] = [];
  for (const path of [
    `Patient/${id}`,
    `Patient?identifier=${personnummerSystem}|${number}`,
    `Patient?_id=${id}&_sort=_id`,
    `Patient/${id}/_history`,
  ]) {
    const seen = await look(world, { method: 'GET', path });
    leaks.push(...seen.leaks);
    const [, ...sources] = seen.answer.text.split(source).map((text) => text.slice(0, keeper.length));
    if (sources.join() !== keeper) leaks.push(`${path} gives the registrations of ${sources.join()}`);
  }
  return leaks;
}

const onConsent: Readonly<Record<string, Check>> = {
  'a withdrawal works at once': async (world) => {
    const { keeper, reader } = world;
    const person = `Patient/${world.cecilia.id}`;
    const leaks: string[] = [];
    let given = await open({ by: keeper, person, custodian: hsa.careCentre, recipient: hsa.homeCare });
    // Three times: whatever remembers an answer for a second must be caught also on a slow machine.
    for (let round = 0; round < 3; round += 1) {
      const before = await reader.call({ method: 'GET', path: person });
      given = await withdraw(keeper, given);
      const after = await reader.call({ method: 'GET', path: person });
      if (before.status !== 200) leaks.push(`not open: ${before.status}`);
      if (after.status !== 404) leaks.push(`still open: ${after.status}`);
      given = await reopen(keeper, given);
    }
    await withdraw(keeper, given);
    return leaks;
  },
  'only an active Consent opens': async (world) => {
    const person = `Patient/${world.cecilia.id}`;
    const leaks: string[] = [];
    for (const status of ['proposed', 'draft', 'rejected', 'inactive', 'entered-in-error']) {
      await open({ by: world.keeper, person, custodian: hsa.careCentre, recipient: hsa.homeCare, status });
      const { answer } = await look(world, { method: 'GET', path: person });
      if (answer.status !== 404) leaks.push(`${status} opens: ${answer.status}`);
    }
    return leaks;
  },
  'a Consent opens no other Consent, which says who else knows the person': async (world) => {
    const { keeper, cecilia } = world;
    const opening = { by: keeper, person: `Patient/${cecilia.id}`, custodian: hsa.careCentre };
    const other = await open({ ...opening, recipient: hsa.psychosisClinic });
    const own = await open({ ...opening, recipient: hsa.homeCare });
    const shown = await world.ask(world.reader, { method: 'GET', path: own.address });
    const leading = await create(keeper, task(`Patient/${cecilia.id}`, hsa.careCentre, other.address));
    const led = await look(world, { method: 'GET', path: leading.address });
    const at = (id: string): Call => ({ method: 'GET', path: `Consent/${id}` });
    const found = (id: string): Call => ({ method: 'GET', path: `Consent?_id=${id}&_total=accurate` });
    const words = [[other.id, never.id]] as const;
    const leaks = [
      ...(await compare(world, { hidden: at(other.id), absent: at(never.id), words })),
      ...(await compare(world, { hidden: found(other.id), absent: found(never.id), words })),
    ];
    leaks.push(
      ...led.leaks,
      ...mentions(led.answer, [other.id]),
      ...(led.answer.status === 200 ? [] : ['no Task to look at']),
    );
    await remove(keeper, leading);
    await withdraw(keeper, own);
    await withdraw(keeper, other);
    return [...leaks, ...(shown.status === 200 ? [] : ['its own Consent does not show'])];
  },
  'a Consent for a purpose opens to no other': async (world) => {
    const given = await openJointly({
      by: world.keeper,
      person: `Patient/${world.cecilia.id}`,
      custodians: [hsa.careCentre],
      recipients: [hsa.homeCare],
      purposes: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
    });
    const found = await hides(world, [world.cecilia.goal.address, `Patient/${world.cecilia.id}`]);
    await withdraw(world.keeper, given);
    return found;
  },
  "a Consent that the reader records opens nothing of the keeper's": async (world) => {
    await open({
      by: world.reader,
      person: `Patient/${world.bo.id}`,
      custodian: hsa.careCentre,
      recipient: hsa.homeCare,
    });
    const { answer, leaks } = await look(world, { method: 'GET', path: world.bo.goal.address });
    return [...leaks, ...(answer.status === 404 ? [] : [`status ${answer.status}`])];
  },
  'recipients do not reach past an authority of its own': async (world) => {
    const person = `Patient/${world.cecilia.id}`;
    await writeOrganizationAgain(world, hsa.uppsala);
    const given = await open({ by: world.keeper, person, custodian: hsa.careCentre, recipient: hsa.uppsala });
    const { answer, leaks } = await look(world, { method: 'GET', path: person });
    await withdraw(world.keeper, given);
    return [...leaks, ...(answer.status === 404 ? [] : [`status ${answer.status}`])];
  },
  'a Consent opens from its start to its end': async (world) => {
    const { hub } = world;
    const person = `Patient/${world.cecilia.id}`;
    const at = (seconds: number): string => new Date(hub.now().getTime() + seconds * 1000).toISOString();
    const period = { start: at(50), end: at(110) };
    await open({ by: world.keeper, person, custodian: hsa.careCentre, recipient: hsa.homeCare, period });
    const statuses: number[] = [];
    for (const seconds of [0, 60, 60]) {
      hub.advance(seconds * 1000);
      statuses.push((await world.reader.call({ method: 'GET', path: person })).status);
    }
    return statuses.join() === '404,200,404' ? [] : [`before, during and after: ${statuses.join()}`];
  },
};

/** What $explain-access says, without whom it is about. */
function toldOf({ body }: Answer): string {
  const parameters = (body?.['parameter'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  return parameters
    .filter(({ name }) => ['access', 'rule', 'consent'].includes(String(name)))
    .map(({ valueBoolean, valueCode, valueReference }) => JSON.stringify(valueReference ?? valueCode ?? valueBoolean))
    .join(', ')
    .replaceAll('"', '');
}

const onJointConsents: Readonly<Record<string, Check>> = {
  '$explain-access names no Consent that the reader does not see': async (world) => {
    const { keeper, third, cecilia } = world;
    const registered = await create(third, patient(persons.cecilia));
    const given = await openJointly({
      by: keeper,
      person: `Patient/${cecilia.id}`,
      custodians: [hsa.childUnit],
      recipients: [hsa.homeCare],
    });
    const confirmed = await confirm(third, given);
    const consentOfKeeper = await look(world, { method: 'GET', path: given.address });
    const path = `Consent/$explain-access?patient=Patient/${cecilia.id}&custodian=Organization/${organizationIdOf(third)}`;
    const { answer, leaks } = await look(world, { method: 'GET', path });
    await withdraw(keeper, given);
    await remove(third, registered);
    const statuses = `${confirmed.status},${consentOfKeeper.answer.status}`;
    return [
      ...leaks,
      ...mentions(answer, [given.id]),
      ...(statuses === '200,404' ? [] : [`the confirmation and the Consent give ${statuses}`]),
      ...(toldOf(answer) === 'true, consent' ? [] : [toldOf(answer)]),
    ];
  },
  'a custodian that is asked to confirm sees the Consent alone, and not whom it is about': async (world) => {
    const { keeper, cecilia } = world;
    const person = `Patient/${cecilia.id}`;
    const given = await openJointly({ by: keeper, person, custodians: [hsa.homeCare], recipients: [hsa.childUnit] });
    const found: string[] = [];
    for (const path of [given.address, `Consent?_id=${given.id}`, `${given.address}/_history`]) {
      const { answer, leaks } = await look(world, { method: 'GET', path });
      found.push(...leaks, ...mentions(answer, [cecilia.id, cecilia.goal.id]));
      if (!answer.text.includes('SUBSETTED')) found.push(`${path} does not give the Consent`);
    }
    for (const path of [person, cecilia.goal.address]) {
      const { answer, leaks } = await look(world, { method: 'GET', path });
      found.push(...leaks, ...(answer.status === 404 ? [] : [`${path} gives ${answer.status}`]));
    }
    await withdraw(keeper, given);
    const { answer } = await look(world, { method: 'GET', path: given.address });
    return [...found, ...(answer.status === 404 ? [] : [`withdrawn: ${answer.status}`])];
  },
  'a custodian that is asked to confirm sees no version that did not ask it': async (world) => {
    const { keeper, cecilia } = world;
    const opening = { by: keeper, person: `Patient/${cecilia.id}`, recipients: [hsa.childUnit] };
    const first = await openJointly({ ...opening, custodians: [hsa.careCentre] });
    const organization = [{ reference: organizationOf(hsa.careCentre) }, { reference: organizationOf(hsa.homeCare) }];
    const given = await change(keeper, first, { organization });
    const now = await look(world, { method: 'GET', path: `${given.address}/_history/${given.versionId}` });
    const before = await look(world, { method: 'GET', path: `${given.address}/_history/${first.versionId}` });
    const all = await look(world, { method: 'GET', path: `${given.address}/_history` });
    await withdraw(keeper, given);
    const statuses = `${now.answer.status},${before.answer.status}`;
    return [...expectTotal(all.answer, 1), ...(statuses === '200,404' ? [] : [`now and before: ${statuses}`])];
  },
  'what a custodian has confirmed closes when the Consent is widened': async (world) => {
    const { keeper, third, davidId } = world;
    const person = `Patient/${davidId}`;
    const given = await openJointly({
      by: third,
      person,
      custodians: [hsa.careCentre],
      recipients: [hsa.psychosisClinic],
    });
    const confirmed = await confirm(keeper, given);
    const { actor } = given.resource['provision'] as { readonly actor: readonly object[] };
    const readersToo = [...actor, { ...actor[0], reference: { reference: organizationOf(hsa.homeCare) } }];
    const provision = given.resource['provision'] as object;
    const wide = await change(third, given, { provision: { ...provision, actor: readersToo } });
    const leaks = [...(await expectRegistration(world, { id: davidId, number: persons.david, keeper: hsa.childUnit }))];
    await withdraw(third, wide);
    return [...leaks, ...(confirmed.status === 200 ? [] : [`not confirmed: ${confirmed.status}`])];
  },
  'what a custodian has confirmed closes with the Consent': async (world) => {
    const { keeper, third, davidId } = world;
    const person = `Patient/${davidId}`;
    const given = await openJointly({ by: third, person, custodians: [hsa.careCentre], recipients: [hsa.homeCare] });
    await confirm(keeper, given);
    const open = await expectRegistration(world, { id: davidId, number: persons.david, keeper: hsa.childUnit });
    const again = await reopen(third, await withdraw(third, given));
    const leaks = await expectRegistration(world, { id: davidId, number: persons.david, keeper: hsa.childUnit });
    await withdraw(third, again);
    return [...leaks, ...(open.length > 0 ? [] : ['the confirmation opens nothing'])];
  },
};

/** Cecilia's data are opened to the reader by one Consent, and a Goal of hers is denied by another. */
async function denied(
  world: LeakWorld,
  { denial, labels = [] }: { readonly denial: (target: Written) => object; readonly labels?: readonly object[] },
  check: (target: Written) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { keeper, cecilia } = world;
  const person = `Patient/${cecilia.id}`;
  const secret = { description: { text: `Ett ${secretWord} mål.` } };
  const meta = labels.length === 0 ? {} : { meta: { security: labels } };
  const target = await create(keeper, goal(person, { ...secret, ...meta }));
  const opening = await open({ by: keeper, person, custodian: hsa.careCentre, recipient: hsa.homeCare });
  const denying = await openJointly({
    by: keeper,
    person,
    custodians: [hsa.careCentre],
    // The reader sees it, so that it could be named as what denies.
    recipients: [hsa.childUnit, hsa.homeCare],
    denied: [denial(target)],
  });
  const found = await check(target);
  for (const given of [opening, denying]) await withdraw(keeper, given);
  await remove(keeper, { ...target, versionId: await currentVersion(world, target) });
  return found;
}

async function currentVersion({ ask, keeper }: LeakWorld, { address }: Written): Promise<string> {
  return (await ask(keeper, { method: 'GET', path: address })).headers['etag']?.slice(3, -1) ?? '';
}

async function hides(world: LeakWorld, paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const { answer, leaks } = await look(world, { method: 'GET', path });
    found.push(...leaks, ...(answer.status === 404 ? [] : [`${path} gives ${answer.status}`]));
  }
  return found;
}

const violence = { system: 'https://siphub.se/fhir/CodeSystem/sip-sensitivity', code: 'violence' };

const onDenials: Readonly<Record<string, Check>> = {
  'what a Consent denies is as absent, whatever another opens': (world) =>
    denied(world, { denial: ({ address }) => denyData(address) }, async ({ id, versionId, address }) => {
      const found = [...(await hides(world, [address, `${address}/_history/${versionId}`, `${address}/_history`]))];
      // Another Goal of hers is open, and holds the word.
      const { answer } = await look(world, { method: 'GET', path: `Goal?_count=1000&_elements=id` });
      found.push(
        ...mentions(answer, [id]),
        ...(answer.text.includes(world.cecilia.goal.id) ? [] : ['nothing is open']),
      );
      const counted = await look(world, { method: 'GET', path: `Goal?_id=${id}&_total=accurate` });
      return [...found, ...expectTotal(counted.answer, 0)];
    }),
  '$explain-access about what a Consent denies': (world) =>
    denied(world, { denial: ({ address }) => denyData(address) }, async ({ address }) => {
      const about = `patient=Patient/${world.cecilia.id}&custodian=Organization/${organizationIdOf(world.keeper)}`;
      const ask = async (resource: string): Promise<string> => {
        const path = `Consent/$explain-access?${about}&resource=${resource}`;
        const { answer, leaks } = await look(world, { method: 'GET', path });
        return [answer.status, toldOf(answer), ...leaks].join();
      };
      const [hidden, absent] = [await ask(address), await ask(`Goal/${never.id}`)];
      return hidden === absent && absent === '200,false, no-consent' ? [] : [`${hidden} instead of ${absent}`];
    }),
  'a denial of an organization is one of the units below it': (world) =>
    denied(world, { denial: () => denyActor(hsa.elderBoard) }, ({ address }) =>
      hides(world, [address, `Patient/${world.cecilia.id}`]),
    ),
  'a denial of a label hides what bears it, with the versions before': (world) =>
    denied(world, { denial: () => denyLabel(violence.system, violence.code) }, async (target) => {
      const labelled = await change(world.keeper, target, { meta: { security: [violence] } });
      return hides(world, [
        target.address,
        ...[target, labelled].map(({ versionId }) => `${target.address}/_history/${versionId}`),
      ]);
    }),
  'a denial of a label hides a version that bore it': (world) =>
    denied(world, { denial: () => denyLabel(violence.system, violence.code), labels: [violence] }, async (target) => {
      await change(world.keeper, target, { meta: { security: [{ ...violence, code: 'mental-health' }] } });
      return hides(world, [`${target.address}/_history/${target.versionId}`]);
    }),
  'references to what is denied are taken out of what is open': (world) =>
    denied(world, { denial: ({ address }) => denyData(address) }, async ({ id, address }) => {
      const about = await create(world.keeper, task(`Patient/${world.cecilia.id}`, hsa.homeCare, address));
      const { answer, leaks } = await look(world, { method: 'GET', path: about.address });
      const found = await look(world, { method: 'GET', path: `Task?focus=${address}&_total=accurate` });
      await remove(world.keeper, about);
      return [...leaks, ...mentions(answer, [id]), ...expectTotal(found.answer, 0)];
    }),
};

/** Who covers whom is worked out when an Organization is written. */
async function writeOrganizationAgain({ hub: { operator }, ask }: LeakWorld, hsaId: string): Promise<void> {
  const found = await ask(operator, {
    method: 'GET',
    path: `Organization?identifier=urn:oid:1.2.752.29.4.19|${hsaId}`,
  });
  const resource = entriesOf(found)[0]?.resource;
  const address = `Organization/${resource?.id ?? ''}`;
  const headers = { 'If-Match': `W/"${resource?.meta?.versionId ?? ''}"` };
  const { status } = await ask(operator, { method: 'PUT', path: address, body: resource, headers });
  if (status !== 200) throw new Error(`${address} was not written: ${status}`);
}

/** What a party could try with a token it still holds. */
const everyPath = (world: LeakWorld): readonly Call[] => [
  { method: 'GET', path: world.task.address },
  { method: 'GET', path: `${world.task.address}/_history/${world.task.versionId}` },
  { method: 'GET', path: `${world.task.address}/_history` },
  { method: 'GET', path: 'Task/_history' },
  { method: 'GET', path: 'Task' },
  { method: 'GET', path: 'Task?_count=0' },
  { method: 'GET', path: world.links.page },
  { method: 'GET', path: 'Organization' },
  post(goal(`Patient/${world.bo.id}`)),
  {
    ...post(goal(`Patient/${world.bo.id}`)),
    headers: { 'If-None-Exist': `identifier=${messageIdSystem}|${hiddenCode}` },
  },
  {
    method: 'PUT',
    path: world.orphan.address,
    body: world.orphan.resource,
    headers: { 'If-Match': `W/"${world.orphan.versionId}"` },
  },
  { method: 'DELETE', path: world.orphan.address, headers: { 'If-Match': `W/"${world.orphan.versionId}"` } },
  { method: 'GET', path: `Patient/${world.bo.id}/$everything` },
  entry('GET', world.task.address),
  toBatch(entry('GET', world.task.address)),
];

const onClients: Readonly<Record<string, Check>> = {
  'a disabled client is out at once, with a token that is remembered': async (world) => {
    const { hub, reader } = world;
    await commandClient(hub, { kind: 'disable', clientId: clientIdOf(reader) });
    const leaks: string[] = [];
    for (const call of everyPath(world)) {
      const { status } = await world.ask(reader, call);
      if (status !== 401) leaks.push(`${call.method} ${call.path} gives ${status}`);
    }
    return leaks;
  },
};

/** What Consents open and deny. */
interface LoggedEvent {
  readonly agent: readonly { readonly who: { readonly reference?: string } }[];
  readonly entity: readonly {
    readonly what?: { readonly reference?: string };
    readonly detail?: readonly { readonly type: string; readonly valueString: string }[];
  }[];
}

/** What the reader is told of the log: of each event who acted, and of each thing it was about its address and what is said of it. */
async function readLog(world: LeakWorld, query: string) {
  const { answer, leaks } = await look(world, {
    method: 'GET',
    path: `AuditEvent?_count=1000&_total=accurate&${query}`,
  });
  const events = entriesOf(answer).map(({ resource }) => {
    const { agent, entity } = resource as unknown as LoggedEvent;
    const about = entity.map(({ what, detail = [] }) => ({
      address: what?.reference ?? '',
      said: Object.fromEntries(detail.map(({ type, valueString }) => [type, valueString])),
    }));
    return { by: agent[0]?.who.reference ?? '', about };
  });
  return { answer, leaks, events };
}

/** At the third party. */
const atWork = 'SE2120001355-P007';

const onTheLog: Readonly<Record<string, Check>> = {
  'the log tells of what the reader did, and of what was done with its own': async (world) => {
    const [reader, keeper] = [world.reader, world.keeper].map((party) => `Organization/${organizationIdOf(party)}`);
    const { answer, leaks, events } = await readLog(world, '');
    const others = events.filter(
      ({ by, about }) => by !== reader && !about.some(({ said }) => said['custodian'] === reader),
    );
    const hidden = await readLog(world, `agent=${keeper}&patient=Patient/${world.cecilia.id}`);
    return [
      ...leaks,
      ...others.map(({ by }) => `tells what ${by} did`),
      ...(events.length > 5 && events.every(({ by }) => by !== '')
        ? []
        : [`${events.length} events: nothing to look at`]),
      ...expectTotal(hidden.answer, 0),
      ...mentions(answer, [world.cecilia.version]),
    ];
  },
  'the log tells of an answer with the data of several custodians only what is of one': async (world) => {
    const { hub, keeper, reader, bo, task: own } = world;
    const third = await hub.party(hsa.childUnit, 'system/*.cruds', { staffId: atWork });
    const person = `Patient/${bo.id}`;
    const opened = [
      await open({ by: keeper, person, custodian: hsa.careCentre, recipient: hsa.childUnit }),
      await open({ by: reader, person, custodian: hsa.homeCare, recipient: hsa.childUnit }),
    ];
    const both = await world.ask(third, { method: 'GET', path: `Task?_id=${own.id}&_include=Task:focus` });
    for (const [at, given] of opened.entries()) await withdraw(at === 0 ? keeper : reader, given);
    const agent = `agent=Organization/${organizationIdOf(third)}`;
    const { leaks, events, answer } = await readLog(world, agent);
    const bySearch = await readLog(world, `${agent}&entity=${bo.goal.address}`);
    return [
      ...leaks,
      ...(entriesOf(both).length === 2 ? [] : ['the third party was not given both']),
      ...(events.length === 1 ? [] : [`${events.length} events of the third party`]),
      ...mentions(answer, [bo.goal.id, atWork]),
      ...expectTotal(bySearch.answer, 0),
    ];
  },
  'the log names no Consent that the reader does not see any more': async (world) => {
    const { keeper, reader, bo } = world;
    const mine = `agent=Organization/${organizationIdOf(reader)}&entity=${bo.goal.address}`;
    const { leaks, events } = await readLog(world, mine);
    const said = events.flatMap(({ about }) => about.filter(({ address }) => address.startsWith(bo.goal.address)));
    const consents = said.flatMap(({ said: { consent } }) => consent ?? []);
    const isByConsent = said.some(({ said: { rule } }) => rule === 'consent');
    const ofKeeper = said.every(({ said: { custodian } }) => custodian === `Organization/${organizationIdOf(keeper)}`);
    return [
      ...leaks,
      ...consents.map((consent) => `names ${consent}`),
      ...(isByConsent && ofKeeper ? [] : ['no event of what was open once']),
    ];
  },
};

/** What the person whom it is about may not see: what is marked so, and whatever is about somebody else. */
const onIndividuals: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(
    Object.entries(questions).flatMap(([name, question]): readonly (readonly [string, Check])[] => [
      [
        `${name}: what is not for the patient is as absent`,
        (world) => {
          const { id, versionId } = world.keptBack;
          const body = message(`Patient/${world.bo.id}`, hsa.homeCare);
          return compareTargets(world, question, { type: 'Communication', id, version: versionId, body }, world.person);
        },
      ],
      [
        `${name}: what is about another person is as absent`,
        (world) => {
          const { id, versionId } = world.cecilia.goal;
          const target = { type: 'Goal', id, version: versionId, body: goal(`Patient/${world.bo.id}`) };
          return compareTargets(world, question, target, world.person);
        },
      ],
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        ['messages by identifier', `Communication?identifier=${messageIdSystem}|$&_total=accurate`],
        ['tasks by a chain', `Task?focus:Communication.identifier=${messageIdSystem}|$&_total=accurate`],
        ['the person by what refers to him', `Patient?_has:Communication:patient:identifier=${messageIdSystem}|$`],
      ] as const
    ).map(([name, path]): readonly [string, Check] => [
      `${name}: what is not for the patient`,
      (world) => {
        const at = (code: string): Call => ({ method: 'GET', path: path.replace('$', code) });
        const words = [[keptBackCode, never.code]] as const;
        return compare(world, { hidden: at(keptBackCode), absent: at(never.code), words, by: world.person });
      },
    ]),
  ),
  'what is not for the patient is in no list of the person’s': async (world) => {
    const { person, keptBack, bo } = world;
    const paths = [
      'Communication',
      'Communication/_history',
      '_history?_count=1000',
      `Patient/${bo.id}/$everything?_count=1000`,
      `Patient/${bo.id}/Communication`,
      'Task?_include=Task:focus&_count=1000',
      'AuditEvent?_count=1000',
      `Patient/${bo.id}/$access-log`,
    ];
    const found = await Promise.all(paths.map((path) => look(world, { method: 'GET', path }, person)));
    return found.flatMap(({ answer, leaks }, at) => [
      ...leaks,
      ...(answer.status === 200 ? [] : [`${paths[at]} gives ${answer.status}`]),
      ...mentions(answer, [keptBack.id]),
    ]);
  },
  'events about what is not for the patient': (world) => {
    const at = (id: string): Call => ({ method: 'GET', path: `AuditEvent?entity=Communication/${id}&_total=accurate` });
    const { id } = world.keptBack;
    return compare(world, { hidden: at(id), absent: at(never.id), words: [[id, never.id]], by: world.person });
  },
  'a reference to what is not for the patient is taken out': async (world) => {
    const { answer, leaks } = await look(world, { method: 'GET', path: world.leading.address }, world.person);
    return [
      ...leaks,
      ...(answer.status === 200 ? [] : [`status ${answer.status}`]),
      ...mentions(answer, [world.keptBack.id]),
    ];
  },
  '$explain-access about what is not for the patient': (world) => {
    const [custodian, recipient] = [world.keeper, world.reader].map(
      (party) => `Organization/${organizationIdOf(party)}`,
    );
    const at = (id: string): Call => ({
      method: 'GET',
      path: `Consent/$explain-access?patient=Patient/${world.bo.id}&custodian=${custodian}&recipient=${recipient}&resource=Communication/${id}`,
    });
    // It is its custodian's own: open, were it there.
    const own = (id: string): Call => ({
      ...at(id),
      path: at(id).path.replace(`recipient=${recipient}`, `recipient=${custodian}`),
    });
    const { id } = world.keptBack;
    const words = [[id, never.id]] as const;
    const clean = { words, isWrite: true, by: world.person };
    return compare(world, { hidden: own(id), absent: own(never.id), ...clean });
  },
  'what the person writes is opened by nobody’s word but his own': async (world) => {
    const { person, bo, keeper } = world;
    const sender = { reference: `Patient/${bo.id}` };
    const written = await create(
      person,
      message(`Patient/${bo.id}`, hsa.careCentre, { sender, payload: [{ contentString: secretWord }] }),
    );
    const given = await open({
      by: keeper,
      person: `Patient/${bo.id}`,
      custodian: hsa.careCentre,
      recipient: hsa.homeCare,
    });
    const at = (id: string): Call => ({ method: 'GET', path: `Communication/${id}` });
    const leaks = await compare(world, {
      hidden: at(written.id),
      absent: at(never.id),
      words: [[written.id, never.id]],
    });
    await withdraw(keeper, given);
    await remove(person, written);
    return leaks;
  },
  'the person sees what is not hidden': async (world) => {
    const { person, bo } = world;
    const { answer } = await look(world, { method: 'GET', path: bo.goal.address }, person);
    const log = await look(world, { method: 'GET', path: 'AuditEvent?_count=1000' }, person);
    return [
      ...(answer.status === 200 ? [] : [`${bo.goal.address} gives ${answer.status}`]),
      ...(entriesOf(log.answer).length > 5 ? [] : ['few events in the log']),
      ...entriesOf(log.answer).flatMap(({ resource }) =>
        JSON.stringify(resource).includes(`Patient/${bo.id}`) ? [] : ['an event about somebody else'],
      ),
    ];
  },
};

/** The checks in parts, in this order: the last ones write, move the clock and shut the reader out. */
export const leakParts = {
  byAddress,
  onVersions,
  bySearch,
  onEverything,
  onOwnResources,
  onRegistrations,
  byCondition,
  byWriting,
  onTheLog,
  onIndividuals,
  onProtected,
  onClosedPlans,
  onConsent,
  onJointConsents,
  onDenials,
  onClients,
} as const;

export type LeakPart = keyof typeof leakParts;

export const leakChecks: Readonly<Record<string, Check>> = Object.assign({}, ...Object.values(leakParts));

/** Runs the checks on a hub and gives all that leaked, `check: what`; with `atMost`, stops once it has found so many. */
export async function runLeakSuite(
  openHub: OpenHub,
  atMost = Infinity,
  checks: Readonly<Record<string, Check>> = leakChecks,
): Promise<readonly string[]> {
  const hub = await openHub();
  try {
    const world = await plantSecrets(hub);
    const found: string[] = [];
    for (const [name, check] of Object.entries(checks)) {
      for (const leak of await check(world)) found.push(`${name}: ${leak}`);
      if (found.length >= atMost) break;
    }
    return found;
  } finally {
    await hub.stop();
  }
}

function post(resource: { readonly resourceType: string }): Call {
  return { method: 'POST', path: resource.resourceType, body: resource };
}

function expectTotal({ status, body }: Answer, total: number): readonly string[] {
  return body?.['total'] === total ? [] : [`status ${status}, total ${String(body?.['total'])} instead of ${total}`];
}

function expectEntries(answer: Answer, count: number): readonly string[] {
  const found = entriesOf(answer).length;
  return found === count && answer.status === 200
    ? []
    : [`status ${answer.status}, ${found} entries instead of ${count}`];
}

function mentions({ text }: Answer, words: readonly string[]): readonly string[] {
  return words.filter((word) => text.includes(word)).map((word) => `mentions ${word}`);
}
