// On the embedded database: see contract/audit-chain-suite.ts.
import { describeAuditChain } from './contract/audit-chain-suite.ts';
import { inMemory } from './contract/open-databases.ts';

describeAuditChain('PGlite', inMemory, ({ database }) =>
  Promise.resolve({ owner: database, close: () => Promise.resolve() }),
);
