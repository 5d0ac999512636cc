// What migrations make of a database that a hub with row-level security has worked on: its policies hold for the owner of the tables too.
import { expect, test } from 'vitest';
import { migrate, readMigrations } from '../src/store/migrate.ts';
import { openPostgres } from '../src/store/postgres.ts';
import { prepareRowLevelSecurity } from '../src/store/row-level-security.ts';
import { createDatabase } from './contract/open-databases.ts';

const columns =
  'key, type, id, registrant, version_id, last_updated, method, deleted, directory, custodian, person, author, refs, foreign_refs, body';

test('0013 and 0014 see every row, and the policies hold again when the hub starts', async () => {
  const { url, remove } = await createDatabase();
  const database = openPostgres({ url, poolSize: 1, statementTimeoutMs: 20_000 });
  try {
    const all = readMigrations();
    await migrate(
      database,
      all.slice(
        0,
        all.findIndex(({ name }) => name.startsWith('0013')),
      ),
    );
    for (const table of ['resource', 'resource_history']) {
      await database.query({ text: `alter table ${table} enable row level security` });
      await database.query({ text: `alter table ${table} force row level security` });
      await database.query({ text: `create policy reader on ${table} using (false) with check (true)` });
    }
    const put = (type: string, body: object): Promise<unknown> =>
      database.query({
        text: `insert into resource (${columns.replace('key, ', '')}) values ($1, $1 || '-id', 0, 'v', now(), 'POST', false, false, 5, 7, 5, '{}', '{}', $2)`,
        values: [type, JSON.stringify(body)],
      });
    const label = (system: string, code: string): object => ({ meta: { security: [{ system, code }] } });
    await put('Goal', label('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'NOPATIENT'));
    await put('Task', label('http://terminology.hl7.org/CodeSystem/v3-Confidentiality', 'R'));
    await put('Patient', label('http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel', 'sekretessmarkering'));
    await put('RelatedPerson', { address: [{ text: 'hemma' }] });
    await migrate(database, all);
    expect(await database.query({ text: 'select label from resource_label order by label' })).toEqual([
      { label: '(hub)|address' },
      { label: 'http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPATIENT' },
      { label: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R' },
    ]);
    expect(await database.query({ text: 'select person from protected_registration' })).toEqual([{ person: 7 }]);
    await prepareRowLevelSecurity(database, true);
    expect(await database.query({ text: 'select key from resource' })).toEqual([]);
  } finally {
    await database.close();
    await remove();
  }
});
