// What migrations make of what was written before them.
import { expect, test } from 'vitest';
import { migrate, readMigrations } from '../src/store/migrate.ts';
import { openPglite } from '../src/store/pglite.ts';

const system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

test('0009 notes the labels of every version, and which of them count now', async () => {
  const database = await openPglite({ folder: undefined });
  try {
    const all = readMigrations();
    const at = all.findIndex(({ name }) => name.startsWith('0009'));
    await migrate(database, all.slice(0, at));
    const bodyOf = (code: string | undefined): string =>
      JSON.stringify({
        meta: {
          security: [
            { system, code },
            { system: 'https://other.example', code: 'R' },
          ],
        },
      });
    const columns = 'key, type, id, version_id, last_updated, method, deleted, directory, body';
    const put = (table: string, key: number, version: number, body: string | null): Promise<unknown> =>
      database.query({
        text: `insert into ${table} (${columns}${table === 'resource' ? '' : ', registrant, refs, foreign_refs'})
          values ($1::bigint, 'Goal', $1::bigint::text, $2::integer::text, timestamptz '2026-11-02' + $2::integer * interval '1 minute', 'PUT', $3::text is null, false, $3::text
          ${table === 'resource' ? '' : ", 0, '{}', '{}'"})`,
        values: [key, version, body],
      });
    await put('resource_history', 1, 1, bodyOf('R'));
    await put('resource', 1, 2, bodyOf('V'));
    await put('resource_history', 2, 1, bodyOf('N'));
    await put('resource_history', 2, 2, bodyOf('R'));
    await put('resource', 2, 3, null);
    await put('resource_history', 3, 1, bodyOf('R'));
    await put('resource_history', 3, 2, JSON.stringify({ resourceType: 'Goal' }));
    await put('resource', 3, 3, null);
    await put('resource', 4, 1, JSON.stringify({ description: { text: '"security"' } }));
    await put('resource', 5, 1, bodyOf(undefined));
    await migrate(database, all);
    const rows = await database.query({
      text: 'select resource, version_id, label, is_current from resource_label order by resource, version_id',
    });
    expect(rows).toEqual([
      { resource: 1, version_id: '1', label: `${system}|R`, is_current: false },
      { resource: 1, version_id: '2', label: `${system}|V`, is_current: true },
      { resource: 2, version_id: '1', label: `${system}|N`, is_current: false },
      { resource: 2, version_id: '2', label: `${system}|R`, is_current: true },
      { resource: 3, version_id: '1', label: `${system}|R`, is_current: false },
    ]);
  } finally {
    await database.close();
  }
});
