// Fills a hub in plain mode by importing Bundles, and reads what it wrote for one resource of each type and for one Bundle.
import { runStatement } from './cluster.ts';
import { readLastWritten } from './fill.ts';
import { bundleSize, plainTypes } from './plain-resources.ts';
import type { TableRows } from './written-rows.ts';
import { startHub, type ServerProcess } from './processes.ts';
import { fill, select, type Session } from './session.ts';

/** What the hub wrote for one new resource of each type, and for a Bundle. */
export interface PlainSamples {
  readonly resources: readonly (readonly TableRows[])[];
  readonly bundle: readonly TableRows[];
}

const importConnections = 2;

/** Imports so many resources into an empty database; they stay to be read and changed. */
export async function fillPlain(session: Session, resources: number): Promise<PlainSamples> {
  const { databaseUrl, directory, say } = session;
  const hub = await startHub({ databaseUrl, mode: 'plain', rowLevelSecurity: true, profileFolder: undefined });
  const from = { pairs: directory.pairs, plans: [] };
  try {
    const startedAt = performance.now();
    const count = Math.ceil(resources / bundleSize);
    await fill(session, hub, { ...from, stage: 'plain-import', count, connections: importConnections });
    session.stored = count * bundleSize;
    say(`Imported ${session.stored} resources in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
    await fill(session, hub, { ...from, stage: 'plain-import', count: 1, connections: 1 });
    const bundle = await readLastWritten(databaseUrl);
    const samples: (readonly TableRows[])[] = [];
    for (const _type of plainTypes) {
      await fill(session, hub, { ...from, stage: 'plain-create', count: 1, connections: 1 });
      samples.push(await readLastWritten(databaseUrl));
    }
    return { resources: samples, bundle };
  } finally {
    await hub.stop();
    await runStatement(databaseUrl, 'vacuum analyze');
    await runStatement(databaseUrl, 'checkpoint');
  }
}

/** More than a machine deletes in a second. Where it is quicker, the stage ends before its time. */
const deletesPerSecond = 1500;

/** Resources to delete: which the stage is to begin with, and how many there are. */
export async function writePool(
  session: Session,
  hub: ServerProcess,
): Promise<{ readonly firstRunning: number; readonly count: number }> {
  const { seconds, warmUpSeconds } = session.options;
  const bundles = Math.ceil(((seconds + warmUpSeconds) * deletesPerSecond) / bundleSize);
  const firstRunning = Math.ceil(session.nextRunning / bundleSize) * bundleSize;
  const { pairs } = session.directory;
  await fill(session, hub, { stage: 'plain-import', pairs, plans: [], count: bundles, connections: importConnections });
  return { firstRunning, count: bundles * bundleSize };
}

/** Resources that are there now. */
export async function countResources({ databaseUrl }: Session): Promise<number> {
  const [row] = await select<{ count: string }>(databaseUrl, 'select count(*) from resource where not deleted');
  return Number(row?.count ?? 0);
}
