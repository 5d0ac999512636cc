// Bulk export over HTTP: kick-off, status, files, and what a withdrawal takes away at each point.
// https://hl7.org/fhir/uv/bulkdata/STU2/export.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import {
  addressOf,
  codesOf,
  consent,
  goal,
  organizationOf,
  patient,
  persons,
  put,
  sendRaw,
  type RawAnswer,
} from './fixtures.ts';
import { hsa, type OpenHub, readExample, type TestHub } from './test-hub.ts';

const respondAsync = { prefer: 'respond-async' };

const isPartOf = (address: string): unknown => ({
  url: 'http://hl7.org/fhir/StructureDefinition/goal-relationship',
  extension: [
    {
      url: 'type',
      valueCodeableConcept: {
        coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-goal-relationship', code: 'part-of' }],
      },
    },
    { url: 'target', valueReference: { reference: address } },
  ],
});

interface Manifest {
  readonly transactionTime: string;
  readonly request: string;
  readonly requiresAccessToken: boolean;
  readonly output: readonly { readonly type: string; readonly url: string }[];
  readonly error: readonly unknown[];
}

export function describeExport(name: string, open: OpenHub): void {
  describe(`bulk export on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let town: VendorSystem;
    let astrid: string;

    beforeAll(async () => {
      hub = await open({ exportsAtOnce: 4, exportHours: 100 / 3600 });
      region = await hub.party(hsa.careCentre);
      town = await hub.party(hsa.homeCare);
      const plan = await region.call({ method: 'POST', path: '', body: readExample('hip-fracture/1-region.json') });
      if (plan.status !== 200) throw new Error(plan.text);
      const registered = await region.call({ method: 'GET', path: 'Patient' });
      astrid =
        addressesOf(
          (registered.body as { entry: { resource: FhirResource }[] }).entry.map(({ resource }) => resource),
        )[0] ?? '';
    });

    afterAll(async () => {
      await hub.stop();
    });

    const addressesOf = (resources: readonly FhirResource[]): string[] =>
      resources.map(({ resourceType, id }) => `${resourceType}/${id}`);
    const ask = (path: string, system = region, headers: Record<string, string> = respondAsync): Promise<FhirAnswer> =>
      system.call({ method: 'GET', path, headers });
    const statusAddress = (answer: FhirAnswer): string => {
      const address = answer.headers.get('content-location');
      if (address === null) throw new Error(`${answer.status} ${answer.text}`);
      return address;
    };
    const until = async (status: string, system = region): Promise<Manifest> => {
      for (let looks = 0; looks < 500; looks += 1) {
        const answer = await ask(status, system, {});
        if (answer.status === 200) return answer.body as unknown as Manifest;
        if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
        expect(answer.headers.get('x-progress')).toMatch(/^\d+ lines, step \d+ of \d+$/);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error('the export does not end');
    };
    const fetchFile = async (url: string, system = region, headers: Record<string, string> = {}): Promise<RawAnswer> =>
      sendRaw(hub.hub.publicUrl, {
        method: 'GET',
        path: url.slice(hub.hub.publicUrl.length),
        headers: { authorization: `Bearer ${system.token}`, ...headers },
      });
    const linesOf = ({ text }: RawAnswer): FhirResource[] =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as FhirResource);
    const download = async (manifest: Manifest, system = region): Promise<FhirResource[]> => {
      const all: FhirResource[] = [];
      for (const { type, url } of manifest.output) {
        const answer = await fetchFile(url, system);
        expect([answer.status, answer.headers['content-type']]).toEqual([
          200,
          'application/fhir+ndjson; charset=utf-8',
        ]);
        const resources = linesOf(answer);
        expect(resources.every(({ resourceType }) => resourceType === type)).toBe(true);
        all.push(...resources);
      }
      return all;
    };
    const exportAll = async (path: string, system = region): Promise<FhirResource[]> => {
      const status = statusAddress(await ask(path, system));
      const resources = await download(await until(status, system), system);
      expect((await system.call({ method: 'DELETE', path: status })).status).toBe(202);
      return resources;
    };
    const openTo = async (person: string): Promise<FhirAnswer> =>
      region.call({
        method: 'POST',
        path: 'Consent',
        body: consent(person, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)),
      });
    const withdraw = async (given: FhirAnswer): Promise<void> => {
      const answer = await region.call({
        method: 'PUT',
        path: addressOf(given),
        body: { ...given.body, status: 'inactive' },
        headers: { 'if-match': given.headers.get('etag') ?? '' },
      });
      expect(answer.status).toBe(200);
    };

    test('gives every resource that a search gives, byte for byte, in files by type', async () => {
      const kickOff = await ask('$export');
      expect([kickOff.status, kickOff.text]).toEqual([202, '']);
      const status = statusAddress(kickOff);
      const manifest = await until(status);
      expect(manifest).toMatchObject({ request: `${hub.baseUrl}/$export`, requiresAccessToken: true, error: [] });
      // A write that was under way while this run listed is in the next one: the two overlap.
      expect(Date.parse(manifest.transactionTime)).toBeLessThanOrEqual(hub.now().getTime() - 60_000);
      const goals = manifest.output.find(({ type }) => type === 'Goal')?.url ?? '';
      const lines = (await fetchFile(goals)).text.trim().split('\n');
      for (const line of lines) {
        const { id } = JSON.parse(line) as FhirResource;
        expect(line).toBe((await region.call({ method: 'GET', path: `Goal/${id}` })).text);
      }
      const resources = await download(manifest);
      for (const { type } of manifest.output) {
        const found = await region.call({ method: 'GET', path: `${type}?_total=accurate&_count=0` });
        const given = resources.filter(({ resourceType }) => resourceType === type);
        expect([type, given.length]).toEqual([type, (found.body as { total: number }).total]);
      }
      expect(manifest.output.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['Patient', 'CarePlan', 'Organization']),
      );
      expect((await region.call({ method: 'DELETE', path: status })).status).toBe(202);
      for (const gone of [status, goals]) expect((await fetchFile(gone)).status).toBe(404);
    });

    test('of Patient holds the data of persons and no directory', async () => {
      const types = new Set((await exportAll('Patient/$export')).map(({ resourceType }) => resourceType));
      expect(types).toContain('CarePlan');
      expect(types).not.toContain('Organization');
    });

    test('keeps to _type, _since, _typeFilter and _elements', async () => {
      hub.advance(60_000);
      const since = hub.now().toISOString();
      const [active, proposed] = [
        await put(region, goal(astrid)),
        await put(region, goal(astrid, { lifecycleStatus: 'proposed' })),
      ];
      expect(addressesOf(await exportAll(`$export?_type=Goal,CarePlan&_since=${since}`)).toSorted()).toEqual(
        [active, proposed].toSorted(),
      );
      const filter = encodeURIComponent('Goal?lifecycle-status=proposed,planned,Goal?lifecycle-status=cancelled');
      expect(addressesOf(await exportAll(`$export?_type=Goal&_since=${since}&_typeFilter=${filter}`))).toEqual([
        proposed,
      ]);
      const [reduced] = await exportAll(
        `$export?_type=Goal&_since=${since}&_elements=description,CarePlan.title&_typeFilter=${filter}`,
      );
      expect(Object.keys(reduced ?? {}).toSorted()).toEqual([
        'description',
        'id',
        'lifecycleStatus',
        'meta',
        'resourceType',
        'subject',
      ]);
      expect(reduced?.meta?.tag?.map(({ code }) => code)).toEqual(['SUBSETTED']);
    });

    test('is asked for by POST with Parameters as well', async () => {
      const parameter = [
        { name: '_type', valueString: 'Patient' },
        { name: '_outputFormat', valueString: 'application/fhir+ndjson' },
      ];
      const answer = await region.call({
        method: 'POST',
        path: 'Patient/$export',
        body: { resourceType: 'Parameters', parameter },
        headers: respondAsync,
      });
      const resources = await download(await until(statusAddress(answer)));
      expect(addressesOf(resources)).toContain(astrid);
      await region.call({ method: 'DELETE', path: statusAddress(answer) });
    });

    test('gives the version that was current when it began, and nothing that has gone since', async () => {
      const first = await region.call({
        method: 'POST',
        path: 'Goal',
        body: goal(astrid, { description: { text: 'Först' } }),
      });
      const second = await region.call({ method: 'POST', path: 'Goal', body: goal(astrid) });
      const status = statusAddress(await ask('$export?_type=Goal'));
      const manifest = await until(status);
      hub.advance(1000);
      const changed = await region.call({
        method: 'PUT',
        path: addressOf(first),
        body: { ...first.body, description: { text: 'Sedan' } },
        headers: { 'if-match': first.headers.get('etag') ?? '' },
      });
      expect(changed.status).toBe(200);
      await region.call({
        method: 'DELETE',
        path: addressOf(second),
        headers: { 'if-match': second.headers.get('etag') ?? '' },
      });
      const late = await put(region, goal(astrid));
      const resources = await download(manifest);
      expect(resources.find(({ id }) => id === addressOf(first).slice(5))?.['description']).toEqual({ text: 'Först' });
      expect(addressesOf(resources)).not.toContain(addressOf(second));
      expect(addressesOf(resources)).not.toContain(late);
      await region.call({ method: 'DELETE', path: status });
    });

    test('a withdrawal before the listing keeps everything out of it', async () => {
      const person = await put(region, patient(persons.bo));
      await put(region, goal(person));
      const given = await openTo(person);
      expect(addressesOf(await exportAll('Patient/$export', town))).toContain(person);
      await withdraw(given);
      expect(addressesOf(await exportAll('Patient/$export', town))).not.toContain(person);
    });

    test('a withdrawal between listing and download empties the files of what it opened', async () => {
      const person = await put(region, patient(persons.cecilia));
      const hidden = await put(region, goal(person));
      const own = await put(town, goal(astrid));
      const given = await openTo(person);
      const status = statusAddress(await ask('$export?_type=Goal,Patient', town));
      const manifest = await until(status, town);
      const before = addressesOf(await download(manifest, town));
      expect(before).toEqual(expect.arrayContaining([person, hidden, own]));
      await withdraw(given);
      const after = addressesOf(await download(manifest, town));
      expect(after).not.toContain(person);
      expect(after).not.toContain(hidden);
      expect(after).toContain(own);
      await town.call({ method: 'DELETE', path: status });
    });

    test('a line whose references lead to what is hidden comes without them', async () => {
      const person = await put(region, patient(persons.david));
      await put(town, patient(persons.david));
      const target = await put(region, goal(person));
      const given = await openTo(person);
      const own = await put(town, goal(person, { extension: [isPartOf(target)] }));
      const status = statusAddress(await ask('$export?_type=Goal', town));
      const manifest = await until(status, town);
      const find = async (): Promise<FhirResource | undefined> =>
        (await download(manifest, town)).find(({ id }) => id === own.slice('Goal/'.length));
      expect(JSON.stringify(await find())).toContain(target);
      await withdraw(given);
      const reduced = await find();
      expect(JSON.stringify(reduced)).not.toContain(target);
      expect(reduced?.meta?.tag?.map(({ code }) => code)).toEqual(['SUBSETTED']);
      await town.call({ method: 'DELETE', path: status });
    });

    test("nobody else sees the job: another client's, another party's, and none that never was", async () => {
      const status = statusAddress(await ask('$export?_type=Goal'));
      const { output } = await until(status);
      const never = status.replace(/job=.*/, 'job=never');
      const others = [town, await hub.party(hsa.careCentre, 'system/*.rs'), hub.operator];
      for (const other of others) {
        for (const path of [status, output[0]?.url ?? '']) {
          const answer = await fetchFile(path, other);
          expect([answer.status, answer.text]).toEqual([404, (await fetchFile(never, other)).text]);
        }
        expect((await other.call({ method: 'DELETE', path: status })).status).toBe(404);
      }
      expect((await until(status)).output).toHaveLength(1);
      await region.call({ method: 'DELETE', path: status });
    });

    test('at most so many are kept at once, also when they are asked for together', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask('$export?_type=Goal')));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        202, 202, 202, 202, 429, 429, 429, 429,
      ]);
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
      for (const answer of answers.filter(({ status }) => status === 202)) {
        await until(statusAddress(answer));
        await region.call({ method: 'DELETE', path: statusAddress(answer) });
      }
      expect((await hub.countRows())['export_line']).toBe(0);
    });

    test('keeps to the scopes of the token, at the kick-off and at the download', async () => {
      const narrow = await hub.party(hsa.careCentre, 'system/Goal.rs system/Patient.r');
      expect(new Set((await exportAll('$export', narrow)).map(({ resourceType }) => resourceType))).toEqual(
        new Set(['Goal']),
      );
      const asked = await ask('$export?_type=Patient', narrow);
      expect([asked.status, codesOf(asked)]).toEqual([403, ['scope-insufficient']]);
      const none = await hub.party(hsa.careCentre, 'system/Goal.c');
      expect((await ask('$export', none)).status).toBe(403);
      expect(
        (await ask(`$export?_type=Goal&_typeFilter=${encodeURIComponent('Goal?patient.name=x')}`, narrow)).status,
      ).toBe(403);
    });

    test('gives the operator the directory, and nothing about a person', async () => {
      const types = new Set((await exportAll('$export', hub.operator)).map(({ resourceType }) => resourceType));
      expect(types).toContain('Organization');
      expect(types).not.toContain('Patient');
      expect((await ask('Patient/$export', hub.operator)).status).toBe(403);
      expect((await ask('$export?_type=Goal', hub.operator)).status).toBe(403);
    });

    test.each([
      ['_type=Nothing', 400],
      ['_since=yesterday', 400],
      ['_since=2026-01-01&_since=2026-01-02', 400],
      ['_outputFormat=text/csv', 400],
      ['_typeFilter=Goal', 400],
      ['_type=Goal&_typeFilter=CarePlan%3Fstatus=active', 400],
      ['_type=Goal&_typeFilter=Goal%3Fnothing=1', 400],
      ['_type=Goal&_typeFilter=Goal%3Fstart-date=soon', 400],
      ['_type=Goal&_typeFilter=Goal%3F_count=1', 400],
      ['_type=Goal&_typeFilter=Goal%3F_include=Goal:patient', 400],
      ['_elements=a.b.c', 400],
      ['_elements=Nothing.status', 400],
      ['includeAssociatedData=LatestProvenanceResources', 400],
      [`_typeFilter=${'Goal%3Fpatient=x,'.repeat(101)}`, 400],
    ])('refuses $export?%s with %i, and makes no job', async (query, status) => {
      const before = (await hub.countRows())['export_job'];
      expect((await ask(`$export?${query}`)).status).toBe(status);
      expect((await hub.countRows())['export_job']).toBe(before);
    });

    test.each([
      ['GET', '$export', 400, {}],
      ['GET', 'Patient/1/$export', 404, respondAsync],
      ['GET', 'Group/$export', 404, respondAsync],
      ['GET', 'Group/1/$export', 404, respondAsync],
      ['GET', 'Goal/$export', 404, respondAsync],
      ['DELETE', '$export', 405, respondAsync],
      ['GET', '$export-status', 404, {}],
      ['GET', '$export-status?job=never', 404, {}],
      ['DELETE', '$export-status?job=never', 404, {}],
      ['GET', '$export-status?job=a&job=b', 400, {}],
      ['GET', '$export-file?job=never&type=Goal', 404, {}],
      ['GET', '$export-file?job=never&type=Goal&part=x', 400, {}],
      ['GET', '$export-file?job=never&type=Goal&part=2000000', 400, {}],
    ] as const)('answers %s %s with %i', async (method, path, status, headers) => {
      expect((await region.call({ method, path, headers })).status).toBe(status);
    });

    test('gives no part and no type that the manifest does not name, and takes NDJSON in Accept', async () => {
      const status = statusAddress(await ask('$export?_type=Goal'));
      const { output } = await until(status);
      const url = output[0]?.url ?? '';
      expect((await fetchFile(url.replace('part=1', 'part=2'))).status).toBe(404);
      expect((await fetchFile(url.replace('type=Goal', 'type=CarePlan'))).status).toBe(404);
      expect((await fetchFile(url, region, { accept: 'application/fhir+ndjson' })).status).toBe(200);
      expect((await fetchFile(url, region, { accept: 'text/csv' })).status).toBe(406);
      await region.call({ method: 'DELETE', path: status });
    });

    test('each page is in the audit log before it leaves', async () => {
      const status = statusAddress(await ask('$export?_type=Goal'));
      const { output } = await until(status);
      const before = (await hub.countRows())['audit_log'] ?? 0;
      await fetchFile(output[0]?.url ?? '');
      expect((await hub.countRows())['audit_log']).toBe(before + 1);
      await region.call({ method: 'DELETE', path: status });
    });

    test('goes on in another process when the one that listed has died, and is worked on by one at a time', async () => {
      const { exports } = hub.hub.services.store;
      const status = statusAddress(await ask('$export?_type=Goal'));
      const before = await download(await until(status));
      // As a process leaves it that dies at once after its claim.
      const until10s = new Date(hub.now().getTime() + 10_000);
      await hub.hub.database.query({ text: 'delete from export_line' });
      await hub.hub.database.query({
        text: "update export_job set state = 'open', step = 0, claim = null, claimed_until = null",
      });
      const claims = await Promise.all(
        ['one', 'other'].map((claim) => exports.claim({ claim, at: hub.now(), until: until10s })),
      );
      const [dead, ...more] = claims.filter((claim) => claim !== undefined);
      expect(more).toEqual([]);
      if (dead === undefined) throw new Error('nobody got the job');
      expect((await ask(status, region, {})).status).toBe(202);
      expect((await ask(status, region, {})).status).toBe(202);
      hub.advance(10_001);
      const after = await download(await until(status));
      expect(addressesOf(after).toSorted()).toEqual(addressesOf(before).toSorted());
      // The dead one wakes up: its claim is lost.
      expect(await exports.advance(dead, { state: 'failed' })).toBe(false);
      expect((await ask(status, region, {})).status).toBe(200);
      await region.call({ method: 'DELETE', path: status });
    });

    test('lets requests in between its pages', async () => {
      const filter = encodeURIComponent(Array.from({ length: 100 }, () => 'Goal?lifecycle-status=active').join(','));
      const status = statusAddress(await ask(`$export?_type=Goal&_typeFilter=${filter}`));
      const look = await ask(status, region, {});
      expect([look.status, look.headers.get('x-progress')]).toEqual([202, expect.stringMatching(/ of 100$/)]);
      expect((await until(status)).output).toHaveLength(1);
      await region.call({ method: 'DELETE', path: status });
    });

    test('ends after its time, and leaves nothing', async () => {
      const status = statusAddress(await ask('$export?_type=Goal'));
      const { output } = await until(status);
      hub.advance(101_000);
      for (const path of [status, output[0]?.url ?? '']) expect((await fetchFile(path)).status).toBe(404);
      await exportAll('$export?_type=Goal');
      const rows = await hub.countRows();
      expect([rows['export_job'], rows['export_line']]).toEqual([0, 0]);
    });
  });
  describe(`bulk export in plain mode on ${name}`, () => {
    let hub: TestHub;
    let system: VendorSystem;

    beforeAll(async () => {
      hub = await open({ mode: 'plain' });
      system = await hub.party(hsa.careCentre);
      const members = [
        { entity: { reference: 'Patient/one' } },
        { entity: { reference: 'Patient/two' }, inactive: true },
      ];
      const resources: FhirResource[] = [
        { resourceType: 'Practitioner', id: 'doctor' },
        { resourceType: 'Patient', id: 'one', generalPractitioner: [{ reference: 'Practitioner/doctor' }] },
        { resourceType: 'Patient', id: 'two' },
        ...['one', 'two'].map((id) => ({
          resourceType: 'Observation',
          id,
          status: 'final',
          code: { text: 'Längd' },
          effectiveDateTime: '2026-03-01',
          subject: { reference: `Patient/${id}` },
        })),
        { resourceType: 'Group', id: 'ward', type: 'person', actual: true, member: members },
      ];
      for (const resource of resources) {
        const { status, text } = await system.call({
          method: 'PUT',
          path: `${resource.resourceType}/${resource.id}`,
          body: resource,
        });
        if (status !== 201) throw new Error(text);
      }
    });

    afterAll(async () => {
      await hub.stop();
    });

    const exported = async (path: string): Promise<readonly string[]> => {
      const kickOff = await system.call({ method: 'GET', path, headers: respondAsync });
      const status = kickOff.headers.get('content-location') ?? '';
      for (;;) {
        const answer = await system.call({ method: 'GET', path: status });
        if (answer.status !== 200 && answer.status !== 202) throw new Error(answer.text);
        if (answer.status === 202) continue;
        return (answer.body as unknown as Manifest).output.map(({ type }) => type);
      }
    };

    test('of a Group holds the data of its members alone', async () => {
      const kickOff = await system.call({
        method: 'GET',
        path: 'Group/ward/$export?_type=Observation,Patient',
        headers: respondAsync,
      });
      const status = kickOff.headers.get('content-location') ?? '';
      let answer = await system.call({ method: 'GET', path: status });
      while (answer.status === 202) answer = await system.call({ method: 'GET', path: status });
      const { output } = answer.body as unknown as Manifest;
      const ids = [];
      for (const { url } of output) {
        const path = url.slice(hub.hub.publicUrl.length);
        const file = await sendRaw(hub.hub.publicUrl, {
          method: 'GET',
          path,
          headers: { authorization: `Bearer ${system.token}` },
        });
        ids.push(
          ...file.text
            .trim()
            .split('\n')
            .map((line) => (JSON.parse(line) as FhirResource).id),
        );
      }
      expect([output.map(({ type }) => type), ids]).toEqual([
        ['Observation', 'Patient'],
        ['one', 'one'],
      ]);
      expect((await system.call({ method: 'GET', path: 'Group/none/$export', headers: respondAsync })).status).toBe(
        404,
      );
    });

    test('of everything holds every type that is served', async () => {
      expect(await exported('$export')).toEqual(
        expect.arrayContaining(['Group', 'Observation', 'Organization', 'Patient', 'Practitioner']),
      );
      expect(await exported('Patient/$export')).not.toContain('Organization');
    });

    test('$everything gives the person, the observations, and the practitioner they refer to', async () => {
      const { body } = await system.call({ method: 'GET', path: 'Patient/one/$everything?start=2026-01-01' });
      const { entry } = body as unknown as { entry: { resource: FhirResource }[] };
      expect(entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`)).toEqual([
        'Patient/one',
        'Observation/one',
        'Practitioner/doctor',
      ]);
      const later = await system.call({
        method: 'GET',
        path: 'Patient/one/$everything?start=2026-04-01&_type=Observation',
      });
      expect(later.text).not.toContain('Observation/one');
    });
  });
}
