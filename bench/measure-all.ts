// One run from an empty database to the last figure: fill, copy for the floors, measure, and on to the next size.
import type { Cluster } from './cluster.ts';
import { writeDirectory } from './directory.ts';
import { fillUpTo } from './fill.ts';
import { measureFloors } from './measure-floors.ts';
import { measureStages } from './measure-stages.ts';
import type { BenchOptions } from './options.ts';
import { countRows } from './plan-rows.ts';
import { startHub } from './processes.ts';
import type { FloorMeasurement, FloorName, StageMeasurement } from './report.ts';
import type { Session } from './session.ts';
import { stages } from './stages.ts';

/** Each pair has as many plans as the next; the first one's are read. So a reader sees one plan in ten. */
export const pairCount = 10;

export interface Findings {
  readonly rowsPerPlan: Readonly<Record<string, number>>;
  readonly floors: readonly FloorMeasurement[];
  readonly stages: readonly StageMeasurement[];
}

/** Fills, measures, and gives everything found. */
export async function measureAll(
  cluster: Cluster,
  options: BenchOptions,
  say: (text: string) => void,
): Promise<Findings> {
  const databaseUrl = await cluster.createDatabase('hub');
  const first = await startHub({ databaseUrl, rowLevelSecurity: true, profileFolder: undefined });
  const directory = await writeDirectory(first.publicUrl, databaseUrl, pairCount);
  await first.stop();
  const session: Session = { cluster, options, databaseUrl, directory, say, nextRunning: 1 };
  const floors: FloorMeasurement[] = [];
  const measured: StageMeasurement[] = [];
  let rowsPerPlan: Readonly<Record<string, number>> = {};
  for (const plans of options.sizes) {
    const samples = await fillUpTo(session, plans);
    rowsPerPlan = countRows(samples.plan);
    const floorUrl = await cluster.createDatabase('floor', 'hub');
    const before = await measureFloors(session, { floorUrl, samples, plans, when: 'before' });
    const found = await measureStages(session, plans);
    const after = await measureFloors(session, { floorUrl, samples, plans, when: 'after' });
    floors.push(...before, ...after);
    measured.push(
      ...found.map((stage) => ({
        ...stage,
        floorPerSecond: meanFloor([...before, ...after], stages[stage.stage].floor),
      })),
    );
    await cluster.dropDatabase('floor');
  }
  return { rowsPerPlan, floors, stages: measured };
}

const meanFloor = (floors: readonly FloorMeasurement[], name: FloorName | undefined): number | undefined => {
  const found = floors.filter(({ floor }) => floor === name);
  return found.length === 0 ? undefined : found.reduce((sum, { perSecond }) => sum + perSecond, 0) / found.length;
};
