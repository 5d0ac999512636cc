// The examples through the whole app: the plans go in and are seen by all their parties; what must be refused is refused as it says,
// and leaves nothing behind but the audit row of the refusal.
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, FhirCall, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { entriesOf, issuesOf, readBundle, type TransactionBundle } from './fixtures.ts';
import { readExample, type OpenHub, type TestHub } from './test-hub.ts';

const folder = new URL('../../examples/', import.meta.url);
const listFiles = (name: string): readonly string[] =>
  readdirSync(new URL(name, folder))
    .filter((file) => file.endsWith('.json'))
    .toSorted((one, other) => (one < other ? -1 : 1))
    .map((file) => `${name}/${file}`);

interface PartyBundle {
  readonly file: string;
  readonly hsaId: string;
  readonly bundle: TransactionBundle;
}

/** A plan's Bundles in order, each with the party that records its consent: the one that posts it. */
const readPlan = (name: string): readonly PartyBundle[] =>
  listFiles(name).map((file) => {
    const bundle = readBundle(file);
    const consent = bundle.entry.find(({ resource }) => resource.resourceType === 'Consent')?.resource;
    const custodians = consent?.['organization'] as readonly { readonly reference: string }[] | undefined;
    return { file, bundle, hsaId: custodians?.[0]?.reference.split('|')[1] ?? '' };
  });

interface InvalidExample {
  readonly title: string;
  readonly actingParty: string;
  readonly request: {
    readonly method: FhirCall['method'];
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: FhirResource;
    readonly bodyText?: string;
  };
  readonly expected: { readonly status: number; readonly code: string; readonly expression?: string };
}

