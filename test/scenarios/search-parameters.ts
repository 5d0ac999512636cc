// SearchParameters that the operator posts: they find what was written before and after, are refused where the hub cannot honour
// them, and are indexed in the background through restarts and beside other processes. https://hl7.org/fhir/R4/searchparameter.html
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { Config } from '../../src/config.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { startExports } from '../../src/operations/run-exports.ts';
import { codesOf, consent, entriesOf, goal, issuesOf, organizationOf, patient, persons, put } from './fixtures.ts';
import { hsa, openTestHub, type TestHub } from './test-hub.ts';

/** A database that outlives the hubs on it. */
export interface Place {
  readonly settings: Partial<Config>;
  readonly remove: () => Promise<void>;
}

const parameter = (code: string, changes: Readonly<Record<string, unknown>> = {}): FhirResource => ({
  resourceType: 'SearchParameter',
  url: `https://operator.example/SearchParameter/${code}`,
  name: `P${code.replaceAll('-', '')}`,
  status: 'active',
  description: 'A test.',
  code,
  base: ['Goal'],
  type: 'string',
  expression: 'Goal.description.text',
  ...changes,
});

const described = (subject: string, text: string, changes: Readonly<Record<string, unknown>> = {}): FhirResource =>
  goal(subject, { description: { text }, ...changes });

const get = (system: VendorSystem, path: string, headers: Record<string, string> = {}): Promise<FhirAnswer> =>
  system.call({ method: 'GET', path, headers });

/** The ids found, in order; asks again while the parameter is being indexed. */
async function find(system: VendorSystem, path: string): Promise<readonly string[]> {
  for (let looks = 0; looks < 2000; looks += 1) {
    const answer = await get(system, path);
    if (answer.status === 200)
      return entriesOf(answer).map(({ resource }) => `${resource?.resourceType}/${resource?.id}`);
    if (answer.status !== 503) throw new Error(`${answer.status} ${answer.text}`);
  }
  throw new Error('never indexed');
}

const statusOf = async (system: VendorSystem, path: string): Promise<unknown> => {
  const answer = await get(system, path);
  return [answer.status, ...codesOf(answer)];
};

const etagOf = async (system: VendorSystem, path: string): Promise<Record<string, string>> => ({
  'if-match': (await get(system, path)).headers.get('etag') ?? '',
});

/** Makes the hub do no more in the background: what is to be indexed waits. */
const stopBackground = (hub: TestHub): Promise<void> => hub.hub.services.background.stop();

/** A statement with the rights of what indexes: row-level security lets nobody else by. */
const asIndexer = (hub: TestHub, statement: { readonly text: string }): Promise<readonly unknown[]> =>
  hub.hub.database.transaction((inside) => inside.query(statement), {
    settings: { role: 'none', 'sip_hub.indexing': 'on' },
  });

/** One page of the walk, as the background does it. */
const indexPage = (hub: TestHub, size: number): Promise<string> => {
  const { search, store } = hub.hub.services;
  return store.searchState.indexPage({
    generation: search.generation,
    size,
    extract: (body) => search.extract(JSON.parse(body) as FhirResource),
  });
};

const claimedBy = async (hub: TestHub, type: string): Promise<readonly string[]> => {
  const { body } = await get(hub.operator, 'metadata');
  const { rest } = body as { rest: { resource: { type: string; searchParam?: { name: string }[] }[] }[] };
  return (rest[0]?.resource.find((one) => one.type === type)?.searchParam ?? []).map(({ name }) => name);
};

