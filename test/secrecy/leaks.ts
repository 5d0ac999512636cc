// The leak suite as tests: one per check, on one hub.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenHub, TestHub } from '../scenarios/test-hub.ts';
import { leakChecks, plantSecrets, type LeakWorld } from './leak-suite.ts';

export function testLeaks(name: string, openHub: OpenHub): void {
  describe(`hidden is as absent on ${name}`, () => {
    let hub: TestHub;
    let world: LeakWorld;
    beforeAll(async () => {
      hub = await openHub();
      world = await plantSecrets(hub);
    });
    afterAll(() => hub.stop());

    test.each(Object.entries(leakChecks))('%s', async (_name, check) => {
      expect(await check(world)).toEqual([]);
    });

    test('nothing of this is in the log of the process', () => {
      // An id may end in twelve digits.
      expect(hub.logged.join('\n')).not.toMatch(/hemligtord|(?<!-)\b\d{12}\b/);
    });
  });
}
