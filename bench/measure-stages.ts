// Measures the stages: those that read before those that write, with row-level security on and off.
import { runStatement } from './cluster.ts';
import { countPlans, readKnownPlans } from './fill.ts';
import type { KnownPlan } from './job.ts';
import { startHub, type ServerProcess } from './processes.ts';
import type { Measurement, StageMeasurement, StatementCost } from './report.ts';
import { countResources, writePool } from './plain-fill.ts';
import { runStage, select, type Session } from './session.ts';
import type { Stage } from './stage.ts';
import { stages, type StageName } from './stages.ts';

/** Every stage asked for of the session's mode, at this size. */
export async function measureStages(
  session: Session,
  plans: number,
): Promise<readonly Omit<StageMeasurement, 'floorPerSecond'>[]> {
  const { options, databaseUrl } = session;
  const known = session.mode === 'hub' ? await readKnownPlans(session) : [];
  const found: Omit<StageMeasurement, 'floorPerSecond'>[] = [];
  for (const group of ['reading', 'writing'] as const) {
    const names = options.stages.filter((name) => stages[name].mode === session.mode && stages[name].group === group);
    if (names.length === 0) continue;
    for (const rowLevelSecurity of options.rowLevelSecurity) {
      const hub = await startHub({
        databaseUrl,
        mode: session.mode,
        rowLevelSecurity,
        profileFolder: options.profileFolder,
      });
      for (const stage of names) {
        const measurement = await measureStage(session, { hub, stage, known });
        found.push({ ...measurement, stage, rowLevelSecurity, plans });
        session.say(
          `  ${plans} ${session.mode === 'hub' ? 'plans' : 'resources'}, row-level security ${rowLevelSecurity ? 'on' : 'off'}, ${stages[stage].title}: ${measurement.perSecond.toFixed(0)}/s, p50 ${measurement.p50Ms.toFixed(1)} ms`,
        );
        if (measurement.errors > 0)
          session.say(`    ${measurement.errors} errors, the first: ${measurement.firstError}`);
        for (const { calls, meanMs, share, text } of measurement.statements ?? [])
          session.say(`    ${(share * 100).toFixed(0)} %  ${calls} × ${meanMs.toFixed(3)} ms  ${text}`);
      }
      await hub.stop();
    }
  }
  return found;
}

async function measureStage(
  session: Session,
  {
    hub,
    stage,
    known,
  }: { readonly hub: ServerProcess; readonly stage: StageName; readonly known: readonly KnownPlan[] },
): Promise<Measurement & { readonly plansThen: number; readonly statements?: readonly StatementCost[] }> {
  const { options, databaseUrl, directory } = session;
  const plansThen = session.mode === 'hub' ? await countPlans(session) : await countResources(session);
  const { connections, takesPool = false }: Stage = stages[stage];
  const pool = takesPool ? await writePool(session, hub) : {};
  if (options.countStatements)
    await runStatement(
      databaseUrl,
      'create extension if not exists pg_stat_statements; select pg_stat_statements_reset()',
    );
  const measurement = await runStage(session, hub, {
    stage,
    pairs: directory.pairs.slice(0, 1),
    plans: known,
    warmUpMs: options.warmUpSeconds * 1000,
    durationMs: options.seconds * 1000,
    ...(connections === undefined ? {} : { connections }),
    ...pool,
  });
  return {
    ...measurement,
    plansThen,
    ...(options.countStatements ? { statements: await readStatements(databaseUrl) } : {}),
  };
}

async function readStatements(databaseUrl: string): Promise<readonly StatementCost[]> {
  return select<{ calls: number; meanMs: number; share: number; text: string }>(
    databaseUrl,
    `select calls::int, mean_exec_time as "meanMs", total_exec_time / sum(total_exec_time) over () as share,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as text
     from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = current_database()
     order by total_exec_time desc limit 6`,
  );
}
