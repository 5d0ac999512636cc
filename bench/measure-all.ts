// One run from an empty database to the last figure: fill, copy for the floors, measure, and on to the next size.
import type { Cluster } from './cluster.ts';
import { writeDirectory } from './directory.ts';
import { fillUpTo } from './fill.ts';
import { measureFloors, type FloorContext } from './measure-floors.ts';
import { measureStages } from './measure-stages.ts';
import type { BenchOptions } from './options.ts';
import { fillPlain } from './plain-fill.ts';
import { countRows } from './written-rows.ts';
import { startHub } from './processes.ts';
import type { FloorMeasurement, StageMeasurement } from './report.ts';
import type { Session } from './session.ts';
import type { FloorName, Stage } from './stage.ts';
import { stages } from './stages.ts';

/** Each pair has as many plans as the next; the first one's are read. So a reader sees one plan in ten. */
export const pairCount = 10;

export interface Findings {
  readonly rowsPerPlan: Readonly<Record<string, number>>;
  /** Of plain mode, 1 000 resources. */
  readonly rowsPerBundle: Readonly<Record<string, number>>;
  readonly floors: readonly FloorMeasurement[];
  readonly stages: readonly StageMeasurement[];
}

type Say = (text: string) => void;

/** Fills, measures, and gives everything found. What no stage asks for is not filled. */
export async function measureAll(cluster: Cluster, options: BenchOptions, say: Say): Promise<Findings> {
  const isAskedFor = (mode: Stage['mode']): boolean => options.stages.some((name) => stages[name].mode === mode);
  const nothing = { rows: {}, floors: [], stages: [] };
  const hub = isAskedFor('hub') ? await measureHub(await openSession(cluster, options, { mode: 'hub', say })) : nothing;
  const plain = isAskedFor('plain')
    ? await measurePlain(await openSession(cluster, options, { mode: 'plain', say }))
    : nothing;
  return {
    rowsPerPlan: hub.rows,
    rowsPerBundle: plain.rows,
    floors: [...hub.floors, ...plain.floors],
    stages: [...hub.stages, ...plain.stages],
  };
}

/** A database of its own, named after the mode, with the organizations in it. */
async function openSession(
  cluster: Cluster,
  options: BenchOptions,
  { mode, say }: { readonly mode: Stage['mode']; readonly say: Say },
): Promise<Session> {
  const databaseUrl = await cluster.createDatabase(mode);
  const first = await startHub({ databaseUrl, mode, rowLevelSecurity: true, profileFolder: undefined });
  const directory = await writeDirectory(first.publicUrl, databaseUrl, mode === 'hub' ? pairCount : 1);
  await first.stop();
  const nextRunning = mode === 'hub' ? 1 : 0;
  return { cluster, options, mode, databaseUrl, directory, say, stored: 0, nextRunning };
}

interface PartFindings {
  readonly rows: Readonly<Record<string, number>>;
  readonly floors: readonly FloorMeasurement[];
  readonly stages: readonly StageMeasurement[];
}

async function measureHub(session: Session): Promise<PartFindings> {
  const parts: PartFindings[] = [];
  for (const plans of session.options.sizes) {
    const { plan, patient } = await fillUpTo(session, plans);
    const found = await measureAtSize(session, {
      read: { floor: 'read', type: 'CarePlan' },
      writes: [
        { floor: 'patient', samples: [patient] },
        { floor: 'plan', samples: [plan] },
      ],
      plans,
    });
    parts.push({ ...found, rows: countRows(plan) });
  }
  return {
    rows: parts.at(-1)?.rows ?? {},
    floors: parts.flatMap(({ floors }) => floors),
    stages: parts.flatMap((part) => part.stages),
  };
}

async function measurePlain(session: Session): Promise<PartFindings> {
  const { resources, bundle } = await fillPlain(session, session.options.resources);
  const found = await measureAtSize(session, {
    read: { floor: 'plain-read', type: undefined },
    writes: [
      { floor: 'plain-write', samples: resources },
      { floor: 'plain-import', samples: [bundle], connections: 1 },
    ],
    plans: session.stored,
  });
  return { ...found, rows: countRows(bundle) };
}

/** Floors, stages, and floors again. */
async function measureAtSize(
  session: Session,
  what: Omit<FloorContext, 'floorUrl' | 'when'>,
): Promise<Omit<PartFindings, 'rows'>> {
  const { cluster, mode } = session;
  const floorUrl = await cluster.createDatabase('floor', mode);
  const before = await measureFloors(session, { ...what, floorUrl, when: 'before' });
  const found = await measureStages(session, what.plans);
  const after = await measureFloors(session, { ...what, floorUrl, when: 'after' });
  await cluster.dropDatabase('floor');
  const floors = [...before, ...after];
  return {
    floors,
    stages: found.map((stage) => ({ ...stage, floorPerSecond: meanFloor(floors, stages[stage.stage].floor) })),
  };
}

const meanFloor = (floors: readonly FloorMeasurement[], name: FloorName | undefined): number | undefined => {
  const found = floors.filter(({ floor }) => floor === name);
  return found.length === 0 ? undefined : found.reduce((sum, { perSecond }) => sum + perSecond, 0) / found.length;
};
