// The REST core over HTTP: what each interaction answers, in status, headers and body. https://hl7.org/fhir/R4/http.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import {
  addressOf,
  codesOf,
  entriesOf,
  goal,
  issuesOf,
  linkOf,
  patient,
  personnummerSystem,
  persons,
  put,
  searchAll,
  sendRaw,
  type RawAnswer,
} from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const never = '00000000-0000-7000-8000-000000000000';

export function describeRest(name: string, open: OpenHub): void {
  describe(`the REST core on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let astrid: string;

    beforeAll(async () => {
      hub = await open({ maxResourceBytes: 65_536, maxBundleBytes: 131_072 });
      region = await hub.party(hsa.careCentre);
      astrid = await put(region, patient(persons.astrid));
    });

    afterAll(async () => {
      await hub.stop();
    });

    const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<FhirAnswer> =>
      region.call({ method: 'GET', path, headers });
    const post = (resource: unknown, headers: Readonly<Record<string, string>> = {}): Promise<FhirAnswer> =>
      region.call({ method: 'POST', path: 'Goal', body: resource, headers });
    const raw = (
      method: string,
      path: string,
      options: {
        readonly headers?: Readonly<Record<string, string>>;
        readonly chunks?: readonly (string | Buffer)[];
      } = {},
    ): Promise<RawAnswer> =>
      sendRaw(hub.hub.publicUrl, {
        method,
        path,
        headers: { authorization: `Bearer ${region.token}`, ...options.headers },
        chunks: options.chunks,
      });

    describe('create', () => {
      test('answers 201 with the address of the version, its ETag and time, and the body as stored', async () => {
        const answer = await post(goal(astrid));
        expect(answer.status).toBe(201);
        const { id, meta } = answer.body as { id: string; meta: Record<string, string> };
        expect(answer.headers.get('location')).toBe(`${hub.baseUrl}/Goal/${id}/_history/${meta['versionId']}`);
        expect(answer.headers.get('etag')).toBe(`W/"${meta['versionId']}"`);
        expect(Date.parse(answer.headers.get('last-modified') ?? '')).toBe(
          Math.floor(Date.parse(meta['lastUpdated'] ?? '') / 1000) * 1000,
        );
        expect(meta['source']).toBe(`urn:oid:1.2.752.29.4.19#${hsa.careCentre}`);
        expect((await get(`Goal/${id}`)).text).toBe(answer.text);
      });

      test('takes neither id, version, time nor source from the body', async () => {
        const claimed = { versionId: 'mine', lastUpdated: '2001-01-01T00:00:00Z', source: 'urn:oid:1.2.3#somebody' };
        const answer = await post(goal(astrid, { id: 'mine', meta: claimed }));
        expect(answer.status).toBe(201);
        expect(answer.text).not.toMatch(/mine|2001-01-01|somebody/);
      });

      test.each([
        ['minimal', /^$/],
        ['representation', /^\{"resourceType":"Goal"/],
        ['OperationOutcome', /^\{"resourceType":"OperationOutcome"/],
      ])('gives the body that Prefer: return=%s asks for', async (preference, body) => {
        const answer = await post(goal(astrid), { prefer: `return=${preference}` });
        expect(answer.status).toBe(201);
        expect(answer.text).toMatch(body);
        expect(answer.headers.get('etag')).toMatch(/^W\/"[A-Za-z0-9.-]+"$/);
      });

      test('of a person that this party has registered already answers 409', async () => {
        const answer = await region.call({ method: 'POST', path: 'Patient', body: patient(persons.astrid) });
        expect([answer.status, codesOf(answer)]).toEqual([409, ['already-registered']]);
      });

      test('registers a person anew after the party has deleted its registration, under the same id', async () => {
        const created = await region.call({ method: 'POST', path: 'Patient', body: patient(persons.greta) });
        const path = addressOf(created);
        const deleted = await region.call({
          method: 'DELETE',
          path,
          headers: { 'if-match': created.headers.get('etag') ?? '' },
        });
        expect([created.status, deleted.status]).toEqual([201, 204]);
        expect((await region.call({ method: 'GET', path })).status).toBe(410);
        const anew = await region.call({ method: 'POST', path: 'Patient', body: patient(persons.greta) });
        expect([anew.status, addressOf(anew)]).toEqual([201, path]);
        expect((await region.call({ method: 'GET', path })).status).toBe(200);
        const again = await region.call({ method: 'POST', path: 'Patient', body: patient(persons.greta) });
        expect([again.status, codesOf(again)]).toEqual([409, ['already-registered']]);
      });
    });

    describe('read', () => {
      test('answers 304 without a body to If-None-Match with the current version, and 200 to any other', async () => {
        const created = await post(goal(astrid));
        const address = addressOf(created);
        const etag = created.headers.get('etag') ?? '';
        const same = await get(address, { 'if-none-match': etag });
        expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag]);
        expect((await get(address, { 'if-none-match': `W/"x", ${etag}` })).status).toBe(304);
        expect((await get(address, { 'if-none-match': 'W/"other"' })).status).toBe(200);
      });

      test('by HEAD gives the headers of GET and no body', async () => {
        const address = await put(region, goal(astrid));
        const { headers } = await get(address);
        const answer = await raw('HEAD', `/fhir/${address}`);
        expect([answer.status, answer.text]).toEqual([200, '']);
        for (const header of ['etag', 'last-modified', 'content-type', 'cache-control']) {
          expect(answer.headers[header], header).toBe(headers.get(header));
        }
        expect((await raw('HEAD', `/fhir/Goal/${never}`)).status).toBe(404);
      });

      test('of what never was answers 404, for the current version and for one of its versions', async () => {
        for (const path of [`Goal/${never}`, `Goal/${never}/_history/1`, `Goal/${never}/_history`]) {
          const answer = await get(path);
          expect([path, answer.status, codesOf(answer)]).toEqual([path, 404, ['not-found']]);
        }
      });
    });

    describe('update', () => {
      test('answers 200 with the new version, and keeps the old one readable', async () => {
        const created = await post(goal(astrid));
        const address = addressOf(created);
        const body = { ...created.body, description: { text: 'Jag vill gå ut varje dag.' } };
        const ifMatch = { 'if-match': created.headers.get('etag') ?? '' };
        const answer = await region.call({ method: 'PUT', path: address, body, headers: ifMatch });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('etag')).not.toBe(created.headers.get('etag'));
        expect(addressOf(answer)).toBe(address);
        expect((await get(address)).text).toBe(answer.text);
        const version = (created.headers.get('location') ?? '').slice(hub.baseUrl.length + 1);
        const old = await get(version);
        expect([old.status, old.text]).toEqual([200, created.text]);
        expect(old.headers.get('etag')).toBe(created.headers.get('etag'));
        expect((await get(`${address}/_history/never`)).status).toBe(404);
      });

      test.each([
        ['without If-Match', undefined, 428, 'if-match-required'],
        ['with a version that is not the current one', 'W/"stale"', 412, 'version-conflict'],
        ['with If-Match: *', '*', 400, 'if-match-malformed'],
        ['with two ETags', 'W/"a", W/"b"', 400, 'if-match-malformed'],
        ['with an unquoted version', 'abc', 400, 'if-match-malformed'],
      ])('and deletion %s are refused and change nothing', async (_name, ifMatch, status, code) => {
        const created = await post(goal(astrid));
        const address = addressOf(created);
        const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
        for (const method of ['PUT', 'DELETE'] as const) {
          const body = method === 'PUT' ? created.body : undefined;
          const answer = await region.call({ method, path: address, body, headers });
          expect([method, answer.status, codesOf(answer)]).toEqual([method, status, [code]]);
        }
        expect((await get(address)).text).toBe(created.text);
        expect(entriesOf(await get(`${address}/_history`))).toHaveLength(1);
      });

      test('never creates', async () => {
        const body = goal(astrid, { id: never });
        const answer = await region.call({
          method: 'PUT',
          path: `Goal/${never}`,
          body,
          headers: { 'if-match': 'W/"1"' },
        });
        expect([answer.status, codesOf(answer)]).toEqual([404, ['not-found']]);
      });

      test('with another id or type than the address is refused', async () => {
        const created = await post(goal(astrid));
        const headers = { 'if-match': created.headers.get('etag') ?? '' };
        const path = addressOf(created);
        const other = await region.call({ method: 'PUT', path, body: { ...created.body, id: never }, headers });
        expect([other.status, codesOf(other)]).toEqual([400, ['id-mismatch']]);
        const type = await region.call({
          method: 'PUT',
          path,
          body: { ...created.body, resourceType: 'Task' },
          headers,
        });
        expect([type.status, codesOf(type)]).toEqual([400, ['resource-type-mismatch']]);
      });

      test('never moves a resource to another person', async () => {
        const bo = await put(region, patient(persons.bo));
        const created = await post(goal(astrid));
        const body = { ...created.body, subject: { reference: bo } };
        const headers = { 'if-match': created.headers.get('etag') ?? '' };
        const answer = await region.call({ method: 'PUT', path: addressOf(created), body, headers });
        expect([answer.status, codesOf(answer)]).toEqual([422, ['subject-fixed']]);
      });

      test('of many at once with the same ETag lets exactly one through', async () => {
        const created = await post(goal(astrid));
        const headers = { 'if-match': created.headers.get('etag') ?? '' };
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, at) =>
            region.call({
              method: 'PUT',
              path: addressOf(created),
              body: { ...created.body, description: { text: `Ändring ${at}` } },
              headers,
            }),
          ),
        );
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
        expect(answers.filter(({ status }) => status === 412)).toHaveLength(11);
        expect(entriesOf(await get(`${addressOf(created)}/_history`))).toHaveLength(2);
      });

      test('has a later time than the version it follows, also where the clock does not move', async () => {
        const created = await post(goal(astrid));
        const lastUpdated = ({ body }: FhirAnswer): number =>
          Date.parse((body as { meta: { lastUpdated: string } }).meta.lastUpdated);
        hub.advance(-60_000);
        const headers = { 'if-match': created.headers.get('etag') ?? '' };
        const answer = await region.call({ method: 'PUT', path: addressOf(created), body: created.body, headers });
        hub.advance(60_000);
        expect(lastUpdated(answer)).toBeGreaterThan(lastUpdated(created));
        const methods = entriesOf(await get(`${addressOf(created)}/_history`)).map(({ request }) => request?.method);
        expect(methods).toEqual(['PUT', 'POST']);
      });
    });

    describe('an entry of the directory', () => {
      const organization = async (hsaId: string): Promise<string> => {
        const found = await get(`Organization?identifier=urn:oid:1.2.752.29.4.19|${hsaId}`);
        return `Organization/${entriesOf(found)[0]?.resource?.id ?? ''}`;
      };
      const place = (reference: string): FhirResource => ({
        resourceType: 'Location',
        name: 'Mötesrum 3',
        managingOrganization: { reference },
      });

      test('is written by a party for itself and for the units below it, and for nobody else', async () => {
        const whole = await hub.party(hsa.regionUppsala);
        const write = async (system: VendorSystem, hsaId: string): Promise<FhirAnswer> =>
          system.call({ method: 'POST', path: 'Location', body: place(await organization(hsaId)) });
        expect((await write(region, hsa.careCentre)).status).toBe(201);
        expect((await write(whole, hsa.careCentre)).status).toBe(201);
        for (const other of [hsa.regionUppsala, hsa.orthopaedics, hsa.homeCare]) {
          const refused = await write(region, other);
          expect([refused.status, codesOf(refused), issuesOf(refused)[0]?.expression]).toEqual([
            422,
            ['not-your-field'],
            'Location.managingOrganization',
          ]);
        }
      });

      test('is not handed to another party by an update', async () => {
        const created = await region.call({
          method: 'POST',
          path: 'Location',
          body: place(await organization(hsa.careCentre)),
        });
        const path = addressOf(created);
        const body = { ...place(await organization(hsa.homeCare)), id: path.split('/')[1] };
        const headers = { 'if-match': created.headers.get('etag') ?? '' };
        expect(codesOf(await region.call({ method: 'PUT', path, body, headers }))).toEqual(['not-your-field']);
      });
    });

    describe('the identifier that gave a person the id', () => {
      const lma = { system: 'http://electronichealth.se/identifier/LMA-nummer', value: '50123456' };
      const another = { system: personnummerSystem, value: persons.eva };
      const register = async (): Promise<string> =>
        addressOf(
          await region.call({
            method: 'POST',
            path: 'Patient',
            body: patient(persons.filip),
            headers: { 'if-none-exist': `identifier=${personnummerSystem}|${persons.filip}` },
          }),
        );

      test.each([
        ['another personal number instead', [another]],
        ['a number of another kind instead', [lma]],
      ])('stays: %s is refused, by PUT, PATCH and in a transaction', async (_what, identifier) => {
        const body = { ...patient(persons.filip), identifier };
        const path = await register();
        const etag = (await get(path)).headers.get('etag') ?? '';
        const resource = { ...body, id: path.split('/')[1] };
        const answers = [
          await region.call({ method: 'PUT', path, body: resource, headers: { 'if-match': etag } }),
          await region.call({
            method: 'PATCH',
            path,
            body: JSON.stringify([{ op: 'replace', path: '/identifier', value: identifier }]),
            headers: { 'if-match': etag, 'content-type': 'application/json-patch+json' },
          }),
          await region.call({
            method: 'POST',
            path: '',
            body: {
              resourceType: 'Bundle',
              type: 'transaction',
              entry: [{ resource, request: { method: 'PUT', url: path, ifMatch: etag } }],
            },
          }),
        ];
        for (const answer of answers) {
          expect([answer.status, codesOf(answer)]).toEqual([422, ['identifier-fixed']]);
        }
        expect((await get(path)).headers.get('etag')).toBe(etag);
      });

      test('is not added to a person whose id came from none', async () => {
        const unknown = { ...patient(persons.eva), identifier: [lma] };
        const created = await region.call({ method: 'POST', path: 'Patient', body: unknown });
        const path = addressOf(created);
        const resource = { ...unknown, id: path.split('/')[1], identifier: [lma, another] };
        const headers = { 'if-match': created.headers.get('etag') ?? '' };
        const answer = await region.call({ method: 'PUT', path, body: resource, headers });
        expect([created.status, answer.status, codesOf(answer)]).toEqual([201, 422, ['identifier-fixed']]);
      });

      test('may be joined by others', async () => {
        const path = await register();
        const etag = (await get(path)).headers.get('etag') ?? '';
        const known = { system: personnummerSystem, value: persons.filip };
        const resource = { ...patient(persons.filip), id: path.split('/')[1], identifier: [known, lma] };
        expect((await region.call({ method: 'PUT', path, body: resource, headers: { 'if-match': etag } })).status).toBe(
          200,
        );
      });
    });

    describe('delete', () => {
      test('answers 204 and then 410 for reading and changing, while the history stays', async () => {
        const created = await post(goal(astrid));
        const path = addressOf(created);
        const headers = { 'if-match': created.headers.get('etag') ?? '' };
        const deleted = await region.call({ method: 'DELETE', path, headers });
        expect([deleted.status, deleted.text]).toEqual([204, '']);
        expect(deleted.headers.get('etag')).toMatch(/^W\/"/);
        const again = { 'if-match': deleted.headers.get('etag') ?? '' };
        const answers = [
          await get(path),
          await region.call({ method: 'PUT', path, body: created.body, headers: again }),
          await region.call({ method: 'DELETE', path, headers: again }),
        ];
        for (const answer of answers) expect([answer.status, codesOf(answer)]).toEqual([410, ['gone']]);
        const history = entriesOf(await get(`${path}/_history`));
        expect(history.map(({ request, response }) => [request?.method, response?.status])).toEqual([
          ['DELETE', expect.stringMatching(/^204/)],
          ['POST', expect.stringMatching(/^201/)],
        ]);
        expect(history[0]?.resource).toBeUndefined();
        expect((await get((created.headers.get('location') ?? '').slice(hub.baseUrl.length + 1))).text).toBe(
          created.text,
        );
      });

      test('takes the resource out of searches', async () => {
        const created = await post(goal(astrid));
        const path = addressOf(created);
        const find = async (): Promise<number> => entriesOf(await get(`Goal?_id=${path.slice(5)}`)).length;
        expect(await find()).toBe(1);
        await region.call({ method: 'DELETE', path, headers: { 'if-match': created.headers.get('etag') ?? '' } });
        expect(await find()).toBe(0);
      });
    });

    describe('history', () => {
      test('of an instance gives its versions newest first, by pages and since an instant', async () => {
        let latest = await post(goal(astrid));
        const path = addressOf(latest);
        const etags = [latest.headers.get('etag')];
        let middle = '';
        for (let at = 0; at < 4; at += 1) {
          const headers = { 'if-match': latest.headers.get('etag') ?? '' };
          latest = await region.call({ method: 'PUT', path, body: latest.body, headers });
          etags.unshift(latest.headers.get('etag'));
          if (at === 2) middle = (latest.body as { meta: { lastUpdated: string } }).meta.lastUpdated;
        }
        const whole = await get(`${path}/_history`);
        expect(whole.body).toMatchObject({ resourceType: 'Bundle', type: 'history', total: 5 });
        expect(linkOf(whole, 'next')).toBeUndefined();
        expect(entriesOf(whole).map(({ response }) => response?.etag)).toEqual(etags);
        expect(entriesOf(whole)[0]).toMatchObject({
          fullUrl: `${hub.baseUrl}/${path}`,
          request: { method: 'PUT', url: path },
        });
        const first = await get(`${path}/_history?_count=2`);
        expect(first.body).toMatchObject({ total: 5 });
        const paged = await searchAll(region, `${path}/_history?_count=2`);
        expect(paged.map(({ response }) => response?.etag)).toEqual(etags);
        const since = await get(`${path}/_history?_since=${encodeURIComponent(middle)}`);
        expect(entriesOf(since).map(({ response }) => response?.etag)).toEqual(etags.slice(0, 2));
        expect(entriesOf(await get(`${path}/_history?_since=2999-01-01`))).toEqual([]);
      });

      test('of a type gives every version of its resources, by pages without repeats', async () => {
        const entries = await searchAll(region, 'Goal/_history?_count=7');
        const versions = entries.map(({ fullUrl, response }) => `${fullUrl} ${response?.etag}`);
        expect(new Set(versions).size).toBe(versions.length);
        const whole = entriesOf(await get('Goal/_history?_count=1000'));
        expect(versions).toEqual(whole.map(({ fullUrl, response }) => `${fullUrl} ${response?.etag}`));
        expect(versions.length).toBeGreaterThan(20);
        const times = entries.map(({ response }) => response?.lastModified ?? '');
        expect(times).toEqual(times.toSorted().toReversed());
      });

      test.each([
        '_count=0',
        '_count=x',
        '_since=yesterday',
        '_since=2026-02-30',
        '_sort=date',
        '_page=x',
        'status=active',
      ])('refuses %s', async (query) => {
        expect((await get(`Goal/_history?${query}`)).status).toBe(400);
      });

      test.each(['0001-01-01', '9999-12-31', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-14:00'])(
        'since the edge of time (%s) is answered',
        async (since) => {
          expect((await get(`Goal/_history?_since=${encodeURIComponent(since)}`)).status).toBe(200);
        },
      );
    });

    describe('the text of a resource', () => {
      const texts = ['1.00', '1e3', '0.10', '-0.0', '12345678901234567890.123456789', '1E-7'];

      test.each(texts)(
        'keeps the decimal %s through create, read, update, history, search and Bundles',
        async (decimal) => {
          const target = `"target":[{"measure":{"text":"Gånghastighet"},"detailQuantity":{"value":${decimal},"unit":"m/s"}}]`;
          const text = `${JSON.stringify(goal(astrid)).slice(0, -1)},${target}}`;
          const created = await post(text);
          expect(created.text).toContain(target);
          const path = addressOf(created);
          const read = await get(path);
          expect(read.text).toContain(target);
          const headers = { 'if-match': created.headers.get('etag') ?? '' };
          const updated = await region.call({ method: 'PUT', path, body: read.text, headers });
          expect(updated.text).toContain(target);
          expect((await get(path)).text).toContain(target);
          expect((await get(`${path}/_history`)).text.split(target)).toHaveLength(3);
          expect((await get(`Goal?_id=${path.slice(5)}`)).text).toContain(target);
          const bundle = `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":${text},"request":{"method":"POST","url":"Goal"}}]}`;
          for (const type of ['transaction', 'batch']) {
            const answer = await region.call({ method: 'POST', path: '', body: bundle.replace('transaction', type) });
            const [entry] = entriesOf(answer);
            const location = (entry?.response?.location ?? '').slice(hub.baseUrl.length + 1);
            expect((await get(location)).text).toContain(target);
          }
        },
      );

      test('keeps every character, also beyond the basic plane and combining ones', async () => {
        const words = 'Åäö éè 👩🏽‍⚕️ 𝒜 a\u0301 \u2028 "citat" \\ / \t\n <b>&amp;';
        const created = await post(goal(astrid, { description: { text: words } }));
        expect(created.status).toBe(201);
        expect((await get(addressOf(created))).body).toMatchObject({ description: { text: words } });
      });

      test('keeps extensions on primitives, with nulls where a list has gaps', async () => {
        const reason = {
          extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
        };
        const name = [{ family: 'Öberg', given: ['Åsa', null], _given: [null, reason] }];
        const body = patient(persons.cecilia, { name, birthDate: '1961-10-18', _birthDate: { id: 'b' } });
        const created = await region.call({ method: 'POST', path: 'Patient', body });
        expect(created.status, created.text).toBe(201);
        const read = await get(addressOf(created));
        expect(read.body).toMatchObject({ name, _birthDate: { id: 'b' } });
      });

      test('keeps elements in the order they were sent', async () => {
        const body = { ...goal(astrid), note: [{ text: 'Sist' }] };
        const created = await post(body);
        const keys = Object.keys(created.body ?? {}).filter((key) => key !== 'id' && key !== 'meta');
        expect(keys).toEqual(Object.keys(body));
      });
    });

    describe('addresses and methods', () => {
      test.each([
        ['Observation', 404, 'endpoint-unknown'],
        ['Observation/1', 404, 'endpoint-unknown'],
        ['goal/1', 404, 'endpoint-unknown'],
        ['Goal/a_b', 404, 'endpoint-unknown'],
        [`Goal/${'x'.repeat(65)}`, 404, 'endpoint-unknown'],
        ['Goal/1/2', 404, 'endpoint-unknown'],
        ['Goal/1/_history/1/2', 404, 'endpoint-unknown'],
        ['Goal/$everything', 404, 'endpoint-unknown'],
      ])('GET %s answers %i', async (path, status, code) => {
        const answer = await raw('GET', `/fhir/${path}`);
        expect([answer.status, codesOf(answer)]).toEqual([status, [code]]);
      });

      test.each([
        ['POST', 'Goal/1', 'GET, PUT, PATCH, DELETE, HEAD'],
        ['POST', '_history', 'GET, HEAD'],
        ['PUT', '', 'GET, POST, HEAD'],
        ['POST', 'metadata', 'GET, HEAD'],
        ['DELETE', 'Goal/1/_history/1', 'GET, HEAD'],
        ['GET', 'Goal/_search', 'POST'],
        ['OPTIONS', 'Goal', 'GET, POST, PUT, PATCH, DELETE, HEAD'],
      ])('%s %s answers 405 and names what is allowed', async (method, path, allow) => {
        const answer = await raw(method, `/fhir/${path}`);
        expect([answer.status, answer.headers['allow'], codesOf(answer)]).toEqual([405, allow, ['method-not-allowed']]);
      });

      test.each(['TRACE', 'PROPFIND', 'SEARCH', 'QUERY'])(
        '%s is refused without a fault of the hub',
        async (method) => {
          const answer = await raw(method, '/fhir/Goal');
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.status).toBeLessThan(500);
        },
      );

      test('an address of more than 8 KiB answers 414', async () => {
        const answer = await get(`Goal?_id=${'a'.repeat(8_200)}`);
        expect([answer.status, codesOf(answer)]).toEqual([414, ['url-too-long']]);
      });
    });

    describe('media types', () => {
      test.each([
        'application/fhir+json',
        'application/json',
        '*/*',
        'application/*',
        'text/html, application/fhir+json;q=0.1',
        'application/fhir+json; fhirVersion=4.0',
      ])('Accept: %s is answered with JSON', async (accept) => {
        const answer = await get(astrid, { accept });
        expect([answer.status, answer.headers.get('content-type')]).toEqual([
          200,
          'application/fhir+json; charset=utf-8',
        ]);
      });

      test.each([
        'application/fhir+xml',
        'text/html',
        'application/fhir+json;q=0',
        'application/fhir+json; fhirVersion=3.0',
      ])('Accept: %s answers 406', async (accept) => {
        const answer = await get(astrid, { accept });
        expect([answer.status, codesOf(answer)]).toEqual([406, ['not-acceptable']]);
      });

      test('_format wins over Accept', async () => {
        expect((await get(`${astrid}?_format=json`, { accept: 'text/html' })).status).toBe(200);
        expect((await get(`${astrid}?_format=application/fhir%2Bjson`, { accept: 'text/html' })).status).toBe(200);
        expect((await get(`${astrid}?_format=application/fhir+json`, { accept: 'text/html' })).status).toBe(200);
        expect((await get(`${astrid}?_format=xml`)).status).toBe(406);
      });

      test.each([
        'application/fhir+json',
        'application/json',
        'application/fhir+json; charset=utf-8',
        'application/fhir+json;charset="UTF-8"; fhirVersion=4.0',
      ])('a body of type %s is taken', async (type) => {
        expect((await post(goal(astrid), { 'content-type': type })).status).toBe(201);
      });

      test.each([
        'application/fhir+xml',
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json-patch+json',
        'application/fhir+json; charset=iso-8859-1',
        'application/fhir+json; fhirVersion=5.0',
      ])('a body of type %s answers 415', async (type) => {
        const answer = await post(goal(astrid), { 'content-type': type });
        expect([answer.status, codesOf(answer)]).toEqual([415, ['media-type-unsupported']]);
      });

      test('a body without a type answers 415', async () => {
        const answer = await raw('POST', '/fhir/Goal', { chunks: [JSON.stringify(goal(astrid))] });
        expect([answer.status, codesOf(answer)]).toEqual([415, ['media-type-unsupported']]);
      });

      test.each(['gzip', 'br', 'deflate'])('a body with Content-Encoding: %s answers 415', async (encoding) => {
        const headers = { 'content-type': 'application/fhir+json', 'content-encoding': encoding };
        const answer = await raw('POST', '/fhir/Goal', { headers, chunks: [JSON.stringify(goal(astrid))] });
        expect([answer.status, codesOf(answer)]).toEqual([415, ['media-type-unsupported']]);
        expect(answer.headers['accept-encoding']).toBe('identity');
      });
    });

    describe('too large', () => {
      const large = JSON.stringify({ resourceType: 'Goal', note: [{ text: 'å'.repeat(40_000) }] });
      const json = { 'content-type': 'application/fhir+json' };

      test('a body over the limit answers 413, with its length declared or in chunks', async () => {
        for (const chunks of [[large], [large.slice(0, 20_000), large.slice(20_000)]]) {
          const answer = await raw('POST', '/fhir/Goal', { headers: json, chunks });
          expect([answer.status, codesOf(answer)]).toEqual([413, ['body-too-large']]);
        }
      });

      test('a chunked body within the limit is taken', async () => {
        const text = Buffer.from(JSON.stringify(goal(astrid, { description: { text: 'Blåbär' } })));
        const at = text.indexOf(Buffer.from('å')) + 1;
        const answer = await raw('POST', '/fhir/Goal', {
          headers: json,
          chunks: [text.subarray(0, at), text.subarray(at)],
        });
        expect(answer.status, answer.text).toBe(201);
        expect(answer.text).toContain('Blåbär');
      });

      test('a Bundle has a limit of its own', async () => {
        const bundle = {
          resourceType: 'Bundle',
          type: 'batch',
          entry: [{ resource: JSON.parse(large), request: { method: 'POST', url: 'Goal' } }],
        };
        const answer = await region.call({ method: 'POST', path: '', body: bundle });
        expect(answer.status).toBe(200);
        const twice = { ...bundle, entry: [...bundle.entry, ...bundle.entry] };
        expect((await region.call({ method: 'POST', path: '', body: twice })).status).toBe(413);
      });
    });

    describe('headers', () => {
      test('a harmless X-Request-Id comes back; any other is replaced', async () => {
        expect((await get(astrid, { 'x-request-id': 'trace-1.a_B' })).headers.get('x-request-id')).toBe('trace-1.a_B');
        const odd = await get(astrid, { 'x-request-id': 'a b<script>' });
        expect(odd.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9.-]{16}$/);
        const refused = await get('Goal?x=1', { 'x-request-id': 'trace-2' });
        expect([refused.status, refused.headers.get('x-request-id')]).toEqual([400, 'trace-2']);
      });

      test.each([
        '/fhir/metadata',
        '/fhir/Goal/x',
        '/fhir/.well-known/smart-configuration',
        '/health/live',
        '/elsewhere',
        '/fhir/Nowhere',
      ])('every answer carries the security headers: %s', async (path) => {
        const { headers } = await raw('GET', path);
        expect(headers).toMatchObject({
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        });
        expect(headers).not.toHaveProperty('x-powered-by');
        expect(headers).not.toHaveProperty('server');
      });

      test('nothing in an answer comes from Host or forwarded headers', async () => {
        const spoofed = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
        const json = { 'content-type': 'application/fhir+json' };
        const answers = [
          await raw('POST', '/fhir/Goal', { headers: { ...spoofed, ...json }, chunks: [JSON.stringify(goal(astrid))] }),
          await raw('GET', '/fhir/Goal?_count=1', { headers: spoofed }),
          await raw('GET', '/fhir/metadata', { headers: spoofed }),
          await raw('GET', '/fhir/.well-known/smart-configuration', { headers: spoofed }),
          await raw('GET', '/fhir/Goal/_history?_count=1', { headers: spoofed }),
          await raw('GET', 'http://evil.example/fhir/Goal?_count=1', { headers: spoofed }),
        ];
        for (const answer of answers) {
          expect(answer.status).toBeLessThan(300);
          expect(answer.text + JSON.stringify(answer.headers)).not.toContain('evil');
        }
      });

      test('words of an error are Swedish where Accept-Language asks for it', async () => {
        const text = async (language: string): Promise<string> =>
          (await get(`Goal/${never}`, { 'accept-language': language })).text;
        expect(await text('sv-SE,sv;q=0.9,en;q=0.5')).toContain('Resursen finns inte');
        expect(await text('en')).toContain('There is no such resource');
      });
    });

    describe('without a usable token', () => {
      test.each([
        ['none', {}, 'login-required'],
        ['another scheme', { authorization: 'Basic YTpi' }, 'token-invalid'],
        ['nonsense', { authorization: 'Bearer abc' }, 'token-invalid'],
        ['a forged signature', { authorization: 'Bearer e30.e30.AAAA' }, 'token-invalid'],
      ])('(%s) every address but metadata answers 401 and says how to come in', async (_name, headers, code) => {
        for (const path of ['/fhir/Goal', `/fhir/${astrid}`, '/fhir/Goal/_history']) {
          const answer = await sendRaw(hub.hub.publicUrl, { method: 'GET', path, headers });
          expect([answer.status, codesOf(answer)[0]]).toEqual([401, code]);
          expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
        }
        const metadata = await sendRaw(hub.hub.publicUrl, { method: 'GET', path: '/fhir/metadata', headers });
        expect([metadata.status, (metadata.body as { resourceType: string }).resourceType]).toEqual([
          200,
          'CapabilityStatement',
        ]);
      });
    });

    test('an error says where and what to do', async () => {
      const answer = await post({ ...goal(astrid), lifecycleStatus: 'asleep' });
      expect(answer.status).toBe(422);
      const [issue] = issuesOf(answer);
      expect(issue).toMatchObject({ code: 'code-not-in-value-set', expression: 'Goal.lifecycleStatus' });
    });
  });
}
