// The hub, and PostgreSQL under it, killed at random moments while systems write: all that was acknowledged is there, exactly, and
// nothing is half written. Real processes; the log of what was acknowledged is kept here. KILL_SEED=… sets the seed of the moments.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toAuthorizationAddresses } from '../../src/auth/addresses.ts';
import { carryOutClientCommand } from '../../src/auth/clients.ts';
import { makeKeyPair, signIn, type VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { readConfig } from '../../src/config.ts';
import { createRandom, type Random } from '../contract/seeded-random.ts';
import { compareWithLog } from './compare-with-log.ts';
import { patient, persons, put } from './fixtures.ts';
import { createHubProcesses, freePort, type HubProcess } from './hub-process.ts';
import type { ProcessPlace } from './killed-walk.ts';
import { hsa, openTestHub, type TestHub } from './test-hub.ts';
import { startWriteLoad, writtenBy, type WriteLoad } from './write-load.ts';

/** A database, and how it can be killed beneath the hub. */
export interface KillablePlace extends ProcessPlace {
  /** Kills the database and resolves with how, when it answers again. */
  readonly killDatabase?: (random: Random) => Promise<string>;
}

/** A run in which fewer writes were acknowledged says nothing. */
const fewestAcknowledged = 1000;

/** What would be said of each damage. Some of what is there was never acknowledged: of a few, one was. */
const damages: ReadonlyMap<RegExp, string> = new Map([
  [
    /was acknowledged and is not there/,
    `delete from resource_history where version_id in (select version_id from resource_history where type = 'Goal' order by version_id desc limit 20)`,
  ],
  [
    /is not what was acknowledged/,
    `update resource set body = body || ' ' where key in (select key from resource where type = 'Goal' and not deleted order by key limit 20)`,
  ],
  [
    /no audit row/,
    `delete from audit_log where seq = (select min(seq) from audit_log where request_id like 'load-%' and interaction = 'create')`,
  ],
  [/outbox: .* is missing/, 'delete from outbox where seq = (select max(seq) from outbox)'],
  [
    /index: search_date .* is missing/,
    `delete from search_date where resource = (select max(key) from resource where type = 'Goal' and not deleted)`,
  ],
]);

/** So many of the newest acknowledged versions are read over HTTP after each restart; all of them from the tables at the end. */
const readAfterRestart = 20;

export function describeKilledLoad(
  name: string,
  open: () => Promise<KillablePlace>,
  kills: { readonly hub: number; readonly database: number },
): void {
  describe(`writes to a hub that is killed on ${name}`, () => {
    const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
    const processes = createHubProcesses();
    let place: KillablePlace;
    let environment: Readonly<Record<string, string>>;
    let signInAnew: () => Promise<VendorSystem>;
    let current: VendorSystem;
    const region: Pick<VendorSystem, 'call'> = { call: (call) => current.call(call) };
    const patients: string[] = [];

    beforeAll(async () => {
      place = await open();
      environment = { ...place.environment, PORT: String(await freePort()) };
      const hub = await openTestHub(readConfig(environment));
      signInAnew = await registerSystem(hub);
      current = await signInAnew();
      for (const person of [persons.astrid, persons.bo, persons.cecilia, persons.david, persons.eva, persons.filip])
        patients.push(await put(current, patient(person)));
      await hub.stop();
    });

    afterAll(async () => {
      await processes.end();
      await place.remove();
    });

    const startHub = async (): Promise<HubProcess> => {
      const hub = processes.start(['serve'], environment);
      await hub.says(/is ready/);
      // A token lasts 300 s, a run on a busy machine longer.
      current = await signInAnew();
      return hub;
    };

    /** Each of the newest acknowledged versions as it was acknowledged. */
    const readNewest = async (load: WriteLoad): Promise<void> => {
      const newest = load.acknowledged.filter(({ answer, versions }) => answer?.status !== 204 && versions === 1);
      for (const { answer } of newest.slice(-readAfterRestart)) {
        const [written] = answer === undefined ? [] : writtenBy(answer);
        const read = await region.call({
          method: 'GET',
          path: `${written?.address}/_history/${written?.versionId}`,
        });
        expect([read.status, read.text]).toEqual([200, answer?.text]);
      }
    };

    test(
      'are all there when they were acknowledged, and whole or not at all when they were not',
      { timeout: 600_000 },
      async () => {
        const random = createRandom(seed);
        const done: string[] = [];
        const count = kills.hub + kills.database;
        let hub = await startHub();
        const load = startWriteLoad(region, patients, random);

        const requireAlive = async (): Promise<void> => {
          const isOver = await Promise.race([sleep(5).then(() => false), hub.ended.then(() => true)]);
          if (isOver) throw new Error(`The hub ended by itself:\n${(await hub.ended).errors}`);
        };

        /** A moment that nothing decides, so late that the last one comes after enough acknowledged writes. */
        const awaitMoment = async (share: number): Promise<void> => {
          const until = Math.max(load.acknowledged.length, Math.ceil(fewestAcknowledged * share)) + 10 + random(40);
          while (load.acknowledged.length < until) {
            await requireAlive();
            expect(load.unexpected).toEqual([]);
          }
          await sleep(random(20));
        };

        try {
          for (let kill = 0; kill < count; kill += 1) {
            await awaitMoment((kill + 1) / (count + 1));
            // Alternately, as far as there are enough of each.
            const isHub = place.killDatabase === undefined || (kill % 2 === 0 && kill / 2 < kills.hub);
            if (isHub) {
              hub.child.kill('SIGKILL');
              expect((await hub.ended).signal).toBe('SIGKILL');
              done.push('hub');
              hub = await startHub();
            } else {
              done.push((await place.killDatabase?.(random)) ?? '');
              await requireAlive();
            }
            await readNewest(load);
          }
          await awaitMoment(1);
        } finally {
          await load.stop();
          process.stdout.write(
            `KILL_SEED=${seed}: ${load.acknowledged.length} of ${load.log.length} writes acknowledged; killed ${done.join(' ')}\n`,
          );
        }
        hub.child.kill('SIGTERM');
        expect((await hub.ended).code).toBe(0);
        expect(load.unexpected).toEqual([]);
        expect(load.acknowledged.length).toBeGreaterThanOrEqual(fewestAcknowledged);
        const { asFound, spoilt } = await compareWithLog(environment, load.log, [...damages.values()]);
        expect(asFound.faults).toEqual([]);
        expect(asFound.versions).toBeGreaterThan(load.acknowledged.length);
        expect(asFound.indexRows).toBeGreaterThan(asFound.versions);
        for (const fault of damages.keys()) expect(spoilt.faults).toContainEqual(expect.stringMatching(fault));
      },
    );
  });
}

/** A system of the region that can ask for a token in any process on this database. */
async function registerSystem({ hub, now }: TestHub): Promise<() => Promise<VendorSystem>> {
  const scope = 'system/*.cruds';
  const { privateKey, publicJwk } = await makeKeyPair();
  const [client] = await carryOutClientCommand(
    {
      kind: 'add',
      name: 'region',
      client: 'system',
      organizations: [hsa.regionUppsala],
      scope,
      keys: [JSON.stringify(publicJwk)],
      jwksUri: undefined,
    },
    { database: hub.database, clock: now, allowLoopbackJwks: true },
  );
  if (client === undefined) throw new Error('no client');
  const { clientId } = client;
  const { baseUrl } = hub.services;
  const { tokenEndpoint } = toAuthorizationAddresses(hub.publicUrl);
  return () =>
    signIn({ name: 'region', clientId, privateKey, baseUrl, tokenEndpoint, scope, organization: hsa.regionUppsala });
}
