// `sip-hub verify-audit` as a process of its own, beside a running hub and without one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStore } from '../../src/store/create-store.ts';
import type { Database } from '../../src/store/database.ts';
import { auditRow } from '../contract/store-world.ts';
import { createHubProcesses, freePort, type Ended } from './hub-process.ts';

export interface Place {
  readonly environment: Readonly<Record<string, string>>;
  /** The database of the hub, with the rights of the one who owns the tables; no hub may run on an embedded one. */
  readonly openDatabase: () => Promise<Database>;
  readonly remove: () => Promise<void>;
}

export function describeVerifyAudit(name: string, open: (dataFolder: string) => Promise<Place>): void {
  describe(`sip-hub verify-audit on ${name}`, () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'sip-hub-verify-'));
    const processes = createHubProcesses();
    let place: Place;

    const verify = (...argv: readonly string[]): Promise<Ended> =>
      processes.start(['verify-audit', ...argv], place.environment).ended;

    const change = async (work: (database: Database) => Promise<unknown>): Promise<void> => {
      const database = await place.openDatabase();
      try {
        await work(database);
      } finally {
        await database.close();
      }
    };

    beforeAll(async () => {
      place = await open(dataFolder);
    });

    afterAll(async () => {
      await processes.end();
      await place.remove();
      rmSync(dataFolder, { recursive: true, force: true });
    });

    let mark = '';

    test('says of a running hub’s log that it is whole, and where it ends', async () => {
      const settings = { ...place.environment, PORT: String(await freePort()), HOST: '127.0.0.1' };
      const hub = processes.start(['serve'], settings);
      await hub.says(/ready: /);
      const empty = await verify();
      expect([empty.code, empty.output, empty.errors]).toEqual([
        0,
        `The audit log is whole: 0 rows.\n0:${'0'.repeat(64)}\n`,
        '',
      ]);
      hub.child.kill('SIGTERM');
      await hub.ended;
    });

    test('says so without a hub, and takes the mark of another time', async () => {
      await change(async (database) => {
        const store = createStore(database, { rowLevelSecurity: false, maxIncluded: 10 });
        for (let n = 1; n <= 5; n += 1) await store.audit([auditRow({ requestId: `row-${n}` })]);
      });
      const { code, output } = await verify();
      expect([code, output]).toEqual([
        0,
        expect.stringMatching(/^The audit log is whole: 5 rows\.\n5:[0-9a-f]{64}\n$/),
      ]);
      mark = output.trim().split('\n').at(-1) ?? '';
      expect((await verify('--known', mark)).code).toBe(0);
      expect((await verify('--known', `0:${'0'.repeat(64)}`)).code).toBe(0);
    });

    test('names the first row that was changed, with exit status 1', async () => {
      await change((database) =>
        database.query({ text: 'update audit_log set status = status + 1 where seq in (2, 4)' }),
      );
      const { code, output, errors } = await verify();
      expect([code, output]).toEqual([1, '']);
      expect(errors).toContain('Row 2 was changed');
      await change((database) =>
        database.query({ text: 'update audit_log set status = status - 1 where seq in (2, 4)' }),
      );
      expect((await verify()).code).toBe(0);
    });

    test('sees by the mark that the end was cut off', async () => {
      await change(async (database) => {
        await database.query({ text: 'delete from audit_log where seq = 5' });
        await database.query({
          text: 'update audit_head set (position, hash) = (select seq, hash from audit_log where seq = 4)',
        });
      });
      expect((await verify()).code).toBe(0);
      const { code, errors } = await verify('--known', mark);
      expect(code).toBe(1);
      expect(errors).toContain('Row 5 is not the one that --known names');
    });

    test.each([['--known'], ['--known', '5'], ['--known', '5:abc'], ['--unknown'], ['5']])(
      'does not understand %s %s',
      async (...argv) => {
        const { code, errors } = await verify(...argv);
        expect([code, errors]).toEqual([2, expect.stringContaining('sip-hub verify-audit [--known POSITION:HASH]')]);
      },
    );
  });
}
