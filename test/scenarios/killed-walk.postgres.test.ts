// On PostgreSQL: see killed-walk.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../contract/open-databases.ts';
import { describeKilledWalk } from './killed-walk.ts';

describeKilledWalk('PostgreSQL', async () => {
  const { url, remove } = await createDatabase();
  // The control socket of `sip-hub client` is in the data folder.
  const dataFolder = mkdtempSync(join(tmpdir(), 'sip-hub-killed-'));
  return {
    environment: { DATABASE_URL: url, SIP_HUB_DATA: dataFolder },
    remove: async () => {
      await remove();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
});
