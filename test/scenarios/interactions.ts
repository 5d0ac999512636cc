// patch, conditional changes, transactions' order, history by time, summaries: the wider RESTful API in hub mode.
// https://hl7.org/fhir/R4/http.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, FhirCall, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import {
  addressOf,
  codesOf,
  consent,
  entriesOf,
  goal,
  issuesOf,
  linkOf,
  organizationOf,
  patient,
  persons,
  put,
} from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const jsonPatch = { 'content-type': 'application/json-patch+json' };
const identifierSystem = 'urn:oid:1.2.752.999.1';

const identified = (value: string): Readonly<Record<string, unknown>> => ({
  identifier: [{ system: identifierSystem, value }],
});

interface GoalBody {
  readonly id: string;
  readonly note?: readonly { readonly text: string }[];
  readonly description: { readonly text: string };
  readonly meta: { readonly tag?: readonly { readonly code: string }[] };
}

export function describeInteractions(name: string, open: OpenHub): void {
  describe(`the wider REST API on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let astrid: string;

    beforeAll(async () => {
      hub = await open({ maxPatchOperations: 20 });
      region = await hub.party(hsa.careCentre);
      astrid = await put(region, patient(persons.astrid));
    });

    afterAll(async () => {
      await hub.stop();
    });

    const call = (
      method: FhirCall['method'],
      path: string,
      rest: Omit<FhirCall, 'method' | 'path'> = {},
    ): Promise<FhirAnswer> => region.call({ method, path, ...rest });
    const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<FhirAnswer> =>
      call('GET', path, { headers });
    const etagOf = async (path: string): Promise<string> => (await get(path)).headers.get('etag') ?? '';
    const ifCurrent = async (path: string): Promise<Readonly<Record<string, string>>> => ({
      'if-match': await etagOf(path),
    });
    const patchJson = async (
      path: string,
      operations: unknown,
      headers?: Readonly<Record<string, string>>,
    ): Promise<FhirAnswer> =>
      call('PATCH', path, { body: operations, headers: { ...jsonPatch, ...(headers ?? (await ifCurrent(path))) } });
    const outboxAndAudit = async (): Promise<readonly (number | undefined)[]> => {
      const rows = await hub.countRows();
      return [rows['resource_history'], rows['outbox']];
    };

    describe('patch', () => {
      test('by JSON Patch answers 200 with the new version, made by PATCH', async () => {
        const address = await put(region, goal(astrid));
        const answer = await patchJson(address, [
          { op: 'replace', path: '/description/text', value: 'Jag vill gå ut.' },
          { op: 'add', path: '/note', value: [{ text: 'Först.' }] },
          { op: 'add', path: '/note/-', value: { text: 'Sist.' } },
        ]);
        expect(answer.status).toBe(200);
        expect((answer.body as unknown as GoalBody).note?.map(({ text }) => text)).toEqual(['Först.', 'Sist.']);
        expect((await get(address)).text).toBe(answer.text);
        const [latest] = entriesOf(await get(`${address}/_history`));
        expect(latest?.request?.method).toBe('PATCH');
        const [found] = entriesOf(await get(`Goal?_id=${address.slice(5)}`));
        expect(JSON.stringify(found?.resource)).toBe(answer.text);
      });

      test('by FHIRPath Patch does the same', async () => {
        const address = await put(region, goal(astrid, { note: [{ text: 'Ett.' }, { text: 'Två.' }] }));
        const body = {
          resourceType: 'Parameters',
          parameter: [
            {
              name: 'operation',
              part: [
                { name: 'type', valueCode: 'replace' },
                { name: 'path', valueString: "Goal.note.where(text = 'Två.').text" },
                { name: 'value', valueMarkdown: 'Tre.' },
              ],
            },
          ],
        };
        const answer = await call('PATCH', address, { body, headers: await ifCurrent(address) });
        expect(answer.status).toBe(200);
        expect((answer.body as unknown as GoalBody).note?.map(({ text }) => text)).toEqual(['Ett.', 'Tre.']);
      });

      test.each<[string, unknown, Readonly<Record<string, string>>, number, string]>([
        ['without If-Match', [{ op: 'remove', path: '/note' }], {}, 428, 'if-match-required'],
        [
          'with a stale version',
          [{ op: 'remove', path: '/note' }],
          { 'if-match': 'W/"stale"' },
          412,
          'version-conflict',
        ],
      ])('%s is refused', async (...row) => {
        const [, operations, headers, status, code] = row;
        const address = await put(region, goal(astrid, { note: [{ text: 'Kvar.' }] }));
        const answer = await patchJson(address, operations, headers);
        expect([answer.status, codesOf(answer)]).toEqual([status, [code]]);
      });

      test.each<[string, unknown, number, string, RegExp]>([
        ['a document that is no patch', { op: 'remove' }, 400, 'patch-malformed', /array/],
        [
          'too many operations',
          Array.from({ length: 21 }, () => ({ op: 'test', path: '', value: 1 })),
          400,
          'patch-malformed',
          /at most 20/,
        ],
        [
          'a path to nothing',
          [
            { op: 'test', path: '/resourceType', value: 'Goal' },
            { op: 'remove', path: '/outcomeCode' },
          ],
          422,
          'patch-failed',
          /^Operation 1 \(remove\)/,
        ],
        [
          'a test that does not hold',
          [{ op: 'test', path: '/lifecycleStatus', value: 'x' }],
          422,
          'patch-test-failed',
          /^Operation 0/,
        ],
        ['a result that is no resource', [{ op: 'replace', path: '', value: [] }], 422, 'patch-failed', /no resource/],
        ['a result without what is mandatory', [{ op: 'remove', path: '/description' }], 422, 'element-required', /./],
        [
          'a result with an unknown element',
          [{ op: 'add', path: '/colour', value: 'red' }],
          400,
          'unknown-element',
          /./,
        ],
        ['another id', [{ op: 'replace', path: '/id', value: 'mine' }], 400, 'id-mismatch', /./],
        ['another type', [{ op: 'replace', path: '/resourceType', value: 'Task' }], 400, 'resource-type-mismatch', /./],
        [
          'another person',
          [{ op: 'replace', path: '/subject/reference', value: 'Patient/00000000-0000-7000-8000-000000000000' }],
          422,
          'reference-not-found',
          /./,
        ],
      ])('refuses %s and changes nothing', async (...row) => {
        const [, operations, status, code, words] = row;
        const address = await put(region, goal(astrid));
        const before = await outboxAndAudit();
        const answer = await patchJson(address, operations);
        expect([answer.status, issuesOf(answer)[0]?.code]).toEqual([status, code]);
        expect(issuesOf(answer)[0]?.diagnostics ?? 'x').toMatch(words);
        expect(await outboxAndAudit()).toEqual(before);
      });

      test('keeps the digits of decimals that it does not touch', async () => {
        const detail = { measure: { text: 'Steg' }, dueDate: '2026-12-01' };
        const target = `{"measure":{"text":"Steg"},"detailQuantity":{"value":100.00},"dueDate":"2026-12-01"}`;
        const body = JSON.stringify(goal(astrid, { target: [detail] })).replace(JSON.stringify(detail), target);
        const address = addressOf(await call('POST', 'Goal', { body }));
        const answer = await patchJson(address, [{ op: 'add', path: '/note', value: [{ text: 'x' }] }]);
        expect([answer.status, answer.text.includes('"value":100.00')]).toEqual([200, true]);
      });

      test('needs the right to read as well as to update', async () => {
        const address = await put(region, goal(astrid));
        const writer = await hub.party(hsa.careCentre, 'system/Goal.u');
        const answer = await writer.call({
          method: 'PATCH',
          path: address,
          body: [],
          headers: { ...jsonPatch, 'if-match': 'W/"1"' },
        });
        expect([answer.status, codesOf(answer)]).toEqual([403, ['scope-insufficient']]);
      });

      test('of many at once with one version lets one through', async () => {
        const address = await put(region, goal(astrid));
        const headers = await ifCurrent(address);
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, at) =>
            patchJson(address, [{ op: 'replace', path: '/description/text', value: `Nummer ${at}` }], headers),
          ),
        );
        expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
          200,
          ...Array.from({ length: 9 }, () => 412),
        ]);
      });
    });

    describe('a reader of a reduced view', () => {
      const relation = (target: string): unknown => ({
        url: 'http://hl7.org/fhir/StructureDefinition/goal-relationship',
        extension: [
          {
            url: 'type',
            valueCodeableConcept: {
              coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-goal-relation', code: 'part-of' }],
            },
          },
          { url: 'target', valueReference: { reference: target } },
        ],
      });

      test('changes the resource by patch: what he sees is changed, what is hidden stays and is told by nothing', async () => {
        const town = await hub.party(hsa.homeCare);
        const theirs = await put(town, patient(persons.bo, { birthDate: '1950-09-07' }));
        await put(region, patient(persons.bo, { birthDate: '1950-09-07' }));
        const opening = await town.call({
          method: 'POST',
          path: 'Consent',
          body: consent(theirs, organizationOf(hsa.homeCare), organizationOf(hsa.careCentre)),
        });
        expect(opening.status, opening.text).toBe(201);
        const main = await put(town, goal(theirs));
        const own = await put(region, goal(theirs));
        const address = await put(
          region,
          goal(theirs, { extension: [relation(main), relation(own)], note: [{ text: 'a' }] }),
        );
        const withdrawn = await town.call({
          method: 'PUT',
          path: addressOf(opening),
          body: { ...opening.body, status: 'inactive' },
          headers: { 'if-match': opening.headers.get('etag') ?? '' },
        });
        expect(withdrawn.status, withdrawn.text).toBe(200);

        const seen = await get(address);
        expect(seen.text).not.toContain(main);
        expect((seen.body as unknown as GoalBody).meta.tag?.map(({ code }) => code)).toEqual(['SUBSETTED']);
        const whole = await call('PUT', address, { body: seen.body, headers: await ifCurrent(address) });
        expect([whole.status, codesOf(whole)]).toEqual([409, ['reduced-view']]);

        // Guessing at what is hidden is answered as guessing at what is not there.
        const guess = async (target: string): Promise<readonly [number, readonly string[]]> => {
          const answer = await patchJson(address, [{ op: 'add', path: '/extension/-', value: relation(target) }]);
          return [answer.status, codesOf(answer)];
        };
        expect(await guess(main)).toEqual(await guess('Goal/00000000-0000-7000-8000-000000000000'));
        const probe = async (target: string): Promise<readonly [number, readonly string[]]> => {
          const answer = await patchJson(address, [
            { op: 'test', path: '/extension/0/extension/1/valueReference/reference', value: target },
          ]);
          return [answer.status, codesOf(answer)];
        };
        expect(await probe(main)).toEqual(await probe('Goal/00000000-0000-7000-8000-000000000000'));

        // Of the hidden relation its type is left, so that the own one is the second, as the reader sees it.
        const answer = await patchJson(address, [
          { op: 'test', path: '/extension/1/extension/1/valueReference/reference', value: own },
          { op: 'replace', path: '/note/0/text', value: 'b' },
        ]);
        expect(answer.status, answer.text).toBe(200);
        expect(answer.text).not.toContain(main);
        expect((answer.body as unknown as GoalBody).note?.[0]?.text).toBe('b');
        expect((await get(address)).text).toBe(answer.text);

        // When the consent is there again, so is the reference.
        const again = await town.call({ method: 'POST', path: 'Consent', body: { ...opening.body, id: undefined } });
        expect(again.status).toBe(201);
        const full = await get(address);
        expect(full.text).toContain(main);
        expect(full.text).toContain('"text":"b"');
        expect((full.body as unknown as GoalBody).meta.tag).toBeUndefined();
      });
    });

    describe('conditional changes', () => {
      const put1 = async (value: string): Promise<string> => put(region, goal(astrid, identified(value)));
      const query = (value: string): string => `Goal?identifier=${identifierSystem}|${value}`;

      test('update, patch and delete the one resource that matches', async () => {
        const address = await put1('one');
        const body = goal(astrid, { ...identified('one'), note: [{ text: 'x' }] });
        const updated = await call('PUT', query('one'), { body, headers: await ifCurrent(address) });
        expect([updated.status, addressOf(updated)]).toEqual([200, address]);
        const patched = await patchJson(
          query('one'),
          [{ op: 'replace', path: '/note/0/text', value: 'y' }],
          await ifCurrent(address),
        );
        expect([patched.status, addressOf(patched)]).toEqual([200, address]);
        const removed = await call('DELETE', query('one'), { headers: await ifCurrent(address) });
        expect(removed.status).toBe(204);
        expect((await get(address)).status).toBe(410);
        const again = await call('DELETE', query('one'), { headers: { 'if-match': 'W/"1"' } });
        expect([again.status, again.headers.get('etag')]).toEqual([204, null]);
      });

      test('answer 404 where nothing matches: nothing is made in the hub', async () => {
        const before = await outboxAndAudit();
        for (const [method, body] of [
          ['PUT', goal(astrid, identified('none'))],
          ['PATCH', []],
        ] as const) {
          const headers = { 'if-match': 'W/"1"', ...(method === 'PATCH' ? jsonPatch : {}) };
          const answer = await call(method, query('none'), { body, headers });
          expect([method, answer.status, codesOf(answer)]).toEqual([method, 404, ['not-found']]);
        }
        expect(await outboxAndAudit()).toEqual(before);
      });

      test('answer 412 where several match, or the condition says nothing', async () => {
        await put1('two');
        await put1('two');
        for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
          const headers = { 'if-match': 'W/"1"', ...(method === 'PATCH' ? jsonPatch : {}) };
          const body = method === 'PATCH' ? [] : method === 'PUT' ? goal(astrid, identified('two')) : undefined;
          for (const path of [query('two'), 'Goal']) {
            const answer = await call(method, path, { body, headers });
            expect([method, path, answer.status, codesOf(answer)]).toEqual([
              method,
              path,
              412,
              ['precondition-multiple'],
            ]);
          }
        }
      });

      test('refuse an unknown parameter, another id, a missing If-Match and a missing scope', async () => {
        const address = await put1('three');
        const current = await ifCurrent(address);
        const unknown = await call('DELETE', 'Goal?colour=red', { headers: current });
        expect([unknown.status, codesOf(unknown)]).toEqual([400, ['search-parameter-unknown']]);
        const other = await call('PUT', query('three'), {
          body: goal(astrid, { ...identified('three'), id: 'other' }),
          headers: current,
        });
        expect([other.status, codesOf(other)]).toEqual([400, ['id-mismatch']]);
        const blind = await call('PUT', query('three'), { body: goal(astrid, identified('three')) });
        expect([blind.status, codesOf(blind)]).toEqual([428, ['if-match-required']]);
        const narrow = await hub.party(hsa.careCentre, 'system/Goal.crud');
        const forbidden = await narrow.call({ method: 'DELETE', path: query('three'), headers: current });
        expect([forbidden.status, codesOf(forbidden)]).toEqual([403, ['scope-insufficient']]);
      });

      test('of many at once let one through', async () => {
        const address = await put1('four');
        const headers = await ifCurrent(address);
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, at) =>
            call('PUT', query('four'), {
              body: goal(astrid, { ...identified('four'), note: [{ text: `${at}` }] }),
              headers,
            }),
          ),
        );
        expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
          200,
          ...Array.from({ length: 19 }, () => 412),
        ]);
      });

      test('do not reach what another party has, nor tell that it is there', async () => {
        const town = await hub.party(hsa.homeCare);
        const person = await put(town, patient(persons.cecilia, { birthDate: '1961-01-18' }));
        await put(town, goal(person, identified('hidden')));
        const headers = { 'if-match': 'W/"1"' };
        const compare = async (value: string): Promise<unknown> => {
          const update = await call('PUT', query(value), { body: goal(astrid, identified(value)), headers });
          const removal = await call('DELETE', query(value), { headers });
          return [update.status, update.text, removal.status, removal.text];
        };
        expect(await compare('hidden')).toEqual(await compare('never'));
      });

      test('find one’s own registration behind those of others that are opened and match as well', async () => {
        const named = { name: [{ family: 'Bakom', given: ['Alla'] }] };
        const own = await put(region, patient(persons.david, named));
        const town = await hub.party(hsa.homeCare);
        const others = [
          await put(town, patient(persons.filip, named)),
          await put(town, patient(persons.greta, named)),
          await put(town, patient(persons.tolvan, named)),
        ];
        for (const person of others) {
          await put(town, consent(person, organizationOf(hsa.homeCare), organizationOf(hsa.careCentre)));
          expect((await get(person)).status).toBe(200);
        }
        const condition = 'family=Bakom';
        const path = `Patient?${condition}`;
        const found = await call('POST', 'Patient', {
          body: patient(persons.eva, named),
          headers: { 'if-none-exist': condition },
        });
        expect([found.status, addressOf(found)]).toEqual([200, own]);
        const body = { ...(await get(own)).body, gender: 'male' };
        const updated = await call('PUT', path, { body, headers: await ifCurrent(own) });
        expect([updated.status, addressOf(updated)]).toEqual([200, own]);
        const operations = [{ op: 'replace', path: '/gender', value: 'female' }];
        const patched = await patchJson(path, operations, await ifCurrent(own));
        expect([patched.status, addressOf(patched)]).toEqual([200, own]);
        expect((await call('DELETE', path, { headers: await ifCurrent(own) })).status).toBe(204);
        expect((await get(own)).status).toBe(410);
        // What others have is no match for a condition, however much of it there is.
        const none = await call('DELETE', path, { headers: { 'if-match': 'W/"1"' } });
        expect([none.status, none.headers.get('etag')]).toEqual([204, null]);
        for (const person of others) expect((await get(person)).status).toBe(200);
      });

      test('reading answers 304 to If-Modified-Since unless it has changed since', async () => {
        const address = await put1('five');
        const modified = (await get(address)).headers.get('last-modified') ?? '';
        expect((await get(address, { 'if-modified-since': modified })).status).toBe(304);
        const earlier = new Date(Date.parse(modified) - 1000).toUTCString();
        expect((await get(address, { 'if-modified-since': earlier })).status).toBe(200);
        expect((await get(address, { 'if-modified-since': 'yesterday' })).status).toBe(200);
        // If-None-Match counts alone where both are said.
        expect((await get(address, { 'if-modified-since': modified, 'if-none-match': 'W/"other"' })).status).toBe(200);
      });
    });

    describe('a transaction', () => {
      const bundle = (type: 'transaction' | 'batch', entry: readonly unknown[]): Promise<FhirAnswer> =>
        call('POST', '', { body: { resourceType: 'Bundle', type, entry } });
      const urn = (at: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${at}`;

      test('deletes before it creates, whatever the order of its entries', async () => {
        const address = await put(region, goal(astrid, identified('order')));
        const etag = await etagOf(address);
        const answer = await bundle('transaction', [
          {
            resource: goal(astrid, identified('order')),
            request: { method: 'POST', url: 'Goal', ifNoneExist: `identifier=${identifierSystem}|order` },
          },
          { request: { method: 'DELETE', url: address, ifMatch: etag } },
        ]);
        expect(answer.status, answer.text).toBe(200);
        expect(entriesOf(answer).map(({ response }) => response?.status?.slice(0, 3))).toEqual(['201', '204']);
        expect((await get(address)).status).toBe(410);
      });

      test('holds patches, conditional changes and reads that see what it wrote', async () => {
        const [one, two] = [await put(region, goal(astrid)), await put(region, goal(astrid, identified('inside')))];
        const operations = [{ op: 'add', path: '/note', value: [{ text: 'ändrad' }] }];
        const data = Buffer.from(JSON.stringify(operations)).toString('base64');
        const part = [
          { name: 'type', valueCode: 'delete' },
          { name: 'path', valueString: 'Goal.start' },
        ];
        for (const type of ['transaction', 'batch'] as const) {
          const answer = await bundle(type, [
            { request: { method: 'GET', url: one } },
            {
              resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
              request: { method: 'PATCH', url: one, ifMatch: await etagOf(one) },
            },
            {
              resource: { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] },
              request: {
                method: 'PATCH',
                url: `Goal?identifier=${identifierSystem}|inside`,
                ifMatch: await etagOf(two),
              },
            },
            { request: { method: 'GET', url: `Goal?_id=${one.slice(5)}&_summary=count` } },
            { request: { method: 'HEAD', url: two } },
          ]);
          expect(answer.status, answer.text).toBe(200);
          const entries = entriesOf(answer);
          expect(
            entries.map(({ response }) => response?.status),
            answer.text,
          ).toEqual(Array.from({ length: 5 }, () => '200 OK'));
          // A transaction reads last, a batch in order: the second round finds what the first wrote.
          const read = entries[0]?.resource as unknown as GoalBody;
          expect([type, read.note?.map(({ text }) => text)]).toEqual([type, ['ändrad']]);
          expect(entries[3]?.resource?.['total']).toBe(1);
          expect((await get(two)).body).not.toHaveProperty('startDate');
        }
      });

      test('is taken back whole where a read in it fails', async () => {
        const before = await hub.countRows();
        const answer = await bundle('transaction', [
          { resource: goal(astrid), request: { method: 'POST', url: 'Goal' } },
          { request: { method: 'GET', url: 'Goal/00000000-0000-7000-8000-000000000000' } },
        ]);
        expect([answer.status, issuesOf(answer)]).toMatchObject([
          404,
          [{ code: 'not-found', expression: 'Bundle.entry[1]' }],
        ]);
        const after = await hub.countRows();
        expect({ ...after, audit_log: 0 }).toEqual({ ...before, audit_log: 0 });
        expect(after['audit_log']).toBe((before['audit_log'] ?? 0) + 1);
      });

      test('is taken back whole where a patch in it fails, and the entry is named', async () => {
        const address = await put(region, goal(astrid));
        const before = await outboxAndAudit();
        const data = Buffer.from('[{"op":"remove","path":"/note"}]').toString('base64');
        const answer = await bundle('transaction', [
          { resource: goal(astrid), request: { method: 'POST', url: 'Goal' } },
          {
            resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
            request: { method: 'PATCH', url: address, ifMatch: await etagOf(address) },
          },
        ]);
        expect([answer.status, issuesOf(answer)]).toMatchObject([
          422,
          [{ code: 'patch-failed', expression: 'Bundle.entry[1].resource' }],
        ]);
        expect(await outboxAndAudit()).toEqual(before);
      });

      test('refuses two changes of one resource, also where a condition leads to it', async () => {
        const address = await put(region, goal(astrid, identified('twice')));
        const etag = await etagOf(address);
        const answer = await bundle('transaction', [
          { request: { method: 'DELETE', url: address, ifMatch: etag } },
          {
            resource: { ...goal(astrid, identified('other')), id: address.slice(5) },
            request: { method: 'PUT', url: address, ifMatch: etag },
          },
        ]);
        expect([answer.status, codesOf(answer)]).toEqual([400, ['bundle-duplicate-target']]);
        const query = `Goal?identifier=${identifierSystem}|twice`;
        const conditional = await bundle('transaction', [
          { resource: goal(astrid, identified('twice')), request: { method: 'PUT', url: query, ifMatch: etag } },
          {
            resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: 'W10=' },
            request: { method: 'PATCH', url: address, ifMatch: etag },
          },
        ]);
        expect([conditional.status, codesOf(conditional)]).toEqual([400, ['bundle-duplicate-target']]);
      });

      test('resolves links between its entries in references, narrative and conditional matches', async () => {
        await put(region, goal(astrid, identified('linked')));
        const div = `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${urn(1)}">målet</a> ${urn(1)}</div>`;
        const relation = {
          url: 'http://hl7.org/fhir/StructureDefinition/goal-relationship',
          extension: [
            { url: 'type', valueCodeableConcept: { text: 'del av' } },
            { url: 'target', valueReference: { reference: urn(1) } },
          ],
        };
        const answer = await bundle('transaction', [
          {
            fullUrl: urn(2),
            resource: goal(astrid, { text: { status: 'additional', div }, extension: [relation] }),
            request: { method: 'POST', url: 'Goal' },
          },
          {
            fullUrl: urn(1),
            resource: goal(astrid, identified('linked')),
            request: { method: 'POST', url: 'Goal', ifNoneExist: `identifier=${identifierSystem}|linked` },
          },
        ]);
        expect(answer.status, answer.text).toBe(200);
        const [written, matched] = entriesOf(answer).map(
          ({ response }) => /Goal\/[^/]+/.exec(response?.location ?? '')?.[0] ?? '',
        );
        const { text } = await get(written ?? '');
        expect(text).toContain(`<a href=\\"${matched}\\">målet</a> ${urn(1)}`);
        expect(text).toContain(`"reference":"${matched}"`);
      });
    });

    describe('history', () => {
      test('of the system holds every type, newest first, by pages', async () => {
        const before = hub.now().toISOString();
        const addresses = [
          await put(region, goal(astrid)),
          await put(region, patient(persons.eva, { birthDate: '1990-02-22' })),
        ];
        const first = await get(`_history?_since=${before}&_count=1`);
        expect(first.status, first.text).toBe(200);
        const second = await get(linkOf(first, 'next') ?? '');
        const urls = [...entriesOf(first), ...entriesOf(second)].map(({ fullUrl }) => fullUrl);
        expect(urls).toEqual(addresses.toReversed().map((address) => `${hub.baseUrl}/${address}`));
        expect(linkOf(first, 'self')).toContain('_count=1');
      });

      test('of the system is of the types that the token may read and search, and of what the party sees', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Goal.rs system/Patient.r');
        const answer = await narrow.call({ method: 'GET', path: '_history?_count=1000' });
        expect(new Set(entriesOf(answer).map(({ request }) => request?.url.split('/')[0]))).toEqual(new Set(['Goal']));
        const none = await hub.party(hsa.careCentre, 'system/Goal.r');
        const refused = await none.call({ method: 'GET', path: '_history' });
        expect([refused.status, codesOf(refused)]).toEqual([403, ['scope-insufficient']]);
        const school = await hub.party(hsa.school);
        const theirs = await school.call({ method: 'GET', path: '_history?_count=1000' });
        expect(theirs.text).not.toContain('"Goal"');
      });

      test('_at gives what was current then', async () => {
        const created = await call('POST', 'Goal', { body: goal(astrid) });
        const address = addressOf(created);
        hub.advance(60_000);
        const between = hub.now().toISOString();
        hub.advance(60_000);
        await patchJson(address, [{ op: 'add', path: '/note', value: [{ text: 'senare' }] }]);
        const then = entriesOf(await get(`${address}/_history?_at=${between}`));
        expect(then.map(({ resource }) => resource)).toEqual([created.body]);
        hub.advance(1000);
        const now = entriesOf(await get(`${address}/_history?_at=${hub.now().toISOString()}`));
        expect(now.map(({ request }) => request?.method)).toEqual(['PATCH']);
        expect(entriesOf(await get(`${address}/_history?_at=${hub.now().toISOString().slice(0, 4)}`))).toHaveLength(2);
        expect(entriesOf(await get(`${address}/_history?_at=2020`))).toHaveLength(0);
      });

      test.each(['_at=soon', '_since=x', '_count=0', '_sort=x'])('refuses %s', async (query) => {
        for (const path of ['_history', 'Goal/_history']) {
          const answer = await get(`${path}?${query}`);
          expect([path, answer.status]).toEqual([path, 400]);
        }
      });

      test('leaves out an unknown parameter where it is asked to be lenient', async () => {
        expect((await get('_history?_sort=x', { prefer: 'handling=lenient' })).status).toBe(200);
        expect((await get('_history?_sort=x', { prefer: 'handling=strict' })).status).toBe(400);
      });
    });

    describe('what is shown', () => {
      const narrative = { status: 'additional', div: '<div xmlns="http://www.w3.org/1999/xhtml">Text</div>' };
      let address: string;

      beforeAll(async () => {
        address = await put(region, goal(astrid, { ...identified('shown'), text: narrative, note: [{ text: 'n' }] }));
      });

      const keysOf = (resource: unknown): readonly string[] => Object.keys(resource as object).toSorted();
      const always = ['description', 'id', 'lifecycleStatus', 'meta', 'resourceType', 'subject'];

      test.each([
        ['_summary=true', [...always, 'category', 'startDate']],
        ['_summary=text', [...always, 'text']],
        ['_summary=data', [...always, 'category', 'identifier', 'note', 'startDate']],
        ['_elements=note', [...always, 'note']],
        ['_elements=Goal.note,Patient.name,startDate', [...always, 'note', 'startDate']],
      ])('%s keeps what it names and what is mandatory, and says that it is not all', async (query, keys) => {
        const resources = [
          (await get(`${address}?${query}`)).body,
          entriesOf(await get(`Goal?_id=${address.slice(5)}&${query}`))[0]?.resource,
          entriesOf(await get(`${address}/_history?${query}`))[0]?.resource,
        ];
        for (const resource of resources) {
          expect(keysOf(resource)).toEqual(keys.toSorted());
          expect((resource as unknown as GoalBody).meta.tag?.map(({ code }) => code)).toEqual(['SUBSETTED']);
        }
      });

      test('_summary=false and none give everything', async () => {
        expect((await get(`${address}?_summary=false`)).text).toBe((await get(address)).text);
      });

      test('_summary=count gives the number alone', async () => {
        const answer = await get(`Goal?identifier=${identifierSystem}|shown&_summary=count`);
        expect(answer.body).toMatchObject({ type: 'searchset', total: 1 });
        expect(entriesOf(answer)).toHaveLength(0);
        expect(linkOf(answer, 'self')).toMatch(/identifier=.*&_summary=count$/);
      });

      test('page links keep to what was asked for', async () => {
        const answer = await get('Goal?_count=1&_elements=note');
        const next = await get(linkOf(answer, 'next') ?? '');
        expect(entriesOf(next)[0]?.resource?.['category']).toBeUndefined();
      });

      test('a summary cannot be put back as the resource', async () => {
        const answer = await get(`${address}?_summary=true`);
        const update = await call('PUT', address, { body: answer.body, headers: await ifCurrent(address) });
        expect([update.status, codesOf(update)]).toEqual([409, ['reduced-view']]);
      });

      test.each([
        '_summary=all',
        '_summary=true&_summary=text',
        '_elements=a.b.c',
        '_elements=',
        '_summary=true&_elements=note',
      ])('refuses %s', async (query) => {
        for (const path of [address, 'Goal']) {
          const answer = await get(`${path}?${query}`);
          expect([path, answer.status, codesOf(answer)]).toEqual([path, 400, ['search-value-invalid']]);
        }
      });

      test('_pretty=true indents the same content', async () => {
        const plain = await get(address);
        const pretty = await get(`${address}?_pretty=true`);
        expect(pretty.text).toBe(JSON.stringify(plain.body, undefined, 2));
        expect((await get('metadata?_pretty=true')).text).toContain('\n  "status": "active"');
      });
    });
  });
}
