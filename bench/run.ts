// `npm run bench`: starts a PostgreSQL and the hub, fills it, measures floors and stages, prints tables, ends with 1 if a request failed.
// Missed aims do not fail a run: a shared machine is no judge. They are printed, and written with the figures (bench/README.md).
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { clusterSettings, startCluster, type Cluster } from './cluster.ts';
import { parseOptions, type BenchOptions } from './options.ts';
import { formatReport, judge, type Report } from './report.ts';
import { measureAll, pairCount, type Findings } from './measure-all.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const git = (...words: readonly string[]): string =>
  execFileSync('git', ['--no-optional-locks', ...words], { cwd: import.meta.dirname, encoding: 'utf8' }).trim();

function toReport(
  options: BenchOptions,
  findings: Findings,
  context: { readonly cluster: Cluster; readonly loadBefore: readonly number[] },
): Report {
  return {
    at: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    isClean: git('status', '--porcelain', '--', '../src', '.') === '',
    machine: {
      cores: cpus().length,
      model: cpus()[0]?.model ?? '',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      loadBefore: context.loadBefore,
    },
    versions: { hub: packageJson.version, node: process.versions.node, postgres: context.cluster.version },
    settings: {
      connections: options.connections,
      seconds: options.seconds,
      warmUpSeconds: options.warmUpSeconds,
      sizes: options.sizes,
      pairs: pairCount,
      postgres: clusterSettings,
    },
    ...findings,
    aims: judge(findings.stages),
  };
}

function keep(report: Report): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${report.at.slice(0, 10)}-${report.commit.slice(0, 8)}.json`);
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  say(`\nWritten to bench/results/${report.at.slice(0, 10)}-${report.commit.slice(0, 8)}.json`);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const loadBefore = loadavg();
  const cluster = await startCluster(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cluster.stop().finally(() => process.exit(130)));
  }
  try {
    const findings = await measureAll(cluster, options, say);
    const report = toReport(options, findings, { cluster, loadBefore });
    say(`\n${formatReport(report)}`);
    if (options.isWhole) keep(report);
    return findings.stages.some(({ errors }) => errors > 0) ? 1 : 0;
  } finally {
    await cluster.stop();
  }
}

const status = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
// Ends what a failed run has left running (child-process.ts).
process.exit(status);
