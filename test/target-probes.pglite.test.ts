// Whether a reference's target is there and visible is asked row by row, by the index. Were the planner to join or hash instead, every read
// would cost more with each resource that is stored. What it does is read from its plan: time is not measured.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reader } from '../src/store/reader.ts';
import { sql, toLiteralText } from '../src/store/sql.ts';
import { hiddenReferences, showsEveryReference, showsReference } from '../src/store/visibility.ts';
import { createWriteStatement } from '../src/store/write-statement.ts';
import { embedded } from './contract/open-databases.ts';

const reader: Reader = {
  party: sql`(select 1::bigint)`,
  person: sql`(select null::bigint)`,
  at: sql`(select now())`,
  purposes: sql`(select '{}'::text[])`,
};

const statements = {
  'references to hide': {
    text: toLiteralText(sql`select ${hiddenReferences(reader, 'r')} from resource r`),
    values: [],
  },
  'a reference that is searched': {
    text: toLiteralText(
      sql`select r.key from resource r join search_reference x on x.resource = r.key where ${showsReference(reader, 'r', 'x')}`,
    ),
    values: [],
  },
  'what stands inside a Reference that is searched': {
    text: toLiteralText(sql`select r.key from resource r where ${showsEveryReference(reader, 'r')}`),
    values: [],
  },
  'references of what is written': createWriteStatement(false)({ types: ['CarePlan'], follows: [null], refOf: [1] }),
};

describe('the plan of a statement that asks for targets', () => {
  let opened: Awaited<ReturnType<typeof embedded>>;
  beforeAll(async () => {
    opened = await embedded();
    const { database } = opened;
    await database.script(`
      insert into resource (key, type, id, registrant, version_id, last_updated, method, deleted, directory, refs, foreign_refs, body)
        select n, 'Goal', 'g' || n, 0, '1', now(), 'POST', false, true, '{Goal/g1}', '{Goal/g1}', '{}' from generate_series(1, 20000) n;
      insert into search_reference (resource, param, last_updated, target_id, target_type)
        select n, 1, now(), 'g1', 'Goal' from generate_series(1, 20000) n;
      analyze resource; analyze search_reference`);
  });
  afterAll(() => opened.database.close());

  it.each(Object.entries(statements))('probes by the index: %s', async (_what, { text, values }) => {
    const rows = await opened.database.query<Record<string, string>>({
      text: `explain (costs off) ${text}`,
      ...(values === undefined ? {} : { values }),
    });
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    const targets = plan.split('\n').filter((line) => / on resource t\b/.test(line));
    expect(targets.length, plan).toBeGreaterThan(0);
    expect(
      targets.filter((line) => !/Index (Only )?Scan using/.test(line)),
      plan,
    ).toEqual([]);
    expect(plan).not.toMatch(/hashed SubPlan/);
    expect(plan).not.toMatch(/Anti Join/);
  });
});
