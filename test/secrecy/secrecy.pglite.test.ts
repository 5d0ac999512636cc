// Who may see and write what, on the embedded database; and that no protected byte leaves before its audit row is committed.
import { expect, test } from 'vitest';
import { goal, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, openTestHub } from '../scenarios/test-hub.ts';
import { askAt } from './answers.ts';
import { testSecrecy } from './secrecy.ts';
import { create, secretWord } from './world.ts';

testSecrecy('PGlite', openTestHub);

test('no protected byte leaves when its audit row cannot be written', async () => {
  const hub = await openTestHub();
  try {
    const region = await hub.party(hsa.careCentre);
    const person = await create(region, patient(persons.bo));
    const { address, versionId } = await create(region, goal(person.address, { description: { text: secretWord } }));
    const run = (text: string): Promise<unknown> => hub.hub.database.query({ text });
    await run('alter table audit_log rename to lost_log');
    for (const path of [
      address,
      `${address}/_history/${versionId}`,
      `${address}/_history`,
      'Goal/_history',
      'Goal',
      'Goal?_count=0',
    ]) {
      const answer = await askAt(hub.baseUrl)(region, { method: 'GET', path });
      expect([path, answer.status, answer.text.includes(secretWord)]).toEqual([path, 503, false]);
      expect(answer.headers['etag']).toBeUndefined();
    }
    const { length } = await hub.hub.database.query({ text: 'select from resource' });
    const write = await region.call({ method: 'POST', path: 'Goal', body: goal(person.address) });
    expect(write.status).toBe(503);
    expect(await hub.hub.database.query({ text: 'select from resource' })).toHaveLength(length);
    await run('alter table lost_log rename to audit_log');
    expect((await region.call({ method: 'GET', path: address })).status).toBe(200);
  } finally {
    await hub.stop();
  }
});
