// Measures the floors on a copy of the hub's database, so that tables and indexes have the size the hub works with.
import type { Samples } from './fill.ts';
import { startFloorServer } from './processes.ts';
import type { FloorMeasurement, FloorName, Measurement } from './report.ts';
import { measure, select, type Session } from './session.ts';

export interface FloorContext {
  readonly floorUrl: string;
  readonly samples: Samples;
  readonly plans: number;
  readonly when: 'before' | 'after';
}

/** All three floors, once. @throws Error where one of them fails */
export async function measureFloors(
  session: Session,
  { floorUrl, samples, plans, when }: FloorContext,
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
    `select key from resource where type = 'CarePlan' and custodian = (select key from organization where id = $1)`,
    [pair?.references.custodian.split('/')[1]],
  );
  const found: FloorMeasurement[] = [];
  const note = (floor: FloorName, measurement: Measurement): void => {
    found.push({ floor, plans, when, ...measurement });
    session.say(`  floor ${floor}: ${measurement.perSecond.toFixed(0)}/s`);
    if (measurement.errors > 0) throw new Error(`The floor failed: ${measurement.firstError}`);
  };
  const server = await startFloorServer(floorUrl);
  note(
    'read',
    await measure(session, server.pid, {
      kind: 'read-floor',
      port: server.port,
      keys: rows.map(({ key }) => Number(key)),
      ...pace,
    }),
  );
  await server.stop();
  for (const floor of ['patient', 'plan'] as const) {
    const result = await measure(session, undefined, {
      kind: 'write-floor',
      databaseUrl: floorUrl,
      tables: samples[floor],
      firstRunning: session.nextRunning,
      ...pace,
    });
    session.nextRunning = result.nextRunning;
    note(floor, result);
  }
  return found;
}
