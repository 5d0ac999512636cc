// The chain of the audit log: what is written fits together, and whatever is changed, taken away, put in or moved shows.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyAuditChain, type AuditMark, type AuditVerdict } from '../../src/store/audit-chain.ts';
import type { Database } from '../../src/store/database.ts';
import { migrate, readMigrations } from '../../src/store/migrate.ts';
import { auditRow, openWorld, put } from './store-world.ts';
import type { OpenDatabase, World } from './store-world.ts';

/** `asOwner` opens the same database with the rights of the one who owns the tables. */
export type OpenAsOwner = (world: World) => Promise<{ readonly owner: Database; readonly close: () => Promise<void> }>;

export function describeAuditChain(name: string, open: OpenDatabase, openAsOwner: OpenAsOwner): void {
  describe(`the chain of the audit log on ${name}`, () => {
    let world: World;
    let owner: Database;
    let close: () => Promise<void>;
    let whole: AuditMark;

    const run = (text: string): Promise<unknown> => owner.query({ text });

    const endOf = (verdict: AuditVerdict): AuditMark => {
      if (!verdict.isWhole) throw new Error(`broken at ${verdict.position}: ${verdict.fault}`);
      return verdict.end;
    };

    beforeAll(async () => {
      world = await openWorld(open);
      ({ owner, close } = await openAsOwner(world));
      await put(world, { type: 'Patient', id: 'p', custodian: 'region', patient: 'p' });
      const entities = [
        { address: 'Patient/p', versionId: '1', personKey: 1, custodianKey: 8, consent: 'c/_history/1' },
        { address: 'Goal/å"\\', versionId: undefined, personKey: null, custodianKey: null, consent: undefined },
      ];
      await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          world.store.audit([auditRow({ requestId: `chained-${n}`, partyKey: 7, type: 'Patient', entities })]),
        ),
      );
      await world.store.audit([auditRow({ clientId: undefined, outcome: 'refused', status: 404 })]);
    });

    afterAll(async () => {
      await close();
      await world.close();
    });

    beforeEach(async () => {
      whole = endOf(await verifyAuditChain(world.database));
      await run('create table kept_log as table audit_log');
      await run('create table kept_head as table audit_head');
    });

    afterEach(async () => {
      await run('delete from audit_log');
      await run('insert into audit_log table kept_log');
      await run('delete from audit_head');
      await run('insert into audit_head table kept_head');
      await run('drop table kept_log, kept_head');
    });

    test('counts every row written, by reads and by changes, from 1 without gaps', async () => {
      const [count] = await owner.query<{ n: number }>({ text: 'select count(*) as n from audit_log' });
      expect(whole).toEqual({ position: count?.n, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(whole.position).toBeGreaterThan(13);
      await put(world, { type: 'Patient', id: 'q', custodian: 'region', patient: 'q' });
      expect(await verifyAuditChain(world.database, whole)).toMatchObject({
        isWhole: true,
        end: { position: whole.position + 1 },
      });
    });

    test('a transaction that fails leaves no gap', async () => {
      const permit = world.permit('region');
      const failing = world.store.transaction(permit, async (inside) => {
        await inside.reading().audit([auditRow({ requestId: 'never' })]);
        throw new Error('stop');
      });
      await expect(failing).rejects.toThrow('stop');
      await expect(world.store.audit([auditRow({ requestId: 'bad\u0000' })])).rejects.toMatchObject({
        findings: [{ code: 'invalid-value' }],
      });
      await world.store.audit([auditRow()]);
      expect(endOf(await verifyAuditChain(world.database)).position).toBe(whole.position + 1);
    });

    test.each([
      ['at', `at + interval '1 ms'`],
      ['at', `'infinity'`],
      ['request_id', `request_id || ' '`],
      ['client_id', 'null'],
      ['party', 'party + 1'],
      ['interaction', `'search-type'`],
      ['outcome', `'refused'`],
      ['status', '304'],
      ['type', `'Goal'`],
      ['entities', `entities - 0`],
      ['entities', `jsonb_set(entities, '{0,personKey}', '2')`],
      ['hash', `sha256('anything')`],
    ])('names a row whose %s was changed to %s', async (column, text) => {
      await run(`update audit_log set ${column} = ${text} where seq = 5`);
      expect(await verifyAuditChain(world.database)).toEqual({ isWhole: false, fault: 'changed', position: 5 });
    });

    test('names the row after one that was changed together with its hash', async () => {
      await run(`update audit_log set status = 500, hash = sha256((select b.hash from audit_log b where b.seq = 4) || convert_to(
        jsonb_build_array(seq, extract(epoch from at)::text, request_id, client_id, party, interaction, outcome, 500, type, entities)::text,
        'UTF8')) where seq = 5`);
      expect(await verifyAuditChain(world.database)).toEqual({ isWhole: false, fault: 'changed', position: 6 });
    });

    test.each([
      ['the first', 1],
      ['one in the middle', 6],
    ])('names %s where it was removed', async (_name, position) => {
      await run(`delete from audit_log where seq = ${position}`);
      expect(await verifyAuditChain(world.database)).toEqual({ isWhole: false, fault: 'missing', position });
    });

    test('names a row that was removed with those after it moved up', async () => {
      await run('delete from audit_log where seq = 6');
      await run('update audit_log set seq = -seq where seq > 6');
      await run('update audit_log set seq = -seq - 1 where seq < 0');
      expect(await verifyAuditChain(world.database)).toEqual({ isWhole: false, fault: 'changed', position: 6 });
    });

    test('names the last where it was removed, and the first of several', async () => {
      await run(`delete from audit_log where seq = ${whole.position}`);
      const missing = { isWhole: false, fault: 'missing' };
      expect(await verifyAuditChain(world.database)).toEqual({ ...missing, position: whole.position });
      await run(`delete from audit_log where seq > ${whole.position - 3}`);
      expect(await verifyAuditChain(world.database)).toEqual({ ...missing, position: whole.position - 2 });
      await run('delete from audit_log');
      expect(await verifyAuditChain(world.database)).toEqual({ ...missing, position: 1 });
    });

    test('sees a tail that was removed with its end moved back only by a mark from outside', async () => {
      await run(`delete from audit_log where seq = ${whole.position}`);
      await run('update audit_head set (position, hash) = (select seq, hash from audit_log order by seq desc limit 1)');
      expect(await verifyAuditChain(world.database)).toMatchObject({ isWhole: true });
      const unknown = { isWhole: false, fault: 'not-the-known', position: whole.position };
      expect(await verifyAuditChain(world.database, whole)).toEqual(unknown);
      await world.store.audit([auditRow({ requestId: 'in its place' })]);
      expect(await verifyAuditChain(world.database)).toMatchObject({ isWhole: true });
      expect(await verifyAuditChain(world.database, whole)).toEqual(unknown);
    });

    const columns = 'month, at, request_id, client_id, party, interaction, outcome, status, type, entities, hash';

    test.each([
      ['after the end', (end: number) => end + 1],
      ['far after the end', (end: number) => end + 100],
      ['before the first', () => 0],
    ])('names a row that was put in %s', async (_name, toPosition) => {
      const position = toPosition(whole.position);
      await run(`insert into audit_log (seq, ${columns}) select ${position}, ${columns} from audit_log where seq = 3`);
      expect(await verifyAuditChain(world.database)).toEqual({ isWhole: false, fault: 'added', position });
    });

    test('names a row that was put in between', async () => {
      await run('update audit_log set seq = -seq where seq > 3');
      await run('update audit_log set seq = -seq + 1 where seq < 0');
      await run(`insert into audit_log (seq, ${columns}) select 4, ${columns} from audit_log where seq = 3`);
      expect(await verifyAuditChain(world.database)).toEqual({ isWhole: false, fault: 'changed', position: 4 });
    });

    test('names the first of two rows that changed places', async () => {
      await run('update audit_log set seq = -seq where seq in (4, 9)');
      await run('update audit_log set seq = 13 + seq where seq < 0');
      expect(await verifyAuditChain(world.database)).toEqual({ isWhole: false, fault: 'changed', position: 4 });
    });

    test('says so where the end that is kept apart was changed', async () => {
      await run(`update audit_head set hash = sha256('')`);
      const moved = { isWhole: false, fault: 'end-moved' };
      expect(await verifyAuditChain(world.database)).toEqual({ ...moved, position: whole.position });
      await run(`update audit_head set position = position - 1`);
      expect(await verifyAuditChain(world.database)).toEqual({
        isWhole: false,
        fault: 'added',
        position: whole.position,
      });
      await run('delete from audit_head');
      expect(await verifyAuditChain(world.database)).toEqual({ ...moved, position: 0 });
    });

    test('goes on with nothing while the end is not there or not the end', async () => {
      await run('update audit_head set position = position - 1');
      const unlogged = { findings: [{ code: 'audit-unavailable' }] };
      await expect(world.store.audit([auditRow()])).rejects.toMatchObject(unlogged);
      await run('delete from audit_head');
      await expect(world.store.audit([auditRow()])).rejects.toMatchObject(unlogged);
      await expect(put(world, { type: 'Patient', id: 'r', custodian: 'region', patient: 'r' })).rejects.toMatchObject(
        unlogged,
      );
      expect(await world.store.read(world.permit('region'), { type: 'Patient', id: 'r' })).toBeUndefined();
    });

    test('walks while others write', async () => {
      const state = { isWriting: true };
      const writing = (async () => {
        for (let n = 0; n < 30; n += 1) await world.store.audit([auditRow({ requestId: `meanwhile-${n}` })]);
        state.isWriting = false;
      })();
      while (state.isWriting) endOf(await verifyAuditChain(world.database, whole));
      await writing;
      expect(endOf(await verifyAuditChain(world.database)).position).toBe(whole.position + 30);
    });
  });

  test(`the rows that are there before there is a chain are chained by the migration on ${name}`, async () => {
    const { database, remove } = await open();
    const { owner, close } = await openAsOwner({ database } as World);
    await owner.query({ text: 'drop schema public, audit_months cascade' });
    await owner.query({ text: 'create schema public' });
    await migrate(
      owner,
      readMigrations().filter(({ name: file }) => file < '0010'),
    );
    await owner.query({
      text: `insert into audit_log (at, request_id, client_id, party, interaction, outcome, status, type, entities)
        select now() + n * interval '1 s', 'old-' || n, 'å', n, 'read', 'success', 200, null, jsonb_build_array(jsonb_build_object('address', 'Goal/' || n))
        from generate_series(1, 2500) n`,
    });
    await owner.query({ text: 'delete from audit_log where seq % 100 = 7' });
    await migrate(owner);
    expect(await verifyAuditChain(owner)).toMatchObject({ isWhole: true, end: { position: 2475 } });
    const [first] = await owner.query({
      text: 'select seq, request_id as id from audit_log order by seq offset 6 limit 1',
    });
    expect(first).toEqual({ seq: 7, id: 'old-8' });
    await close();
    await database.close();
    await remove();
  });
}
