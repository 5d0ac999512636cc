// What only a real PostgreSQL can show: overlapping writers, several starting processes, policies, time limits.
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStore } from '../src/store/create-store.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { outboxStart, readOutbox } from '../src/store/outbox.ts';
import { openPostgres } from '../src/store/postgres.ts';
import { describeDatabase } from './contract/database-suite.ts';
import { findLeaks, plantSecret } from './contract/leak-checks.ts';
import { createDatabase, onPostgres } from './contract/open-databases.ts';
import { outboxSettled } from './contract/outbox-settled.ts';
import { auditRow, openWorld, put, toWrite } from './contract/store-world.ts';
import type { World } from './contract/store-world.ts';

describeDatabase('PostgreSQL', onPostgres(false));

describe('the outbox with overlapping writers', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(onPostgres(true));
  });
  afterAll(() => world.close());

  const write = (id: string, meanwhile: () => Promise<unknown> = () => Promise.resolve()) => {
    const permit = world.permit('region');
    return world.store.transaction(permit, async (inside) => {
      await inside.apply(
        permit,
        [toWrite(world, { type: 'CarePlan', id, custodian: 'region', patient: id })],
        auditRow(),
      );
      await meanwhile();
    });
  };
  const idsAfter = async (position = outboxStart) =>
    (await readOutbox(world.database, position, 1000)).filter(({ type }) => type === 'CarePlan').map(({ id }) => id);

  test('never gives a row before one that was written earlier and commits later', async () => {
    await write('slow', async () => {
      await write('quick');
      expect(await idsAfter()).toEqual([]);
    });
    await outboxSettled(world.database);
    expect(await idsAfter()).toEqual(['slow', 'quick']);
  });

  test('gives a reader that keeps its position every row exactly once', async () => {
    const seen: string[] = [];
    let position = outboxStart;
    const state = { isWriting: true };
    const read = async () => {
      for (;;) {
        const isLast = !state.isWriting;
        const rows = await readOutbox(world.database, position, 5);
        seen.push(...rows.map(({ id }) => id));
        position = rows.at(-1)?.position ?? position;
        if (isLast && rows.length === 0) return;
      }
    };
    const reading = read();
    const wanted = Array.from({ length: 60 }, (_, n) => `many-${n}`);
    await Promise.all(wanted.map((id) => write(id)));
    await outboxSettled(world.database);
    state.isWriting = false;
    await reading;
    expect(seen.filter((id) => id.startsWith('many-')).toSorted()).toEqual(wanted.toSorted());
  });
});