export function describeExamples(name: string, open: OpenHub): void {
  describe(`the examples on ${name}`, () => {
    let hub: TestHub;

    beforeAll(async () => {
      hub = await open();
    });

    afterAll(async () => {
      await hub.stop();
    });

    describe.each(['hip-fracture', 'school-boy', 'psychosis'])('%s', (planName) => {
      const bundles = readPlan(planName);
      const written: string[] = [];
      let parties: readonly VendorSystem[];

      beforeAll(async () => {
        parties = await Promise.all(bundles.map(({ hsaId }) => hub.party(hsaId)));
      });

      test('goes in, Bundle by Bundle, each by its party, and every resource is created', async () => {
        for (const [at, { bundle, file }] of bundles.entries()) {
          const before = await hub.countRows();
          const answer = await parties[at]?.call({ method: 'POST', path: '', body: bundle });
          expect(answer?.status, `${file} ${answer?.text}`).toBe(200);
          const statuses = entriesOf({ body: answer?.body }).map(({ response }) => response?.status);
          expect(statuses).toEqual(bundle.entry.map(() => '201 Created'));
          const after = await hub.countRows();
          expect((after['resource'] ?? 0) - (before['resource'] ?? 0)).toBe(bundle.entry.length);
          expect((after['outbox'] ?? 0) - (before['outbox'] ?? 0)).toBe(bundle.entry.length);
          expect((after['audit_log'] ?? 0) - (before['audit_log'] ?? 0)).toBe(1);
          written.push(...entriesOf({ body: answer?.body }).map(({ response }) => addressIn(response?.location)));
        }
        expect(bundles[0]?.bundle.entry.length).toBeGreaterThanOrEqual(15);
        expect(bundles[0]?.bundle.entry.length).toBeLessThanOrEqual(30);
      });

      test('is read back as it was sent, but for ids, meta and references', async () => {
        let at = 0;
        for (const [index, { bundle }] of bundles.entries()) {
          for (const { resource } of bundle.entry) {
            const answer = await parties[index]?.call({ method: 'GET', path: written[at] ?? '' });
            at += 1;
            expect(answer?.status).toBe(200);
            expect(withoutReferences(withoutStamps(answer?.body))).toEqual(withoutReferences(resource));
            expect(answer?.text).not.toMatch(/urn:uuid:|\?identifier=/);
          }
        }
      });

      test('is seen whole by each of its parties, and by nobody else', async () => {
        const outsider = await hub.party(planName === 'hip-fracture' ? 'SE2321000131-1010' : 'SE2321000024-1020');
        const own = new Map<string, string>();
        for (const address of written) if (address.startsWith('Patient/')) own.set(address, address);
        expect(own.size, 'one id for the person, whoever registers').toBe(1);
        for (const address of new Set(written)) {
          const isDirectory = /^(?:Practitioner|PractitionerRole|HealthcareService|Location)\//.test(address);
          for (const party of parties) {
            const answer = await party.call({ method: 'GET', path: address });
            expect([address, party.name, answer.status]).toEqual([address, party.name, 200]);
          }
          const answer = await outsider.call({ method: 'GET', path: address });
          expect([address, answer.status]).toEqual([address, isDirectory ? 200 : 404]);
        }
      });

      test('gives each party an intervention it answers for and a commitment of its own', async () => {
        for (const [at, { hsaId }] of bundles.entries()) {
          const party = parties[at];
          const search = async (path: string): Promise<FhirAnswer | undefined> => party?.call({ method: 'GET', path });
          const organization = entriesOf({
            body: (await search(`Organization?identifier=urn:oid:1.2.752.29.4.19|${hsaId}`))?.body,
          })[0]?.resource;
          const reference = `Organization/${organization?.id}`;
          const interventions = await search(`ServiceRequest?performer=${reference}&_total=accurate`);
          expect(Number(interventions?.body?.['total'])).toBeGreaterThan(0);
          const commitments = await search(`Task?owner=${reference}&_total=accurate`);
          expect(commitments?.body?.['total']).toBe(interventions?.body?.['total']);
        }
      });

      test('cannot be put in a second time: the person is registered once by each party', async () => {
        const [first] = bundles;
        const answer = await parties[0]?.call({ method: 'POST', path: '', body: first?.bundle });
        // The person, the practitioner and the contact point are found by their conditions; the rest is a new plan.
        const statuses = entriesOf({ body: answer?.body }).map(({ response }) => response?.status?.slice(0, 3));
        const conditional = first?.bundle.entry.map(({ request }) =>
          request.ifNoneExist === undefined ? '201' : '200',
        );
        expect(statuses).toEqual(conditional);
      });
    });

    describe('that must be refused', () => {
      const files = listFiles('invalid');

      test('are at least 30', () => {
        expect(files.length).toBeGreaterThanOrEqual(30);
      });

      test.each(files)('%s gets the answer it says, and nothing is stored', async (file) => {
        const { actingParty, request, expected } = JSON.parse(readExample(file)) as InvalidExample;
        const party = actingParty === 'operator' ? hub.operator : await hub.party(actingParty);
        const before = await hub.countRows();
        const answer = await party.call({
          method: request.method,
          path: request.url,
          body: request.bodyText ?? JSON.stringify(request.body),
          headers: request.headers,
        });
        expect([answer.status, answer.text]).toEqual([expected.status, expect.stringContaining(`"${expected.code}"`)]);
        const places = issuesOf(answer).map(({ code, expression }) => ({ code, expression }));
        expect(places).toContainEqual({ code: expected.code, expression: expected.expression });
        expect(await hub.countRows()).toEqual({ ...before, audit_log: (before['audit_log'] ?? 0) + 1 });
      });
    });
  });
}

const addressIn = (location: string | undefined): string =>
  /\/fhir\/([A-Z][A-Za-z]+\/[^/]+)\//.exec(location ?? '')?.[1] ?? '';

/** A copy without what the hub adds. */
function withoutStamps(body: FhirAnswer['body'] = {}): Readonly<Record<string, unknown>> {
  const { id: _id, meta, ...rest } = body;
  const {
    versionId: _version,
    lastUpdated: _time,
    source: _source,
    ...own
  } = meta as Readonly<Record<string, unknown>>;
  return Object.keys(own).length === 0 ? rest : { ...rest, meta: own };
}

/** A copy with every literal reference blanked: they are rewritten on the way in. */
function withoutReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === 'reference' && typeof member === 'string' ? '' : withoutReferences(member),
    ]),
  );
}
