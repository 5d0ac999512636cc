// What a run found, as a value that is written as JSON and as the tables that are printed.
import type { JobResult } from './job.ts';
import type { FloorName } from './stage.ts';
import { stages, type StageName } from './stages.ts';

/** One measured stretch: what the driver saw and what the processes used. */
export interface Measurement extends JobResult {
  /** Milliseconds of processor time per request. */
  readonly serverCpuMs: number;
  readonly postgresCpuMs: number;
}

export interface StageMeasurement extends Measurement {
  readonly stage: StageName;
  readonly rowLevelSecurity: boolean;
  /** The size it was measured at, and the plans there were in truth when it began; in plain mode, resources. */
  readonly plans: number;
  readonly plansThen: number;
  /** The mean of the floor before and after, per second. */
  readonly floorPerSecond: number | undefined;
  readonly statements?: readonly StatementCost[];
}

export interface StatementCost {
  readonly calls: number;
  readonly meanMs: number;
  readonly share: number;
  readonly text: string;
}

export interface FloorMeasurement extends Measurement {
  readonly floor: FloorName;
  readonly plans: number;
  readonly when: 'before' | 'after';
}

export interface Report {
  readonly at: string;
  readonly commit: string;
  readonly isClean: boolean;
  readonly machine: {
    readonly cores: number;
    readonly model: string;
    readonly memoryGiB: number;
    readonly loadBefore: readonly number[];
  };
  readonly versions: { readonly hub: string; readonly node: string; readonly postgres: string };
  readonly settings: {
    readonly connections: number;
    readonly seconds: number;
    readonly warmUpSeconds: number;
    readonly sizes: readonly number[];
    readonly pairs: number;
    readonly postgres: Readonly<Record<string, string>>;
  };
  readonly rowsPerPlan: Readonly<Record<string, number>>;
  readonly rowsPerBundle: Readonly<Record<string, number>>;
  readonly floors: readonly FloorMeasurement[];
  readonly stages: readonly StageMeasurement[];
  readonly aims: readonly Aim[];
}

export interface Aim {
  readonly aim: string;
  readonly found: string;
  readonly isMet: boolean;
}

const ratio = ({ perSecond, floorPerSecond }: StageMeasurement): number | undefined =>
  floorPerSecond === undefined ? undefined : perSecond / floorPerSecond;

/** The same stage at the smallest size, with row-level security alike. */
const findSmallest = (
  all: readonly StageMeasurement[],
  { stage, rowLevelSecurity, plans }: StageMeasurement,
): StageMeasurement | undefined =>
  all
    .filter((other) => other.stage === stage && other.rowLevelSecurity === rowLevelSecurity && other.plans < plans)
    .toSorted((a, b) => a.plans - b.plans)[0];

/** Least share of its floor, per second. */
const leastShares: readonly (readonly [StageName, number])[] = [
  ['read', 0.45],
  ['plan', 0.4],
  ['search-subject', 0.35],
  ['update', 0.15],
];

/** Milliseconds of the hub's processor time per request that a stage must stay below; PostgreSQL's is not in it. */
const hubCpuLimits: readonly (readonly [StageName, number])[] = [
  ['read', 0.2],
  ['plan', 3],
  ['update', 0.6],
];

/** Milliseconds that 95 of 100 answers must be there within, as the driver sees it. */
const p95Limits: readonly (readonly [StageName, number])[] = [['plain-import', 1000]];

