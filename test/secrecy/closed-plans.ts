// The time that a Consent speaks of (sip.md §4) as checks of the leak suite: a plan was closed before a Consent to the reader began, another is
// open. Each check gives what of the closed plan shows.
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { entriesOf, goal, readBundle } from '../scenarios/fixtures.ts';
import { hsa, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, askAt } from './answers.ts';
import { change, create, open, task, withdraw, type Written } from './world.ts';

interface ClosedWorld {
  readonly keeper: VendorSystem;
  readonly reader: VendorSystem;
  readonly look: (path: string) => Promise<Answer>;
  readonly person: string;
  /** The closed plan, and what belongs to it and to no other. */
  readonly plan: Written;
  readonly members: readonly string[];
  /** Belongs to both plans. */
  readonly shared: string;
  readonly openPlan: Written;
  readonly openGoal: Written;
  /** Belongs to no plan, and refers to a Goal of the closed one. */
  readonly leading: Written;
}

const worlds = new WeakMap<TestHub, Promise<ClosedWorld>>();

const worldOf = (hub: TestHub): Promise<ClosedWorld> => {
  const known = worlds.get(hub) ?? plant(hub);
  worlds.set(hub, known);
  return known;
};

const planTypes = new Set(['Goal', 'ServiceRequest', 'Task', 'CareTeam', 'Appointment']);

async function read(by: VendorSystem, address: string): Promise<Written> {
  const { body } = await by.call({ method: 'GET', path: address });
  const resource = body as unknown as FhirResource;
  return { address, id: address.split('/')[1] ?? '', versionId: resource.meta?.versionId ?? '', resource };
}

async function plant(hub: TestHub): Promise<ClosedWorld> {
  const keeper = await hub.party(hsa.regionUppsala);
  const reader = await hub.party(hsa.psychosisClinic);
  const bundle = readBundle('hip-fracture/1-region.json');
  const entry = bundle.entry.filter(({ resource }) => resource.resourceType !== 'Consent');
  const answer = await keeper.call({ method: 'POST', path: '', body: { ...bundle, entry } });
  const addresses = entriesOf(answer).map(
    ({ response }) => /([A-Z]\w+\/[^/]+)\/_history/.exec(response?.location ?? '')?.[1] ?? '',
  );
  const of = (type: string): readonly string[] => addresses.filter((address) => address.startsWith(`${type}/`));
  const [person = '', [planAddress = ''], [shared = '', closedGoal = '']] = [
    of('Patient')[0],
    of('CarePlan'),
    of('Goal'),
  ];
  const plan = await read(keeper, planAddress);
  const openGoal = await create(keeper, goal(person));
  const { id: _id, identifier: _identifier, activity: _activity, supportingInfo: _info, ...kept } = plan.resource;
  const team = await read(keeper, of('CareTeam')[0] ?? '');
  const { id: _teamId, identifier: _teamIdentifier, ...teamKept } = team.resource;
  const openTeam = await create(keeper, { ...teamKept, resourceType: 'CareTeam' });
  const goals = [openGoal.address, shared].map((reference) => ({ reference }));
  const openPlan = await create(keeper, {
    ...kept,
    resourceType: 'CarePlan',
    careTeam: [{ reference: openTeam.address }],
    goal: goals,
  });
  const leading = await create(
    keeper,
    task(person, hsa.regionUppsala, openGoal.address, { reasonReference: { reference: closedGoal } }),
  );
  const closed = await change(keeper, plan, { status: 'completed' });
  const period = { start: new Date(hub.now().getTime() + 1).toISOString() };
  await open({ by: keeper, person, custodian: hsa.regionUppsala, recipient: hsa.psychosisClinic, period });
  hub.advance(1000);
  const ask = askAt(hub.baseUrl);
  return {
    keeper,
    reader,
    look: (path) => ask(reader, { method: 'GET', path }),
    person,
    plan: closed,
    members: addresses.filter((address) => planTypes.has(address.split('/')[0] ?? '') && address !== shared),
    shared,
    openPlan,
    openGoal,
    leading,
  };
}

