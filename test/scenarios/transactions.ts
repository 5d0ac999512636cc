// transaction and batch over HTTP: whole or not at all, references between entries, conditions, and many at once.
// https://hl7.org/fhir/R4/http.html#transaction
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import {
  codesOf,
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
  type BundleEntry,
} from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const never = '00000000-0000-7000-8000-000000000000';

export function describeTransactions(name: string, open: OpenHub): void {
  describe(`Bundles on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let astrid: string;
    let serial = 0;

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      astrid = await put(region, patient(persons.astrid));
    });

    afterAll(async () => {
      await hub.stop();
    });

    const post = (entry: readonly unknown[], type = 'transaction', as = region): Promise<FhirAnswer> =>
      as.call({ method: 'POST', path: '', body: { resourceType: 'Bundle', type, entry } });
    const get = (path: string): Promise<FhirAnswer> => region.call({ method: 'GET', path });
    const identify = (): { readonly system: string; readonly value: string } => {
      serial += 1;
      return { system: 'urn:test:serial', value: `n${serial}` };
    };
    const locate = ({ response }: BundleEntry): string =>
      (response?.location ?? '').slice(hub.baseUrl.length + 1).replace(/\/_history\/.*/, '');
    const statusesOf = (answer: FhirAnswer): readonly string[] =>
      entriesOf(answer).map(({ response }) => (response?.status ?? '').slice(0, 3));

    /** What `work` changes in the numbers of rows, by table. */
    const differences = async (work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
      const before = await hub.countRows();
      await work();
      const after = await hub.countRows();
      return Object.fromEntries(
        Object.keys(after)
          .filter((table) => after[table] !== before[table])
          .map((table) => [table, (after[table] ?? 0) - (before[table] ?? 0)]),
      );
    };

    /** Asserts that the transaction is refused with one audit row and no other trace. */
    const expectRefusal = async (
      entry: readonly unknown[],
      expected: { readonly status: number; readonly code: string; readonly expression?: string },
      as = region,
    ): Promise<void> => {
      let answer: FhirAnswer | undefined;
      const changed = await differences(async () => {
        answer = await post(entry, 'transaction', as);
      });
      expect([answer?.status, answer?.text]).toEqual([expected.status, expect.stringContaining(expected.code)]);
      const found = issuesOf({ body: answer?.body }).find(
        ({ code, expression }) => code === expected.code && expression === expected.expression,
      );
      expect(found, answer?.text).toBeDefined();
      expect(changed).toEqual({ audit_log: 1 });
    };

    describe('references between entries', () => {
      test('resolve in every order of the entries', async () => {
        // A ring, so that whichever order is chosen, something points forward.
        const ring = [
          creating(goal(astrid, partOf(urn(2))), {}, urn(1)),
          creating(goal(astrid, partOf(urn(3))), {}, urn(2)),
          creating(goal(astrid, partOf(urn(1))), {}, urn(3)),
        ];
        const [a, b, c] = ring;
        for (const order of [
          [a, b, c],
          [a, c, b],
          [b, a, c],
          [b, c, a],
          [c, a, b],
          [c, b, a],
        ]) {
          const answer = await post(order);
          expect(answer.status, answer.text).toBe(200);
          const addressByUrl = new Map(entriesOf(answer).map((entry, at) => [order[at]?.fullUrl ?? '', locate(entry)]));
          for (const entry of order) {
            const stored = await get(addressByUrl.get(entry?.fullUrl ?? '') ?? '');
            const sent = JSON.stringify(entry?.resource).match(/urn:uuid:[0-9a-f-]+/)?.[0] ?? '';
            expect(stored.text).toContain(`"reference":"${addressByUrl.get(sent)}"`);
            expect(stored.text).not.toContain('urn:uuid');
          }
        }
      });

      test('to the person of the same Bundle resolve before the person is there', async () => {
        const entry = [
          creating(goal(urn(9)), {}, urn(1)),
          creating(patient(persons.bo, { birthDate: '1950-09-07' }), {}, urn(9)),
        ];
        const answer = await post(entry);
        expect(answer.status, answer.text).toBe(200);
        const [first, second] = entriesOf(answer);
        expect((await get(locate(first ?? {}))).body).toMatchObject({ subject: { reference: locate(second ?? {}) } });
      });

      test('to no entry are refused, and nothing is written', async () => {
        await expectRefusal([creating(goal(astrid)), creating(goal(urn(7)))], {
          status: 422,
          code: 'reference-not-found',
          expression: 'Bundle.entry[1].resource.subject',
        });
      });

      test.each(['Goal/00000000-0000-7000-8000-000000000000', `Patient/${never}`])(
        'to %s, which is not there, are refused',
        async (reference) => {
          const isGoal = reference.startsWith('Goal');
          await expectRefusal([creating(isGoal ? goal(astrid, partOf(reference)) : goal(reference))], {
            status: 422,
            code: 'reference-not-found',
            expression: isGoal
              ? 'Bundle.entry[0].resource.extension[0].extension[1].valueReference'
              : 'Bundle.entry[0].resource.subject',
          });
        },
      );

      test('that are no reference at all are refused', async () => {
        for (const reference of ['urn:uuid:not-one', 'nonsense', '', 'Goal/']) {
          const answer = await post([creating(goal(reference))]);
          expect([reference, Math.floor(answer.status / 100)]).toEqual([reference, 4]);
        }
      });
    });

    describe('conditional create', () => {
      const condition = (identifier: { readonly system: string; readonly value: string }): { ifNoneExist: string } => ({
        ifNoneExist: `identifier=${identifier.system}|${identifier.value}`,
      });

      test('refuses several matches also where conditional deletions of the same Bundle take others away', async () => {
        const shared = identify();
        const doomed = [identify(), identify(), identify()];
        for (let left = 0; left < 2; left++) await put(region, goal(astrid, { identifier: [shared] }));
        for (const identifier of doomed) await put(region, goal(astrid, { identifier: [identifier, shared] }));
        // The conditions are settled before any version is compared: the one given here is never looked at.
        const deletions = doomed.map(({ system, value }) => ({
          request: { method: 'DELETE', url: `Goal?identifier=${system}|${value}`, ifMatch: 'W/"1"' },
        }));
        const creation = creating(goal(astrid, { identifier: [shared] }), condition(shared));
        await expectRefusal([...deletions, creation], {
          status: 412,
          code: 'precondition-multiple',
          expression: 'Bundle.entry[3].resource',
        });
      });

      test('creates where nothing matches, gives the one match, and refuses several', async () => {
        const identifier = identify();
        const entry = [creating(goal(astrid, { identifier: [identifier] }), condition(identifier))];
        const first = await post(entry);
        const second = await post(entry);
        expect([statusesOf(first), statusesOf(second)]).toEqual([['201'], ['200']]);
        expect(entriesOf(second)[0]?.response).toMatchObject({
          location: entriesOf(first)[0]?.response?.location,
          etag: entriesOf(first)[0]?.response?.etag,
        });
        await put(region, goal(astrid, { identifier: [identifier] }));
        await expectRefusal(entry, {
          status: 412,
          code: 'precondition-multiple',
          expression: 'Bundle.entry[0].resource',
        });
      });

      test('works by the header If-None-Exist as well', async () => {
        const identifier = identify();
        const create = (): Promise<FhirAnswer> =>
          region.call({
            method: 'POST',
            path: 'Goal',
            body: goal(astrid, { identifier: [identifier] }),
            headers: { 'if-none-exist': condition(identifier).ifNoneExist },
          });
        const [first, second] = [await create(), await create()];
        expect([first.status, second.status]).toEqual([201, 200]);
        expect(second.headers.get('location')).toBe(first.headers.get('location'));
      });

      test.each(['', 'nonsense=1', '_count=1', 'identifier=', 'identifier:not=x', '_page=x'])(
        'with the condition "%s" is refused, since it could match too much',
        async (ifNoneExist) => {
          const changed = await differences(async () => {
            const answer = await post([creating(goal(astrid), { ifNoneExist })]);
            expect([400, 412]).toContain(answer.status);
          });
          expect(changed).toEqual({ audit_log: 1 });
        },
      );

      test('lets other entries refer to the match as if it had been created', async () => {
        const answer = await post([
          creating(
            patient(persons.astrid),
            { ifNoneExist: `identifier=${personnummerSystem}|${persons.astrid}` },
            urn(1),
          ),
          creating(goal(urn(1))),
        ]);
        expect(statusesOf(answer)).toEqual(['200', '201']);
        const [, created] = entriesOf(answer);
        expect((await get(locate(created ?? {}))).body).toMatchObject({ subject: { reference: astrid } });
      });

      test('of one condition twice in a Bundle is refused', async () => {
        const identifier = identify();
        const entry = [1, 2].map((number) =>
          creating(goal(astrid, { identifier: [identifier] }), condition(identifier), urn(number)),
        );
        const answer = await post([...entry, creating(goal(astrid, { identifier: [identify()] }))]);
        expect(answer.status).toBe(400);
        expect(issuesOf(answer)).toMatchObject([
          { code: 'bundle-duplicate-target', expression: 'Bundle.entry[1].resource' },
        ]);
        expect((await get(`Goal?identifier=${identifier.value}&_total=accurate`)).body).toMatchObject({ total: 0 });
      });

      test('of 20 at once creates exactly one', async () => {
        const identifier = identify();
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, at) =>
            at % 2 === 0
              ? post([creating(goal(astrid, { identifier: [identifier] }), condition(identifier))])
              : region.call({
                  method: 'POST',
                  path: 'Goal',
                  body: goal(astrid, { identifier: [identifier] }),
                  headers: { 'if-none-exist': condition(identifier).ifNoneExist },
                }),
          ),
        );
        const statuses = answers.flatMap((answer) =>
          answer.body?.['resourceType'] === 'Bundle' ? statusesOf(answer) : [String(answer.status)],
        );
        expect(statuses.filter((status) => status === '201')).toHaveLength(1);
        expect(statuses.filter((status) => status === '200')).toHaveLength(19);
        expect((await get(`Goal?identifier=${identifier.value}&_total=accurate`)).body).toMatchObject({ total: 1 });
      });

      test('of one person by 10 requests at once registers the person once', async () => {
        const body = patient(persons.greta, { birthDate: '1941-02-02' });
        const ifNoneExist = `identifier=${personnummerSystem}|${persons.greta}`;
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => post([creating(body, { ifNoneExist }, urn(1)), creating(goal(urn(1)))])),
        );
        expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
        const statuses = answers.map((answer) => statusesOf(answer)[0]);
        expect(statuses.filter((status) => status === '201')).toHaveLength(1);
        expect(new Set(answers.map((answer) => locate(entriesOf(answer)[0] ?? {}))).size).toBe(1);
      });

      test('without a condition, of one person by two parties at once, registers it for both under one id', async () => {
        const municipality = await hub.party(hsa.homeCare);
        const body = patient(persons.tolvan, { birthDate: '1912-12-12' });
        const answers = await Promise.all(
          [region, municipality].map((as) => post([creating(body)], 'transaction', as)),
        );
        expect(answers.map(statusesOf)).toEqual([['201'], ['201']]);
        const [own, others] = answers.map((answer) => locate(entriesOf(answer)[0] ?? {}));
        expect(own).toBe(others);
      });
    });

    describe('conditional references', () => {
      test('become the one match', async () => {
        const subject = `Patient?identifier=${personnummerSystem}|${persons.astrid}`;
        const answer = await post([creating(goal(subject))]);
        expect(answer.status, answer.text).toBe(200);
        expect((await get(locate(entriesOf(answer)[0] ?? {}))).body).toMatchObject({ subject: { reference: astrid } });
      });

      test('with no match are refused', async () => {
        await expectRefusal([creating(goal(`Patient?identifier=${personnummerSystem}|${persons.filip}`))], {
          status: 422,
          code: 'reference-not-found',
          expression: 'Bundle.entry[0].resource.subject',
        });
      });

      test('with several matches are refused', async () => {
        const identifier = identify();
        for (let at = 0; at < 2; at += 1) await put(region, goal(astrid, { identifier: [identifier] }));
        const about = `Goal?identifier=${identifier.value}`;
        await expectRefusal([creating(goal(astrid, partOf(about)))], {
          status: 412,
          code: 'reference-ambiguous',
          expression: 'Bundle.entry[0].resource.extension[0].extension[1].valueReference',
        });
      });

      test('ask for the right to search', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Goal.cruds system/Patient.cr');
        await expectRefusal(
          [creating(goal(`Patient?identifier=${personnummerSystem}|${persons.astrid}`))],
          { status: 403, code: 'scope-insufficient', expression: 'Bundle.entry[0].resource.subject' },
          narrow,
        );
      });
    });

    describe('changes and reads inside', () => {
      test('creates, updates, deletes and reads answer in the order of the entries, and reads see what was written', async () => {
        const [updated, deleted] = [await put(region, goal(astrid)), await put(region, goal(astrid))];
        const [before, gone] = [await get(updated), await get(deleted)];
        const identifier = identify();
        const answer = await post([
          { request: { method: 'GET', url: updated } },
          { request: { method: 'GET', url: `Goal?identifier=${identifier.value}` } },
          { request: { method: 'DELETE', url: deleted, ifMatch: gone.headers.get('etag') } },
          creating(goal(astrid, { identifier: [identifier] })),
          {
            resource: { ...before.body, description: { text: 'Ändrad' } },
            request: { method: 'PUT', url: updated, ifMatch: before.headers.get('etag') },
          },
          { request: { method: 'HEAD', url: updated } },
        ]);
        expect(answer.status, answer.text).toBe(200);
        expect(answer.body).toMatchObject({ type: 'transaction-response' });
        expect(statusesOf(answer)).toEqual(['200', '200', '204', '201', '200', '200']);
        const entries = entriesOf(answer);
        expect(entries[0]?.resource).toMatchObject({ description: { text: 'Ändrad' } });
        expect(entriesOf({ body: entries[1]?.resource })).toHaveLength(1);
        expect(entries[5]).not.toHaveProperty('resource');
        expect((await get(updated)).headers.get('etag')).toBe(entries[4]?.response?.etag);
      });

      test('a read that finds nothing stops all', async () => {
        const deleted = await put(region, goal(astrid));
        const etag = (await get(deleted)).headers.get('etag');
        await expectRefusal(
          [
            { request: { method: 'DELETE', url: deleted, ifMatch: etag } },
            { request: { method: 'GET', url: deleted } },
          ],
          { status: 410, code: 'gone', expression: 'Bundle.entry[1]' },
        );
        expect((await get(deleted)).status).toBe(200);
      });

      test.each([
        ['without ifMatch', undefined, 428, 'if-match-required'],
        ['with a stale ifMatch', 'W/"stale"', 412, 'version-conflict'],
        ['with a malformed ifMatch', 'stale', 400, 'if-match-malformed'],
      ])('an update or deletion %s stops all', async (_name, ifMatch, status, code) => {
        const address = await put(region, goal(astrid));
        const { body } = await get(address);
        const at =
          status === 412 ? ['Bundle.entry[1].resource', 'Bundle.entry[1]'] : ['Bundle.entry[1]', 'Bundle.entry[1]'];
        await expectRefusal(
          [creating(goal(astrid)), { resource: body, request: { method: 'PUT', url: address, ifMatch } }],
          { status, code, expression: at[0] },
        );
        await expectRefusal([creating(goal(astrid)), { request: { method: 'DELETE', url: address, ifMatch } }], {
          status,
          code,
          expression: at[1],
        });
      });

      test('an update of what another party keeps stops all', async () => {
        const municipality = await hub.party(hsa.homeCare);
        const cecilia = await put(municipality, patient(persons.cecilia, { birthDate: '1961-10-18' }));
        const theirs = await put(municipality, goal(cecilia));
        await put(municipality, consent(cecilia, organizationOf(hsa.homeCare), organizationOf(hsa.careCentre)));
        const seen = await get(theirs);
        expect(seen.status).toBe(200);
        await expectRefusal(
          [
            creating(goal(astrid)),
            { resource: seen.body, request: { method: 'PUT', url: theirs, ifMatch: seen.headers.get('etag') } },
          ],
          { status: 422, code: 'not-your-resource', expression: 'Bundle.entry[1].resource' },
        );
      });

      test('Prefer: return=representation gives the resources back', async () => {
        const body = { resourceType: 'Bundle', type: 'transaction', entry: [creating(goal(astrid))] };
        const answer = await region.call({
          method: 'POST',
          path: '',
          body,
          headers: { prefer: 'return=representation' },
        });
        const [entry] = entriesOf(answer);
        expect(entry?.resource).toMatchObject({ resourceType: 'Goal' });
        expect(entry?.fullUrl).toBe(`${hub.baseUrl}/Goal/${entry?.resource?.id}`);
        expect(entriesOf(await post([creating(goal(astrid))]))[0]?.resource).toBeUndefined();
      });

      test('a reference to what the same Bundle deletes is refused', async () => {
        const address = await put(region, goal(astrid));
        const etag = (await get(address)).headers.get('etag');
        await expectRefusal(
          [{ request: { method: 'DELETE', url: address, ifMatch: etag } }, creating(goal(astrid, partOf(address)))],
          {
            status: 422,
            code: 'reference-not-found',
            expression: 'Bundle.entry[1].resource.extension[0].extension[1].valueReference',
          },
        );
      });
    });

    describe('a Bundle that cannot be carried out', () => {
      const bundle = (entry: unknown, type: unknown = 'transaction'): unknown => ({
        resourceType: 'Bundle',
        type,
        entry,
      });

      test.each([
        ['of another type', bundle([], 'collection'), 400, 'bundle-type', 'Bundle.type'],
        ['without a type', { resourceType: 'Bundle', entry: [] }, 400, 'bundle-type', 'Bundle.type'],
        ['with an object for entries', bundle({}), 400, 'wrong-type', 'Bundle.entry'],
        ['with null for an entry', bundle([null]), 400, 'wrong-type', 'Bundle.entry[0]'],
        ['with an entry without request', bundle([{}]), 400, 'bundle-entry', 'Bundle.entry[0].request'],
        [
          'with a request without method',
          bundle([{ request: { url: 'Goal' } }]),
          400,
          'bundle-entry',
          'Bundle.entry[0].request.method',
        ],
        [
          'with a method that is none',
          bundle([{ request: { method: 'TAKE', url: 'Goal/1' } }]),
          400,
          'bundle-entry',
          'Bundle.entry[0].request',
        ],
        [
          'with a number for an address',
          bundle([{ request: { method: 'GET', url: 1 } }]),
          400,
          'wrong-type',
          'Bundle.entry[0].request.url',
        ],
        [
          'with a Bundle inside',
          bundle([{ resource: bundle([]), request: { method: 'POST', url: '' } }]),
          400,
          'bundle-entry',
          'Bundle.entry[0].request.url',
        ],
        ['with an unknown element', { ...(bundle([]) as object), entrys: [] }, 400, 'unknown-element', 'Bundle.entrys'],
        [
          'with a resource of another type than its address',
          bundle([creating({ resourceType: 'Task' }, { url: 'Goal' })]),
          400,
          'resource-type-mismatch',
          'Bundle.entry[0].resource.resourceType',
        ],
        [
          'with a POST without resource',
          bundle([{ request: { method: 'POST', url: 'Goal' } }]),
          400,
          'bundle-entry',
          'Bundle.entry[0].resource',
        ],
        ['that is no Bundle', { resourceType: 'Goal' }, 400, 'resource-type-mismatch', 'resourceType'],
        [
          'with a conditional deletion of no certain version',
          bundle([{ request: { method: 'DELETE', url: 'Goal?_id=x' } }]),
          428,
          'if-match-required',
          'Bundle.entry[0]',
        ],
      ])('(%s) is refused', async (...[, body, status, code, expression]) => {
        const changed = await differences(async () => {
          const answer = await region.call({ method: 'POST', path: '', body });
          expect([answer.status, issuesOf(answer)[0]]).toMatchObject([status, { code, expression }]);
        });
        expect(changed).toEqual({ audit_log: 1 });
      });

      test('because two entries have one fullUrl or change one resource is refused', async () => {
        const address = await put(region, goal(astrid));
        const { body, headers } = await get(address);
        const change = { resource: body, request: { method: 'PUT', url: address, ifMatch: headers.get('etag') } };
        const duplicate = { status: 400, code: 'bundle-duplicate-target', expression: 'Bundle.entry[1]' };
        await expectRefusal([creating(goal(astrid), {}, urn(1)), creating(goal(astrid), {}, urn(1))], duplicate);
        await expectRefusal([change, change], duplicate);
        await expectRefusal([change, { request: { ...change.request, method: 'DELETE' } }], duplicate);
      });

      test('because one of many entries is bad leaves no trace of the others', async () => {
        const good = Array.from({ length: 10 }, () => creating(goal(astrid)));
        const bad = creating({ ...goal(astrid), lifecycleStatus: 'asleep' });
        await expectRefusal([...good, bad], {
          status: 422,
          code: 'code-not-in-value-set',
          expression: 'Bundle.entry[10].resource.lifecycleStatus',
        });
      });

      test('tells all that is wrong in all entries at once', async () => {
        const answer = await post([
          creating({ ...goal(astrid), lifecycleStatus: 'asleep' }),
          creating(goal(astrid)),
          creating({ ...goal(astrid), description: undefined }),
        ]);
        expect(answer.status).toBe(422);
        const places = issuesOf(answer).map(({ expression }) => expression?.replace(/\.[^.[]+$/, ''));
        expect(places).toEqual(expect.arrayContaining(['Bundle.entry[0].resource', 'Bundle.entry[2].resource']));
      });

      test.each(['$export', 'Patient/$export', '$export-status?job=1'])(
        'because it asks for %s answers 400',
        async (url) => {
          const answer = await post([creating(goal(astrid)), { request: { method: 'GET', url } }]);
          expect([answer.status, codesOf(answer)]).toEqual([400, ['bundle-entry']]);
          expect(issuesOf(answer)[0]?.expression).toBe('Bundle.entry[1].request.url');
        },
      );

      test('because it has more entries than the limit answers 413', async () => {
        const answer = await post(Array.from({ length: 501 }, () => ({ request: { method: 'GET', url: astrid } })));
        expect([answer.status, codesOf(answer)]).toEqual([413, ['bundle-too-large']]);
      });
    });

    describe('scopes of entries', () => {
      test('an entry that the token does not cover stops the transaction and is named', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Goal.cr system/Patient.rs');
        const expected = { status: 403, code: 'scope-insufficient' };
        await expectRefusal(
          [creating(goal(astrid)), creating(patient(persons.eva))],
          { ...expected, expression: 'Bundle.entry[1]' },
          narrow,
        );
        const address = await put(region, goal(astrid));
        const { body, headers } = await get(address);
        const ifMatch = headers.get('etag');
        for (const request of [
          { method: 'PUT', url: address, ifMatch },
          { method: 'DELETE', url: address, ifMatch },
        ]) {
          await expectRefusal(
            [creating(goal(astrid)), { resource: body, request }],
            { ...expected, expression: 'Bundle.entry[1]' },
            narrow,
          );
        }
        const conditional = creating(goal(astrid), { ifNoneExist: 'identifier=x' });
        await expectRefusal(
          [creating(goal(astrid)), conditional],
          { ...expected, expression: 'Bundle.entry[1]' },
          narrow,
        );
      });

      test('a read that the token does not cover stops all, and in a batch its entry alone', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Goal.cr');
        const entries = [creating(goal(astrid)), { request: { method: 'GET', url: astrid } }];
        const expected = { status: 403, code: 'scope-insufficient', expression: 'Bundle.entry[1]' } as const;
        await expectRefusal(entries, expected, narrow);
        const batch = await post(entries, 'batch', narrow);
        expect(statusesOf(batch)).toEqual(['201', '403']);
        expect(batch.text).not.toContain('Öberg');
      });
    });

    describe('batch', () => {
      test('carries out each entry by itself, and answers in their order', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Goal.crs system/Patient.r');
        const identifier = identify();
        const answer = await post(
          [
            creating(goal(astrid, { identifier: [identifier] })),
            creating({ ...goal(astrid), lifecycleStatus: 'asleep' }),
            creating(patient(persons.eva)),
            { request: { method: 'GET', url: astrid } },
            { request: { method: 'GET', url: `Goal/${never}` } },
            { request: { method: 'GET', url: `Goal?identifier=${identifier.value}` } },
            { request: { method: 'GET', url: 'Goal?nonsense=1' } },
            { resource: goal(astrid, { id: never }), request: { method: 'PUT', url: `Goal/${never}` } },
            creating(goal(urn(1))),
            { request: { method: 'GET', url: 'Observation/1' } },
          ],
          'batch',
          narrow,
        );
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({ type: 'batch-response' });
        expect(statusesOf(answer)).toEqual(['201', '422', '403', '200', '404', '200', '400', '403', '422', '403']);
        const entries = entriesOf(answer);
        expect(entriesOf({ body: entries[5]?.resource })).toHaveLength(1);
        for (const at of [1, 2, 4, 6, 7, 8, 9]) {
          expect(entries[at]?.response?.outcome?.resourceType).toBe('OperationOutcome');
          expect(entries[at]?.resource).toBeUndefined();
        }
      });

      test('carries out the others where one entry has no usable request', async () => {
        const answer = await post(
          [
            { request: { method: 'TAKE', url: 'Goal/1' } },
            creating(goal(astrid)),
            { request: { method: 'GET', url: 'Goal/1/2/3/4/5' } },
            {},
          ],
          'batch',
        );
        expect(statusesOf(answer)).toEqual(['400', '201', '400', '400']);
      });

      test('tells the capabilities, also beside changes', async () => {
        const asked = [
          { request: { method: 'GET', url: 'metadata' } },
          { request: { method: 'GET', url: 'metadata?mode=terminology' } },
        ];
        for (const type of ['batch', 'transaction']) {
          const answer = await post([creating(goal(astrid)), ...asked], type);
          expect(statusesOf(answer)).toEqual(['201', '200', '200']);
          expect(
            entriesOf(answer)
              .map(({ resource }) => resource?.resourceType)
              .slice(1),
          ).toEqual(['CapabilityStatement', 'TerminologyCapabilities']);
        }
        const refused = await post([{ request: { method: 'GET', url: 'metadata?mode=some' } }], 'batch');
        expect(statusesOf(refused)).toEqual(['400']);
      });

      test('keeps the digits of decimals', async () => {
        const text = JSON.stringify(goal(astrid)).slice(0, -1);
        const resource = `${text},"target":[{"measure":{"text":"m"},"detailQuantity":{"value":2.50}}]}`;
        const body = `{"resourceType":"Bundle","type":"batch","entry":[{"resource":${resource},"request":{"method":"POST","url":"Goal"}}]}`;
        const answer = await region.call({ method: 'POST', path: '', body });
        expect((await get(locate(entriesOf(answer)[0] ?? {}))).text).toContain('"value":2.50');
      });
    });

    test('an empty Bundle is answered with an empty one', async () => {
      for (const type of ['transaction', 'batch']) {
        const answer = await region.call({ method: 'POST', path: '', body: { resourceType: 'Bundle', type } });
        expect([answer.status, answer.body]).toEqual([200, { resourceType: 'Bundle', type: `${type}-response` }]);
      }
    });

    test('transactions that change the same resources in other orders at once neither hang nor fail by themselves', async () => {
      const addresses = await Promise.all(Array.from({ length: 4 }, () => put(region, goal(astrid))));
      const etags = new Map<string, string>();
      for (const address of addresses) etags.set(address, (await get(address)).headers.get('etag') ?? '');
      const bodies = new Map<string, unknown>();
      for (const address of addresses) bodies.set(address, (await get(address)).body);
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, at) => {
          const order = at % 2 === 0 ? addresses : addresses.toReversed();
          return post(
            order.map((url) => ({
              resource: bodies.get(url),
              request: { method: 'PUT', url, ifMatch: etags.get(url) },
            })),
          );
        }),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 412)).toHaveLength(7);
    });
  });
}
