import { expect, test } from 'vitest';
import { createGroup, createGroups } from './group.ts';

/** A grouping that is carried out only when the test says so, and keeps what it was given. */
function openGroup(most: number) {
  const given: (readonly number[])[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const ask = createGroup<number, number>({
    run: (items) =>
      new Promise((resolve, reject) => {
        given.push(items);
        ends.push((failure) => (failure === undefined ? resolve(items.map((item) => item * 2)) : reject(failure)));
      }),
    sizeOf: (item) => item,
    most,
  });
  return { ask, given, ends };
}

test('the first goes alone and at once; what comes while it runs makes up the next group, each with its own result', async () => {
  const { ask, given, ends } = openGroup(100);
  const asked = [1, 2, 3].map(ask);
  expect(given).toEqual([[1]]);
  ends[0]?.();
  await asked[0];
  expect(given).toEqual([[1], [2, 3]]);
  ends[1]?.();
  expect(await Promise.all(asked)).toEqual([2, 4, 6]);
});

test('a group ends before it is larger than allowed; an item larger than that goes alone', async () => {
  const { ask, given, ends } = openGroup(5);
  const asked = [1, 2, 3, 9, 4].map(ask);
  for (let at = 0; at < 4; at += 1) {
    ends[at]?.();
    await new Promise(setImmediate);
  }
  await Promise.all(asked);
  expect(given).toEqual([[1], [2, 3], [9], [4]]);
});

test('a failure is told to each of its group, and the next group goes on', async () => {
  const { ask, ends } = openGroup(100);
  const asked = [1, 2, 3].map((item) => ask(item).catch((error: unknown) => String(error)));
  ends[0]?.(new Error('down'));
  await asked[0];
  ends[1]?.(new Error('still down'));
  expect(await Promise.all(asked)).toEqual(['Error: down', 'Error: still down', 'Error: still down']);
  const later = ask(4);
  ends[2]?.();
  expect(await later).toBe(8);
});

test('only what has one key goes together', async () => {
  const given: (readonly string[])[] = [];
  const ask = createGroups<string, string>({
    run: async (items) => {
      given.push(items);
      await Promise.resolve();
      return items;
    },
    sizeOf: () => 1,
    most: 10,
    keyOf: (item) => item.slice(0, 1),
  });
  expect(await Promise.all(['a1', 'b1', 'a2', 'b2', 'a3'].map(ask))).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  expect(given).toEqual([['a1'], ['b1'], ['a2', 'a3'], ['b2']]);
});
