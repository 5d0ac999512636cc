// On PostgreSQL, which is killed as well: on a cluster of its own. See killed-load.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startThrowAwayCluster, waysToDie } from '../contract/throw-away-cluster.ts';
import { freePort } from './hub-process.ts';
import { describeKilledLoad } from './killed-load.ts';

describeKilledLoad(
  'PostgreSQL',
  async () => {
    const cluster = await startThrowAwayCluster(await freePort());
    // The control socket of `sip-hub client` is in the data folder.
    const dataFolder = mkdtempSync(join(tmpdir(), 'sip-hub-killed-'));
    return {
      environment: { DATABASE_URL: cluster.url, SIP_HUB_DATA: dataFolder },
      remove: async () => {
        await cluster.remove();
        rmSync(dataFolder, { recursive: true, force: true });
      },
      killDatabase: async (random) => {
        const way = waysToDie[random(waysToDie.length)] ?? 'postmaster';
        await cluster.killAndRestart(way);
        return way;
      },
    };
  },
  { hub: 6, database: 9 },
);
