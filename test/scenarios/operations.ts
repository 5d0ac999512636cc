// $everything, $meta, $meta-add and $meta-delete over HTTP. https://hl7.org/fhir/R4/patient-operation-everything.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import {
  addressOf,
  codesOf,
  consent,
  entriesOf,
  goal,
  linkOf,
  organizationOf,
  patient,
  persons,
  put,
  searchAll,
} from './fixtures.ts';
import { task } from '../secrecy/world.ts';
import { hsa, type OpenHub, readExample, type TestHub } from './test-hub.ts';

const never = '00000000-0000-7000-8000-000000000000';
const tag = { system: 'https://vendor.example/tags', code: 'granskad' };
const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };

export function describeOperations(name: string, open: OpenHub): void {
  describe(`operations on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let town: VendorSystem;
    let stranger: VendorSystem;
    let astrid: string;

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      town = await hub.party(hsa.homeCare);
      stranger = await hub.party(hsa.school);
      const plan = await region.call({ method: 'POST', path: '', body: readExample('hip-fracture/1-region.json') });
      if (plan.status !== 200) throw new Error(plan.text);
      const [person] = await searchAll(region, 'Patient');
      astrid = `Patient/${person?.resource?.id}`;
    });

    afterAll(async () => {
      await hub.stop();
    });

    const get = (path: string, system = region): Promise<FhirAnswer> => system.call({ method: 'GET', path });
    const addressesOf = (answer: FhirAnswer): readonly string[] =>
      entriesOf(answer).map(({ resource }) => `${resource?.resourceType}/${resource?.id}`);
    const typesOf = (answer: FhirAnswer): readonly string[] =>
      [...new Set(entriesOf(answer).map(({ resource }) => resource?.resourceType ?? ''))].toSorted();

    describe('Patient/[id]/$everything', () => {
      test('gives the person first, the whole compartment, and the directory resources it refers to', async () => {
        const answer = await get(`${astrid}/$everything?_count=1000`);
        expect(answer.status).toBe(200);
        expect(addressesOf(answer)[0]).toBe(astrid);
        expect(typesOf(answer)).toEqual(
          expect.arrayContaining(['CarePlan', 'CareTeam', 'Consent', 'Goal', 'Organization', 'Task']),
        );
        const compartment = [
          'CarePlan',
          'CareTeam',
          'Goal',
          'Consent',
          'ServiceRequest',
          'Appointment',
          'Task',
          'Encounter',
        ];
        for (const type of compartment) {
          const found = await searchAll(region, `${type}?_count=1000`);
          const given = entriesOf(answer).filter(({ resource }) => resource?.resourceType === type);
          expect([type, given.length]).toEqual([type, found.length]);
        }
        expect((answer.body as { total: number }).total).toBe(entriesOf(answer).length);
      });

      test('gives the same by POST with Parameters', async () => {
        const parameter = [
          { name: '_type', valueString: 'Goal,CarePlan' },
          { name: '_count', valueInteger: 1000 },
        ];
        const answer = await region.call({
          method: 'POST',
          path: `${astrid}/$everything`,
          body: { resourceType: 'Parameters', parameter },
        });
        expect(addressesOf(answer)).toEqual(
          addressesOf(await get(`${astrid}/$everything?_type=Goal,CarePlan&_count=1000`)),
        );
        expect(typesOf(answer)).toEqual(['CarePlan', 'Goal']);
      });

      test('comes page by page, each resource once, by links that cannot be turned to another person', async () => {
        const whole = addressesOf(await get(`${astrid}/$everything?_count=1000`));
        const pages: string[] = [];
        const first = await get(`${astrid}/$everything?_count=4`);
        let next = linkOf(first, 'next');
        pages.push(...addressesOf(first));
        const link = next ?? '';
        while (next !== undefined) {
          const page = await get(next);
          expect((page.body as { total: number }).total).toBe(whole.length);
          pages.push(...addressesOf(page));
          next = linkOf(page, 'next');
        }
        expect(pages).toEqual(whole);
        const other = await put(region, patient(persons.bo));
        const turned = await get(link.replace(astrid, other));
        expect([turned.status, codesOf(turned)]).toEqual([400, ['search-cursor-invalid']]);
        expect((await get(`${link}&_type=Goal`)).status).toBe(400);
        // The link opens nothing for another party.
        expect((await get(link, stranger)).status).toBe(404);
      });

      test('start and end leave out what lies outside, and keep what has no date', async () => {
        const late = await put(region, goal(astrid, { startDate: '2031-05-01' }));
        const before = await get(`${astrid}/$everything?_count=1000&end=2031-04-30`);
        expect(addressesOf(before)).not.toContain(late);
        expect(addressesOf(before)).toContain(astrid);
        const since = addressesOf(await get(`${astrid}/$everything?_count=1000&start=2031-05-01&end=2031-05-01`));
        expect(since).toContain(late);
        expect(since.some((address) => address.startsWith('Encounter/'))).toBe(false);
      });

      test('_since leaves out what has not changed', async () => {
        hub.advance(60_000);
        const at = hub.now().toISOString();
        const fresh = await put(region, goal(astrid));
        expect(addressesOf(await get(`${astrid}/$everything?_since=${at}`))).toEqual([fresh]);
      });

      test('gives a party what consent opens and not more, and nothing from the moment of withdrawal', async () => {
        const person = await put(region, patient(persons.cecilia));
        await put(region, goal(person));
        expect((await get(`${person}/$everything`, town)).status).toBe(404);
        const given = await region.call({
          method: 'POST',
          path: 'Consent',
          body: consent(person, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)),
        });
        const townsOwn = await put(town, goal(person));
        const seen = await get(`${person}/$everything`, town);
        expect(typesOf(seen)).toEqual(expect.arrayContaining(['Consent', 'Goal', 'Patient']));
        expect(addressesOf(await get(`${person}/$everything`))).not.toContain(townsOwn);
        const withdrawn = await region.call({
          method: 'PUT',
          path: addressOf(given),
          body: { ...given.body, status: 'inactive' },
          headers: { 'if-match': given.headers.get('etag') ?? '' },
        });
        expect(withdrawn.status).toBe(200);
        const hidden = await get(`${person}/$everything`, town);
        const absent = await get(`Patient/${never}/$everything`, town);
        expect([hidden.status, hidden.text]).toEqual([absent.status, absent.text]);
        expect(hidden.status).toBe(404);
      });

      test('keeps to the scopes of the token', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Patient.r system/Goal.r');
        expect(typesOf(await get(`${astrid}/$everything`, narrow))).toEqual(['Goal', 'Patient']);
        const asked = await get(`${astrid}/$everything?_type=CarePlan`, narrow);
        expect([asked.status, codesOf(asked)]).toEqual([403, ['scope-insufficient']]);
        expect((await get(`${astrid}/$everything`, hub.operator)).status).toBe(403);
      });

      test.each([
        ['_count=0', 400],
        ['_count=x', 400],
        ['_type=Nothing', 400],
        ['start=soon', 400],
        ['start=2026-01-01&start=2026-01-02', 400],
        ['_since=2026-02-30', 400],
        ['_page=x', 400],
        ['name=x', 400],
      ])('refuses ?%s with %i', async (query, status) => {
        expect((await get(`${astrid}/$everything?${query}`)).status).toBe(status);
      });

      test('is refused without an id, and on other types', async () => {
        expect((await get('Patient/$everything')).status).toBe(405);
        expect((await get(`Goal/${never}/$everything`)).status).toBe(404);
      });

      test('writes an audit row that names what was given', async () => {
        const before = await hub.countRows();
        await get(`${astrid}/$everything?_type=Goal`);
        expect((await hub.countRows())['audit_log']).toBe((before['audit_log'] ?? 0) + 1);
      });
    });

    describe('$meta', () => {
      const ask = (address: string, operation: string, valueMeta: unknown, headers = {}): Promise<FhirAnswer> =>
        region.call({
          method: 'POST',
          path: `${address}/${operation}`,
          body: { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta }] },
          headers,
        });
      const metaOf = ({ body }: FhirAnswer): Record<string, unknown> =>
        (body as { parameter: { valueMeta: Record<string, unknown> }[] }).parameter[0]?.valueMeta ?? {};

      test('is given as the resource shows it', async () => {
        const address = await put(region, goal(astrid));
        const answer = await get(`${address}/$meta`);
        expect(answer.status).toBe(200);
        expect(metaOf(answer)).toEqual((await get(address)).body?.['meta']);
        expect((await get(`Goal/${never}/$meta`)).status).toBe(404);
        expect((await get(`${address}/$meta`, stranger)).status).toBe(404);
      });

      test('is added to and taken from in new versions; what changes nothing makes none', async () => {
        const address = await put(region, goal(astrid));
        const added = await ask(address, '$meta-add', {
          tag: [tag],
          security: [label],
          source: 'urn:x',
          versionId: 'mine',
        });
        expect(added.status).toBe(200);
        expect(metaOf(added)).toMatchObject({
          tag: [tag],
          security: [label],
          source: `urn:oid:1.2.752.29.4.19#${hsa.careCentre}`,
        });
        expect(metaOf(added)['versionId']).not.toBe('mine');
        const again = await ask(address, '$meta-add', { tag: [tag] });
        expect(metaOf(again)['versionId']).toBe(metaOf(added)['versionId']);
        expect(addressesOf(await get(`Goal?_tag=${tag.system}|${tag.code}&_id=${address.slice(5)}`))).toEqual([
          address,
        ]);
        const removed = await ask(address, '$meta-delete', { tag: [tag], security: [label] });
        expect(metaOf(removed)['tag']).toBeUndefined();
        expect(metaOf(removed)['security']).toBeUndefined();
        expect(entriesOf(await get(`${address}/_history`))).toHaveLength(3);
      });

      test('counts If-Match where it is sent', async () => {
        const address = await put(region, goal(astrid));
        const stale = await ask(address, '$meta-add', { tag: [tag] }, { 'if-match': 'W/"other"' });
        expect([stale.status, codesOf(stale)]).toEqual([412, ['version-conflict']]);
        expect((await ask(address, '$meta-add', { tag: [tag] }, { 'if-match': 'x' })).status).toBe(400);
      });

      test('changes of four at once all count', async () => {
        const address = await put(region, goal(astrid));
        const answers = await Promise.all(
          ['a', 'b', 'c', 'd'].map((code) => ask(address, '$meta-add', { tag: [{ ...tag, code }] })),
        );
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
        expect((metaOf(await get(`${address}/$meta`))['tag'] as unknown[]).length).toBe(4);
      });

      test('is changed by the custodian alone', async () => {
        const person = await put(region, patient(persons.david));
        const address = await put(region, goal(person));
        await put(region, consent(person, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)));
        const answer = await town.call({
          method: 'POST',
          path: `${address}/$meta-add`,
          body: { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [tag] } }] },
        });
        expect([answer.status, codesOf(answer)]).toEqual([422, ['not-your-resource']]);
      });

      test('of a resource that refers to what is hidden is changed without loss', async () => {
        const person = await put(region, patient(persons.eva));
        await put(town, patient(persons.eva));
        const target = await put(region, goal(person));
        const given = await region.call({
          method: 'POST',
          path: 'Consent',
          body: consent(person, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)),
        });
        const own = await put(town, task(person, hsa.homeCare, target));
        const close = async (status: string, before: FhirAnswer): Promise<FhirAnswer> =>
          region.call({
            method: 'PUT',
            path: addressOf(given),
            body: { ...before.body, status },
            headers: { 'if-match': before.headers.get('etag') ?? '' },
          });
        await close('inactive', given);
        const answer = await town.call({
          method: 'POST',
          path: `${own}/$meta-add`,
          body: { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [tag] } }] },
        });
        expect(answer.status, answer.text).toBe(200);
        expect(answer.text).toContain('SUBSETTED');
        expect((await get(own, town)).text).not.toContain(target);
        const again = await region.call({ method: 'POST', path: 'Consent', body: { ...given.body, id: undefined } });
        expect(again.status).toBe(201);
        expect((await get(own, town)).text).toContain(target);
      });

      test.each([
        [{}, 400, 'operation-parameter-invalid'],
        [{ tag: 'x' }, 400, 'wrong-type'],
        [{ tag: [{ system: 'x' }] }, 400, 'wrong-type'],
        [{ profile: [1] }, 400, 'wrong-type'],
        [
          { security: [{ system: 'http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel', code: 'sekretessmarkering' }] },
          422,
          'label-protected',
        ],
        [
          { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }] },
          422,
          'label-protected',
        ],
      ])('refuses %j with %i', async (valueMeta, status, code) => {
        const address = await put(region, goal(astrid));
        for (const operation of ['$meta-add', '$meta-delete']) {
          const answer = await ask(address, operation, valueMeta);
          expect([answer.status, codesOf(answer)]).toEqual([status, [code]]);
        }
      });

      test('is not changed by GET, and a body that is no Parameters is refused', async () => {
        expect((await get(`${astrid}/$meta-add`)).status).toBe(405);
        const answer = await region.call({
          method: 'POST',
          path: `${astrid}/$meta-add`,
          body: { resourceType: 'Patient' },
        });
        expect(answer.status).toBe(400);
      });
    });
  });
}
