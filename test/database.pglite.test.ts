import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Problem } from '../src/core/problem.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { describeDatabase } from './contract/database-suite.ts';
import { embedded } from './contract/open-databases.ts';

describeDatabase('PGlite', embedded);

test('what is written in a folder is there at the next opening, and a second opener is refused meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sip-hub-'));
  const options = { databaseUrl: '', dataFolder: folder, poolSize: 1, statementTimeoutMs: 0, rowLevelSecurity: true };
  const first = await openDatabase(options);
  expect(first.rowLevelSecurity).toBe(false);
  await first.database.query({ text: `insert into secret values ('kept', '\\x01')` });
  await expect(openDatabase(options)).rejects.toThrow(/in use/);
  await first.database.close();
  const second = await openDatabase(options);
  expect(await second.database.query({ text: 'select name from secret' })).toEqual([{ name: 'kept' }]);
  await second.database.close();
  rmSync(folder, { recursive: true });
});

test('named statements are right when there are more than are kept, and after one that failed', async () => {
  const { database, remove } = await embedded();
  const add = (to: number) => ({
    text: `select $1::int8 + ${to} as sum, $2::text[] as words, $3::bytea as bytes, $4::timestamptz as at, $5::jsonb as json`,
    values: [1, ['å "x"', 'NULL', '{,}', ''], Buffer.from([0, 255]), '2026-11-28T01:02:03.004Z', null],
    name: `add-${to}`,
  });
  try {
    for (const round of [0, 1]) {
      for (let to = 0; to < 130; to += 1) {
        const [row] = await database.query(add(to));
        expect(row, `round ${round}`).toEqual({
          sum: to + 1,
          words: ['å "x"', 'NULL', '{,}', ''],
          bytes: Buffer.from([0, 255]),
          at: new Date('2026-11-28T01:02:03.004Z'),
          json: null,
        });
      }
    }
    const fails = { text: 'select 1 / $1::int4 as quotient', name: 'fails' };
    await expect(database.query({ ...fails, values: [0] })).rejects.toThrow(Problem);
    await expect(
      database.transaction(async (inside) => {
        await inside.query({ text: `insert into secret values ('lost', '\\x01')` });
        await inside.query({ ...fails, values: [0] });
      }),
    ).rejects.toThrow(Problem);
    await expect(database.query({ text: 'no such thing', name: 'unparsed' })).rejects.toThrow(Problem);
    expect(await database.query({ ...fails, values: [1] })).toEqual([{ quotient: 1 }]);
    expect(
      await database.query({ text: `select name from secret where name = $1`, values: ['lost'], name: 'kept' }),
    ).toEqual([]);
  } finally {
    await database.close();
    await remove();
  }
});

test('a table that has grown is analyzed', async () => {
  const { database, remove } = await embedded();
  const grow = { text: `insert into person (patient_id) select gen_random_uuid()::text from generate_series(1, 500)` };
  const look = { text: `select reltuples::int4 as rows from pg_class where relname = 'person'` };
  try {
    let rows = 0;
    for (let at = 0; at < 10_000 && rows < 500; at += 1) {
      await database.transaction((inside) => inside.query(at === 0 ? grow : { text: 'select 1' }));
      rows = (await database.query<{ rows: number }>(look))[0]?.rows ?? 0;
    }
    expect(rows).toBe(500);
  } finally {
    await database.close();
    await remove();
  }
});
