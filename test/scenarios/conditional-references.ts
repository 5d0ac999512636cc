// Conditional references of a transaction see what its other entries write. https://hl7.org/fhir/R4/http.html#trules
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { ModeName } from '../../src/interactions/mode.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import {
  consent,
  creating,
  entriesOf,
  goal,
  issuesOf,
  organizationOf,
  partOf,
  patient,
  persons,
  personnummerSystem,
  put,
  urn,
  type RequestEntry,
} from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

interface Identifier {
  readonly system: string;
  readonly value: string;
}

const hsaSystem = 'urn:oid:1.2.752.29.4.19';
const target = 'Bundle.entry[0].resource.extension[0].extension[1].valueReference';
const notFound = { status: 422, code: 'reference-not-found', expression: [target] };
const ambiguous = { status: 412, code: 'reference-ambiguous', expression: [target] };
const circular = { status: 422, code: 'reference-circular', expression: [target] };

export function describeConditionalReferences(name: string, open: OpenHub): void {
  for (const mode of ['hub', 'plain'] as const) describeMode(mode, name, open);
}

function describeMode(mode: ModeName, name: string, open: OpenHub): void {
  describe(`conditional references in ${mode} mode on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let municipality: VendorSystem;
    let astrid: string;
    let serial = 0;

    beforeAll(async () => {
      hub = await open({ mode });
      [region, municipality] = [await hub.party(hsa.careCentre), await hub.party(hsa.homeCare)];
      astrid = await put(region, patient(persons.astrid));
    });

    afterAll(async () => {
      await hub.stop();
    });

    const post = (entry: readonly RequestEntry[], as = region, type = 'transaction'): Promise<FhirAnswer> =>
      as.call({ method: 'POST', path: '', body: { resourceType: 'Bundle', type, entry } });
    const get = (path: string, as = region): Promise<FhirAnswer> => as.call({ method: 'GET', path });
    const identify = (): Identifier => {
      serial += 1;
      return { system: 'urn:test:serial', value: `n${serial}` };
    };
    const goalOf = (identifier: Identifier, changes: Readonly<Record<string, unknown>> = {}): FhirResource =>
      goal(astrid, { identifier: [identifier], ...changes });
    const byIdentifier = ({ system, value }: Identifier): string => `Goal?identifier=${system}|${value}`;
    /** A Goal that is part of the one which is asked for. */
    const referring = (reference: string): RequestEntry => creating(goal(astrid, partOf(reference)));
    const addressesOf = (answer: FhirAnswer): readonly string[] => {
      expect(answer.status, answer.text).toBe(200);
      return entriesOf(answer).map(({ response }) =>
        (response?.location ?? '').slice(hub.baseUrl.length + 1).replace(/\/_history\/.*/, ''),
      );
    };

    /** An entry that changes what is at the address now, or by the JSON Patch. */
    const changing = async (
      address: string,
      change:
        | { readonly resource: Readonly<Record<string, unknown>> }
        | { readonly patch: readonly unknown[] }
        | 'delete',
    ): Promise<RequestEntry> => {
      const { body, headers } = await get(address);
      const request = { url: address, ifMatch: headers.get('etag') };
      if (change === 'delete') return { request: { method: 'DELETE', ...request } };
      if ('resource' in change) {
        return { resource: { ...body, ...change.resource }, request: { method: 'PUT', ...request } };
      }
      const data = Buffer.from(JSON.stringify(change.patch)).toString('base64');
      const resource = { resourceType: 'Binary', contentType: 'application/json-patch+json', data };
      return { resource, request: { method: 'PATCH', ...request } };
    };

    /** Asserts that the first entry's Goal, as it is stored, is part of that one, and that the answer to a search says so. */
    const expectPartOf = async (answer: FhirAnswer, address: string): Promise<void> => {
      const [first = ''] = addressesOf(answer);
      const stored = await get(first);
      expect(stored.text).toContain(`"valueReference":{"reference":"${address}"}`);
      expect(entriesOf(await get(`${first}/_history`))).toHaveLength(1);
    };

    /** What the transaction changes in the numbers of rows, by table. */
    const differences = async (work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
      const before = await hub.countRows();
      await work();
      const after = await hub.countRows();
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      return Object.fromEntries(changed.map((table) => [table, (after[table] ?? 0) - (before[table] ?? 0)]));
    };

    /** Asserts that the transaction is refused for these references, with one audit row and no other trace. */
    const expectRefusal = async (
      entry: readonly RequestEntry[],
      { status, code, expression }: { readonly status: number; readonly code: string; readonly expression: string[] },
      as = region,
    ): Promise<string> => {
      let answer: FhirAnswer | undefined;
      const changed = await differences(async () => {
        answer = await post(entry, as);
      });
      const issues = issuesOf({ body: answer?.body }).map((issue) => [issue.code, issue.expression]);
      expect([answer?.status, issues], answer?.text).toEqual([status, expression.map((path) => [code, path])]);
      expect(changed).toEqual({ audit_log: 1 });
      return answer?.text ?? '';
    };

    describe('of what the Bundle creates', () => {
      test('become its address, wherever the entry stands', async () => {
        for (const at of [0, 1]) {
          const identifier = identify();
          const entries = [referring(byIdentifier(identifier)), creating(goalOf(identifier))];
          const answer = await post(at === 0 ? entries : entries.toReversed());
          const [first = '', second = ''] = at === 0 ? addressesOf(answer) : addressesOf(answer).toReversed();
          expect((await get(first)).text).toContain(`"reference":"${second}"`);
          expect((await get(first)).text).not.toContain('identifier=');
        }
      });

      test('leave what a reference by fullUrl leaves: one version, its index, one event and one audit row for each', async () => {
        const written = async (reference: string, identifier: Identifier): Promise<unknown> =>
          differences(async () => {
            const answer = await post([referring(reference), creating(goalOf(identifier), {}, urn(1))]);
            await expectPartOf(answer, addressesOf(answer)[1] ?? '');
          });
        const [one, other] = [identify(), identify()];
        expect(await written(byIdentifier(one), one)).toEqual(await written(urn(1), other));
      });

      test('may be of a person who is registered in it', async () => {
        const about = `Patient?identifier=${personnummerSystem}|${persons.bo}`;
        const body = patient(persons.bo, { birthDate: '1950-09-07' });
        const answer = await post([creating(goal(about)), creating(body)]);
        const [first = '', second = ''] = addressesOf(answer);
        expect((await get(first)).body).toMatchObject({ subject: { reference: second } });
        expect(entriesOf(await get(`Goal?subject=${second}`))).toHaveLength(1);
      });

      test('several of them are ambiguous', async () => {
        const identifier = identify();
        const created = [creating(goalOf(identifier)), creating(goalOf(identifier))];
        await expectRefusal([referring(byIdentifier(identifier)), ...created], ambiguous);
      });

      test('one of them and one that is stored are ambiguous', async () => {
        const identifier = identify();
        await put(region, goalOf(identifier));
        await expectRefusal([referring(byIdentifier(identifier)), creating(goalOf(identifier))], ambiguous);
      });

      test('find one by its own content, and none where the content does not match', async () => {
        const identifier = identify();
        const written = goalOf(identifier, { startDate: '2026-12-24', lifecycleStatus: 'planned' });
        const base = byIdentifier(identifier);
        const [matching, other] = [
          ['start-date=2026-12', 'lifecycle-status=planned', `subject=${astrid}`, 'target-date:missing=true'],
          ['start-date=gt2027', 'lifecycle-status:not=planned', 'patient=Patient/none', 'start-date:missing=true'],
        ];
        for (const criterion of matching ?? []) {
          const answer = await post([referring(`${base}&${criterion}`), creating(written)]);
          const address = addressesOf(answer)[1] ?? '';
          await expectPartOf(answer, address);
          addressesOf(await post([await changing(address, { resource: { identifier: [identify()] } })]));
        }
        for (const criterion of other ?? []) {
          await expectRefusal([referring(`${base}&${criterion}`), creating(written)], notFound);
        }
      });

      test('find one through a chain', async () => {
        const asked = `subject:Patient.identifier=${personnummerSystem}|`;
        const identifier = identify();
        const created = creating(goalOf(identifier));
        const answer = await post([referring(`${byIdentifier(identifier)}&${asked}${persons.astrid}`), created]);
        await expectPartOf(answer, addressesOf(answer)[1] ?? '');
        const other = `${byIdentifier(identify())}&${asked}${persons.filip}`;
        await expectRefusal([referring(other), created], notFound);
      });

      test('find one back along _has', async () => {
        const [identifier, never] = [identify(), identify()];
        const entries = ({ value }: Identifier): readonly RequestEntry[] => {
          const about = `Patient?_has:Goal:subject:identifier=${value}`;
          const opening = consent(about, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
          return [creating(opening), creating(goalOf(identifier))];
        };
        const paths = ['patient', 'performer[0]'].map((element) => `Bundle.entry[0].resource.${element}`);
        await expectRefusal(entries(never), { ...notFound, expression: paths });
        const [opened = ''] = addressesOf(await post(entries(identifier)));
        expect((await get(opened)).body).toMatchObject({ patient: { reference: astrid } });
        addressesOf(await post([await changing(opened, 'delete')]));
      });

      test('wait for each other where one asks for what another leads to', async () => {
        const identifier = identify();
        const body = patient(persons.cecilia, { birthDate: '1961-01-18' });
        const about = `Patient?identifier=${personnummerSystem}|${persons.cecilia}`;
        const [registered = ''] = addressesOf(await post([creating(body)]));
        const answer = await post([
          creating(goal(registered, partOf(`${byIdentifier(identifier)}&subject=${registered}`))),
          creating(goal(about, { identifier: [identifier] })),
          // So that the Bundle writes the type that `about` asks for.
          await changing(registered, { resource: { gender: 'other' } }),
        ]);
        await expectPartOf(answer, addressesOf(answer)[1] ?? '');
      });
    });

    describe('of what the Bundle changes', () => {
      test.each(['PUT', 'PATCH'])('by %s see the new content', async (method) => {
        const [before, after] = [identify(), identify()];
        const patch = [{ op: 'replace', path: '/identifier', value: [after] }];
        const change = method === 'PUT' ? { resource: { identifier: [after] } } : { patch };
        const address = await put(region, goalOf(before));
        await expectRefusal([referring(byIdentifier(before)), await changing(address, change)], notFound);
        const answer = await post([referring(byIdentifier(after)), await changing(address, change)]);
        await expectPartOf(answer, address);
        expect(entriesOf(await get(`${address}/_history`))).toHaveLength(2);
        expect(entriesOf(await get(byIdentifier(before)))).toHaveLength(0);
        expect(entriesOf(await get(byIdentifier(after)))).toHaveLength(1);
      });

      test('count what matched before and matches still once', async () => {
        const identifier = identify();
        const address = await put(region, goalOf(identifier));
        const change = await changing(address, { resource: { lifecycleStatus: 'completed' } });
        await expectPartOf(await post([referring(byIdentifier(identifier)), change]), address);
      });

      test('do not find what it deletes, and find the other of two', async () => {
        const identifier = identify();
        const gone = await put(region, goalOf(identifier));
        await expectRefusal([referring(byIdentifier(identifier)), await changing(gone, 'delete')], notFound);
        const kept = await put(region, goalOf(identifier));
        await expectRefusal([referring(byIdentifier(identifier)), creating(goalOf(identify()))], ambiguous);
        await expectPartOf(await post([referring(byIdentifier(identifier)), await changing(gone, 'delete')]), kept);
        expect((await get(gone)).status).toBe(410);
      });

      test('count a conditional create that finds its match once', async () => {
        const identifier = identify();
        const address = await put(region, goalOf(identifier));
        const ifNoneExist = `identifier=${identifier.system}|${identifier.value}`;
        const entries = [
          referring(byIdentifier(identifier)),
          creating(goalOf(identifier), { ifNoneExist }),
          creating(goalOf(identify())),
        ];
        await expectPartOf(await post(entries), address);
        expect(entriesOf(await get(byIdentifier(identifier)))).toHaveLength(1);
      });

      test('find what a conditional create creates', async () => {
        const identifier = identify();
        const ifNoneExist = `identifier=${identifier.system}|${identifier.value}`;
        const answer = await post([referring(byIdentifier(identifier)), creating(goalOf(identifier), { ifNoneExist })]);
        await expectPartOf(answer, addressesOf(answer)[1] ?? '');
      });
    });

    test('within a resource of the type they ask for, as of Organizations above each other', async () => {
      const type = [{ coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-party-type', code: 'region' }] }];
      const value = 'SE2321000024-9T0';
      const above = {
        resourceType: 'Organization',
        identifier: [
          { system: hsaSystem, value },
          { system: 'urn:oid:2.5.4.97', value: '2321000024' },
          { system: 'urn:oid:1.2.752.129.2.2.1.18', value: '03' },
        ],
        name: 'Enheten ovanför',
        active: true,
        type,
      };
      const below = {
        resourceType: 'Organization',
        identifier: [{ system: hsaSystem, value: 'SE2321000024-9T1' }],
        name: 'Enheten under',
        active: true,
        type,
        partOf: { reference: organizationOf(value) },
      };
      const changed = await differences(async () => {
        const answer = await post([creating(below), creating(above)], hub.operator);
        const [unit = '', top = ''] = addressesOf(answer);
        expect((await get(unit)).body).toMatchObject({ partOf: { reference: top } });
      });
      // Each covers itself, and the one above covers the other.
      expect(changed).toMatchObject({ resource: 2, organization: 2, party_coverage: 3, outbox: 2 });
    });

    test('that ask for each other’s targets, or their own, are refused', async () => {
      const identifier = identify();
      const asked = `${byIdentifier(identifier)}&subject=${astrid}`;
      // The subject of what is asked for waits for the Patient, which waits for its Goal.
      const patientOf = `Patient?_has:Goal:subject:identifier=${identifier.value}`;
      await expectRefusal(
        [
          creating(goal(astrid, partOf(asked))),
          creating(goal(patientOf, { identifier: [identifier] })),
          await changing(astrid, { resource: { gender: 'other' } }),
        ],
        { ...circular, expression: [target, 'Bundle.entry[1].resource.subject'] },
      );
    });

    test('that cannot be asked are refused where they stand', async () => {
      const written = [creating(goalOf(identify())), referring('Goal?never-known=x')];
      const at = (entry: number): string => target.replace('[0]', `[${entry}]`);
      await expectRefusal(written, { status: 400, code: 'search-parameter-unknown', expression: [at(1)] });
      const narrow = await hub.party(hsa.careCentre, 'system/Goal.cru');
      const asked = [creating(goalOf(identify())), referring(byIdentifier(identify()))];
      await expectRefusal(asked, { status: 403, code: 'scope-insufficient', expression: [at(1)] }, narrow);
    });

    test('neither count nor tell of what another party hides', async () => {
      const [hidden, never] = [identify(), identify()];
      const theirs = await put(municipality, patient(persons.tolvan, { birthDate: '1912-12-12' }));
      await put(municipality, goal(theirs, { identifier: [hidden] }));
      const told = [];
      for (const identifier of [hidden, never]) {
        const entries = [referring(byIdentifier(identifier)), creating(goalOf(identify()))];
        told.push(await expectRefusal(entries, notFound));
      }
      expect(told[0]?.replaceAll(/[0-9a-f-]{36}/g, '')).toBe(told[1]?.replaceAll(/[0-9a-f-]{36}/g, ''));
      const answer = await post([referring(byIdentifier(hidden)), creating(goalOf(hidden))]);
      await expectPartOf(answer, addressesOf(answer)[1] ?? '');
    });

    test('see another party’s resource that is opened', async () => {
      const identifier = identify();
      const theirs = await put(municipality, patient(persons.greta, { birthDate: '1896-02-02' }));
      const opened = await put(municipality, goal(theirs, { identifier: [identifier] }));
      await put(municipality, consent(theirs, organizationOf(hsa.homeCare), organizationOf(hsa.careCentre)));
      await put(region, patient(persons.greta, { birthDate: '1896-02-02' }));
      const answer = await post([
        creating(goal(theirs, partOf(byIdentifier(identifier)))),
        creating(goalOf(identify())),
      ]);
      await expectPartOf(answer, opened);
    });

    test('ask for the right to search', async () => {
      const narrow = await hub.party(hsa.careCentre, 'system/Goal.crud system/Patient.cruds');
      const identifier = identify();
      let answer: FhirAnswer | undefined;
      const changed = await differences(async () => {
        answer = await post([referring(byIdentifier(identifier)), creating(goalOf(identifier))], narrow);
      });
      expect([answer?.status, changed]).toEqual([403, { audit_log: 1 }]);
    });

    test('in a batch see what is stored, entry by entry', async () => {
      const identifier = identify();
      const entries = [
        referring(byIdentifier(identifier)),
        creating(goalOf(identifier)),
        referring(byIdentifier(identifier)),
      ];
      const answer = await post(entries, region, 'batch');
      expect(entriesOf(answer).map(({ response }) => response?.status?.slice(0, 3))).toEqual(['422', '201', '201']);
      // One alone does not see itself.
      const own = identify();
      const alone = await region.call({ method: 'POST', path: 'Goal', body: goalOf(own, partOf(byIdentifier(own))) });
      expect([alone.status, issuesOf(alone)[0]?.code]).toEqual([422, 'reference-not-found']);
    });

    test('of one Bundle many times at once create each its own, or one where the condition says so', async () => {
      const identifier = identify();
      const ifNoneExist = `identifier=${identifier.system}|${identifier.value}`;
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          post([
            referring(byIdentifier(identifier)),
            creating(goalOf(identifier), { ifNoneExist }),
            creating(goalOf(identify())),
          ]),
        ),
      );
      const [only] = entriesOf(await get(byIdentifier(identifier)));
      const address = `Goal/${only?.resource?.id}`;
      expect(entriesOf(await get(byIdentifier(identifier)))).toHaveLength(1);
      for (const answer of answers) await expectPartOf(answer, address);
    });
  });
}
