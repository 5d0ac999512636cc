// The stages of plain mode: one resource created, read, changed, deleted under an id that the client chose, and whole Bundles imported.
// All of nine types in turn; what is read and changed is what the hub was filled with (running numbers below `stored`).
import { bundleSize, makePlainBundle, makePlainResource, plainAddress } from './plain-resources.ts';
import { firstPair, json, type NextStep, type Stage, type StageContext } from './stage.ts';

function pickStored({ job, connectionIndex }: StageContext): number {
  // Each connection has numbers of its own, so that no two of them change one resource at once.
  const own = Math.floor((job.stored - connectionIndex - 1) / job.connections) + 1;
  if (own < 1) throw new Error('There are too few resources for every connection to have its own.');
  return connectionIndex + job.connections * Math.floor(Math.random() * own);
}

function readResources(context: StageContext): NextStep {
  const as = firstPair(context.job).custodian;
  return () => ({
    request: { method: 'GET', path: `/fhir/${plainAddress(pickStored(context))}`, headers: '' },
    as,
    status: 200,
    leastBytes: 300,
  });
}

function putting(
  { job }: StageContext,
  status: number,
  next: () => { readonly running: number; readonly about: number; readonly edition: number },
): NextStep {
  const as = firstPair(job).custodian;
  return () => {
    const { running, ...about } = next();
    const body = JSON.stringify(makePlainResource(running, about));
    const path = `/fhir/${plainAddress(running)}`;
    return { request: { method: 'PUT', path, headers: json, body }, as, status, leastBytes: 0 };
  };
}

/** What is new refers to what was there, as a new Observation of a known Patient does. */
const createResources = (context: StageContext): NextStep =>
  putting(context, 201, () => ({ running: context.nextRunning(), about: pickStored(context), edition: 0 }));

function updateResources(context: StageContext): NextStep {
  let edition = 0;
  return putting(context, 200, () => {
    edition += 1;
    const running = pickStored(context);
    return { running, about: running, edition };
  });
}

/** Running numbers are those of a pool that was written for it. */
function deleteResources({ job, nextRunning }: StageContext): NextStep {
  const as = firstPair(job).custodian;
  return () => ({
    request: { method: 'DELETE', path: `/fhir/${plainAddress(nextRunning())}`, headers: '' },
    as,
    status: 204,
    leastBytes: 0,
  });
}

function importBundles({ job, nextBlock }: StageContext): NextStep {
  const as = firstPair(job).custodian;
  return () => ({
    request: {
      method: 'POST',
      path: '/fhir',
      headers: json,
      body: JSON.stringify(makePlainBundle(nextBlock(bundleSize))),
    },
    as,
    status: 200,
    leastBytes: 50 * bundleSize,
  });
}

export const plainStages = {
  'plain-read': {
    title: 'plain: read, nine types',
    mode: 'plain',
    group: 'reading',
    floor: 'plain-read',
    prepare: readResources,
  },
  'plain-create': {
    title: 'plain: create by PUT',
    mode: 'plain',
    group: 'writing',
    floor: 'plain-write',
    prepare: createResources,
  },
  'plain-update': {
    title: 'plain: update without If-Match',
    mode: 'plain',
    group: 'writing',
    floor: 'plain-write',
    prepare: updateResources,
  },
  'plain-delete': {
    title: 'plain: delete',
    mode: 'plain',
    group: 'writing',
    floor: 'plain-write',
    takesPool: true,
    prepare: deleteResources,
  },
  'plain-import': {
    title: 'plain: import of 1 000',
    mode: 'plain',
    group: 'writing',
    floor: 'plain-import',
    connections: 1,
    prepare: importBundles,
  },
} as const satisfies Readonly<Record<string, Stage>>;
