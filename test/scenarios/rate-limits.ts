// Too many requests: what is refused, what is not done then, and what goes on all the same. Needs a hub of its own, as requests are counted.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { toAuthorizationAddresses } from '../../src/auth/addresses.ts';
import { consent, goal, organizationOf, patient, persons, put } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

type Answer = Pick<Response, 'status' | 'headers'> & { readonly text: string };

const perClient = 40;
const perAddress = 30;

export function describeRateLimits(name: string, open: OpenHub): void {
  describe(`rate limits on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let homeCare: VendorSystem;
    let goalAddress: string;
    let consentAddress: string;

    beforeAll(async () => {
      hub = await open({ requestsPerClient: perClient, requestsPerAddress: perAddress });
      region = await hub.party(hsa.careCentre);
      homeCare = await hub.party(hsa.homeCare);
      const astrid = await put(region, patient(persons.astrid));
      goalAddress = await put(region, goal(astrid));
      const opening = consent(astrid, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
      consentAddress = await put(region, opening);
    });

    afterAll(() => hub.stop());

    const get = (system: VendorSystem, path: string): Promise<Answer> => system.call({ method: 'GET', path });

    /** Asks until the hub refuses, at most so often. */
    const askUntilRefused = async (ask: () => Promise<Answer>, most: number): Promise<Answer> => {
      for (let at = 0; at < most; at += 1) {
        const answer = await ask();
        if (answer.status === 429) return answer;
      }
      throw new Error(`Not refused in ${most} requests.`);
    };

    const requireRefused = (answer: Answer): void => {
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(JSON.parse(answer.text)).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'error', code: 'throttled', details: { coding: [{ code: 'throttled' }] } }],
      });
    };

    test('a client that asks too often is refused, writes nothing, and can withdraw a consent all the same', async () => {
      expect((await get(homeCare, goalAddress)).status).toBe(200);
      requireRefused(await askUntilRefused(() => get(region, goalAddress), perClient + 1));

      const before = await hub.countRows();
      const found = JSON.parse((await get(homeCare, goalAddress)).text) as { readonly subject: { reference: string } };
      requireRefused(await region.call({ method: 'POST', path: 'Goal', body: goal(found.subject.reference) }));
      requireRefused(await region.call({ method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'batch' } }));
      // One row of the log: that of the other party's read.
      expect(await hub.countRows()).toEqual({ ...before, audit_log: (before['audit_log'] ?? 0) + 1 });

      const current = await get(region, consentAddress);
      expect(current.status).toBe(200);
      const withdrawn = await region.call({
        method: 'PUT',
        path: consentAddress,
        body: { ...JSON.parse(current.text), status: 'inactive' },
        headers: { 'if-match': current.headers.get('etag') ?? '' },
      });
      expect(withdrawn.status, withdrawn.text).toBe(200);
      expect((await get(homeCare, goalAddress)).status).toBe(404);
      // Still refused: the withdrawal went past the limit, it did not lift it.
      requireRefused(await get(region, goalAddress));
    });

    test('an address that shows no valid token is refused; one that does is not', async () => {
      const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
        const response = await fetch(`${hub.baseUrl}${path}`, init);
        return { status: response.status, headers: response.headers, text: await response.text() };
      };
      const guess = { headers: { authorization: 'Bearer x.y.z' } };
      const first = await ask('/Goal', guess);
      expect(first.status).toBe(401);
      requireRefused(await askUntilRefused(() => ask('/Goal', guess), perAddress + 1));
      requireRefused(await ask('/Goal'));
      requireRefused(await ask('/metadata'));

      const { tokenEndpoint } = toAuthorizationAddresses(hub.hub.publicUrl);
      const askForToken = (): Promise<Response> =>
        fetch(tokenEndpoint, { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) });
      // Guessed tokens keep nobody from getting one.
      let token = await askForToken();
      expect(token.status).toBe(400);
      for (let at = 0; at < perAddress && token.status !== 429; at += 1) token = await askForToken();
      expect(token.status).toBe(429);
      expect(Number(token.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await token.json()).toMatchObject({ error: 'temporarily_unavailable' });

      expect((await get(homeCare, 'Goal')).status).toBe(200);
      expect(
        hub.logged.filter((line) => line.includes('"rate-limited"') && line.includes('"limit":"address"')),
      ).toHaveLength(1);
    });
  });
}
