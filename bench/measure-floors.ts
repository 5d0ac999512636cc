// Measures the floors on a copy of the hub's database, so that tables and indexes have the size the hub works with.
import { startFloorServer } from './processes.ts';
import type { TableRows } from './written-rows.ts';
import type { FloorMeasurement, Measurement } from './report.ts';
import { measure, select, type Session } from './session.ts';
import type { FloorName } from './stage.ts';

export interface FloorContext {
  readonly floorUrl: string;
  readonly read: { readonly floor: FloorName; readonly type: string | undefined };
  readonly writes: readonly WriteFloor[];
  readonly plans: number;
  readonly when: 'before' | 'after';
}

export interface WriteFloor {
  readonly floor: FloorName;
  readonly samples: readonly (readonly TableRows[])[];
  readonly connections?: number;
}

/** All floors of the hub or of plain mode, once. @throws Error where one of them fails */
export async function measureFloors(
  session: Session,
  { floorUrl, read, writes, plans, when }: FloorContext,
): Promise<readonly FloorMeasurement[]> {
  const { options, directory } = session;
  const pace = {
    connections: options.connections,
    warmUpMs: options.warmUpSeconds * 1000,
    durationMs: options.seconds * 1000,
  };
  const [pair] = directory.pairs;
  const rows = await select<{ key: string }>(
    floorUrl,
    `select key from resource where ($2::text is null or type = $2) and not deleted
       and custodian = (select key from organization where id = $1)`,
    [pair?.references.custodian.split('/')[1], read.type],
  );
  const found: FloorMeasurement[] = [];
  const note = (floor: FloorName, measurement: Measurement): void => {
    found.push({ floor, plans, when, ...measurement });
    session.say(`  floor ${floor}: ${measurement.perSecond.toFixed(0)}/s`);
    if (measurement.errors > 0) throw new Error(`The floor failed: ${measurement.firstError}`);
  };
  const server = await startFloorServer(floorUrl);
  note(
    read.floor,
    await measure(session, server.pid, {
      kind: 'read-floor',
      port: server.port,
      keys: rows.map(({ key }) => Number(key)),
      ...pace,
    }),
  );
  await server.stop();
  for (const { floor, ...write } of writes) {
    const result = await measure(session, undefined, {
      kind: 'write-floor',
      databaseUrl: floorUrl,
      firstRunning: session.nextRunning,
      ...pace,
      ...write,
    });
    session.nextRunning = result.nextRunning;
    note(floor, result);
  }
  return found;
}
