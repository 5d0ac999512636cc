// A withdrawal works at once in every process of the hub: see withdrawal-race.ts. What was noted is judged by one clock.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase } from '../contract/open-databases.ts';
import { openTestHub, type TestHub } from '../scenarios/test-hub.ts';
import { judge, raceWithdrawals, type Span } from './withdrawal-race.ts';

const seed = Number(process.env['RACE_SEED'] ?? '20261128');

/** Fewer answers of a kind say little. */
const fewest = 5;

describe('a withdrawal while others read, search and export through two hubs', () => {
  const hubs: TestHub[] = [];
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const database = await createDatabase();
    ({ remove } = database);
    const settings = { databaseUrl: database.url, databasePoolSize: 6 };
    const first = await openTestHub(settings);
    hubs.push(first, await openTestHub({ ...settings, publicUrl: first.hub.publicUrl }));
  });
  afterAll(async () => {
    for (const hub of hubs.toReversed()) await hub.stop();
    await remove();
  });

  test('no request that starts after its 2xx returns anything it opened', { timeout: 240_000 }, async () => {
    const { faults, judged, withdrawals } = await raceWithdrawals(hubs, { seed, ms: 20_000, fewest });
    process.stdout.write(`RACE_SEED=${seed}: ${withdrawals} withdrawals, judged ${JSON.stringify(judged)}\n`);
    expect(faults).toEqual([]);
    expect(withdrawals).toBeGreaterThan(50);
    // Neither answer is missing of any kind.
    expect(Object.entries(judged).filter(([, { open, closed }]) => Math.min(open, closed) < fewest)).toEqual([]);
    expect(Object.keys(judged)).toHaveLength(11);
  });
});

describe('the judge', () => {
  const spans: readonly Span[] = [
    { person: 0, isOpen: true, from: 10, until: 20 },
    { person: 0, isOpen: false, from: 30, until: 40 },
    { person: 1, isOpen: false, from: 0, until: 100 },
  ];
  const seen = { kind: 'read', person: 0, startedAt: 30, endedAt: 40, saw: true };

  test.each([
    ['sees what was given after the withdrawal', seen, ['read saw person 0, asked 0.0 ms after the withdrawal']],
    [
      'sees what was not given after the consent',
      { ...seen, startedAt: 12, endedAt: 13, saw: false },
      ['read did not see person 0, asked 2.0 ms after the consent'],
    ],
    ['lets either be where the request began before', { ...seen, startedAt: 29 }, []],
    ['lets either be where the request ended after the next consent', { ...seen, endedAt: 41 }, []],
    [
      'lets an export lack what was opened since',
      { ...seen, startedAt: 12, endedAt: 13, saw: false, mayLack: true },
      [],
    ],
    [
      'goes by the person',
      { ...seen, person: 1, startedAt: 12, endedAt: 13 },
      ['read saw person 1, asked 12.0 ms after the withdrawal'],
    ],
  ] as const)('%s', (_what, observation, faults) => {
    expect(judge([observation], spans).faults).toEqual(faults);
  });
});
