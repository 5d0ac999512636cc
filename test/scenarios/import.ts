// An existing system moves in: its NDJSON files are written as the organization they belong to, line by line told where refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importFiles } from '../../src/cli/import-command.ts';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { goal, patient, persons, readBundle, searchAll } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

interface Refusal {
  readonly file: string;
  readonly line: number;
  readonly resource: string;
  readonly code: string;
  readonly expression?: string;
}

/** The example plan as another system would have it: ids of its own, references to them, and the directory it stands on. */
function oldResources(): readonly FhirResource[] {
  const entries = readBundle('hip-fracture/1-region.json').entry;
  const addresses = new Map(
    entries.map(({ fullUrl, resource }, at) => [fullUrl, `${resource.resourceType}/old-${at}`]),
  );
  return entries.map(({ resource, fullUrl }) => {
    const text = JSON.stringify(resource).replaceAll(/urn:uuid:[0-9a-f-]{36}/g, (urn) => addresses.get(urn) ?? urn);
    return { ...(JSON.parse(text) as FhirResource), id: addresses.get(fullUrl)?.split('/')[1] };
  });
}

export function describeImport(name: string, open: OpenHub): void {
  describe(`import on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let folder: string;

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      folder = mkdtempSync(join(tmpdir(), 'sip-hub-import-'));
    });

    afterAll(async () => {
      await hub.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const put = (file: string, lines: readonly unknown[]): string => {
      const path = join(folder, file);
      writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
      return path;
    };
    const run = async (files: readonly string[], batch = 500, stopping = new AbortController().signal) => {
      const said: string[] = [];
      const report = join(folder, 'refused.ndjson');
      const status = await importFiles(
        hub.hub,
        { organization: hsa.careCentre, report, batch, files },
        { write: (text) => void said.push(text), stopping },
      );
      const text = readFileSync(report, 'utf8');
      const refused = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Refusal]));
      return { status, said: said.join(''), refused };
    };

    test('writes a whole plan whose parts refer to each other, from files in any order', async () => {
      const resources = oldResources();
      const files = [...new Set(resources.map(({ resourceType }) => resourceType))].toReversed().map((type) =>
        put(
          `${type}.ndjson`,
          resources.filter(({ resourceType }) => resourceType === type),
        ),
      );
      const first = await run(files);
      expect(first).toMatchObject({ status: 0, refused: [] });
      expect(first.said).toBe(
        `${resources.length} written, 0 there already, 0 refused, 0 passed over (the operator writes them).\n`,
      );
      const [plan] = await searchAll(region, 'CarePlan');
      const goals = plan?.resource?.['goal'] as { reference: string }[];
      for (const { reference } of goals)
        expect((await region.call({ method: 'GET', path: reference })).status).toBe(200);
      expect(plan?.resource?.meta?.source).toBe(`urn:oid:1.2.752.29.4.19#${hsa.careCentre}`);
      const before = await hub.countRows();
      const again = await run(files);
      expect(again.said).toBe(
        `0 written, ${resources.length} there already, 0 refused, 0 passed over (the operator writes them).\n`,
      );
      expect((await hub.countRows())['resource']).toBe(before['resource']);
    });

    test('tells what is refused by file, line, code and expression, and writes the rest', async () => {
      const file = put('mixed.ndjson', [
        { ...patient(persons.bo), id: 'p1' },
        goal('Patient/p1', { id: 'good' }),
        '{"resourceType":"Goal"',
        goal('Patient/p1', { id: 'bad', lifecycleStatus: 'nonsense' }),
        goal('https://old.example/fhir/Patient/p1', { id: 'absolute' }),
        goal('Patient/nobody', { id: 'dangling' }),
        { resourceType: 'AuditEvent', id: 'made-by-hub' },
        {
          resourceType: 'Organization',
          id: 'o1',
          identifier: [{ system: 'urn:oid:1.2.752.29.4.19', value: hsa.careCentre }],
        },
      ]);
      const { status, said, refused } = await run([file]);
      expect(status).toBe(1);
      expect(said).toContain('3 written, 0 there already, 4 refused');
      expect(said).toContain('1 passed over');
      expect(refused.map(({ line, code }) => [line, code])).toEqual(
        expect.arrayContaining([
          [3, 'json-malformed'],
          [4, 'code-not-in-value-set'],
          [6, 'reference-not-found'],
          [7, 'role-forbidden'],
        ]),
      );
      expect(refused.find(({ line }) => line === 4)).toMatchObject({
        resource: 'Goal/bad',
        expression: 'Goal.lifecycleStatus',
      });
      expect(refused.find(({ line }) => line === 6)?.expression).toBe('Goal.subject');
    });

    test('in small batches gives the same, and goes on where it was broken off', async () => {
      const file = put(
        'many.ndjson',
        [persons.cecilia, persons.david, persons.eva].flatMap((number, at) => [
          { ...patient(number), id: `many-${at}` },
          goal(`Patient/many-${at}`, { id: `goal-${at}` }),
        ]),
      );
      const stopped = new AbortController();
      stopped.abort();
      expect(await run([file], 1, stopped.signal)).toMatchObject({
        status: 1,
        said: expect.stringContaining('Run the same command again'),
      });
      expect((await run([file], 1)).said).toContain('6 written');
      expect((await run([file], 4)).said).toContain('0 written, 6 there already');
    });

    test('names the import in the audit log and leaves no client that can do anything', async () => {
      const clients = await hub.hub.database.query<{ enabled: boolean }>({
        text: "select enabled from client where name like 'import for %'",
      });
      expect(clients.length).toBeGreaterThan(0);
      expect(clients.every(({ enabled }) => !enabled)).toBe(true);
    });

    test('a file that is not there and an unknown organization are refused before anything is written', async () => {
      const before = (await hub.countRows())['resource'];
      await expect(run([join(folder, 'absent.ndjson')])).rejects.toThrow('cannot be read');
      const asked = { organization: 'SE2321000024-NONE', report: join(folder, 'r'), batch: 1, files: [] };
      const context = { write: () => undefined, stopping: new AbortController().signal };
      await expect(importFiles(hub.hub, asked, context)).rejects.toThrow('no active Organization');
      expect((await hub.countRows())['resource']).toBe(before);
    });
  });
}
