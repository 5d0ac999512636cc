// On PostgreSQL: see contract/audit-chain-suite.ts; and what only several processes and a role of its own can show.
import { asOwner } from '../src/store/row-level-security.ts';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyAuditChain } from '../src/store/audit-chain.ts';
import type { Database } from '../src/store/database.ts';
import { openPostgres } from '../src/store/postgres.ts';
import { describeAuditChain, type OpenAsOwner } from './contract/audit-chain-suite.ts';
import { onPostgres } from './contract/open-databases.ts';
import { auditRow, openWorld, put } from './contract/store-world.ts';
import type { World } from './contract/store-world.ts';

const urlOf = async (database: Database): Promise<string> => {
  const [row] = await database.query<{ name: string }>({ text: 'select current_database() as name' });
  const url = new URL(process.env['DATABASE_URL'] ?? '');
  url.pathname = `/${row?.name}`;
  return url.href;
};

const openAsOwner: OpenAsOwner = async ({ database }) => {
  const owner = openPostgres({ url: await urlOf(database), poolSize: 1, statementTimeoutMs: 60_000 });
  return { owner, close: owner.close };
};

describeAuditChain('PostgreSQL with row-level security', onPostgres(true), openAsOwner);
describeAuditChain('PostgreSQL without row-level security', onPostgres(false), openAsOwner);

describe('the chain of the audit log with a role of its own', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(onPostgres(true));
    await put(world, { type: 'Patient', id: 'p', custodian: 'region', patient: 'p' });
  });
  afterAll(() => world.close());

  test.each([
    'update audit_log set status = 200',
    'delete from audit_log',
    'truncate audit_log',
    `insert into audit_log (seq, at, request_id, interaction, outcome, status, entities, hash)
      values (1000, now(), '', 'read', 'success', 200, '[]', '')`,
    'alter table audit_log disable trigger all',
    'update audit_head set position = 0',
    'delete from audit_head',
    'insert into audit_head select * from audit_head',
    'drop function audit_append',
    `create or replace function audit_append(entries jsonb, concerns jsonb) returns void language sql as 'select'`,
  ])('that requests are answered under, there is no: %s', async (text) => {
    await expect(world.database.query({ text })).rejects.toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/permission denied|must be owner/) }),
    );
    expect(await verifyAuditChain(world.database)).toMatchObject({ isWhole: true });
  });

  test('several processes that write at once make one chain, and no row is lost', async () => {
    const before = await verifyAuditChain(world.database);
    const url = await urlOf(world.database);
    const writer = new URL('contract/audit-writer.ts', import.meta.url).pathname;
    const names = ['one', 'two', 'three', 'four'];
    const writing = names.map((name) => promisify(execFile)(process.execPath, [writer, url, name, '100']));
    const state = { isWriting: true };
    // Meanwhile changes write to it too, and one transaction fails.
    const changing = (async () => {
      for (let n = 0; state.isWriting; n += 1) {
        await put(world, { type: 'Patient', id: `n${n}`, custodian: 'region', patient: `n${n}` });
        await expect(world.store.audit([auditRow({ requestId: 'bad\u0000' })])).rejects.toMatchObject({
          findings: [{ code: 'invalid-value' }],
        });
      }
    })();
    await Promise.all(writing);
    state.isWriting = false;
    await changing;
    const after = await verifyAuditChain(world.database, before.isWhole ? before.end : undefined);
    expect(after).toMatchObject({ isWhole: true });
    const [row] = await asOwner(world.database).query<{ n: number; distinct: number }>({
      text: `select count(*) as n, count(distinct request_id) as distinct from audit_log where request_id ~ '^(one|two|three|four)-'`,
    });
    expect(row).toEqual({ n: 800, distinct: 800 });
  });

  test('nobody waits for a transaction that has written and is not done', async () => {
    const permit = world.permit('region');
    await world.store.transaction(permit, async (inside) => {
      await inside.reading().audit([auditRow({ requestId: 'slow' })]);
      await world.store.audit([auditRow({ requestId: 'quick' })]);
    });
    const rows = await asOwner(world.database).query<{ id: string }>({
      text: `select request_id as id from audit_log where request_id in ('slow', 'quick') order by seq`,
    });
    expect(rows.map(({ id }) => id)).toEqual(['quick', 'slow']);
  });
});
