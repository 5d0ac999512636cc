// A hub that is killed (SIGKILL) while it indexes thousands of rows anew: the next one on the same database goes on where it stopped.
// A real process, so that its connections and its lock on the data folder die as they do in production.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { openConfiguredDatabase } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { toParameterKey } from '../../src/store/parameter-key.ts';
import { indexerSettings } from '../../src/store/row-level-security.ts';
import { codesOf, entriesOf, goal, issuesOf, linkOf, patient, persons, put } from './fixtures.ts';
import { createHubProcesses, freePort, type HubProcess } from './hub-process.ts';
import { hsa, openTestHub } from './test-hub.ts';

/** A database that outlives the hubs on it, as the environment of a process names it. */
export interface ProcessPlace {
  readonly environment: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

const bundles = 8;
const goalsPerBundle = 500;

const wording: FhirResource = {
  resourceType: 'SearchParameter',
  url: 'https://operator.example/SearchParameter/wording',
  name: 'Wording',
  status: 'active',
  description: 'A test.',
  code: 'wording',
  base: ['Goal'],
  type: 'string',
  expression: 'Goal.description.text',
};

/** Writes `goalsPerBundle` Goals in one transaction; gives their addresses in the order of their rows. */
async function putGoals(system: VendorSystem, subject: string, bundle: number): Promise<readonly string[]> {
  const entry = Array.from({ length: goalsPerBundle }, (_, n) => ({
    resource: goal(subject, { description: { text: `målet ${bundle * goalsPerBundle + n}` } }),
    request: { method: 'POST', url: 'Goal' },
  }));
  const body = { resourceType: 'Bundle', type: 'transaction', entry };
  const answer = await system.call({ method: 'POST', path: '', body });
  expect(answer.status).toBe(200);
  return entriesOf(answer).map(({ response }) => /Goal\/[^/]+/.exec(response?.location ?? '')?.[0] ?? '');
}

/** Every match of a search, page by page, as often as it comes. */
async function findAll(system: VendorSystem, first: FhirAnswer): Promise<readonly string[]> {
  const found: string[] = [];
  for (let page = first; ;) {
    expect(page.status).toBe(200);
    found.push(...entriesOf(page).map(({ resource }) => `${resource?.resourceType}/${resource?.id}`));
    const next = linkOf(page, 'next');
    if (next === undefined) return found;
    page = await system.call({ method: 'GET', path: next });
  }
}

export function describeKilledWalk(name: string, open: () => Promise<ProcessPlace>): void {
  describe(`a hub killed while it indexes on ${name}`, () => {
    const processes = createHubProcesses();
    let place: ProcessPlace;
    let environment: Readonly<Record<string, string>>;
    let region: VendorSystem;
    let operator: VendorSystem;
    const goals: string[] = [];

    // The port stays, and with it the public address: what was signed for one process is good for the next.
    beforeAll(async () => {
      place = await open();
      environment = { ...place.environment, PORT: String(await freePort()) };
      const hub = await openTestHub(readConfig(environment));
      ({ operator } = hub);
      region = await hub.party(hsa.careCentre);
      const astrid = await put(region, patient(persons.astrid));
      for (let bundle = 0; bundle < bundles; bundle += 1) goals.push(...(await putGoals(region, astrid, bundle)));
      await hub.stop();
    });

    afterAll(async () => {
      await processes.end();
      await place.remove();
    });

    /** Asks by the parameter until `isEnough`; every answer before that is to be the refusal that says when to ask again. */
    const ask = async (isEnough: (answer: FhirAnswer, percent: number) => boolean): Promise<readonly FhirAnswer[]> => {
      const refusals: FhirAnswer[] = [];
      for (;;) {
        const answer = await region.call({ method: 'GET', path: 'Goal?wording=målet&_count=1000&_total=accurate' });
        const percent = Number(/(\d+) %/.exec(issuesOf(answer)[0]?.diagnostics ?? '')?.[1]);
        if (isEnough(answer, percent)) return [...refusals, answer];
        expect([answer.status, codesOf(answer)]).toEqual([503, ['search-parameter-indexing']]);
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
        refusals.push(answer);
      }
    };

    const startHub = async (): Promise<HubProcess> => {
      const hub = processes.start(['serve'], environment);
      await hub.says(/is ready/);
      return hub;
    };

    test('leaves a walk that the next one carries on: 503 until its end, then every row and none twice', async () => {
      const killed = await startHub();
      await put(operator, wording);
      await ask((_, percent) => percent >= 25);
      killed.child.kill('SIGKILL');
      expect((await killed.ended).signal).toBe('SIGKILL');

      const [first = ''] = goals;
      const position = await spoilStartDate(environment, first);
      expect(position.reached).toBeGreaterThan(position.key);
      expect(position.reached).toBeLessThan(position.until);

      const next = await startHub();
      const answers = await ask(({ status }) => status === 200);
      expect(answers.length).toBeGreaterThan(1);
      const [found] = answers.slice(-1);
      expect(found?.body?.['total']).toBe(goals.length);
      expect(found === undefined ? [] : (await findAll(region, found)).toSorted()).toEqual(goals.toSorted());
      // Begun anew, the walk would have put back what was taken from a row that it had passed.
      const { id } = await readGoal(first);
      const byDate = await region.call({ method: 'GET', path: `Goal?start-date=2026-10-27&_id=${id}` });
      expect([byDate.status, entriesOf(byDate)]).toEqual([200, []]);
      next.child.kill('SIGTERM');
      expect((await next.ended).code).toBe(0);
    });

    const readGoal = async (address: string): Promise<{ readonly id: string }> => {
      const { body } = await region.call({ method: 'GET', path: address });
      expect(body?.['startDate']).toBe('2026-10-27');
      return body as { readonly id: string };
    };
  });
}

/** On the database of no running hub: takes away by which start a Goal is found, and gives its key and how far the walk has come. */
async function spoilStartDate(
  environment: Readonly<Record<string, string>>,
  address: string,
): Promise<{ readonly key: number; readonly reached: number; readonly until: number }> {
  const { database, rowLevelSecurity } = await openConfiguredDatabase(readConfig(environment));
  try {
    return await database.transaction(
      async (inside) => {
        const [spoilt] = await inside.query<{ key: number }>({
          text: `delete from search_date d using resource r
            where r.key = d.resource and r.type = 'Goal' and r.id = $1 and d.param = $2 returning r.key`,
          values: [address.slice('Goal/'.length), toParameterKey('Goal', 'start-date')],
        });
        const [walk] = await inside.query<{ position: number | null; until: number }>({
          text: 'select position, until from search_state',
        });
        return { key: spoilt?.key ?? Infinity, reached: walk?.position ?? -1, until: walk?.until ?? -1 };
      },
      { settings: rowLevelSecurity ? indexerSettings : {} },
    );
  } finally {
    await database.close();
  }
}
