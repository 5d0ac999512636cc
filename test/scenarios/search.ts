// Search over HTTP: what is found, in which order, on which page, and what is refused. https://hl7.org/fhir/R4/search.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import {
  addressOf,
  codesOf,
  entriesOf,
  goal,
  linkOf,
  patient,
  persons,
  personnummerSystem,
  put,
  searchAll,
  type BundleEntry,
} from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const localSystem = 'https://siphub.se/fhir/sid/cosmic-link-message-id';

export function describeSearch(name: string, open: OpenHub): void {
  describe(`search on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let astrid: string;
    let bo: string;
    /** Addresses of goals by the letter that names them. */
    const goals = new Map<string, string>();

    const letters: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      a: { startDate: '2026-01-15', lifecycleStatus: 'active', identifier: [{ system: localSystem, value: 'x-1' }] },
      b: { startDate: '2026-02', lifecycleStatus: 'active', identifier: [{ system: 'urn:oid:1.2.3', value: 'x-1' }] },
      c: { startDate: '2026-03-01', lifecycleStatus: 'completed', identifier: [{ value: 'x-1' }] },
      d: { startDate: undefined, lifecycleStatus: 'active', identifier: [{ system: localSystem, value: 'y,z|$\\' }] },
    };

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      astrid = await put(region, patient(persons.astrid, { name: [{ family: 'Öberg', given: ['Åsa'] }] }));
      bo = await put(
        region,
        patient(persons.bo, {
          name: [{ family: 'Oberg', given: ['Bo Éric'] }],
          gender: 'male',
          birthDate: '1950-09-07',
        }),
      );
      for (const [letter, changes] of Object.entries(letters)) {
        hub.advance(1000);
        goals.set(letter, await put(region, goal(letter === 'c' ? bo : astrid, changes)));
      }
    });

    afterAll(async () => {
      await hub.stop();
    });

    const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<FhirAnswer> =>
      region.call({ method: 'GET', path, headers });

    const nameOf = ({ fullUrl = '' }: BundleEntry): string => {
      const address = fullUrl.slice(hub.baseUrl.length + 1);
      return (
        [...goals].find(([, known]) => known === address)?.[0] ??
        (address === astrid ? 'astrid' : address === bo ? 'bo' : address)
      );
    };

    /** The names of what a search finds, in its order; throws unless it answers 200. */
    const find = async (path: string): Promise<string> => {
      const answer = await get(path);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      return entriesOf(answer)
        .filter(({ search }) => search?.mode === 'match')
        .map(nameOf)
        .join(' ');
    };
    const findSorted = async (path: string): Promise<string> => (await find(path)).split(' ').toSorted().join(' ');

    describe('by token', () => {
      test.each([
        ['identifier=x-1', 'a b c'],
        [`identifier=${localSystem}|x-1`, 'a'],
        ['identifier=urn:oid:1.2.3|x-1', 'b'],
        ['identifier=|x-1', 'c'],
        [`identifier=${localSystem}|`, 'a d'],
        [`identifier=${localSystem}|x-1,urn:oid:1.2.3|x-1`, 'a b'],
        ['identifier=y\\,z\\|\\$\\\\', 'd'],
        ['identifier=X-1', ''],
        ['lifecycle-status=completed', 'c'],
        ['lifecycle-status=active,completed&identifier=x-1', 'a b c'],
        ['lifecycle-status=active&lifecycle-status=completed', ''],
        ['category=https://siphub.se/fhir/CodeSystem/sip-goal-kind|main-goal&identifier=x-1', 'a b c'],
      ])('%s finds "%s"', async (query, found) => {
        expect(await findSorted(`Goal?${query.replaceAll('\\', '%5C')}`)).toBe(found);
      });

      test.each([personnummerSystem, 'urn:oid:1.2.752.129.2.1.3.1', 'https://terminology.hl7.se/sid/se-personnummer'])(
        'a personnummer is found by %s',
        async (system) => {
          expect(await find(`Patient?identifier=${system}|${persons.astrid}`)).toBe('astrid');
        },
      );

      test('what was written with an alias of a system is stored and found by the first name', async () => {
        const written = patient(persons.david, {
          name: [{ family: 'Ek' }],
          identifier: [{ system: 'urn:oid:1.2.752.129.2.1.3.1', value: persons.david }],
          birthDate: '2003-02-02',
        });
        const answer = await region.call({ method: 'POST', path: 'Patient', body: written });
        expect(answer.body?.['identifier']).toEqual([{ system: personnummerSystem, value: persons.david }]);
        const address = addressOf(answer);
        expect(await find(`Patient?identifier=${personnummerSystem}|${persons.david}`)).toBe(address);
      });
    });

    describe('by reference', () => {
      test('an id, Type/id and an absolute address all find the same', async () => {
        for (const value of [astrid, astrid.slice('Patient/'.length), `${hub.baseUrl}/${astrid}`]) {
          for (const param of ['subject', 'patient', 'subject:Patient']) {
            const isTyped = param.includes(':') && value.startsWith('http');
            if (!isTyped) expect(await findSorted(`Goal?${param}=${encodeURIComponent(value)}`)).toBe('a b d');
          }
        }
        expect(await findSorted(`Goal?subject=${astrid},${bo}`)).toBe('a b c d');
        expect(await find('Goal?subject=Patient/nobody')).toBe('');
        expect(await find(`Goal?subject=https://elsewhere.example/${astrid}`)).toBe('');
      });

      test('an absolute address of another host than the public one is not ours', async () => {
        expect(await find(`Goal?subject=http://evil.example/fhir/${astrid}`)).toBe('');
      });
    });

    describe('by date', () => {
      test.each([
        ['2026-01-15', 'a'],
        ['2026-01', 'a'],
        ['2026', 'a b c'],
        ['2026-02', 'b'],
        ['2026-02-10', ''],
        // A tenth of the time between then and now, on either side.
        ['ap2026-02-10', 'a b c'],
        ['ap2024-02-10', ''],
        ['ne2026-01-15', 'b c'],
        ['gt2026-01-15', 'b c'],
        ['ge2026-02', 'b c'],
        ['lt2026-02', 'a'],
        ['le2026-02', 'a b'],
        ['sa2026-01', 'b c'],
        ['eb2026-03-01', 'a b'],
        ['2026-01-15,2026-03-01', 'a c'],
        ['2026-01-15T12:00', ''],
        ['gt2025&start-date=lt2026-03', 'a b'],
      ])('start-date=%s finds "%s"', async (value, found) => {
        expect(await findSorted(`Goal?start-date=${value}`)).toBe(found);
      });

      test.each(['2026-13', '2026-02-30', '2026-1-1', 'xx2026', '', '20260101', 'ge', '2026-01-15T25:00', '0000'])(
        'start-date=%s is refused',
        async (value) => {
          const answer = await get(`Goal?start-date=${value}`);
          expect([answer.status, codesOf(answer)]).toEqual([400, ['search-value-invalid']]);
        },
      );

      test.each([
        'lt0001-01-02',
        'gt9999-12-30',
        'ne0001',
        'le9999-12-31T23:59:59-14:00',
        'ge0001-01-01T00:00:00%2B14:00',
      ])('the edges of time are answered: %s', async (value) => {
        for (const param of ['start-date', '_lastUpdated']) {
          expect((await get(`Goal?${param}=${value}`)).status).toBe(200);
        }
      });

      test('_lastUpdated takes an instant with a zone and every prefix', async () => {
        const { body } = await get(goals.get('b') ?? '');
        const at = (body as { meta: { lastUpdated: string } }).meta.lastUpdated;
        const expected = { eq: 'b', ne: 'a c d', gt: 'c d', ge: 'b c d', lt: 'a', le: 'a b', sa: 'c d', eb: 'a' };
        for (const [prefix, found] of Object.entries(expected)) {
          expect(await findSorted(`Goal?_lastUpdated=${prefix}${at}`), prefix).toBe(found);
        }
      });
    });

    describe('by string', () => {
      test.each([
        ['family=öb', 'astrid'],
        ['family=ÖBERG', 'astrid'],
        ['family=ob', 'bo'],
        ['family=berg', ''],
        ['family:contains=BERG', 'astrid bo'],
        ['family:exact=Öberg', 'astrid'],
        ['family:exact=öberg', ''],
        ['given=asa', ''],
        ['given=åsa', 'astrid'],
        ['given=eric', ''],
        ['given:contains=eric', 'bo'],
        ['name=bo', 'bo'],
        ['name=öberg,oberg', 'astrid bo'],
        ['family=%25', ''],
        ['family=_berg', ''],
        ['family:contains=%5C', ''],
      ])('%s finds "%s"', async (query, found) => {
        expect(await findSorted(`Patient?${encodeURI(query).replaceAll('%25', '%')}`)).toBe(found);
      });
    });

    describe('by id and with several criteria', () => {
      test('_id takes several, and each criterion narrows', async () => {
        const ids = ['a', 'c'].map((letter) => (goals.get(letter) ?? '').slice('Goal/'.length)).join(',');
        expect(await findSorted(`Goal?_id=${ids}`)).toBe('a c');
        expect(await find(`Goal?_id=${ids}&lifecycle-status=completed`)).toBe('c');
        expect(await find(`Goal?_id=${ids}&subject=${bo}&start-date=2026-03`)).toBe('c');
        expect(await find('Goal?_id=nothing')).toBe('');
      });
    });

    describe('by chain', () => {
      test('patient.identifier finds what is about the person, with any name of the system', async () => {
        for (const system of [personnummerSystem, 'urn:oid:1.2.752.129.2.1.3.1']) {
          expect(await findSorted(`Goal?patient.identifier=${system}|${persons.astrid}`)).toBe('a b d');
          expect(await findSorted(`Goal?subject:Patient.identifier=${system}|${persons.bo}`)).toBe('c');
        }
        expect(await findSorted('Goal?patient.family=öberg&lifecycle-status=active')).toBe('a b d');
        expect(await find('Goal?patient.birthdate=1950-09-07')).toBe('c');
        expect(await find(`Goal?patient.identifier=${personnummerSystem}|${persons.eva}`)).toBe('');
      });

      test('asks for the right to search the target', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Goal.rs');
        const answer = await narrow.call({ method: 'GET', path: 'Goal?patient.identifier=1' });
        expect([answer.status, codesOf(answer)]).toEqual([403, ['scope-insufficient']]);
      });
    });

    describe('in order', () => {
      test.each([
        ['', 'd c b a'],
        ['_sort=_lastUpdated', 'a b c d'],
        ['_sort=-_lastUpdated', 'd c b a'],
        ['_sort=start-date', 'a b c d'],
        ['_sort=-start-date', 'c b a d'],
        ['_sort=lifecycle-status,-start-date', 'b a d c'],
        ['_sort=-lifecycle-status,start-date', 'c a b d'],
        ['_sort=-lifecycle-status,-_lastUpdated', 'c d b a'],
        ['_sort=lifecycle-status&_sort=_lastUpdated', 'a b d c'],
      ])('%s gives %s, whole and by pages of one', async (query, found) => {
        expect(await find(`Goal?${query}`)).toBe(found);
        const paged = await searchAll(region, `Goal?_count=1${query === '' ? '' : `&${query}`}`);
        expect(paged.map(nameOf).join(' ')).toBe(found);
      });

      test('_sort=_id gives the order of ids', async () => {
        const ids = (await searchAll(region, 'Goal?_sort=_id&_count=3')).map(({ fullUrl }) => fullUrl ?? '');
        expect(ids).toEqual(ids.toSorted());
        const down = (await searchAll(region, 'Goal?_sort=-_id&_count=3')).map(({ fullUrl }) => fullUrl ?? '');
        expect(down).toEqual(ids.toReversed());
      });
    });

    describe('by pages', () => {
      const registerEva = async (): Promise<string> => {
        const ifNoneExist = { 'if-none-exist': `identifier=${personnummerSystem}|${persons.eva}` };
        const body = patient(persons.eva, { name: [{ family: 'Ek' }], birthDate: '1990-02-22' });
        return addressOf(await region.call({ method: 'POST', path: 'Patient', body, headers: ifNoneExist }));
      };

      test.each([
        '_sort=-_lastUpdated',
        '_sort=_lastUpdated',
        '_sort=start-date',
        '_sort=-identifier,_id',
        '_sort=lifecycle-status',
      ])('with %s gives all that was there exactly once while others write', async (sort) => {
        const subject = await registerEva();
        const system = `urn:test:${sort.replaceAll(',', '.')}`;
        const entry = Array.from({ length: 23 }, (_, at) => ({
          resource: goal(subject, {
            startDate: `2026-0${1 + (at % 4)}-01`,
            identifier: [{ system, value: `v${at % 5}` }],
          }),
          request: { method: 'POST', url: 'Goal' },
        }));
        const written = await region.call({
          method: 'POST',
          path: '',
          body: { resourceType: 'Bundle', type: 'transaction', entry },
        });
        const there = entriesOf(written).map(({ response }) => (response?.location ?? '').split('/_history')[0]);
        expect(there).toHaveLength(23);
        const seen: string[] = [];
        for (let next: string | undefined = `Goal?identifier=${system}|&${sort}&_count=4`; next !== undefined;) {
          const page: FhirAnswer = await get(next);
          expect(page.status).toBe(200);
          expect(entriesOf(page).length).toBeGreaterThan(0);
          seen.push(...entriesOf(page).map(({ fullUrl }) => fullUrl ?? ''));
          next = linkOf(page, 'next');
          // Before, between and after what has been read.
          for (const value of ['v0', 'v2', 'v9']) {
            if (seen.length < 23)
              await put(region, goal(subject, { startDate: '2026-02-15', identifier: [{ system, value }] }));
          }
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(there.filter((url) => !seen.includes(url ?? ''))).toEqual([]);
      });

      test('_count=0 gives the total and nothing else', async () => {
        const answer = await get(`Goal?subject=${astrid}&_count=0`);
        expect(answer.body).toMatchObject({ type: 'searchset', total: 3 });
        expect(entriesOf(answer)).toEqual([]);
      });

      test('the next link tells nothing of what was asked, and stands alone', async () => {
        const answer = await get(`Goal?subject=${astrid}&_count=1`);
        const next = linkOf(answer, 'next') ?? '';
        expect(next).toMatch(/\/fhir\/Goal\?_page=[A-Za-z0-9_-]+$/);
        expect(next).not.toContain(astrid.slice(8));
        const altered = `${next.slice(0, -4)}${next.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
        for (const path of [altered, `${next}&status=active`, next.replace('/Goal?', '/Task?'), `${next}&_page=x`]) {
          const refused = await get(path);
          expect([refused.status, codesOf(refused)]).toEqual([400, ['search-cursor-invalid']]);
        }
      });

      test('a page link is good for whoever holds it, with what that party may see', async () => {
        const next = linkOf(await get(`Goal?subject=${astrid}&_count=1`), 'next') ?? '';
        const other = await hub.party(hsa.homeCare);
        const answer = await other.call({ method: 'GET', path: next });
        expect([answer.status, entriesOf(answer)]).toEqual([200, []]);
      });
    });

    describe('with includes', () => {
      test('gives each target once, marked as include, and counts matches only', async () => {
        const answer = await get(`Goal?identifier=x-1&_include=Goal:subject&_total=accurate&_count=2`);
        expect(answer.body).toMatchObject({ total: 3 });
        const modes = entriesOf(answer).map((entry) => `${nameOf(entry)} ${entry.search?.mode}`);
        expect(modes.slice(0, 2)).toEqual(['c match', 'b match']);
        expect(modes.slice(2).toSorted()).toEqual(['astrid include', 'bo include']);
        expect(linkOf(answer, 'next')).toBeDefined();
        const typed = await get(`Goal?identifier=x-1&_include=Goal:subject:Patient`);
        expect(entriesOf(typed).filter(({ search }) => search?.mode === 'include')).toHaveLength(2);
      });

      test.each(['Goal:nothing', 'Task:subject', 'Goal', 'Task:*', 'Goal:subject:Task', 'Goal:lifecycle-status'])(
        '_include=%s is refused',
        async (include) => {
          const answer = await get(`Goal?_include=${include}`);
          expect([answer.status, codesOf(answer)]).toEqual([400, ['search-value-invalid']]);
        },
      );
    });

    describe('totals', () => {
      test('are given when asked for, exact, and the same on every page', async () => {
        expect((await get(`Goal?subject=${astrid}`)).body).not.toHaveProperty('total');
        expect((await get(`Goal?subject=${astrid}&_total=none`)).body).not.toHaveProperty('total');
        for (let next: string | undefined = `Goal?subject=${astrid}&_total=accurate&_count=1`; next !== undefined;) {
          const page: FhirAnswer = await get(next);
          expect(page.body?.['total']).toBe(3);
          next = linkOf(page, 'next');
        }
        expect((await get('Goal?_total=some')).status).toBe(400);
      });
    });

    describe('by POST _search', () => {
      const search = (body: string, path = 'Goal/_search'): Promise<FhirAnswer> =>
        region.call({ method: 'POST', path, body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });

      test('finds what GET finds, with parameters in the form, the address or both', async () => {
        const byForm = await search(`subject=${encodeURIComponent(astrid)}&lifecycle-status=active`);
        expect(entriesOf(byForm).map(nameOf)).toEqual(['d', 'b', 'a']);
        const byBoth = await search(`subject=${encodeURIComponent(astrid)}`, 'Goal/_search?start-date=2026-01');
        expect(entriesOf(byBoth).map(nameOf)).toEqual(['a']);
        expect(entriesOf(await search('')).length).toBeGreaterThan(3);
      });

      test('takes more than fits an address', async () => {
        const ids = Array.from({ length: 400 }, (_, at) => `id-${at}-${'x'.repeat(20)}`);
        const own = (goals.get('a') ?? '').slice('Goal/'.length);
        const answer = await search(`_id=${[...ids, own].join(',')}`);
        expect(entriesOf(answer).map(nameOf)).toEqual(['a']);
      });

      test('with JSON answers 415', async () => {
        const answer = await region.call({ method: 'POST', path: 'Goal/_search', body: {} });
        expect([answer.status, codesOf(answer)]).toEqual([415, ['media-type-unsupported']]);
      });
    });

    describe('back and forth', () => {
      const namesOn = async (
        path: string,
      ): Promise<{ names: string; next: string | undefined; previous: string | undefined }> => {
        const answer = await get(path);
        expect(answer.status).toBe(200);
        return {
          names: entriesOf(answer).map(nameOf).join(' '),
          next: linkOf(answer, 'next'),
          previous: linkOf(answer, 'previous'),
        };
      };

      test.each([
        'Goal?_count=1',
        'Goal?_count=1&_sort=start-date',
        'Goal?_count=1&_sort=-start-date,_id',
        'Goal?_count=1&_sort=_lastUpdated',
      ])('%s: the link to the page before gives that page, first to last and back', async (path) => {
        const ids = [...goals.values()].map((address) => address.split('/')[1]).join(',');
        const pages = [await namesOn(`${path}&_id=${ids}`)];
        for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) pages.push(await namesOn(next));
        expect(pages.map(({ names }) => names).toSorted()).toEqual(['a', 'b', 'c', 'd']);
        expect(pages[0]?.previous).toBeUndefined();
        const back = [];
        for (let previous = pages.at(-1)?.previous; previous !== undefined; previous = back.at(-1)?.previous) {
          back.push(await namesOn(previous));
        }
        expect(back.map(({ names }) => names)).toEqual(
          pages
            .map(({ names }) => names)
            .slice(0, -1)
            .toReversed(),
        );
        expect(back.every(({ next }) => next !== undefined)).toBe(true);
      });
    });

    describe('over several types', () => {
      test('a patient has what refers to the patient, of one type or of all', async () => {
        expect(await findSorted(`${astrid}/Goal`)).toBe('a b d');
        expect(await findSorted(`${astrid}/Goal?lifecycle-status=active&identifier=x-1`)).toBe('a b');
        expect(await findSorted(`${astrid}/*`)).toBe('a b d');
        expect(await findSorted(`${bo}/*?_type=Goal,Task`)).toBe('c');
        expect(await find('Patient/nobody/Goal')).toBe('');
        const posted = await region.call({
          method: 'POST',
          path: `${astrid}/Goal/_search`,
          body: 'identifier=x-1',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        expect(entriesOf(posted).map(nameOf)).toEqual(['b', 'a']);
      });

      test('the whole hub is searched by what its types have in common, page by page', async () => {
        expect(
          await findSorted(
            `?_type=Goal,Patient&_id=${[...goals.values(), astrid].map((one) => one.split('/')[1]).join(',')}`,
          ),
        ).toBe('a astrid b c d');
        for (const sort of ['_lastUpdated', '-_id']) {
          const found: string[] = [];
          for (let link: string | undefined = `?_type=Patient,Goal&_count=2&_sort=${sort}`; link !== undefined;) {
            const answer = await get(link);
            found.push(...entriesOf(answer).map(nameOf));
            link = linkOf(answer, 'next');
          }
          expect(found.filter((one) => one.length === 1).toSorted()).toEqual(['a', 'b', 'c', 'd']);
          expect(new Set(found).size).toBe(found.length);
        }
        expect(entriesOf(await get('?_count=3'))).toHaveLength(3);
      });

      test.each([
        ['?_type=Goal,Nonsense', 400, 'search-value-invalid'],
        ['?_type=Goal,Patient&lifecycle-status=active', 400, 'search-parameter-unknown'],
        ['?_type=Goal,Patient&_sort=status', 400, 'search-value-invalid'],
        ['Patient/1/Organization', 404, 'endpoint-unknown'],
        ['Goal/1/Task', 404, 'endpoint-unknown'],
      ])('%s answers %i %s', async (path, status, code) => {
        const answer = await get(path);
        expect([answer.status, codesOf(answer)]).toEqual([status, [code]]);
      });
    });

    describe('what is not understood', () => {
      test.each([
        ['Goal?nonsense=1', 'search-parameter-unknown'],
        ['Goal?start-date:exact=2026', 'search-modifier-unsupported'],
        ['Goal?_filter=x', 'search-parameter-unknown'],
        ['Goal?lifecycle-status:exact=active', 'search-modifier-unsupported'],
        ['Goal?_has:Observation:focus:status=x', 'search-parameter-unknown'],
        ['Goal?_revinclude=Task:status', 'search-value-invalid'],
        ['Goal?patient.organization.nonsense=x', 'search-parameter-unknown'],
        ['Goal?_count=-1', 'search-value-invalid'],
        ['Goal?_count=two', 'search-value-invalid'],
        ['Goal?_count=1&_count=2', 'search-value-invalid'],
        ['Goal?_sort=nonsense', 'search-value-invalid'],
        ['Goal?_sort=subject', 'search-value-invalid'],
        ['Goal?subject=Task/1', 'search-value-invalid'],
        ['Goal?identifier=a,,b', 'search-value-invalid'],
        ['Goal?identifier=a%00b', 'search-value-invalid'],
        ['Goal?_id=%00', 'search-value-invalid'],
        ['Patient?family=%00', 'search-value-invalid'],
        ['Goal?_id=a_b', 'search-value-invalid'],
      ])('%s answers 400 %s', async (path, code) => {
        const answer = await get(path);
        expect([answer.status, codesOf(answer)]).toEqual([400, [code]]);
      });

      test('is left out where Prefer: handling=lenient, but only what is unknown', async () => {
        const lenient = { prefer: 'handling=lenient' };
        const answer = await get(`Goal?nonsense=1&identifier=x-1&subject=${bo}`, lenient);
        expect(entriesOf(answer).map(nameOf)).toEqual(['c']);
        const self = new URL(linkOf(answer, 'self') ?? '');
        expect(Object.fromEntries(self.searchParams)).toEqual({ identifier: 'x-1', subject: bo });
        expect((await get('Goal?start-date=nonsense', lenient)).status).toBe(400);
        expect((await get('Goal?lifecycle-status:exact=active', lenient)).status).toBe(400);
      });
    });

    test('the self link says what was searched by, at the public address', async () => {
      const answer = await get(`Goal?subject=${astrid}&_format=json&_sort=-start-date&_count=2&_include=Goal:subject`);
      const self = new URL(linkOf(answer, 'self') ?? '');
      expect(`${self.origin}${self.pathname}`).toBe(`${hub.baseUrl}/Goal`);
      expect(Object.fromEntries(self.searchParams)).toEqual({
        subject: astrid,
        _sort: '-start-date',
        _count: '2',
        _include: 'Goal:subject',
      });
      const addresses = (found: FhirAnswer): readonly string[] => entriesOf(found).map(({ fullUrl }) => fullUrl ?? '');
      expect(addresses(await get(self.href))).toEqual(addresses(answer));
    });

    test('a search that finds nothing is an empty Bundle without entry', async () => {
      const answer = await get('Goal?_id=nothing&_total=accurate');
      expect(answer.body).toMatchObject({ resourceType: 'Bundle', type: 'searchset', total: 0 });
      expect(answer.body).not.toHaveProperty('entry');
    });

    test('an updated resource is found by its new values only', async () => {
      const created = await region.call({
        method: 'POST',
        path: 'Goal',
        body: goal(bo, { identifier: [{ value: 'before' }] }),
      });
      const path = addressOf(created);
      const body = { ...created.body, identifier: [{ value: 'after' }] };
      await region.call({ method: 'PUT', path, body, headers: { 'if-match': created.headers.get('etag') ?? '' } });
      expect(entriesOf(await get('Goal?identifier=before'))).toEqual([]);
      expect(entriesOf(await get('Goal?identifier=after'))).toHaveLength(1);
      await region.call({
        method: 'DELETE',
        path,
        headers: { 'if-match': (await get(path)).headers.get('etag') ?? '' },
      });
    });
  });
}
