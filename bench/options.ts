// What `npm run bench -- …` was asked to do. Refuses what it does not understand, with the usage.
import { parseArgs } from 'node:util';
import { isStageName, stages, type StageName } from './stages.ts';

export interface BenchOptions {
  readonly sizes: readonly number[];
  /** Of plain mode, which is measured at one size. */
  readonly resources: number;
  readonly stages: readonly StageName[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  readonly rowLevelSecurity: readonly boolean[];
  /** Counts statements (pg_stat_statements) and prints the dearest of each stage. */
  readonly countStatements: boolean;
  /** Folder for V8 profiles of the hub; one per start of the hub. */
  readonly profileFolder: string | undefined;
  /** Only a whole run is written to bench/results. */
  readonly isWhole: boolean;
}

const usage = `npm run bench -- [options]
  --quick               2 000 plans, 2 s a stage
  --sizes 2000,100000   how many plans to measure at
  --stages read,plan    of: ${Object.keys(stages).join(', ')}
  --seconds 8           measured time of each stage
  --connections 16
  --rls on|off          only so; both where it is left out
  --statements          what each stage's statements cost (pg_stat_statements)
  --cpu-prof <folder>   V8 profiles of the hub`;

/** @throws Error with the usage */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values } = readArguments(argv);
  const { quick = false, rls } = values;
  const wanted = (values.stages ?? Object.keys(stages).join(',')).split(',');
  const named = wanted.filter(isStageName);
  if (named.length !== wanted.length)
    throw new Error(`There is no stage ${wanted.find((name) => !isStageName(name))}.\n${usage}`);
  if (rls !== undefined && rls !== 'on' && rls !== 'off') throw new Error(usage);
  return {
    sizes: (values.sizes ?? (quick ? '2000' : '2000,100000')).split(',').map(toNumber),
    resources: quick ? 20_000 : 100_000,
    stages: named,
    seconds: toNumber(values.seconds ?? (quick ? '2' : '8')),
    warmUpSeconds: quick ? 1 : 2,
    connections: toNumber(values.connections ?? '16'),
    rowLevelSecurity: rls === undefined ? [true, false] : [rls === 'on'],
    countStatements: values.statements ?? false,
    profileFolder: values['cpu-prof'],
    isWhole: argv.length === 0,
  };
}

function readArguments(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: flag,
        sizes: text,
        stages: text,
        seconds: text,
        connections: text,
        rls: text,
        statements: flag,
        'cpu-prof': text,
      },
    });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error });
  }
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new Error(`${text} is not a number above zero.\n${usage}`);
  return number;
}
