// Fills the hub with plans, through its front door, and reads back what stages and floors must know of them.
import pg from 'pg';
import { runStatement } from './cluster.ts';
import type { KnownPlan, Pair } from './job.ts';
import { readWrittenRows, type TableRows } from './written-rows.ts';
import { startHub } from './processes.ts';
import { fill, select, type Session } from './session.ts';

/** What the hub wrote for one plan and for one Patient. */
export interface Samples {
  readonly plan: readonly TableRows[];
  readonly patient: readonly TableRows[];
}

const plansOfSmallPair = 20;
/** Progress is told after each such portion. */
const portion = 10_000;

/** Sends plans through the hub until there are so many, and gives what it wrote for one of them. */
export async function fillUpTo(session: Session, plans: number): Promise<Samples> {
  const { databaseUrl, options, say } = session;
  const hub = await startHub({ databaseUrl, mode: 'hub', rowLevelSecurity: true, profileFolder: undefined });
  try {
    const missing = plans - (await countPlans(session));
    const startedAt = performance.now();
    const send = (pairs: readonly Pair[], count: number): Promise<unknown> =>
      fill(session, hub, { stage: 'plan', pairs, plans: [], count });
    const { pairs, smallPair } = session.directory;
    // First of all, so that everything the others write is newer.
    if (session.nextRunning === 1) await send([smallPair], plansOfSmallPair);
    for (let sent = 0; sent < missing;) {
      const count = Math.min(portion, missing - sent);
      await send(pairs, count);
      sent += count;
      const secondsLeft = ((performance.now() - startedAt) / 1000 / sent) * (missing - sent);
      if (sent < missing) say(`  ${sent} of ${missing} plans sent, about ${secondsLeft.toFixed(0)} s left`);
    }
    say(`Filled up to ${plans} plans in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
    const pace = {
      pairs: pairs.slice(0, 1),
      plans: [],
      count: 1,
      connections: 1,
    };
    await fill(session, hub, { ...pace, stage: 'create' });
    const patient = await readLastWritten(databaseUrl);
    await fill(session, hub, { ...pace, stage: 'plan' });
    const plan = await readLastWritten(databaseUrl);
    say(`${options.connections} connections, ${options.seconds} s a stage.`);
    return { plan, patient };
  } finally {
    await hub.stop();
    await runStatement(databaseUrl, 'vacuum analyze');
    await runStatement(databaseUrl, 'checkpoint');
  }
}

/** Plans that are there now. */
export async function countPlans({ databaseUrl }: Session): Promise<number> {
  const [row] = await select<{ count: string }>(
    databaseUrl,
    `select count(*) from resource where type = 'CarePlan' and not deleted`,
  );
  return Number(row?.count ?? 0);
}

/** What the last request wrote. */
export async function readLastWritten(databaseUrl: string): Promise<readonly TableRows[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ request_id: string }>(
      'select request_id from audit_log order by seq desc limit 1',
    );
    return await readWrittenRows(client, rows[0]?.request_id ?? '');
  } finally {
    await client.end();
  }
}

/** The first pair's plans, in no order. */
export async function readKnownPlans({ databaseUrl, directory }: Session): Promise<readonly KnownPlan[]> {
  const custodian = directory.pairs[0]?.references.custodian.split('/')[1];
  return select<{ planId: string; patientId: string; number: string }>(
    databaseUrl,
    `select c.id as "planId", p.id as "patientId", p.body::json -> 'identifier' -> 0 ->> 'value' as number
     from resource c join resource p on p.type = 'Patient' and p.person = c.person and p.registrant = c.custodian
     where c.type = 'CarePlan' and c.custodian = (select key from organization where id = $1) order by md5(c.id)`,
    [custodian],
  );
}
