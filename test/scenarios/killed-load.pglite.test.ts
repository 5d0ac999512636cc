// On the embedded database: see killed-load.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKilledLoad } from './killed-load.ts';

describeKilledLoad(
  'PGlite',
  () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'sip-hub-killed-'));
    const remove = (): Promise<void> => {
      rmSync(dataFolder, { recursive: true, force: true });
      return Promise.resolve();
    };
    return Promise.resolve({ environment: { SIP_HUB_DATA: dataFolder }, remove });
  },
  { hub: 5, database: 0 },
);
