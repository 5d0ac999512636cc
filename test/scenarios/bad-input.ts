// Bad input over HTTP: a clear error with the right status, nothing stored, and the hub alive afterwards. Never a 5xx.
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import {
  codesOf,
  consent,
  goal,
  issuesOf,
  organizationOf,
  patient,
  persons,
  put,
  readBundle,
  sendRaw,
  type RawAnswer,
} from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const never = '00000000-0000-7000-8000-000000000000';
const json = { 'content-type': 'application/fhir+json' };

export function describeBadInput(name: string, open: OpenHub): void {
  describe(`bad input on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let bo: string;

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      bo = await put(region, patient(persons.bo, { birthDate: '1950-09-07' }));
    });

    afterAll(async () => {
      await hub.stop();
    });

    let logged = 0;
    beforeEach(() => {
      logged = hub.logged.length;
    });

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
    const post = (body: string | Buffer, path = '/fhir/Goal'): Promise<RawAnswer> =>
      raw('POST', path, { headers: json, chunks: [body] });

    /** Asserts that nothing but the log changed, and that the hub still answers. */
    const expectNothingStored = async (work: () => Promise<void>): Promise<void> => {
      const before = await hub.countRows();
      await work();
      const { audit_log: _after, ...after } = await hub.countRows();
      const { audit_log: _before, ...expected } = before;
      expect(after).toEqual(expected);
      expect((await region.call({ method: 'GET', path: bo })).status).toBe(200);
    };

    /** Asserts that the hub has logged no fault of its own in this test. */
    const expectNoFault = (): void => {
      expect(hub.logged.slice(logged).filter((line) => line.includes('request-failed'))).toEqual([]);
    };

    describe('a body', () => {
      const valid = JSON.stringify(goal('Patient/x'));

      test.each<readonly [string, string | Buffer, number, string]>([
        ['that is empty', '', 400, 'body-missing'],
        ['of white space', ' \n\t ', 400, 'body-missing'],
        ['that ends early', valid.slice(0, -1), 400, 'json-malformed'],
        ['with something after its end', `${valid}}`, 400, 'json-malformed'],
        ['with two values', `${valid}${valid}`, 400, 'json-malformed'],
        ['with a comma too many', '{"resourceType":"Goal",}', 400, 'json-malformed'],
        ['with a comment', '{"resourceType":"Goal"/* x */}', 400, 'json-malformed'],
        ['with single quotes', "{'resourceType':'Goal'}", 400, 'json-malformed'],
        ['with NaN', '{"resourceType":"Goal","x":NaN}', 400, 'json-malformed'],
        ['with a leading zero', '{"resourceType":"Goal","x":01}', 400, 'json-malformed'],
        ['with a raw line break in a text', '{"resourceType":"Goal\n"}', 400, 'json-malformed'],
        ['with a wrong escape', '{"resourceType":"\\x47oal"}', 400, 'json-malformed'],
        ['with a byte order mark in UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), 400, 'json-malformed'],
        [
          'of invalid UTF-8',
          Buffer.concat([Buffer.from('{"resourceType":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
          400,
          'json-malformed',
        ],
        [
          'of UTF-8 for half a surrogate pair',
          Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
          400,
          'json-malformed',
        ],
        [
          'with the same key twice',
          '{"resourceType":"Goal","note":[{"text":"a","text":"b"}]}',
          400,
          'json-duplicate-key',
        ],
        [
          'with the same key twice, once escaped',
          '{"resourceType":"Goal","resource\\u0054ype":"Goal"}',
          400,
          'json-duplicate-key',
        ],
        ['with __proto__', '{"resourceType":"Goal","__proto__":{"admin":true}}', 400, 'json-forbidden-key'],
        ['with an escaped __proto__', '{"resourceType":"Goal","\\u005f_proto__":{}}', 400, 'json-forbidden-key'],
        [
          'with constructor.prototype',
          '{"resourceType":"Goal","constructor":{"prototype":{}}}',
          400,
          'json-forbidden-key',
        ],
        [
          'with NUL in a text',
          '{"resourceType":"Goal","note":[{"text":"a\\u0000b"}]}',
          400,
          'json-forbidden-character',
        ],
        ['with NUL in a key', '{"resourceType":"Goal","a\\u0000":1}', 400, 'json-forbidden-character'],
        [
          'with half a surrogate pair',
          '{"resourceType":"Goal","note":[{"text":"\\ud800"}]}',
          400,
          'json-forbidden-character',
        ],
        [
          'with the second half first',
          '{"resourceType":"Goal","note":[{"text":"\\udc00\\ud800"}]}',
          400,
          'json-forbidden-character',
        ],
        [
          'nested 65 deep',
          `{"resourceType":"Goal","extension":${'['.repeat(64)}${']'.repeat(64)}}`,
          400,
          'json-too-deep',
        ],
        ['nested 100 000 deep', '['.repeat(100_000), 400, 'json-too-deep'],
        ['nested 100 000 deep in objects', '{"a":'.repeat(100_000), 400, 'json-too-deep'],
        ['that is an array', '[]', 400, 'wrong-type'],
        ['that is null', 'null', 400, 'wrong-type'],
        ['that is a text', '"Goal"', 400, 'wrong-type'],
        ['that is a number', '1', 400, 'wrong-type'],
        ['without resourceType', '{}', 400, 'resource-type-unknown'],
        ['with a number for resourceType', '{"resourceType":1}', 400, 'resource-type-unknown'],
        ['with a path for resourceType', '{"resourceType":"../Goal"}', 400, 'resource-type-unknown'],
        ['of another type', '{"resourceType":"Task"}', 400, 'resource-type-mismatch'],
        ['of a type that is none', '{"resourceType":"Gaol"}', 400, 'resource-type-mismatch'],
        ['over a megabyte', `{"resourceType":"Goal","x":"${'x'.repeat(1_100_000)}"}`, 413, 'body-too-large'],
        [
          'with a million small numbers',
          `{"resourceType":"Goal","x":[${'1,'.repeat(400_000)}1]}`,
          400,
          'unknown-element',
        ],
      ])('%s is refused', async (_name, body, status, code) => {
        await expectNothingStored(async () => {
          const answer = await post(body);
          expect([answer.status, codesOf(answer)[0]]).toEqual([status, code]);
          expect(answer.text).not.toContain('Jag vill');
        });
        expectNoFault();
      });

      test('that is malformed is refused with the line and column of the fault', async () => {
        const answer = await post('{\n  "resourceType": "Goal",\n  "note": [,]\n}');
        expect(issuesOf(answer)[0]?.diagnostics).toContain('line 3, column 12');
        const duplicate = await post('{\n  "resourceType": "Goal",\n  "resourceType": "Goal"\n}');
        expect(issuesOf(duplicate)[0]?.diagnostics).toContain('line 3, column 3');
      });

      test('with a UTF-8 byte order mark is taken or refused, never a fault', async () => {
        const answer = await post(`\uFEFF${JSON.stringify(goal(bo))}`);
        expect([201, 400]).toContain(answer.status);
      });

      test.each([
        '1',
        'null',
        '[]',
        '{}',
        '[[]]',
        '[null]',
        '[1]',
        '["a"]',
        '[{}]',
        '[{"a":null}]',
        '{"a":"b"}',
        '{"coding":[null]}',
      ])('with %s for any of its elements is refused', async (value) => {
        const bodies = [
          goal(bo),
          patient(persons.eva),
          consent(bo, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)),
          ...readBundle('hip-fracture/1-region.json').entry.map(({ resource }) => resource),
        ];
        await expectNothingStored(async () => {
          for (const body of new Map(bodies.map((one) => [one.resourceType, one])).values()) {
            for (const key of Object.keys(body)) {
              if (key === 'resourceType') continue;
              const { [key]: _old, ...rest } = body;
              const text = `${JSON.stringify(rest).slice(0, -1)},"${key}":${value}}`;
              const place = `${body.resourceType}.${key} = ${value}`;
              const single = await post(text, `/fhir/${body.resourceType}`);
              expect([place, single.status < 500 && single.status >= 400 ? 'refused' : single.text]).toEqual([
                place,
                'refused',
              ]);
              const bundle = `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":${text},"request":{"method":"POST","url":"${body.resourceType}"}}]}`;
              const inside = await post(bundle, '/fhir');
              expect([place, inside.status < 500 && inside.status >= 400 ? 'refused' : inside.text]).toEqual([
                place,
                'refused',
              ]);
            }
          }
        });
        expectNoFault();
      });
    });

    describe('a value', () => {
      const change = (changes: Readonly<Record<string, unknown>>): string => JSON.stringify(goal(bo, changes));

      test.each([
        ['a date before the calendar', change({ startDate: '0000-01-01' })],
        ['a day that is not', change({ startDate: '2026-02-30' })],
        ['a date of five digits', change({ startDate: '20026-01-01' })],
        ['a time for a date', change({ startDate: '2026-01-01T10:00:00Z' })],
        ['a date with space', change({ startDate: ' 2026-01-01' })],
        ['a date in letters of other scripts', change({ startDate: '２０２６-01-01' })],
        [
          'a number beyond all',
          `${change({}).slice(0, -1)},"target":[{"measure":{"text":"m"},"detailQuantity":{"value":1e999999}}]}`,
        ],
        ['a text for a number', change({ target: [{ measure: { text: 'm' }, detailQuantity: { value: '1' } }] })],
        ['an integer out of range', change({ target: [{ measure: { text: 'm' }, detailInteger: 3_000_000_000 }] })],
        ['a fraction for an integer', change({ target: [{ measure: { text: 'm' }, detailInteger: 1.5 }] })],
        ['an id with a slash', change({ id: 'a/b' })],
        ['a contained resource without type', change({ contained: [{}] })],
        [
          'a script in the narrative',
          change({
            text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>' },
          }),
        ],
        ['an empty text', change({ note: [{ text: '' }] })],
        ['null for an element', change({ note: null })],
      ])('that cannot be (%s) is refused', async (_name, body) => {
        await expectNothingStored(async () => {
          const answer = await post(body);
          expect([400, 422], answer.text).toContain(answer.status);
          expect(issuesOf(answer)[0]?.expression).toMatch(/^Goal/);
        });
        expectNoFault();
      });

      test.each(['0001-01-01', '0001', '9999-12-31', '9999', '1582-10-10'])(
        'at the edge of time (%s) is stored and found',
        async (date) => {
          const answer = await post(change({ startDate: date }));
          expect(answer.status, answer.text).toBe(201);
          const { id } = answer.body as { readonly id: string };
          for (const query of [`start-date=${date}`, `_sort=start-date`, `_sort=-start-date`]) {
            const found = await region.call({ method: 'GET', path: `Goal?_id=${id}&${query}` });
            expect([query, found.status, found.text.includes(id)]).toEqual([query, 200, true]);
          }
        },
      );

      test('very long in every indexed element is stored whole and found', async () => {
        const long = `Å${'ö𝒜'.repeat(30_000)}`;
        const system = `https://example.org/${'s'.repeat(20_000)}`;
        const answer = await post(
          change({
            identifier: [{ system, value: long }],
            description: { text: long, coding: [{ system, code: 'c'.repeat(20_000) }] },
          }),
        );
        expect(answer.status, answer.text.slice(0, 500)).toBe(201);
        expect(answer.text).toContain(long);
        const form = `identifier=${encodeURIComponent(long)}`;
        const found = await raw('POST', '/fhir/Goal/_search', {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          chunks: [form],
        });
        expect([found.status, (found.body as { entry?: unknown[] }).entry?.length]).toEqual([200, 1]);
        const name = [{ family: long, given: [long] }];
        const person = await region.call({ method: 'POST', path: 'Patient', body: patient(persons.eva, { name }) });
        expect(person.status, person.text.slice(0, 500)).toBe(201);
        for (const query of [`family:exact=`, `family=`, `family:contains=`]) {
          const byName = await raw('POST', '/fhir/Patient/_search', {
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            chunks: [`${query}${encodeURIComponent(long)}`],
          });
          expect([query, byName.status, (byName.body as { entry?: unknown[] }).entry?.length]).toEqual([query, 200, 1]);
        }
        expect((await region.call({ method: 'GET', path: 'Patient?_sort=family&_count=1' })).status).toBe(200);
      });

      test('many times over in one resource is stored', async () => {
        const identifier = Array.from({ length: 2_000 }, (_, at) => ({ system: 'urn:test:many', value: `v${at}` }));
        const answer = await post(change({ identifier }));
        expect(answer.status, answer.text.slice(0, 300)).toBe(201);
        const found = await region.call({ method: 'GET', path: 'Goal?identifier=v1999' });
        expect((found.body as { entry?: unknown[] }).entry).toHaveLength(1);
      });
    });

    describe('an address', () => {
      test.each([
        `/fhir/Goal/${'x'.repeat(8_300)}`,
        '/fhir/Goal/a%00b',
        '/fhir/Goal/%00',
        '/fhir/Goal/%F0%28%8C%28',
        '/fhir/Goal/%ZZ',
        '/fhir/Goal/a%2Fb',
        '/fhir/Goal/å',
        "/fhir/Goal/1'--",
        '/fhir/Goal/__proto__',
        '/fhir/__proto__/1',
        '/fhir/constructor',
        '/fhir/toString/1',
        '/fhir//',
        '/fhir/Goal//_history//x',
        '/fhir/Goal/_history/1',
        `/fhir/Goal/${never}/_history/a%00`,
        '/fhir/Goal?',
        '/fhir/Goal?&&&',
        '/fhir/Goal?=1',
        '/fhir/Goal?_id',
        '/fhir/Goal?%00=1',
        '/fhir/Goal?__proto__=1',
        '/fhir/Goal?constructor=1',
        '/fhir/Goal?patient.__proto__=1',
        '/fhir/Goal?identifier=%ED%A0%80',
        '/fhir/Goal?identifier=%FF',
        '/fhir/Goal?identifier=%',
        `/fhir/Goal?identifier=${encodeURIComponent("' or 1=1 --")}`,
        '/fhir/Goal?start-date=999999999999999999',
        '/fhir/Goal?_count=99999999999999999999',
        `/fhir/Goal?identifier=${'a,'.repeat(600)}a`,
        `/fhir/Goal?${'identifier=a&'.repeat(100)}`,
        '/fhir/Goal?_sort=-,_id',
        '/fhir/Goal?_sort=start-date,target-date,lifecycle-status,identifier,_id',
        '/fhir/Goal?_page=AAAA',
        '/fhir/Goal?_page=',
        '/fhir/Goal/_history?_page=AAAA',
        '/fhir/Goal?_include=Goal:subject:Patient:x',
        '/fhir/Goal?subject=javascript:alert(1)',
        '/fhir/Goal?subject=Patient/1/_history/2/3',
        '/fhir/Goal?subject.subject.subject=1',
        '/fhir/Goal?subject:=1',
        '/fhir/Goal?:=1',
        '/fhir/Goal?_format=%00',
      ])('%s is answered without a fault of the hub', async (path) => {
        await expectNothingStored(async () => {
          const answer = await raw('GET', encodeURI(path).replaceAll('%25', '%'));
          expect(answer.status, answer.text).toBeLessThan(500);
          if (answer.status >= 400) expect(codesOf(answer).length).toBeGreaterThan(0);
        });
        expectNoFault();
      });
    });

    describe('a condition', () => {
      test.each([
        '%00',
        'identifier=%00',
        'identifier=a%00b',
        '%',
        'Goal?identifier=x',
        '_sort=_id',
        'start-date=x',
        'a'.repeat(5_000),
      ])('If-None-Exist: %s is refused', async (ifNoneExist) => {
        await expectNothingStored(async () => {
          const answer = await raw('POST', '/fhir/Goal', {
            headers: { ...json, 'if-none-exist': ifNoneExist },
            chunks: [JSON.stringify(goal(bo))],
          });
          expect([400, 412], `${answer.status} ${answer.text}`).toContain(answer.status);
        });
        expectNoFault();
      });

      test.each([
        'Patient?',
        'Patient?identifier=%00',
        'Patient?nonsense=1',
        'Foo?x=1',
        'Patient?_id=a_b',
        'Patient?identifier=a|b|c',
        'Goal?_sort=_id',
      ])('the reference %s is refused', async (reference) => {
        await expectNothingStored(async () => {
          const answer = await post(JSON.stringify(goal(reference)));
          expect([400, 412, 422], `${answer.status} ${answer.text}`).toContain(answer.status);
        });
        expectNoFault();
      });

      test.each(['', '"', 'W/""', 'W/"a"b', '"\u00e5"', 'x'.repeat(5_000), 'W/"a\\"b"', `W/"${'a'.repeat(65)}"`])(
        'If-Match: %s is refused',
        async (ifMatch) => {
          const answer = await raw('PUT', `/fhir/${bo}`, {
            headers: { ...json, 'if-match': Buffer.from(ifMatch).toString('latin1') },
            chunks: [JSON.stringify(patient(persons.bo, { id: bo.slice('Patient/'.length) }))],
          });
          expect([400, 428]).toContain(answer.status);
          expectNoFault();
        },
      );
    });

    describe('random input', () => {
      const words = [
        'Goal',
        'Patient',
        'Bundle',
        'transaction',
        'identifier',
        'system',
        'value',
        'coding',
        'subject',
        'reference',
        'extension',
        'url',
        'meta',
        'text',
        'div',
        'entry',
        'request',
        'method',
        'POST',
        'resource',
        'contained',
        'period',
        'start',
        '_birthDate',
      ];
      const scalar = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...words),
        fc.double(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
      );
      const tree = fc.letrec((tie) => ({
        node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('list'), tie('object')),
        list: fc.array(tie('node'), { maxLength: 4 }),
        object: fc.dictionary(fc.oneof(fc.constantFrom(...words), fc.string()), tie('node'), { maxKeys: 5 }),
      })).object;
      const resource = fc
        .tuple(
          fc.constantFrom(
            'Goal',
            'Patient',
            'Consent',
            'CarePlan',
            'Task',
            'Appointment',
            'Practitioner',
            'Bundle',
            'Organization',
          ),
          tree,
        )
        .map(([resourceType, body]) => ({ resourceType, ...body }));

      test('as a body never gives a 5xx, and is never stored', async () => {
        await expectNothingStored(async () => {
          await fc.assert(
            fc.asyncProperty(resource, async (body) => {
              const type = body.resourceType === 'Bundle' ? '' : `/${body.resourceType}`;
              const answer = await post(JSON.stringify(body), `/fhir${type}`);
              expect(answer.status, answer.text).toBeLessThan(500);
              expect(answer.status).toBeGreaterThanOrEqual(400);
            }),
            { numRuns: 250 },
          );
        });
        expectNoFault();
      });

      test('as one element of a valid resource, alone or in a transaction, never gives a 5xx', async () => {
        const examples = [
          ...new Map(
            readBundle('hip-fracture/1-region.json').entry.map(({ resource }) => [resource.resourceType, resource]),
          ).values(),
        ];
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...examples),
            fc.nat(),
            tree,
            fc.boolean(),
            async (...[example, at, value, isInside]) => {
              const keys = Object.keys(example).filter((key) => key !== 'resourceType');
              const key = keys[at % keys.length] ?? 'id';
              const broken = { ...example, [key]: Array.isArray(example[key]) ? [value] : value };
              const entry = [{ resource: broken, request: { method: 'POST', url: example.resourceType } }];
              const answer = isInside
                ? await post(JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }), '/fhir')
                : await post(JSON.stringify(broken), `/fhir/${example.resourceType}`);
              expect(answer.status, answer.text).toBeLessThan(500);
            },
          ),
          { numRuns: 300 },
        );
        expectNoFault();
      });

      test('as a request in a Bundle never gives a 5xx', async () => {
        const request = fc.record(
          {
            method: fc.oneof(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH'), fc.string()),
            url: fc.oneof(
              fc.constantFrom('Goal', 'Goal/1', 'Goal?_id=1', 'Patient', `Goal/${never}`, ''),
              fc.webPath(),
              fc.string({ unit: 'binary' }),
            ),
            ifMatch: fc.oneof(fc.string(), fc.constant('W/"1"')),
            ifNoneExist: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('identifier=nobody')),
            fullUrl: fc.string(),
          },
          { requiredKeys: [] },
        );
        const entry = fc.record(
          { request, resource: fc.constantFrom(goal(bo), { resourceType: 'Goal' }), fullUrl: fc.string() },
          { requiredKeys: [] },
        );
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom('transaction', 'batch'),
            fc.array(entry, { maxLength: 4 }),
            async (type, entries) => {
              const answer = await post(JSON.stringify({ resourceType: 'Bundle', type, entry: entries }), '/fhir');
              expect(answer.status, answer.text).toBeLessThan(500);
            },
          ),
          { numRuns: 150 },
        );
        expectNoFault();
      });

      test('as a search never gives a 5xx', async () => {
        const names = [
          '_id',
          '_lastUpdated',
          '_count',
          '_sort',
          '_include',
          '_total',
          '_page',
          'identifier',
          'subject',
          'patient',
          'patient.identifier',
          'patient.family:exact',
          'start-date',
          'lifecycle-status',
          'subject:Patient',
          'subject:Patient.name:contains',
          'category',
        ];
        const value = fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string(),
          fc.constantFrom(
            'ge2026',
            'lt0001-01-01',
            'a|b',
            '|',
            'x|',
            '|x',
            'Patient/1',
            'Goal:subject',
            '-start-date,_id',
            'accurate',
            '0',
            '\\,',
            '%',
            '_',
          ),
        );
        const parameter = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value);
        await fc.assert(
          fc.asyncProperty(
            fc.array(parameter, { minLength: 1, maxLength: 5 }),
            fc.boolean(),
            async (parameters, isLenient) => {
              const form = new URLSearchParams(
                parameters.map(([key, text]): [string, string] => [key.toWellFormed(), text.toWellFormed()]),
              ).toString();
              const answer = await raw('POST', '/fhir/Goal/_search', {
                headers: {
                  'content-type': 'application/x-www-form-urlencoded',
                  ...(isLenient ? { prefer: 'handling=lenient' } : {}),
                },
                chunks: [form],
              });
              expect(answer.status, answer.text).toBeLessThan(500);
            },
          ),
          { numRuns: 300 },
        );
        expectNoFault();
      });

      test('as raw bytes never gives a 5xx', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.uint8Array({ maxLength: 300 }),
            fc.constantFrom('/fhir', '/fhir/Goal', '/fhir/Patient/_search'),
            async (bytes, path) => {
              const headers = path.endsWith('_search') ? { 'content-type': 'application/x-www-form-urlencoded' } : json;
              const answer = await raw('POST', path, { headers, chunks: [Buffer.from(bytes)] });
              expect(answer.status, answer.text).toBeLessThan(500);
            },
          ),
          { numRuns: 100 },
        );
        expectNoFault();
      });
    });

    test('a token that has expired, is forged or is for nobody answers 401 and stores nothing', async () => {
      await expectNothingStored(async () => {
        const [header = '', payload = '', signature = ''] = region.token.split('.');
        const none = Buffer.from('{"alg":"none"}').toString('base64url');
        const other = Buffer.from(
          JSON.stringify({
            ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object),
            scope: 'system/*.cruds x',
          }),
        ).toString('base64url');
        const tokens = [
          `${none}.${payload}.`,
          `${header}.${other}.${signature}`,
          `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
          'x'.repeat(9_000),
          '..',
          `${region.token}.x`,
        ];
        for (const token of tokens) {
          const answer = await sendRaw(hub.hub.publicUrl, {
            method: 'POST',
            path: '/fhir/Goal',
            headers: { ...json, authorization: `Bearer ${token}` },
            chunks: [JSON.stringify(goal(bo))],
          });
          expect([401, 431]).toContain(answer.status);
        }
      });
      hub.advance(301_000);
      const answer = await region.call({ method: 'GET', path: bo });
      hub.advance(-301_000);
      expect([answer.status, codesOf(answer)]).toEqual([401, ['token-invalid']]);
      expect((await region.call({ method: 'GET', path: bo })).status).toBe(200);
    });
  });
}
