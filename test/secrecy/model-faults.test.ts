// Proves that the model test can fail: each fault is planted alone in a copy of the sources, and the hub must then differ from the model.
import { beforeAll, expect, test } from 'vitest';
import { type Edit, playPlanted, type Result, unplanted } from './plants.ts';

const visibility = 'src/store/visibility.ts';
const writeConsents = 'src/store/write-consents.ts';

const plants: Readonly<Record<string, readonly Edit[]>> = {
  'a consent that has ended opens': [{ file: visibility, find: 'opening.ends_at is null or', put: 'true or' }],
  'what a consent denies is given by another': [
    { file: visibility, find: 'and (opening.resource is not null or ${isExcluded(reader, row)} is null)', put: '' },
  ],
  'a custodian that has not confirmed opens its data': [
    {
      file: writeConsents,
      find: "and (g.kind is distinct from 'when-confirmed' or (g.stays and exists (",
      put: 'and (true or (g.stays and exists (',
    },
  ],
  'a unit above the recipient sees': [
    {
      file: visibility,
      find: 'opening.recipient = any (array(select above.covering from party_coverage above where above.covered = ${reader.party}',
      put: 'opening.recipient = any (array(select above.covered from party_coverage above where above.covering = ${reader.party}',
    },
  ],
  'what a withdrawn consent opened stays open': [
    {
      file: writeConsents,
      find: "delete from sharing_grant where consent in (select w.key from w where w.type = 'Consent' and w.follows is not null)",
      put: 'delete from sharing_grant where false',
    },
  ],
};

let results: ReadonlyMap<string, Result>;

beforeAll(async () => {
  results = await playPlanted(
    'model',
    Object.fromEntries(Object.entries(plants).map(([name, edits]) => [name, { suite: 'model', edits }])),
  );
}, 900_000);

test('the hub as it is does as the model', () => {
  expect(results.get(unplanted)).toMatchObject({ leaks: [] });
});

test.each(Object.keys(plants))('is found: %s', (name) => {
  const result = results.get(name);
  expect(result?.fault).toBeUndefined();
  expect(result?.leaks).not.toEqual([]);
});
