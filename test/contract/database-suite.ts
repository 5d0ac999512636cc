// What both openers must give alike: values, transactions, migrations.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate, MigrationError, readMigrations } from '../../src/store/migrate.ts';
import type { Database } from '../../src/store/database.ts';
import type { OpenDatabase } from './store-world.ts';

export function describeDatabase(name: string, open: OpenDatabase): void {
  describe(`database on ${name}`, () => {
    let database: Database;
    let remove = (): Promise<void> => Promise.resolve();
    beforeAll(async () => {
      ({ database, remove } = await open());
    });
    afterAll(async () => {
      await database.close();
      await remove();
    });

    test('gives every kind of value the same way', async () => {
      const [row] = await database.query<Record<string, unknown>>({
        text: `select 9007199254740991::bigint as int8, count(*) as count, array[1, null]::bigint[] as int8s,
          timestamptz '2026-11-02 12:00+00' as at, '\\x6162'::bytea as bytes, '{"a":1.00}'::json as json, '{"a": 1.00}'::jsonb as jsonb,
          array['x,y', 'z'] as texts, null::text as missing, $1::text[] as sent, $2::timestamptz as sent_at, $3::bytea as sent_bytes`,
        values: [['a"b', null, 'c\\'], new Date('2026-11-02T12:00:00.123Z'), Buffer.from('cd')],
      });
      expect(row).toEqual({
        int8: 9_007_199_254_740_991,
        count: 1,
        int8s: [1, null],
        at: new Date('2026-11-02T12:00:00.000Z'),
        bytes: Buffer.from('ab'),
        json: '{"a":1.00}',
        jsonb: { a: 1 },
        texts: ['x,y', 'z'],
        missing: null,
        sent: ['a"b', null, 'c\\'],
        sent_at: new Date('2026-11-02T12:00:00.123Z'),
        sent_bytes: Buffer.from('cd'),
      });
    });

    test('runs a named statement again with other values', async () => {
      const double = (n: number) =>
        database.query({ name: 'test_double', text: 'select $1::bigint * 2 as n', values: [n] });
      expect([await double(1), await double(2)]).toEqual([[{ n: 2 }], [{ n: 4 }]]);
    });

    test('rolls a transaction back when its work rejects, and goes on', async () => {
      const save = database.transaction(async (inside) => {
        await inside.query({ text: `insert into secret values ('rolled-back', '\\x00')` });
        throw new Error('stop');
      });
      await expect(save).rejects.toThrow('stop');
      expect(await database.query({ text: `select 1 from secret where name = 'rolled-back'` })).toEqual([]);
    });

    test('keeps settings of a transaction to that transaction', async () => {
      const read = { text: `select current_setting('sip_hub.test', true) as setting` };
      const settings = { 'sip_hub.test': "it's" };
      expect(await database.transaction((inside) => inside.query(read), { settings })).toEqual([{ setting: "it's" }]);
      const [after] = await database.transaction((inside) => inside.query<{ setting: string | null }>(read));
      expect(after?.setting ?? '').toBe('');
    });

    test('reports bad data as a problem of the caller, and does not break', async () => {
      await expect(database.query({ text: 'select $1::text', values: ['a\u0000'] })).rejects.toMatchObject({
        status: 400,
      });
      await expect(database.query({ text: 'select 1 / 0' })).rejects.toMatchObject({ status: 400 });
      expect(await database.query({ text: 'select 1 as n' })).toEqual([{ n: 1 }]);
    });

    describe('migrations', () => {
      test('have all been run, and are not run again', async () => {
        expect(await migrate(database)).toEqual([]);
        const applied = await database.query<{ name: string }>({ text: 'select name from migration order by name' });
        expect(applied.map(({ name: file }) => file)).toEqual(readMigrations().map(({ name: file }) => file));
      });

      test('run once where several start together', async () => {
        const more = [
          ...readMigrations(),
          {
            name: '9000_test.sql',
            sql: 'create table test_once (n integer);\n-- a comment\ninsert into test_once values (1);\n',
          },
        ];
        const runs = await Promise.all([migrate(database, more), migrate(database, more), migrate(database, more)]);
        expect(runs.flat()).toEqual(['9000_test.sql']);
        expect(await database.query({ text: 'select n from test_once' })).toEqual([{ n: 1 }]);
        await database.script(`drop table test_once; delete from migration where name = '9000_test.sql'`);
      });

      test('leave nothing of one that fails', async () => {
        const bad = [
          ...readMigrations(),
          { name: '9001_bad.sql', sql: 'create table test_bad (n integer);\nselect 1 / 0;\n' },
        ];
        await expect(migrate(database, bad)).rejects.toMatchObject({ status: 400 });
        expect(await database.query({ text: `select to_regclass('test_bad') as found` })).toEqual([{ found: null }]);
      });

      test('stop where a file was changed after it had been run, or is not known', async () => {
        const [first, ...others] = readMigrations();
        const changed = [{ name: first?.name ?? '', sql: `${first?.sql} ` }, ...others];
        await expect(migrate(database, changed)).rejects.toThrow(MigrationError);
        await expect(migrate(database, others)).rejects.toThrow(/does not know/);
      });
    });
  });
}