export function describeSearchParameters(
  name: string,
  { open, isShared }: { readonly open: () => Promise<Place>; readonly isShared: boolean },
): void {
  describe(`search parameters that are posted on ${name}`, () => {
    let place: Place;
    let hub: TestHub;
    let region: VendorSystem;
    let astrid: string;

    beforeAll(async () => {
      place = await open();
      hub = await openTestHub(place.settings);
      region = await hub.party(hsa.careCentre);
      astrid = await put(region, patient(persons.astrid, { maritalStatus: { coding: [{ code: 'W' }] } }));
    });

    afterAll(async () => {
      await hub.stop();
      await place.remove();
    });

    test('find what was written before and what is written after, are claimed, sorted by and chained to', async () => {
      const before = await put(region, described(astrid, 'cykla till sjön', { statusDate: '2026-02-02' }));
      expect(await statusOf(region, 'Goal?wording=cykla')).toEqual([400, 'search-parameter-unknown']);
      await put(hub.operator, parameter('wording'));
      await put(hub.operator, parameter('status-date', { type: 'date', expression: 'Goal.statusDate' }));
      const after = await put(region, described(astrid, 'cykla hem', { statusDate: '2026-01-01' }));
      expect((await find(region, 'Goal?wording=cykla')).toSorted()).toEqual([before, after].toSorted());
      expect(await find(region, 'Goal?wording=cykla&_sort=status-date')).toEqual([after, before]);
      expect(await find(region, 'Goal?wording=cykla&_sort=-status-date')).toEqual([before, after]);
      expect(await find(region, 'Goal?status-date=2026-02-02&wording=cykla')).toEqual([before]);
      expect(await claimedBy(hub, 'Goal')).toEqual(expect.arrayContaining(['wording', 'status-date']));
      await put(
        hub.operator,
        parameter('marital', { base: ['Patient'], type: 'token', expression: 'Patient.maritalStatus' }),
      );
      expect(await find(region, 'Patient?marital=W')).toEqual([astrid]);
      expect((await find(region, 'Goal?patient.marital=W&wording=cykla')).toSorted()).toEqual(
        [before, after].toSorted(),
      );
      expect(await find(region, 'Goal?patient.marital=M&wording=cykla')).toEqual([]);
      expect(await find(region, 'Patient?_has:Goal:patient:wording=cykla')).toEqual([astrid]);
    });

    test('leave body, time and history of what is indexed as they were, and log the begin and the end', async () => {
      const address = await put(region, described(astrid, 'oförändrad'));
      const before = await get(region, `${address}/_history`);
      const told = hub.logged.length;
      await put(hub.operator, parameter('untouched'));
      expect(await find(region, 'Goal?untouched=oförändrad')).toEqual([address]);
      const after = await get(region, `${address}/_history`);
      expect(JSON.stringify(after.body?.['entry'])).toBe(JSON.stringify(before.body?.['entry']));
      const events = hub.logged.slice(told).map((line) => (JSON.parse(line) as { event: string }).event);
      expect(events).toEqual(expect.arrayContaining(['search-index-started', 'search-index-finished']));
    });

    const refused: readonly (readonly [what: string, element: string, changes: Readonly<Record<string, unknown>>])[] = [
      ['unknown status', 'status', { status: 'unknown' }],
      ['code with a colon', 'code', { code: 'a:b' }],
      ['code that begins with an underscore', 'code', { code: '_x' }],
      ["a code of R4's", 'code', { code: 'start-date' }],
      ["a code of every resource's of R4", 'code', { code: '_tag' }],
      [
        "a code of the hub's own",
        'code',
        { base: ['CarePlan'], code: 'coordination-level', expression: 'CarePlan.title' },
      ],
      ['type that is not served', 'base[1]', { base: ['Goal', 'Observation'] }],
      ['every resource', 'base[0]', { base: ['Resource'] }],
      ['special type', 'type', { type: 'special' }],
      ['xpath alone', 'expression', { expression: undefined, xpath: 'f:Goal/f:note', xpathUsage: 'normal' }],
      ['expression beyond paths', 'expression', { expression: 'Goal.note.text.substring(1)' }],
      ['element that is not there', 'expression', { expression: 'Goal.nothing' }],
      ['values of another kind', 'expression', { type: 'date' }],
      ['path that another base has not', 'expression', { base: ['Goal', 'Task'] }],
      ['way into a Reference', 'expression', { expression: 'Goal.expressedBy.display' }],
      ['identifier in a Reference', 'expression', { type: 'token', expression: 'Goal.expressedBy.identifier' }],
      [
        'comparison within a Reference',
        'expression',
        { expression: "Goal.where(expressedBy.display = 'x').description.text" },
      ],
      [
        'presence of a Reference',
        'expression',
        { type: 'token', expression: 'Goal.expressedBy.exists() and Goal.expressedBy != false' },
      ],
      ['depth without end', 'expression', { expression: '('.repeat(100_000) }],
      ['depth within what may be written', 'expression', { expression: '('.repeat(1500) }],
      ['id of an element', 'expression', { type: 'token', expression: 'Goal.target.id' }],
      ['url of an extension', 'expression', { type: 'uri', expression: 'Goal.extension.url' }],
      [
        'unknown part of a pair',
        'component[1].definition',
        {
          type: 'composite',
          expression: 'Goal',
          component: [
            { definition: 'http://hl7.org/fhir/SearchParameter/Goal-lifecycle-status', expression: 'lifecycleStatus' },
            { definition: 'https://operator.example/nowhere', expression: 'startDate' },
          ],
        },
      ],
    ];
    test.each(refused)('are refused with the element named: %s', async (what, element, changes) => {
      const rows = await hub.countRows();
      const body = parameter(`refused-${what.length}`, changes);
      const answer = await hub.operator.call({ method: 'POST', path: 'SearchParameter', body });
      expect([answer.status, ...new Set(codesOf(answer))]).toEqual([422, 'search-parameter-refused']);
      expect(issuesOf(answer)[0]?.expression).toBe(`SearchParameter.${element}`);
      expect((await hub.countRows())['resource']).toBe(rows['resource']);
    });

    test('are refused where another one has the type and code, or the address; also two in one transaction', async () => {
      await put(hub.operator, parameter('taken'));
      const post = (body: FhirResource): Promise<FhirAnswer> =>
        hub.operator.call({ method: 'POST', path: 'SearchParameter', body });
      const again = await post(parameter('taken', { url: 'https://operator.example/other' }));
      expect([again.status, issuesOf(again)[0]?.expression]).toEqual([422, 'SearchParameter.code']);
      const sameUrl = await post(parameter('free', { url: 'https://operator.example/SearchParameter/taken' }));
      expect([sameUrl.status, issuesOf(sameUrl)[0]?.expression]).toEqual([422, 'SearchParameter.url']);
      const entry = ['one', 'two'].map((part) => ({
        fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${part.length}`,
        resource: parameter('twice', { url: `https://operator.example/${part}` }),
        request: { method: 'POST', url: 'SearchParameter' },
      }));
      const both = await hub.operator.call({
        method: 'POST',
        path: '',
        body: {
          resourceType: 'Bundle',
          type: 'transaction',
          entry: entry.map((one, at) => ({ ...one, fullUrl: `${one.fullUrl.slice(0, -1)}${at}` })),
        },
      });
      expect([both.status, codesOf(both)]).toEqual([422, ['search-parameter-refused', 'search-parameter-refused']]);
      expect(await statusOf(region, 'Goal?twice=x')).toEqual([400, 'search-parameter-unknown']);
    });

    test('pair what stands in one element, and keep their parts', async () => {
      const first = await put(hub.operator, parameter('measure', { type: 'token', expression: 'Goal.target.measure' }));
      await put(hub.operator, parameter('due', { type: 'date', expression: 'Goal.target.due' }));
      const definition = (code: string): string => `https://operator.example/SearchParameter/${code}`;
      await put(
        hub.operator,
        parameter('measure-due', {
          type: 'composite',
          expression: 'Goal.target',
          component: [
            { definition: definition('measure'), expression: 'measure' },
            { definition: definition('due'), expression: 'due.as(date)' },
          ],
        }),
      );
      const target = (code: string, dueDate: string): unknown => ({
        measure: { coding: [{ system: 'urn:m', code }] },
        detailString: 'x',
        dueDate,
      });
      const address = await put(
        region,
        described(astrid, 'par', { target: [target('a', '2027-01-01'), target('b', '2027-02-02')] }),
      );
      expect(await find(region, 'Goal?measure-due=urn:m|a$2027-01-01')).toEqual([address]);
      expect(await find(region, 'Goal?measure-due=urn:m|a$2027-02-02')).toEqual([]);
      const gone = await hub.operator.call({
        method: 'DELETE',
        path: first,
        headers: await etagOf(hub.operator, first),
      });
      expect([gone.status, codesOf(gone)]).toEqual([422, ['search-parameter-refused']]);
    });

    test('are written by the operator alone', async () => {
      const answer = await region.call({ method: 'POST', path: 'SearchParameter', body: parameter('mine') });
      expect([answer.status, codesOf(answer)]).toEqual([403, ['role-forbidden']]);
      expect((await get(region, 'SearchParameter?code=wording')).status).toBe(200);
      expect(await statusOf(region, 'Goal?mine=x')).toEqual([400, 'search-parameter-unknown']);
    });

    test('tell nothing of what is hidden from who asks', async () => {
      await put(hub.operator, parameter('secretly'));
      await put(
        hub.operator,
        parameter('expressed-by', {
          type: 'reference',
          expression: 'Goal.expressedBy',
          target: ['Patient', 'RelatedPerson'],
        }),
      );
      const bo = await put(region, patient(persons.bo));
      const hidden = await put(region, described(bo, 'hemligheten', { expressedBy: { reference: bo } }));
      expect(await find(region, 'Goal?secretly=hemligheten')).toEqual([hidden]);
      const town = await hub.party(hsa.homeCare);
      const ask = async (path: string): Promise<string> => (await get(town, `${path}&_total=accurate`)).text;
      const same = (text: string): string =>
        text
          .replaceAll(/hemligheten|nothing-such/g, 'X')
          .replaceAll(bo.slice('Patient/'.length), 'P')
          .replaceAll('nobody', 'P');
      await find(town, 'Goal?secretly=x');
      expect(same(await ask('Goal?secretly=hemligheten'))).toBe(same(await ask('Goal?secretly=nothing-such')));
      expect(same(await ask(`Goal?expressed-by=${bo}`))).toBe(same(await ask('Goal?expressed-by=Patient/nobody')));
      expect(same(await ask('Patient?_has:Goal:patient:secretly=hemligheten'))).toBe(
        same(await ask('Patient?_has:Goal:patient:secretly=nothing-such')),
      );
      await put(region, consent(bo, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)));
      expect(await find(town, 'Goal?secretly=hemligheten')).toEqual([hidden]);
    });

    test('are unknown at once when retired or deleted, and their rows go; drafts take no effect', async () => {
      const address = await put(region, described(astrid, 'x', { note: [{ text: 'avskaffad' }] }));
      const leaving = (status: string): FhirResource => parameter('leaving', { status, expression: 'Goal.note.text' });
      const draft = await put(hub.operator, leaving('draft'));
      expect(await statusOf(region, 'Goal?leaving=avskaffad')).toEqual([400, 'search-parameter-unknown']);
      const write = async (status: string): Promise<void> => {
        const answer = await hub.operator.call({
          method: 'PUT',
          path: draft,
          body: { ...leaving(status), id: draft.split('/')[1] },
          headers: await etagOf(hub.operator, draft),
        });
        expect(answer.status).toBe(200);
      };
      const untilIndexed = async (): Promise<void> => {
        for (let looks = 0; looks < 2000; looks += 1) {
          const { percent } = await hub.hub.services.store.searchState.load(undefined);
          if (percent === undefined) return;
        }
      };
      await untilIndexed();
      const rows = async (): Promise<number> => {
        const text = "select count(*)::int as count from search_string where normalized = 'avskaffad'";
        const [row] = await asIndexer(hub, { text });
        return (row as { count: number } | undefined)?.count ?? 0;
      };
      expect(await rows()).toBe(0);
      await write('active');
      expect(await find(region, 'Goal?leaving=avskaffad')).toEqual([address]);
      expect(await rows()).toBe(1);
      await write('retired');
      expect(await statusOf(region, 'Goal?leaving=avskaffad')).toEqual([400, 'search-parameter-unknown']);
      expect(await claimedBy(hub, 'Goal')).not.toContain('leaving');
      await untilIndexed();
      expect(await rows()).toBe(0);
      await write('active');
      expect(await find(region, 'Goal?leaving=avskaffad')).toEqual([address]);
      const gone = await hub.operator.call({
        method: 'DELETE',
        path: draft,
        headers: await etagOf(hub.operator, draft),
      });
      expect(gone.status).toBe(204);
      expect(await statusOf(region, 'Goal?leaving=avskaffad')).toEqual([400, 'search-parameter-unknown']);
      await untilIndexed();
      expect(await rows()).toBe(0);
    });
  });

  describe(`indexing in the background on ${name}`, () => {
    test('answers 503 until all is indexed, also leniently, goes on after a restart, and keeps what changed meanwhile', async () => {
      const place = await open();
      let hub = await openTestHub(place.settings);
      try {
        let region = await hub.party(hsa.careCentre);
        const astrid = await put(region, patient(persons.astrid));
        const goals: string[] = [];
        for (let n = 0; n < 12; n += 1) goals.push(await put(region, described(astrid, `målet ${n}`)));
        await stopBackground(hub);
        await put(hub.operator, parameter('wording'));
        const waiting = await get(region, 'Goal?wording=målet', { prefer: 'handling=lenient' });
        expect([waiting.status, codesOf(waiting)]).toEqual([503, ['search-parameter-indexing']]);
        expect(waiting.headers.get('retry-after')).toMatch(/^\d+$/);
        expect(issuesOf(waiting)[0]?.diagnostics).toContain('0 %');
        for (const path of ['Goal?_sort=wording', 'Goal?wording:missing=true', 'Patient?_has:Goal:patient:wording=m'])
          expect(await statusOf(region, path)).toEqual([503, 'search-parameter-indexing']);
        // What `*` stands for would be incomplete; what does not go by the new reference is not held up.
        await put(
          hub.operator,
          parameter('meant-for', { type: 'reference', target: ['Patient'], expression: 'Goal.subject' }),
        );
        for (const path of [
          'Goal?_include=*',
          'Goal?_include=Goal:*',
          'CarePlan?_include:iterate=*',
          'Patient?_revinclude=*',
          'Patient?_revinclude=Goal:*',
        ])
          expect(await statusOf(region, path), path).toEqual([503, 'search-parameter-indexing']);
        for (const path of ['CarePlan?_include=*', 'Patient?_revinclude=Task:*', 'Patient?_revinclude=Goal:patient'])
          expect((await get(region, path)).status, path).toBe(200);
        expect(await claimedBy(hub, 'Goal')).not.toContain('wording');
        expect((await get(region, 'Goal?start-date=2026-10-27&_count=50')).status).toBe(200);
        const [first = '', , third = ''] = goals;
        const change = async (address: string, text: string): Promise<void> => {
          const body = { ...described(astrid, text), id: address.split('/')[1] };
          const answer = await region.call({
            method: 'PUT',
            path: address,
            body,
            headers: await etagOf(region, address),
          });
          expect(answer.status).toBe(200);
        };
        await change(third, 'ändrat innan sidan');
        const [{ until = 0 } = {}] = await hub.hub.database.query<{ until: number }>({
          text: 'select until from search_state',
        });
        expect(await indexPage(hub, until - 6)).toBe('page');
        await change(first, 'ändrat efter sidan');
        const half = await get(region, 'Goal?wording=målet');
        expect(half.status).toBe(503);
        expect(Number(/(\d+) %/.exec(issuesOf(half)[0]?.diagnostics ?? '')?.[1])).toBeGreaterThan(0);
        await hub.stop();
        hub = await openTestHub({ ...place.settings });
        region = await hub.party(hsa.careCentre);
        expect((await find(region, 'Goal?wording=målet&_count=50')).toSorted()).toEqual(
          goals.filter((address) => address !== first && address !== third).toSorted(),
        );
        expect(await find(region, 'Goal?wording=ändrat innan')).toEqual([third]);
        expect(await find(region, 'Goal?wording=ändrat efter')).toEqual([first]);
        expect(await claimedBy(hub, 'Goal')).toContain('wording');
      } finally {
        await hub.stop();
        await place.remove();
      }
    });

    test('begins where the last page ended', async () => {
      const place = await open();
      let hub = await openTestHub(place.settings);
      try {
        const region = await hub.party(hsa.careCentre);
        const astrid = await put(region, patient(persons.astrid));
        const early = await put(region, described(astrid, 'tidigt'));
        const late = await put(region, described(astrid, 'sent'));
        await stopBackground(hub);
        await put(hub.operator, parameter('wording'));
        const position = async (): Promise<number | null> => {
          const [row] = await hub.hub.database.query<{ position: number | null }>({
            text: 'select position from search_state',
          });
          return row?.position ?? null;
        };
        expect(await position()).toBe(0);
        const [{ until = 0 } = {}] = await hub.hub.database.query<{ until: number }>({
          text: 'select until from search_state',
        });
        await indexPage(hub, until - 2);
        const reached = await position();
        expect(reached).toBeGreaterThan(0);
        // A row of the page that is done is spoiled: a walk that began anew would mend it.
        await asIndexer(hub, {
          text: "update search_string set normalized = 'fördärvat' where normalized = 'tidigt'",
        });
        await hub.stop();
        hub = await openTestHub({ ...place.settings });
        const again = await hub.party(hsa.careCentre);
        expect(await find(again, 'Goal?wording=sent')).toEqual([late]);
        expect(await find(again, 'Goal?wording=tidigt')).toEqual([]);
        expect(await find(again, 'Goal?wording=fördärvat')).toEqual([early]);
      } finally {
        await hub.stop();
        await place.remove();
      }
    });

    test('indexes anew what an earlier version wrote, at the start of a later one', async () => {
      const place = await open();
      let hub = await openTestHub(place.settings);
      try {
        const region = await hub.party(hsa.careCentre);
        const kind = { coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-goal-kind', code: 'main-goal' }] };
        const street = `Vägen ${'bort '.repeat(60)}hem`;
        const astrid = await put(region, patient(persons.astrid, { address: [{ line: [street] }] }));
        const address = await put(
          region,
          goal(astrid, {
            category: [{ ...kind, text: street }],
            target: [{ detailQuantity: { value: 7 }, measure: { text: 'm' }, dueDate: '2027-01-01' }],
          }),
        );
        await put(
          hub.operator,
          parameter('detail', { type: 'quantity', expression: 'Goal.target.detail as Quantity' }),
        );
        expect(await find(region, 'Goal?detail=7')).toEqual([address]);
        // As long as nobody has kept the texts of tokens whole, those who ask for them wait, and nobody else.
        await stopBackground(hub);
        await asIndexer(hub, { text: "update search_index set done = done - 'category:text'" });
        await asIndexer(hub, { text: 'update search_state set generation = generation + 1' });
        await hub.hub.services.renewSearch();
        const byText = `Goal?category:text=${encodeURIComponent(street)}`;
        expect(await statusOf(region, byText)).toEqual([503, 'search-parameter-indexing']);
        expect(await statusOf(region, 'Goal?category=main-goal')).toEqual([200]);
        // As a database that was made before anything was noted, with rows of numbers that were never made and texts that were cut.
        await asIndexer(hub, { text: 'delete from search_value' });
        await asIndexer(hub, { text: 'update search_string set whole = null' });
        await asIndexer(hub, { text: 'delete from search_index' });
        await hub.stop();
        hub = await openTestHub({ ...place.settings });
        const again = await hub.party(hsa.careCentre);
        expect(await find(again, byText)).toEqual([address]);
        expect(await find(again, 'Patient?address:contains=hem')).toEqual([astrid]);
        expect(await find(again, 'Goal?detail=7')).toEqual([address]);
        expect(hub.logged.join('\n')).toContain('search-index-finished');
      } finally {
        await hub.stop();
        await place.remove();
      }
    });

    test('indexes what was written before a package brought a parameter, and forgets it without the package', async () => {
      const place = await open();
      const folder = mkdtempSync(join(tmpdir(), 'sip-hub-package-'));
      const packageJson = { name: 'vendor.search', version: '1.0.0', fhirVersions: ['4.0.1'], dependencies: {} };
      writeFileSync(join(folder, 'package.json'), JSON.stringify(packageJson));
      writeFileSync(join(folder, 'wording.json'), JSON.stringify({ ...parameter('wording'), id: 'wording' }));
      let hub = await openTestHub(place.settings);
      try {
        const region = await hub.party(hsa.careCentre);
        const address = await put(region, described(await put(region, patient(persons.astrid)), 'målet'));
        const reopen = async (packages: string): Promise<VendorSystem> => {
          await hub.stop();
          hub = await openTestHub({ ...place.settings, packages });
          return hub.party(hsa.careCentre);
        };
        expect(await find(await reopen(folder), 'Goal?wording=målet')).toEqual([address]);
        const clash = await hub.operator.call({ method: 'POST', path: 'SearchParameter', body: parameter('wording') });
        expect([clash.status, ...new Set(codesOf(clash))]).toEqual([422, 'search-parameter-refused']);
        expect(await statusOf(await reopen(''), 'Goal?wording=målet')).toEqual([400, 'search-parameter-unknown']);
        await put(hub.operator, parameter('wording'));
        expect(await find(await hub.party(hsa.careCentre), 'Goal?wording=målet')).toEqual([address]);
      } finally {
        await hub.stop();
        await place.remove();
        rmSync(folder, { recursive: true, force: true });
      }
    });

    test('is of no concern to what a party posts in plain mode; the operator is heard there too', async () => {
      const place = await open();
      const hub = await openTestHub({ ...place.settings, mode: 'plain' });
      try {
        const region = await hub.party(hsa.careCentre);
        const address = await put(region, described('Patient/none', 'målet'));
        await put(region, parameter('wording', { expression: 'Goal.nothing' }));
        await put(region, parameter('wording'));
        expect(await statusOf(region, 'Goal?wording=målet')).toEqual([400, 'search-parameter-unknown']);
        await put(hub.operator, parameter('wording'));
        expect(await find(region, 'Goal?wording=målet')).toEqual([address]);
      } finally {
        await hub.stop();
        await place.remove();
      }
    });

    describe('and a bulk export by one of them', () => {
      let place: Place;
      let hub: TestHub;
      let region: VendorSystem;
      let proposed: string;

      beforeAll(async () => {
        place = await open();
        hub = await openTestHub(place.settings);
        region = await hub.party(hsa.careCentre);
        const astrid = await put(region, patient(persons.astrid));
        await put(region, goal(astrid));
        proposed = await put(region, described(astrid, 'målet', { lifecycleStatus: 'proposed' }));
      });

      afterAll(async () => {
        await hub.stop();
        await place.remove();
      });

      const change = (text: string): Promise<unknown> => hub.hub.database.query({ text });

      /** Where to look at a job that is asked for and that nobody has begun. */
      const begin = async (filter: string): Promise<string> => {
        const path = `$export?_type=Goal&_typeFilter=${encodeURIComponent(filter)}`;
        for (let looks = 0; looks < 2000; looks += 1) {
          const asked = await get(region, path, { prefer: 'respond-async' });
          if (asked.status === 503) {
            expect([codesOf(asked), asked.headers.get('retry-after')]).toEqual([['search-parameter-indexing'], '5']);
            continue;
          }
          expect(asked.status, asked.text).toBe(202);
          const status = asked.headers.get('content-location') ?? '';
          expect((await untilEnded(status)).status).toBe(200);
          await change('delete from export_line');
          await change("update export_job set state = 'open', step = 0, tries = 0, claim = null, claimed_until = null");
          return status;
        }
        throw new Error('never indexed');
      };

      const untilEnded = async (status: string, looker = region): Promise<FhirAnswer> => {
        for (let looks = 0; looks < 500; looks += 1) {
          const answer = await get(looker, status);
          if (answer.status !== 202) return answer;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        throw new Error('the export does not end');
      };

      test('waits, however often it is tried, and then lists', async () => {
        const status = await begin('Goal?lifecycle-status=proposed');
        // Not indexed, and nobody does it.
        await change("update search_index set done = done - 'lifecycle-status' where type = 'Goal'");
        await change('update search_state set generation = generation + 1');
        const claims = async (): Promise<number> => {
          const rows = await hub.hub.database.query<{ claimed_until: Date | null }>({
            text: 'select claimed_until from export_job',
          });
          return rows.filter(({ claimed_until: until }) => until !== null).length;
        };
        for (let tries = 0; tries < 8; tries += 1) {
          await change('update export_job set claimed_until = null');
          const answer = await get(region, status);
          expect([answer.status, answer.text]).toEqual([202, '']);
          for (let looks = 0; looks < 5000 && (await claims()) === 0; looks += 1);
        }
        await change("update search_index set is_stale = true where type = 'Goal'");
        await change('update search_state set generation = generation + 1, position = 0, until = 1000000');
        for (let looks = 0; looks < 50; looks += 1) {
          // Sooner than a claim runs out.
          hub.advance(5_001);
          if ((await get(region, status)).status !== 202) break;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const ended = await get(region, status);
        expect(ended.status, ended.text).toBe(200);
        const { output } = ended.body as unknown as { readonly output: readonly { readonly url: string }[] };
        const lines = await Promise.all(output.map(async ({ url }) => (await get(region, url)).text));
        expect(lines).toEqual([expect.stringContaining(proposed.split('/')[1] ?? 'none')]);
        expect(lines.join('').trim().split('\n')).toHaveLength(1);
        await region.call({ method: 'DELETE', path: status });
      });

      test('is tried again when its client has been disabled for a while', async () => {
        const status = await begin('Goal?lifecycle-status=proposed');
        const other = await hub.party(hsa.homeCare);
        await change(
          "update client set enabled = false where key = (select min(key) from client where kind = 'system')",
        );
        const asked = await get(other, '$export?_type=Goal', { prefer: 'respond-async' });
        // Whoever looks begins what is open, the job of the other too.
        expect((await untilEnded(asked.headers.get('content-location') ?? '', other)).status).toBe(200);
        await change('update client set enabled = true');
        await change('update export_job set claimed_until = null');
        const ended = await untilEnded(status);
        expect([ended.status, ...codesOf(ended)]).toEqual([200]);
        expect((await region.call({ method: 'DELETE', path: status })).status).toBe(202);
      });

      test('fails at once when it is retired, and says why', async () => {
        const leaving = (changes: Readonly<Record<string, unknown>> = {}): FhirResource => parameter('gone', changes);
        const posted = await put(hub.operator, leaving());
        const status = await begin('Goal?gone=målet');
        const retired = await hub.operator.call({
          method: 'PUT',
          path: posted,
          body: leaving({ status: 'retired', id: posted.split('/')[1] }),
          headers: await etagOf(hub.operator, posted),
        });
        expect(retired.status).toBe(200);
        const ended = await untilEnded(status);
        expect([ended.status, ...codesOf(ended)]).toEqual([400, 'search-parameter-unknown']);
        expect(issuesOf(ended)[0]?.diagnostics).toMatch(
          /^In _typeFilter of Goal: .*gone.*The export failed\. Delete it and ask again\.$/,
        );
        expect((await get(region, status)).text).toBe(ended.text);
        expect((await region.call({ method: 'DELETE', path: status })).status).toBe(202);
      });
    });

    test('leads no further by rows of a retired reference that are still there', async () => {
      const place = await open();
      const hub = await openTestHub(place.settings);
      try {
        const region = await hub.party(hsa.careCentre);
        const astrid = await put(region, patient(persons.astrid));
        const doctor = await put(region, {
          resourceType: 'Practitioner',
          identifier: [{ system: 'urn:oid:1.2.752.29.4.19', value: 'SE2321000016-9XYZ' }],
          name: [{ family: 'Läkare', given: ['Lena'] }],
        });
        const expressed = await put(region, goal(astrid, { expressedBy: { reference: doctor } }));
        const referring = (status: string): FhirResource =>
          parameter('expressed-by', {
            type: 'reference',
            target: ['Practitioner'],
            expression: 'Goal.expressedBy',
            status,
          });
        const paths = ['Goal?_include=*', 'Goal?_include=Goal:*', 'Goal?_include:iterate=*', `${astrid}/$everything`];
        const posted = await put(hub.operator, referring('active'));
        expect(await find(region, 'Goal?_include=Goal:expressed-by')).toEqual([expressed, doctor]);
        for (const path of paths) expect(await find(region, path), path).toContain(doctor);
        await stopBackground(hub);
        const retired = await hub.operator.call({
          method: 'PUT',
          path: posted,
          body: { ...referring('retired'), id: posted.split('/')[1] },
          headers: await etagOf(hub.operator, posted),
        });
        expect(retired.status).toBe(200);
        for (const path of paths) {
          const found = await find(region, path);
          expect(found, path).toContain(expressed);
          expect(found, path).not.toContain(doctor);
        }
      } finally {
        await hub.stop();
        await place.remove();
      }
    });

    if (!isShared) return;
    test('waits for a change that is going on, and indexes what it left', async () => {
      const place = await open();
      const hub = await openTestHub(place.settings);
      try {
        const region = await hub.party(hsa.careCentre);
        const astrid = await put(region, patient(persons.astrid));
        const address = await put(region, described(astrid, 'gammalt'));
        await stopBackground(hub);
        await put(hub.operator, parameter('wording'));
        const { database } = hub.hub;
        const gate = Promise.withResolvers<void>();
        const changed = Promise.withResolvers<void>();
        const change = database.transaction(
          async (inside) => {
            await inside.query({
              text: "update resource set body = replace(body, 'gammalt', 'nytt') where type = 'Goal'",
            });
            changed.resolve();
            await gate.promise;
          },
          { settings: { role: 'none', 'sip_hub.indexing': 'on' } },
        );
        await changed.promise;
        const page = indexPage(hub, 1000);
        for (let waiting = 0, looks = 0; waiting === 0 && looks < 5000; looks += 1) {
          const [row] = await database.query<{ count: number }>({
            text: "select count(*)::int as count from pg_locks where not granted and locktype in ('transactionid', 'tuple')",
          });
          waiting = row?.count ?? 0;
        }
        gate.resolve();
        await change;
        expect(await page).toBe('end');
        expect(await find(region, 'Goal?wording=nytt')).toEqual([address]);
        expect(await find(region, 'Goal?wording=gammalt')).toEqual([]);
      } finally {
        await hub.stop();
        await place.remove();
      }
    });

    test('is done by one process at a time', async () => {
      const place = await open();
      const hub = await openTestHub(place.settings);
      try {
        const region = await hub.party(hsa.careCentre);
        await put(region, described(await put(region, patient(persons.astrid)), 'målet'));
        await stopBackground(hub);
        await put(hub.operator, parameter('wording'));
        const outcomes = await hub.hub.database.transaction(async (inside) => {
          await inside.query({ text: 'select from search_state for update' });
          return indexPage(hub, 1000);
        });
        expect(outcomes).toBe('nothing');
        expect(await indexPage(hub, 1000)).toBe('end');
        expect(await indexPage(hub, 1000).catch((error: unknown) => String(error))).toContain('DefinitionsMoved');
      } finally {
        await hub.stop();
        await place.remove();
      }
    });

    test('is agreed on by two processes: neither misses a row, a definition or a retirement', async () => {
      const place = await open();
      const one = await openTestHub(place.settings);
      const other = await openTestHub({ ...place.settings });
      try {
        const region = await one.party(hsa.careCentre);
        const elsewhere = await other.party(hsa.careCentre);
        const astrid = await put(region, patient(persons.astrid));
        const before = await put(region, described(astrid, 'målet'));
        const posted = await put(one.operator, parameter('wording'));
        // The other process has not looked since: its write is by the definitions of the database all the same.
        const after = await put(elsewhere, described(astrid, 'målet'));
        expect((await find(elsewhere, 'Goal?wording=målet')).toSorted()).toEqual([before, after].toSorted());
        expect((await find(region, 'Goal?wording=målet')).toSorted()).toEqual([before, after].toSorted());
        expect(await claimedBy(other, 'Goal')).toContain('wording');
        // Many at once from both sides while another is defined.
        const writes = Array.from({ length: 20 }, (_, n) =>
          put(n % 2 === 0 ? region : elsewhere, described(astrid, `samtidigt ${n}`)),
        );
        const defined = put(other.operator, parameter('said'));
        const written = await Promise.all(writes);
        await defined;
        expect((await find(region, 'Goal?said=samtidigt&_count=50')).toSorted()).toEqual(written.toSorted());
        const gone = await one.operator.call({
          method: 'DELETE',
          path: posted,
          headers: await etagOf(one.operator, posted),
        });
        expect(gone.status).toBe(204);
        // The other process has not been asked for it since.
        expect(await claimedBy(other, 'Goal')).not.toContain('wording');
        expect(await claimedBy(other, 'Goal')).toContain('said');
        expect(await statusOf(elsewhere, 'Goal?wording=målet')).toEqual([400, 'search-parameter-unknown']);
        const lenient = await get(elsewhere, 'Goal?said=samtidigt&wording=x&_total=accurate', {
          prefer: 'handling=lenient',
        });
        expect(lenient.body?.['total']).toBe(20);
      } finally {
        await one.stop();
        await other.stop();
        await place.remove();
      }
    });

    describe('a bulk export of a process that has not heard of a change', () => {
      let place: Place;
      let one: TestHub;
      let other: TestHub;
      let region: VendorSystem;
      let elsewhere: VendorSystem;
      let astrid: string;

      beforeAll(async () => {
        place = await open();
        one = await openTestHub(place.settings);
        other = await openTestHub({ ...place.settings });
        region = await one.party(hsa.careCentre);
        elsewhere = await other.party(hsa.careCentre);
        astrid = await put(region, patient(persons.astrid));
        // Whatever is done in the background, the other process does.
        await stopBackground(one);
      });

      afterAll(async () => {
        await one.stop();
        await other.stop();
        await place.remove();
      });

      const ask = (system: VendorSystem, filter: string): Promise<FhirAnswer> =>
        get(system, `$export?_type=Goal&_typeFilter=${encodeURIComponent(filter)}`, { prefer: 'respond-async' });

      test('lists by the definitions of the database', async () => {
        const posted = await put(one.operator, parameter('spoken'));
        const before = await put(region, described(astrid, 'målet', { note: [{ text: 'annat' }] }));
        const after = await put(region, described(astrid, 'annat', { note: [{ text: 'målet' }] }));
        expect(await find(elsewhere, 'Goal?spoken=målet')).toEqual([before]);
        expect(await find(region, 'Goal?spoken=målet')).toEqual([before]);
        const asked = await ask(region, 'Goal?spoken=målet');
        expect(asked.status, asked.text).toBe(202);
        const changed = await one.operator.call({
          method: 'PUT',
          path: posted,
          body: { ...parameter('spoken', { expression: 'Goal.note.text' }), id: posted.split('/')[1] },
          headers: await etagOf(one.operator, posted),
        });
        expect(changed.status).toBe(200);
        const status = asked.headers.get('content-location') ?? '';
        let answer = await get(region, status);
        for (let looks = 0; answer.status === 202 && looks < 500; looks += 1) {
          startExports(other.hub.services);
          // Longer than a claim that led to nothing lasts.
          if (looks % 50 === 49) other.advance(61_000);
          await new Promise((resolve) => setTimeout(resolve, 10));
          answer = await get(region, status);
        }
        expect(answer.status, answer.text).toBe(200);
        const { output } = answer.body as unknown as { readonly output: readonly { readonly url: string }[] };
        const lines = await Promise.all(output.map(async ({ url }) => (await get(region, url)).text));
        expect(lines.map((text) => text.includes(after.split('/')[1] ?? 'none'))).toEqual([true]);
        expect(lines.join('')).not.toContain(before.split('/')[1]);
      });

      test('is refused by the definitions of the database', async () => {
        const posted = await put(one.operator, parameter('uttered'));
        await find(elsewhere, 'Goal?uttered=x');
        const gone = await one.operator.call({
          method: 'DELETE',
          path: posted,
          headers: await etagOf(one.operator, posted),
        });
        expect(gone.status).toBe(204);
        const asked = await ask(elsewhere, 'Goal?uttered=x');
        expect([asked.status, ...codesOf(asked)]).toEqual([400, 'search-parameter-unknown']);
      });
    });
  });
}
