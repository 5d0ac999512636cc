// On the embedded database: see contract/audit-chain-suite.ts.
import { describeAuditChain } from './contract/audit-chain-suite.ts';
import { embedded } from './contract/open-databases.ts';

describeAuditChain('PGlite', embedded, ({ database }) =>
  Promise.resolve({ owner: database, close: () => Promise.resolve() }),
);
