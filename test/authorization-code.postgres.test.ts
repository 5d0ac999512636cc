// Codes and refresh tokens used by many at once, on PostgreSQL, where requests truly run beside each other: see authorization-code.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '../src/core/problem.ts';
import type { Database } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPostgres } from '../src/store/postgres.ts';
import { startAuthorizationHub } from './authorization/authorization-hub.ts';
import { openBrowser } from './authorization/browser.ts';
import {
  addApp,
  approve,
  askToken,
  beginLogIn,
  logInPerson,
  redirectUri,
  type PersonTokens,
} from './authorization/log-in-person.ts';
import { createDatabase } from './contract/open-databases.ts';

let database: Database;
let remove: () => Promise<void>;
let hub: Awaited<ReturnType<typeof startAuthorizationHub>>;

beforeAll(async () => {
  const created = await createDatabase();
  ({ remove } = created);
  database = openPostgres({ url: created.url, poolSize: 16, statementTimeoutMs: 20_000 });
  await migrate(database);
  hub = await startAuthorizationHub(database, { signInMethod: { kind: 'development' } });
});

afterAll(async () => {
  await hub.stop();
  await database.close();
  await remove();
});

/** How many of the answers hold a token that opens the hub. */
async function countOpen(answers: readonly PersonTokens[]): Promise<number> {
  const tokens = answers.flatMap(({ body }) => (body.access_token === undefined ? [] : [body.access_token]));
  const opened = await Promise.all(
    tokens.map((token) =>
      hub.readToken(`Bearer ${token}`).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Problem) return false;
          throw error;
        },
      ),
    ),
  );
  return opened.filter(Boolean).length;
}

describe('of twenty uses at once', () => {
  test('of a code at most one gives a token, and none is open afterwards', async () => {
    const app = await addApp(database);
    for (let round = 0; round < 5; round += 1) {
      const attempt = beginLogIn(hub.publicUrl, app.clientId);
      const visit = await approve(openBrowser(hub.publicUrl), attempt, '191212121212');
      const fields = {
        grant_type: 'authorization_code',
        code: new URL(visit.address).searchParams.get('code') ?? '',
        code_verifier: attempt.verifier,
        redirect_uri: redirectUri,
      };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => askToken(hub.publicUrl, app.clientId, fields)),
      );
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
      expect(answers.filter(({ status }) => status !== 200 && status !== 400)).toEqual([]);
      expect(await countOpen(answers)).toBe(0);
    }
  });

  test('of a refresh token at most one gives a token, and none is open afterwards', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { app, refreshToken = '' } = await logInPerson({ publicUrl: hub.publicUrl, database });
      const fields = { grant_type: 'refresh_token', refresh_token: refreshToken };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => askToken(hub.publicUrl, app.clientId, fields)),
      );
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
      expect(answers.filter(({ status }) => status !== 200 && status !== 400)).toEqual([]);
      expect(await countOpen(answers)).toBe(0);
    }
  });
});