describe('row-level security', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(onPostgres(true));
    await plantSecret(world);
  });
  afterAll(() => world.close());
  const tables = [
    'resource',
    'resource_history',
    'search_token',
    'search_reference',
    'search_date',
    'search_string',
    'search_value',
    'search_text',
  ];
  const countAbout = (table: string, settings: Readonly<Record<string, string>>) =>
    world.database.transaction(
      async (inside) =>
        (await inside.query<{ n: number }>({ text: `select count(*) as n from ${table} where person is not null` }))[0]
          ?.n,
      { settings },
    );
  const as = (party: 'region' | 'other' | 'town') => ({
    'sip_hub.party': String(world.keyOf(party)),
    'sip_hub.at': '2026-11-02T12:00:00Z',
  });

  test('works under a role that owns nothing and bypasses nothing, on every table of resources', async () => {
    const [role] = await world.database.query({
      text: `select current_user as name, rolsuper, rolbypassrls from pg_roles where rolname = current_user`,
    });
    expect(role).toEqual({ name: 'sip_hub_app', rolsuper: false, rolbypassrls: false });
    const forced = await world.database.query<{ name: string }>({
      text: `select relname::text as name from pg_class where relrowsecurity and relforcerowsecurity and relowner <> current_user::regrole order by 1`,
    });
    expect(forced.map(({ name }) => name)).toEqual(tables.toSorted());
  });

  test.each(tables)('shows nothing about a person in %s to a statement that does not say who reads', async (table) => {
    expect(await countAbout(table, {})).toBe(0);
    expect(await countAbout(table, { 'sip_hub.party': '', 'sip_hub.at': '' })).toBe(0);
  });

  test.each(['resource', 'resource_history', 'search_token', 'search_reference'])(
    'shows in %s what the party may see',
    async (table) => {
      expect(await countAbout(table, as('region'))).toBeGreaterThan(0);
    },
  );

  test('does not leave what one statement set to the next on the same connection', async () => {
    const { url, remove } = await createDatabase();
    const { database, rowLevelSecurity } = await openDatabase({
      databaseUrl: url,
      dataFolder: undefined,
      poolSize: 1,
      statementTimeoutMs: 5000,
      rowLevelSecurity: true,
    });
    const small = await openWorld(() => Promise.resolve({ database, rowLevelSecurity, remove }));
    await put(small, { type: 'CarePlan', id: 'x', custodian: 'region', patient: 'x' });
    expect(await small.store.read(small.permit('region'), { type: 'CarePlan', id: 'x' })).toBeDefined();
    expect(await database.query({ text: 'select 1 from resource where person is not null' })).toEqual([]);
    await small.close();
  });

  test('is a line of its own: a statement without the predicate still finds nothing', async () => {
    const rows = await world.database.transaction(
      (inside) => inside.query({ text: `select 1 from resource where type = 'CarePlan' and id = 'plan'` }),
      { settings: as('other') },
    );
    expect(rows).toEqual([]);
  });

  test('does not hide what the predicate shows', async () => {
    const plain = createStore(world.database, { rowLevelSecurity: true, maxIncluded: 5000 });
    expect(await plain.read(world.permit('region'), { type: 'CarePlan', id: 'plan' })).toBeDefined();
    expect(
      await findLeaks(plain, {
        permit: world.permit('region'),
        individual: await world.individual('p1'),
        firstVersion: '',
        currentVersion: '',
      }),
    ).not.toEqual([]);
  });

  test('goes away and comes back with the setting', async () => {
    const { url, remove } = await createDatabase();
    const options = { databaseUrl: url, dataFolder: undefined, poolSize: 2, statementTimeoutMs: 5000 };
    for (const rowLevelSecurity of [true, false, true]) {
      const opened = await openDatabase({ ...options, rowLevelSecurity });
      const [table] = await opened.database.query<{ on: boolean }>({
        text: `select relrowsecurity as on from pg_class where relname = 'resource'`,
      });
      expect([opened.rowLevelSecurity, table?.on]).toEqual([rowLevelSecurity, rowLevelSecurity]);
      await opened.database.close();
    }
    await remove();
  });
});

describe('openDatabase', () => {
  test('serves four processes that start on an empty database together', async () => {
    const { url, remove } = await createDatabase();
    const options = {
      databaseUrl: url,
      dataFolder: undefined,
      poolSize: 2,
      statementTimeoutMs: 20_000,
      rowLevelSecurity: true,
    };
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(options)));
    for (const { database } of opened) {
      expect(await database.query({ text: 'select count(*) as n from resource' })).toEqual([{ n: 0 }]);
      await database.close();
    }
    await remove();
  });

  test('says that the database cannot be reached, and that a statement took too long', async () => {
    const away = openPostgres({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1, statementTimeoutMs: 1000 });
    await expect(away.query({ text: 'select 1' })).rejects.toMatchObject({
      findings: [{ code: 'database-unavailable' }],
    });
    await expect(away.transaction(() => Promise.resolve())).rejects.toMatchObject({
      findings: [{ code: 'database-unavailable' }],
    });
    await away.close();
    const slow = openPostgres({ url: process.env['DATABASE_URL'] ?? '', poolSize: 1, statementTimeoutMs: 50 });
    await expect(slow.query({ text: 'select pg_sleep(5)' })).rejects.toMatchObject({
      findings: [{ code: 'database-timeout' }],
    });
    await slow.close();
  });

  test('lives when a connection breaks between two statements of a transaction', async () => {
    const { url, remove } = await createDatabase();
    const database = openPostgres({ url, poolSize: 2, statementTimeoutMs: 20_000 });
    const broken = database.transaction(async (inside) => {
      const [own] = await inside.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
      await database.query({ text: 'select pg_terminate_backend($1, 5000)', values: [own?.pid ?? 0] });
      // Nothing is asked while it breaks: what is not heard here would end the process.
      await setTimeout(100);
      await inside.query({ text: 'select 1' });
    });
    await expect(broken).rejects.toMatchObject({ findings: [{ code: 'database-unavailable' }] });
    expect(await database.query({ text: 'select 1 as one' })).toEqual([{ one: 1 }]);
    await database.close();
    await remove();
  });
});
