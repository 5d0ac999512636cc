// The stages as one table: what each connection asks for next, and what the answer must be. An answer that is too small counts as an
// error, so that nobody measures empty searches.
import type { HttpAnswer } from './http-connection.ts';
import type { KnownPlan, Pair, StageJob } from './job.ts';
import { plainStages } from './plain-stages.ts';
import { compilePlanText, makePatient, planType, reserveSystem } from './plan.ts';
import { firstPair, json, type NextStep, type Stage, type StageContext } from './stage.ts';

function pickPlan({ plans }: StageJob): KnownPlan {
  const plan = plans[Math.floor(Math.random() * plans.length)];
  if (plan === undefined) throw new Error('There is no plan to read.');
  return plan;
}

const getting =
  (as: (pair: Pair) => string, leastBytes: number, path: (plan: KnownPlan) => string) =>
  ({ job }: StageContext): NextStep => {
    const sender = as(firstPair(job));
    return () => ({
      request: { method: 'GET', path: `/fhir/${path(pickPlan(job))}`, headers: '' },
      as: sender,
      status: 200,
      leastBytes,
    });
  };

const asCustodian = (pair: Pair): string => pair.custodian;
const asRecipient = (pair: Pair): string => pair.recipient;
const category = `${encodeURIComponent(planType.system)}%7C${planType.code}`;
const listPath = `CarePlan?status=active&category=${category}&_sort=-_lastUpdated&_count=50`;
const listAsSmallParty = ({ job }: StageContext): NextStep => {
  const as = job.smallPair.custodian;
  return () => ({
    request: { method: 'GET', path: `/fhir/${listPath}`, headers: '' },
    as,
    status: 200,
    leastBytes: 40_000,
  });
};

const withIncludes = ({ number }: KnownPlan): string =>
  `CarePlan?patient.identifier=${encodeURIComponent(reserveSystem)}%7C${number}&_include=CarePlan:goal&_include=CarePlan:care-team&_include=CarePlan:patient`;

function createPatients({ job, nextRunning }: StageContext): NextStep {
  const as = firstPair(job).custodian;
  return () => ({
    request: { method: 'POST', path: '/fhir/Patient', headers: json, body: JSON.stringify(makePatient(nextRunning())) },
    as,
    status: 201,
    leastBytes: 0,
  });
}

function sendPlans({ job, nextRunning }: StageContext): NextStep {
  const senders = job.pairs.map((pair) => ({ as: pair.custodian, textOf: compilePlanText(pair.references) }));
  return () => {
    const running = nextRunning();
    const sender = senders[running % senders.length];
    if (sender === undefined) throw new Error('A stage needs a pair of organizations.');
    return {
      request: { method: 'POST', path: '/fhir', headers: json, body: sender.textOf(running) },
      as: sender.as,
      status: 200,
      leastBytes: 500,
    };
  };
}

const mostPlansPerConnection = 24;
const followUp = /"valueDate":"\d{4}-\d{2}-\d{2}"/;

/** Each connection changes plans of its own, one after the other, so that none of them meets a version it has not read. */
async function updatePlans({ job, connectionIndex, connection, authorize }: StageContext): Promise<NextStep> {
  const as = firstPair(job).custodian;
  const own = job.plans
    .filter((_, index) => index % job.connections === connectionIndex)
    .slice(0, mostPlansPerConnection);
  const current: { readonly path: string; readonly text: string; tag: string }[] = [];
  for (const { planId } of own) {
    const path = `/fhir/CarePlan/${planId}`;
    const answer = await connection.send({ method: 'GET', path, headers: authorize(as) });
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}.`);
    current.push({ path, text: answer.body.toString(), tag: readTag(answer) });
  }
  let turn = 0;
  return () => {
    const plan = current[turn % current.length];
    if (plan === undefined) throw new Error('There are too few plans for every connection to change its own.');
    turn += 1;
    const day = String(1 + (turn % 28)).padStart(2, '0');
    return {
      request: {
        method: 'PUT',
        path: plan.path,
        headers: `${json}If-Match: ${plan.tag}\r\n`,
        body: plan.text.replace(followUp, `"valueDate":"2027-01-${day}"`),
      },
      as,
      status: 200,
      leastBytes: 0,
      onAnswer: (answer) => {
        plan.tag = readTag(answer);
      },
    };
  };
}

function readTag({ head }: HttpAnswer): string {
  const tag = /\r\netag: *([^\r\n]+)/i.exec(head)?.[1];
  if (tag === undefined) throw new Error('An answer came without an ETag.');
  return tag;
}

/** Of twenty requests sixteen read (eight by id, four by subject, two by identifier with includes, two lists) and four write. */
async function mix(context: StageContext): Promise<NextStep> {
  const step = (name: StageName): NextStep | Promise<NextStep> => stages[name].prepare(context);
  const kinds: Readonly<Record<string, NextStep>> = {
    r: await step('read'),
    s: await step('search-subject'),
    i: await step('search-includes'),
    l: await step('list'),
    u: await step('update'),
    p: await step('plan'),
  };
  const order = 'rsruirsrlurrspriusrl';
  let turn = context.connectionIndex;
  return () => {
    const next = kinds[order[turn % order.length] ?? 'r'];
    turn += 1;
    if (next === undefined) throw new Error('The order of the mix names a request that there is not.');
    return next();
  };
}

const readPlan = ({ planId }: KnownPlan): string => `CarePlan/${planId}`;

export const stages = {
  read: {
    title: 'read, by the custodian',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: getting(asCustodian, 2_000, readPlan),
  },
  'read-consent': {
    title: 'read, by the other party',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: getting(asRecipient, 2_000, readPlan),
  },
  'search-subject': {
    title: 'search by subject',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: getting(asCustodian, 2_000, ({ patientId }) => `CarePlan?subject=Patient/${patientId}`),
  },
  'search-includes': {
    title: 'by identifier, with includes',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: getting(asCustodian, 9_000, withIncludes),
  },
  'search-includes-consent': {
    title: 'the same, by the other party',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: getting(asRecipient, 9_000, withIncludes),
  },
  list: {
    title: 'list of 50, newest first',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: getting(asCustodian, 100_000, () => listPath),
  },
  'list-consent': {
    title: 'the same, by the other party',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: getting(asRecipient, 100_000, () => listPath),
  },
  'list-small': {
    title: 'the same, by a party with 20 plans',
    mode: 'hub',
    group: 'reading',
    floor: 'read',
    prepare: listAsSmallParty,
  },
  create: { title: 'create patient', mode: 'hub', group: 'writing', floor: 'patient', prepare: createPatients },
  plan: { title: 'whole plan, 11 resources', mode: 'hub', group: 'writing', floor: 'plan', prepare: sendPlans },
  update: { title: 'update with If-Match', mode: 'hub', group: 'writing', floor: 'read', prepare: updatePlans },
  mixed: { title: 'mixed, 80 % reading', mode: 'hub', group: 'writing', floor: undefined, prepare: mix },
  ...plainStages,
} as const satisfies Readonly<Record<string, Stage>>;

export type StageName = keyof typeof stages;

export const isStageName = (text: string): text is StageName => Object.hasOwn(stages, text);
