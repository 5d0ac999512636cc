// On the embedded database: see search-parameters.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSearchParameters } from './search-parameters.ts';

describeSearchParameters('PGlite', {
  open: () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'sip-hub-parameters-'));
    const remove = (): Promise<void> => {
      rmSync(dataFolder, { recursive: true, force: true });
      return Promise.resolve();
    };
    return Promise.resolve({ settings: { dataFolder }, remove });
  },
  isShared: false,
});
