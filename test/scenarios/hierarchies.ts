// `:above` and `:below` on references to resources that are part of each other. https://hl7.org/fhir/R4/search.html#modifiers
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { mostInHierarchy } from '../../src/store/search-hierarchy.ts';
import { codesOf, consent, entriesOf, issuesOf, organizationOf, put as create, type RequestEntry } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

export function describeHierarchies(name: string, open: OpenHub): void {
  describe(`hierarchies on ${name}`, () => {
    let hub: TestHub;
    let one: VendorSystem;
    let other: VendorSystem;

    const put = async (system: VendorSystem, type: string, id: string, fields: object): Promise<void> => {
      const body = { resourceType: type, id, ...fields };
      const answer = await system.call({ method: 'PUT', path: `${type}/${id}`, body });
      expect(answer.status, answer.text).toBeLessThan(300);
    };
    const place = (system: VendorSystem, id: string, partOf?: string): Promise<void> =>
      put(system, 'Location', id, partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } });
    const visit = (system: VendorSystem, id: string, at: string): Promise<void> =>
      put(system, 'Encounter', id, {
        status: 'planned',
        class: { code: 'AMB' },
        location: [{ location: { reference: `Location/${at}` } }],
      });
    const find = async (path: string, system = one): Promise<readonly string[]> => {
      const answer = await system.call({ method: 'GET', path });
      expect(answer.status, answer.text).toBe(200);
      return entriesOf(answer)
        .map(({ resource }) => String(resource?.id))
        .toSorted();
    };

    // hospital > ward > room, and a garden by itself.
    beforeAll(async () => {
      hub = await open({ mode: 'plain' });
      one = await hub.party(hsa.careCentre);
      other = await hub.party(hsa.homeCare);
      await place(one, 'hospital');
      await place(one, 'ward', 'hospital');
      await place(one, 'room', 'ward');
      await place(one, 'garden');
      await visit(one, 'at-hospital', 'hospital');
      await visit(one, 'at-room', 'room');
      await visit(one, 'at-garden', 'garden');
    });
    afterAll(() => hub.stop());

    test('below: what refers to the resource, or to what is part of it at any depth', async () => {
      expect(await find('Location?partof=Location/hospital')).toEqual(['ward']);
      expect(await find('Location?partof:below=Location/hospital')).toEqual(['room', 'ward']);
      expect(await find('Encounter?location:below=Location/hospital')).toEqual(['at-hospital', 'at-room']);
      expect(await find('Encounter?location:below=ward,garden')).toEqual(['at-garden', 'at-room']);
      expect(await find('Encounter?location:below=Location/nowhere')).toEqual([]);
    });

    test('above: what refers to the resource, or to what it is part of', async () => {
      expect(await find('Encounter?location:above=Location/room')).toEqual(['at-hospital', 'at-room']);
      expect(await find('Encounter?location:above=Location/hospital')).toEqual(['at-hospital']);
    });

    test('together with other criteria, in chains, back along them, and with a total', async () => {
      expect(await find('Encounter?_id=at-room,at-garden&location:below=Location/hospital')).toEqual(['at-room']);
      expect(await find('Encounter?location.partof:below=Location/hospital')).toEqual(['at-room']);
      expect(await find('Location?_has:Encounter:location:location:below=Location/ward')).toEqual(['room']);
      const answer = await one.call({
        method: 'GET',
        path: 'Encounter?location:below=Location/hospital&_total=accurate&_count=1',
      });
      expect(answer.body).toMatchObject({ total: 2 });
    });

    test('ends where places are part of each other in a circle', async () => {
      await place(one, 'hen', 'egg');
      await place(one, 'egg', 'hen');
      expect(await find('Location?partof:below=Location/hen')).toEqual(['egg', 'hen']);
      expect(await find('Location?partof:above=Location/hen')).toEqual(['egg', 'hen']);
    });

    test('goes through nothing that the caller may not see', async () => {
      await place(other, 'hidden', 'hospital');
      await place(one, 'cellar', 'hidden');
      await visit(one, 'at-cellar', 'cellar');
      expect(await find('Encounter?location:below=Location/hospital')).toEqual(['at-hospital', 'at-room']);
      expect(await find('Encounter?location:above=Location/hidden')).toEqual([]);
      expect(await find('Encounter?location:below=Location/hospital', other)).toEqual([]);
      // Its own view of the same.
      await visit(other, 'theirs', 'hidden');
      expect(await find('Encounter?location:below=Location/hidden', other)).toEqual(['theirs']);
    });

    test('goes by the row that the caller is served, where two that it sees have one address', async () => {
      const part = (system: VendorSystem, id: string, fields: object): Promise<void> =>
        put(system, 'Task', id, { status: 'requested', intent: 'order', ...fields });
      await put(one, 'Patient', 'kin', {});
      const about = { for: { reference: 'Patient/kin' } };
      await part(one, 'whole', about);
      await part(one, 'between', { ...about, partOf: [{ reference: 'Task/whole' }] });
      await create(one, consent('Patient/kin', organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)));
      await part(other, 'last', { partOf: [{ reference: 'Task/between' }] });
      expect(await find('Task?part-of:below=Task/whole', other)).toEqual(['between', 'last']);
      expect(await find('Task?part-of:above=Task/last', other)).toEqual(['between', 'last']);
      // From now on it means its own, which is a part of nothing.
      await part(other, 'between', {});
      expect(await find('Task?part-of=Task/whole', other)).toEqual([]);
      expect(await find('Task?part-of:below=Task/whole', other)).toEqual([]);
      expect(await find('Task?part-of:above=Task/last', other)).toEqual(['last']);
    });

    test('is a search of the type it goes through, and asks for its scope', async () => {
      const narrow = await hub.party(hsa.careCentre, 'system/Encounter.rs');
      const plain = await narrow.call({ method: 'GET', path: 'Encounter?location=Location/ward' });
      expect(plain.status).toBe(200);
      const answer = await narrow.call({ method: 'GET', path: 'Encounter?location:below=Location/ward' });
      expect([answer.status, codesOf(answer)]).toEqual([403, ['scope-insufficient']]);
    });

    test('in the compartment of a patient', async () => {
      await put(one, 'Patient', 'lodger', {});
      const stays = { status: 'planned', class: { code: 'AMB' }, subject: { reference: 'Patient/lodger' } };
      await put(one, 'Encounter', 'lodged', { ...stays, location: [{ location: { reference: 'Location/room' } }] });
      await put(one, 'Encounter', 'outside', { ...stays, location: [{ location: { reference: 'Location/garden' } }] });
      expect(await find('Patient/lodger/Encounter?location:below=Location/hospital')).toEqual(['lodged']);
      expect(await find('Patient/lodger/Encounter?location:above=Location/room')).toEqual(['lodged']);
      expect(await find('Patient/lodger/Encounter?location:above=Location/ward')).toEqual([]);
      expect(await find('Patient/nobody/Encounter?location:below=Location/hospital')).toEqual([]);
      for (const id of ['lodged', 'outside'])
        expect((await one.call({ method: 'DELETE', path: `Encounter/${id}` })).status).toBe(204);
    });

    test('by a parameter that the operator has added', async () => {
      const posted = await hub.operator.call({
        method: 'POST',
        path: 'SearchParameter',
        body: {
          resourceType: 'SearchParameter',
          url: 'https://operator.example/SearchParameter/origin',
          name: 'Origin',
          status: 'active',
          description: 'A test.',
          code: 'origin',
          base: ['Encounter'],
          type: 'reference',
          target: ['Location', 'Organization'],
          expression: 'Encounter.hospitalization.origin',
        },
      });
      expect(posted.status, posted.text).toBe(201);
      await put(one, 'Encounter', 'brought', {
        status: 'planned',
        class: { code: 'AMB' },
        hospitalization: { origin: { reference: 'Location/ward' } },
      });
      const path = 'Encounter?origin:below=Location/hospital';
      while ((await one.call({ method: 'GET', path })).status === 503);
      expect(await find(path)).toEqual(['brought']);
      expect(await find('Encounter?origin:above=Location/room')).toEqual(['brought']);
      expect(await find('Encounter?origin:above=Location/hospital')).toEqual([]);
      expect((await one.call({ method: 'DELETE', path: 'Encounter/brought' })).status).toBe(204);
    });

    test('of more resources than one search goes through is refused, not cut', async () => {
      const path = 'Encounter?location:below=Location/estate';
      await place(one, 'estate');
      await place(one, 'shed', 'estate');
      await visit(one, 'at-shed', 'shed');
      const columns = 'type, registrant, version_id, last_updated, method, deleted, directory, custodian, author, body';
      /** So many sheds that they make up this number of resources, with the estate. */
      const grow = (total: number): Promise<void> =>
        hub.hub.database.transaction(
          async (inside) => {
            await inside.query({
              text: `insert into resource (id, ${columns}) select 'shed-' || n, ${columns} from resource
                cross join generate_series((select count(*) from resource s where s.id like 'shed%') + 2, $1) n where id = 'shed'`,
              values: [total],
            });
            await inside.query({
              text: `insert into search_reference (resource, param, last_updated, target_id, target_type)
                select r.key, x.param, x.last_updated, x.target_id, x.target_type
                from search_reference x join resource s on s.key = x.resource and s.id = 'shed' cross join resource r
                where r.id like 'shed-%' and not exists (select from search_reference y where y.resource = r.key)`,
            });
            // As the database does by itself after a while: plans made for a handful of rows are no good for so many.
            for (const table of ['resource', 'search_reference']) await inside.query({ text: `analyze ${table}` });
          },
          { settings: { role: 'none', 'sip_hub.indexing': 'on' } },
        );
      await grow(mostInHierarchy);
      expect(await find(path)).toEqual(['at-shed']);
      await grow(mostInHierarchy + 1);
      // Whether there is anything to ask it of tells nothing.
      for (const query of [
        path,
        `${path}&_id=at-shed`,
        `${path}&_id=nothere`,
        `${path}&_id=nothere&_total=accurate`,
        `${path}&_sort=status`,
      ]) {
        const answer = await one.call({ method: 'GET', path: query });
        expect([answer.status, codesOf(answer)]).toEqual([400, ['too-costly']]);
        expect(issuesOf(answer)[0]?.diagnostics).toContain(String(mostInHierarchy));
      }
      expect(await find('Encounter?location:above=Location/shed-9')).toEqual([]);
    });

    test('in a condition', async () => {
      await place(one, 'tent', 'field');
      await visit(one, 'at-tent', 'tent');
      const path = 'Encounter?location:below=Location/field';
      expect((await one.call({ method: 'DELETE', path })).status).toBe(204);
      expect(await find(path)).toEqual([]);
    });

    test.each([
      ['Observation?patient:below=Patient/1', 'search-modifier-unsupported', 'patient'],
      ['Observation?subject:below=Patient/1', 'search-value-invalid', 'subject'],
      ['Encounter?location:below=Device/1', 'search-value-invalid', 'location'],
      ['Encounter?location:below=https://elsewhere.example/Location/1', 'search-value-invalid', 'location'],
      ['Encounter?location:Location:below=1', 'search-modifier-unsupported', ''],
    ])('%s is refused with 400 %s', async (path, code, parameter) => {
      const answer = await one.call({ method: 'GET', path });
      expect(answer.status).toBe(400);
      expect(codesOf(answer)).toEqual([code]);
      expect(answer.text).toContain(parameter);
    });
  });

  describe(`the organizations' tree on ${name}`, () => {
    let hub: TestHub;
    beforeAll(async () => {
      hub = await open();
    });
    afterAll(() => hub.stop());

    const get = (path: string): Promise<FhirAnswer> => hub.operator.call({ method: 'GET', path });
    const idOf = async (hsaId: string): Promise<string> => {
      const answer = await get(`Organization?identifier=urn:oid:1.2.752.29.4.19|${hsaId}`);
      return String(entriesOf(answer)[0]?.resource?.id);
    };
    /** The entry that makes one of them a part of another. */
    const making = async (part: string, of: string): Promise<RequestEntry> => {
      const url = `Organization/${await idOf(part)}`;
      const { body, headers } = await get(url);
      const partOf = { reference: `Organization/${await idOf(of)}` };
      return {
        resource: { ...(body as FhirResource), partOf },
        request: { method: 'PUT', url, ifMatch: headers.get('etag') ?? '' },
      };
    };
    const post = (entry: readonly RequestEntry[]): Promise<FhirAnswer> =>
      hub.operator.call({ method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'transaction', entry } });

    test('is never a circle: of itself, of two, or of what one Bundle writes', async () => {
      const before = await hub.countRows();
      const [careCentre, homeCare] = [hsa.careCentre, hsa.homeCare];
      for (const entries of [
        [await making(careCentre, careCentre)],
        [await making(careCentre, homeCare), await making(homeCare, careCentre)],
      ]) {
        const answer = await post(entries);
        expect([answer.status, ...new Set(codesOf(answer))]).toEqual([422, 'organization-circular']);
        expect(issuesOf(answer).map(({ expression }) => expression)).toEqual(
          entries.map((_, at) => `Bundle.entry[${at}].resource.partOf`),
        );
      }
      const { audit_log: _log, ...rows } = await hub.countRows();
      expect(before).toMatchObject(rows);
      expect((await post([await making(careCentre, homeCare)])).status).toBe(200);
      // The first of these is in no circle.
      const entries = [await making(hsa.school, hsa.uppsala), await making(homeCare, careCentre)];
      const answer = await post(entries);
      expect([answer.status, codesOf(answer)]).toEqual([422, ['organization-circular']]);
      expect(issuesOf(answer)[0]?.expression).toBe('Bundle.entry[1].resource.partOf');
      const [{ resource } = {}] = entries.slice(1);
      const path = `Organization/${await idOf(homeCare)}`;
      const headers = { 'if-match': (await get(path)).headers.get('etag') ?? '' };
      const alone = await hub.operator.call({ method: 'PUT', path, body: resource, headers });
      expect([alone.status, issuesOf(alone)[0]?.expression]).toEqual([422, 'Organization.partOf']);
    });
  });
}