/** The project's aims, each with what was found. An aim whose stages did not run is left out. */
export function judge(all: readonly StageMeasurement[]): readonly Aim[] {
  const aims: Aim[] = [];
  for (const [stage, least] of leastShares) {
    for (const found of all.filter((measured) => measured.stage === stage && measured.rowLevelSecurity)) {
      const share = ratio(found) ?? 0;
      aims.push({
        aim: `${stages[stage].title}: at least ${least} of the ${stages[stage].floor} floor at ${found.plans} plans`,
        found: share.toFixed(2),
        isMet: share >= least,
      });
    }
  }
  for (const [stage, limitMs] of hubCpuLimits) {
    for (const found of all.filter((measured) => measured.stage === stage && measured.rowLevelSecurity)) {
      aims.push({
        aim: `${stages[stage].title}: less than ${limitMs} ms of the hub's processor time at ${found.plans} plans`,
        found: `${found.serverCpuMs.toFixed(2)} ms`,
        isMet: found.requests > 0 && found.serverCpuMs < limitMs,
      });
    }
  }
  for (const [stage, limitMs] of p95Limits) {
    for (const found of all.filter((measured) => measured.stage === stage && measured.rowLevelSecurity)) {
      aims.push({
        aim: `${stages[stage].title}: p95 below ${limitMs} ms at ${found.plans} resources`,
        found: `${found.p95Ms.toFixed(0)} ms`,
        isMet: found.requests > 0 && found.p95Ms < limitMs,
      });
    }
  }
  for (const found of all.filter(({ rowLevelSecurity }) => rowLevelSecurity)) {
    const small = findSmallest(all, found);
    if (small === undefined) continue;
    const slower = found.p50Ms / small.p50Ms;
    aims.push({
      aim: `${stages[found.stage].title}: at most 1.5 times slower at ${found.plans} plans than at ${small.plans}`,
      found: `${slower.toFixed(2)} (processor time ${(cpuMs(found) / cpuMs(small)).toFixed(2)})`,
      isMet: slower <= 1.5,
    });
  }
  const errors = all.reduce((sum, measured) => sum + measured.errors, 0);
  aims.push({ aim: 'no request answered otherwise than it should be', found: `${errors} were`, isMet: errors === 0 });
  return aims;
}

const cpuMs = ({ serverCpuMs, postgresCpuMs }: StageMeasurement): number => serverCpuMs + postgresCpuMs;

const columns = [
  'plans',
  'RLS',
  'stage',
  'per s',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'of floor',
  'p50 / small',
  'CPU / small',
  'hub CPU ms',
  'PG CPU ms',
  'errors',
];

const tellRows = (rows: Readonly<Record<string, number>>): string =>
  Object.entries(rows)
    .map(([table, count]) => `${table} ${count}`)
    .join(', ') || 'not measured';

/** The tables for people. */
export function formatReport(report: Report): string {
  const floors = report.floors.map((floor) => [
    String(floor.plans),
    '',
    `floor: ${floor.floor}, ${floor.when}`,
    toRate(floor),
    ...milliseconds(floor),
    '',
    '',
    '',
    floor.serverCpuMs.toFixed(2),
    floor.postgresCpuMs.toFixed(2),
    String(floor.errors),
  ]);
  const rows = report.stages.map((measured) => {
    const small = findSmallest(report.stages, measured);
    return [
      String(measured.plans),
      measured.rowLevelSecurity ? 'on' : 'off',
      stages[measured.stage].title,
      toRate(measured),
      ...milliseconds(measured),
      ratio(measured)?.toFixed(2) ?? '',
      small === undefined ? '' : (measured.p50Ms / small.p50Ms).toFixed(2),
      small === undefined ? '' : (cpuMs(measured) / cpuMs(small)).toFixed(2),
      measured.serverCpuMs.toFixed(2),
      measured.postgresCpuMs.toFixed(2),
      String(measured.errors),
    ];
  });
  const aims = report.aims.map(({ aim, found, isMet }) => `${isMet ? 'met   ' : 'MISSED'}  ${aim}: ${found}`);
  const { machine, versions, commit } = report;
  const head = `${machine.cores} cores (${machine.model}), ${machine.memoryGiB} GiB, load before ${machine.loadBefore.map((load) => load.toFixed(2)).join(' ')}
Node ${versions.node}, PostgreSQL ${versions.postgres}, sip-hub ${versions.hub}, commit ${commit}${report.isClean ? '' : ' with changes'}
Rows per plan: ${tellRows(report.rowsPerPlan)}
Rows per Bundle of 1 000 in plain mode: ${tellRows(report.rowsPerBundle)}`;
  return `${head}\n\n${formatTable([columns, ...floors, ...rows])}\n\n${aims.join('\n')}\n`;
}

/** Whole Bundles are few a second. */
const toRate = ({ perSecond }: JobResult): string => perSecond.toFixed(perSecond < 10 ? 2 : 0);

const milliseconds = ({ p50Ms, p95Ms, p99Ms }: JobResult): readonly string[] =>
  [p50Ms, p95Ms, p99Ms].map((value) => value.toFixed(1));

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  // The stage's name stands to the left, figures to the right.
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === 2 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
