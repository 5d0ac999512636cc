// The contract of the authorization server's tables on the embedded database.
import { openPglite } from '../src/store/pglite.ts';
import { describeAuthorizationStore } from './contract/authorization-store.ts';

describeAuthorizationStore('PGlite', async () => ({
  database: await openPglite({ folder: undefined }),
  remove: async () => undefined,
}));