type ClosedCheck = (world: ClosedWorld) => Promise<readonly string[]>;

const checks: Readonly<Record<string, ClosedCheck>> = {
  'what belongs to it alone is as absent': async ({ look, plan, members }) => {
    const paths = [plan.address, ...members].flatMap((address) => [
      address,
      `${address}/_history`,
      address.replace('/', '?_total=accurate&_id='),
    ]);
    const answers = await Promise.all(paths.map(look));
    const shown = answers.flatMap(({ status, body }, at) =>
      status === 404 || body?.['total'] === 0 ? [] : [`${paths[at]} gives ${status}`],
    );
    return members.length > 8 ? shown : [`${members.length} members: nothing to look at`];
  },
  'is in no list': async ({ look, plan, members, person }) => {
    const ids = [plan.address, ...members].map((address) => address.split('/')[1] ?? '');
    const paths = [
      `CarePlan?patient=${person}`,
      `Goal?patient=${person}&_count=1000`,
      `${person}/$everything?_count=1000`,
      `CarePlan?patient=${person}&_include=*&_revinclude=*`,
      `Goal?patient=${person}&_revinclude=CarePlan:goal`,
      'CarePlan/_history?_count=1000',
    ];
    const answers = await Promise.all(paths.map(look));
    return answers.flatMap(({ text, status }, at) => [
      ...(status === 200 ? [] : [`${paths[at]} gives ${status}`]),
      ...ids.filter((id) => text.includes(id)).map((id) => `${paths[at]} tells ${id}`),
    ]);
  },
  'leaves no reference in what is open': async ({ look, leading, members }) => {
    const { text, status } = await look(leading.address);
    return [...(status === 200 ? [] : [`status ${status}`]), ...members.filter((address) => text.includes(address))];
  },
  'takes nothing of an open plan with it': async ({ look, openPlan, openGoal, shared, person }) => {
    const paths = [openPlan.address, openGoal.address, shared, person];
    const answers = await Promise.all(paths.map(look));
    return answers.flatMap(({ status }, at) => (status === 200 ? [] : [`${paths[at]} gives ${status}`]));
  },
  'shows by a Consent that began before, and is hidden again without it': async ({
    look,
    keeper,
    plan,
    members,
    person,
  }) => {
    const period = { start: '2026-10-01' };
    const earlier = await open({
      by: keeper,
      person,
      custodian: hsa.regionUppsala,
      recipient: hsa.psychosisClinic,
      period,
    });
    const statuses = async (): Promise<string> =>
      (await Promise.all([plan.address, ...members].map(look))).map(({ status }) => status).join();
    const [seen] = [await statuses()];
    await withdraw(keeper, earlier);
    const after = await statuses();
    return [...(/^200(,200)*$/.test(seen) ? [] : [seen]), ...(/^404(,404)*$/.test(after) ? [] : [after])];
  },
  'keeps what is written to it later, and what it referred to before': async ({
    look,
    keeper,
    plan,
    person,
    members,
  }) => {
    const intervention = members.find((address) => address.startsWith('ServiceRequest/')) ?? '';
    const commitment = {
      intent: 'plan',
      code: { coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-task-code', code: 'commitment' }] },
    };
    const late = await create(keeper, task(person, hsa.regionUppsala, intervention, commitment));
    const { status: lateStatus } = await look(late.address);
    const bare = await change(keeper, await read(keeper, plan.address), { activity: undefined });
    const statuses = await Promise.all([bare.address, ...members].map(look));
    if (lateStatus !== 404) return [`what is written later gives ${lateStatus}`];
    return statuses.flatMap(({ status }) => (status === 404 ? [] : [`status ${status}`]));
  },
};

/** For the leak suite. */
export const onClosedPlans: Readonly<Record<string, (world: { readonly hub: TestHub }) => Promise<readonly string[]>>> =
  Object.fromEntries(
    Object.entries(checks).map(([name, check]) => [
      `a plan closed before the Consent began ${name}`,
      async ({ hub }: { readonly hub: TestHub }) => check(await worldOf(hub)),
    ]),
  );
