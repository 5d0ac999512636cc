// On the embedded database: see killed-walk.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKilledWalk } from './killed-walk.ts';

describeKilledWalk('PGlite', () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sip-hub-killed-'));
  const remove = (): Promise<void> => {
    rmSync(dataFolder, { recursive: true, force: true });
    return Promise.resolve();
  };
  return Promise.resolve({ environment: { SIP_HUB_DATA: dataFolder }, remove });
});
