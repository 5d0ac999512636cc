// On the embedded database: see verify-audit.ts.
import { openPglite } from '../../src/store/pglite.ts';
import { describeVerifyAudit } from './verify-audit.ts';

describeVerifyAudit('PGlite', (dataFolder) =>
  Promise.resolve({
    environment: { SIP_HUB_DATA: dataFolder },
    openDatabase: () => openPglite({ folder: dataFolder }),
    remove: () => Promise.resolve(),
  }),
);
