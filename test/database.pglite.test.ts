import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
