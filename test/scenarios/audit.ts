// What each kind of request leaves in the audit log and the outbox, and that nothing is given before its audit row is committed.
import { asOwner } from '../../src/store/row-level-security.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, FhirCall, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { addressOf, consent, entriesOf, goal, linkOf, organizationOf, patient, persons, put } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const never = '00000000-0000-7000-8000-000000000000';

interface AuditRow {
  readonly at: Date;
  readonly clientId: string | null;
  readonly party: number | null;
  readonly interaction: string;
  readonly outcome: string;
  readonly status: number;
  readonly type: string | null;
  readonly entities: readonly {
    readonly address: string;
    readonly versionId?: string;
    readonly personKey?: number | null;
    readonly consent?: string;
  }[];
}

interface OutboxRow {
  readonly action: string;
  readonly address: string;
  readonly versionId: string;
  readonly person: number | null;
  readonly custodian: number | null;
}

export function describeAudit(name: string, open: OpenHub): void {
  describe(`audit log and outbox on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let municipality: VendorSystem;
    let astrid: string;
    let plan: string;
    let opening: string;
    let serial = 0;

    const auditOf = (requestId: string): Promise<readonly AuditRow[]> =>
      asOwner(hub.hub.database).query<AuditRow>({
        text: `select at, client_id as "clientId", party, interaction, outcome, status, type, entities
          from audit_log where request_id = $1 order by seq`,
        values: [requestId],
      });

    const lastOutbox = async (): Promise<number> => {
      const [row] = await hub.hub.database.query<{ seq: number }>({
        text: 'select coalesce(max(seq), 0) as seq from outbox',
      });
      return row?.seq ?? 0;
    };

    const outboxAfter = (seq: number): Promise<readonly OutboxRow[]> =>
      hub.hub.database.query<OutboxRow>({
        text: `select action, type || '/' || id as address, version_id as "versionId", person, custodian
          from outbox where seq > $1 order by seq`,
        values: [seq],
      });

    const organizationKey = async (hsaId: string): Promise<number | undefined> => {
      const [row] = await hub.hub.database.query<{ key: number }>({
        text: `select o.key from organization o join resource r on r.key = o.key where r.body like '%' || $1 || '"%'`,
        values: [hsaId],
      });
      return row?.key;
    };

    /** Makes the call and gives what it left. */
    const trace = async (
      as: VendorSystem,
      call: FhirCall,
    ): Promise<{
      readonly answer: FhirAnswer;
      readonly audit: readonly AuditRow[];
      readonly outbox: readonly OutboxRow[];
    }> => {
      serial += 1;
      const requestId = `trace-${serial}`;
      const before = await lastOutbox();
      const answer = await as.call({ ...call, headers: { ...call.headers, 'x-request-id': requestId } });
      return { answer, audit: await auditOf(requestId), outbox: await outboxAfter(before) };
    };

    const versionOf = ({ headers }: FhirAnswer): string => (headers.get('etag') ?? '').slice(3, -1);

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      municipality = await hub.party(hsa.homeCare);
      astrid = await put(region, patient(persons.astrid));
      plan = await put(region, goal(astrid));
      opening = await put(region, consent(astrid, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare)));
    });

    afterAll(async () => {
      await hub.stop();
    });

    describe('a change', () => {
      test('leaves who, what, which version of whose resource, and the same in the outbox', async () => {
        const party = await organizationKey(hsa.careCentre);
        expect(party).toBeGreaterThan(0);
        const created = await trace(region, { method: 'POST', path: 'Goal', body: goal(astrid) });
        const address = addressOf(created.answer);
        const [row] = created.audit;
        const personKey = row?.entities[0]?.personKey;
        expect(personKey).toBeGreaterThan(0);
        expect(created.audit).toEqual([
          {
            at: expect.any(Date),
            clientId: expect.stringMatching(/.+/),
            party,
            interaction: 'create',
            outcome: 'success',
            status: 201,
            type: 'Goal',
            entities: [{ address, versionId: versionOf(created.answer), personKey, custodianKey: party, rule: 'own' }],
          },
        ]);
        const expected = { address, person: personKey, custodian: party };
        expect(created.outbox).toEqual([{ ...expected, action: 'create', versionId: versionOf(created.answer) }]);

        const headers = { 'if-match': created.answer.headers.get('etag') ?? '' };
        const updated = await trace(region, { method: 'PUT', path: address, body: created.answer.body, headers });
        expect(updated.audit).toMatchObject([
          {
            interaction: 'update',
            outcome: 'success',
            status: 200,
            type: 'Goal',
            entities: [{ address, versionId: versionOf(updated.answer), personKey }],
          },
        ]);
        expect(updated.outbox).toEqual([{ ...expected, action: 'update', versionId: versionOf(updated.answer) }]);

        const ifMatch = { 'if-match': updated.answer.headers.get('etag') ?? '' };
        const deleted = await trace(region, { method: 'DELETE', path: address, headers: ifMatch });
        expect(deleted.audit).toMatchObject([
          {
            interaction: 'delete',
            outcome: 'success',
            status: 204,
            type: 'Goal',
            entities: [{ address, versionId: versionOf(deleted.answer), personKey }],
          },
        ]);
        expect(deleted.outbox).toEqual([{ ...expected, action: 'delete', versionId: versionOf(deleted.answer) }]);
      });

      test('of a directory resource is about nobody', async () => {
        const body = {
          resourceType: 'Practitioner',
          name: [{ family: 'Ek' }],
          identifier: [{ system: 'urn:oid:1.2.752.29.4.19', value: 'SE2321000024-P9' }],
        };
        const { answer, audit, outbox } = await trace(region, { method: 'POST', path: 'Practitioner', body });
        expect(answer.status, answer.text).toBe(201);
        expect(audit[0]?.entities).toEqual([expect.not.objectContaining({ personKey: expect.any(Number) })]);
        expect(outbox).toMatchObject([{ action: 'create', person: null }]);
      });

      test('that a condition makes unnecessary is logged with what it found, and nothing is told', async () => {
        const body = goal(astrid, { identifier: [{ system: 'urn:test:audit', value: '1' }] });
        const headers = { 'if-none-exist': 'identifier=urn:test:audit|1' };
        const first = await trace(region, { method: 'POST', path: 'Goal', body, headers });
        const second = await trace(region, { method: 'POST', path: 'Goal', body, headers });
        expect([first.outbox.length, second.outbox.length]).toEqual([1, 0]);
        expect(second.audit).toMatchObject([
          { interaction: 'create', outcome: 'success', status: 200, entities: first.audit[0]?.entities },
        ]);
      });

      test('of a whole transaction leaves one audit row with every version, and one outbox row for each', async () => {
        const entry = [1, 2, 3].map(() => ({ resource: goal(astrid), request: { method: 'POST', url: 'Goal' } }));
        const body = {
          resourceType: 'Bundle',
          type: 'transaction',
          entry: [...entry, { request: { method: 'GET', url: plan } }],
        };
        const { answer, audit, outbox } = await trace(region, { method: 'POST', path: '', body });
        expect(answer.status).toBe(200);
        expect(audit.map(({ interaction, outcome, status }) => [interaction, outcome, status])).toEqual([
          ['transaction', 'success', 200],
          ['read', 'success', 200],
        ]);
        expect(audit[0]?.entities).toHaveLength(3);
        expect(outbox.map(({ action }) => action)).toEqual(['create', 'create', 'create']);
        expect(outbox.map(({ versionId }) => versionId)).toEqual(audit[0]?.entities.map(({ versionId }) => versionId));
      });

      test('in a batch leaves a row for each entry', async () => {
        const entry = [
          { resource: goal(astrid), request: { method: 'POST', url: 'Goal' } },
          { request: { method: 'GET', url: `Goal/${never}` } },
          { request: { method: 'TAKE', url: 'Goal/1' } },
          { request: { method: 'GET', url: plan } },
        ];
        const body = { resourceType: 'Bundle', type: 'batch', entry };
        const { audit, outbox } = await trace(region, { method: 'POST', path: '', body });
        expect(audit.map(({ interaction, outcome, status }) => [interaction, outcome, status])).toEqual([
          ['create', 'success', 201],
          ['read', 'refused', 404],
          ['batch', 'refused', 400],
          ['read', 'success', 200],
        ]);
        expect(outbox).toHaveLength(1);
      });
    });

    describe('reading', () => {
      test('what one keeps oneself names no consent; what another keeps names the consent and its version', async () => {
        const own = await trace(region, { method: 'GET', path: plan });
        expect(own.audit).toMatchObject([{ interaction: 'read', outcome: 'success', status: 200, type: 'Goal' }]);
        expect(own.audit[0]?.entities).toEqual([
          {
            address: plan,
            versionId: versionOf(own.answer),
            personKey: expect.any(Number),
            custodianKey: await organizationKey(hsa.careCentre),
            rule: 'own',
          },
        ]);
        const others = await trace(municipality, { method: 'GET', path: plan });
        expect(others.answer.status).toBe(200);
        const consentVersion = versionOf(await region.call({ method: 'GET', path: opening }));
        expect(others.audit[0]?.entities).toEqual([
          {
            ...own.audit[0]?.entities[0],
            rule: 'consent',
            consent: expect.stringContaining(`${opening.slice('Consent/'.length)}/_history/${consentVersion}`),
          },
        ]);
        expect(others.audit[0]?.party).toBe(await organizationKey(hsa.homeCare));
        expect([own.outbox, others.outbox]).toEqual([[], []]);
      });

      test('without a body, by HEAD or as 304, is logged as well', async () => {
        const etag = (await region.call({ method: 'GET', path: plan })).headers.get('etag') ?? '';
        const same = await trace(region, { method: 'GET', path: plan, headers: { 'if-none-match': etag } });
        expect(same.answer.status).toBe(304);
        expect(same.audit).toMatchObject([{ interaction: 'read', status: 304, entities: [{ address: plan }] }]);
      });

      test('a version, a history and a search name every version given, and those included', async () => {
        const version = (await region.call({ method: 'GET', path: `${plan}/_history` })).body;
        const [entry] = entriesOf({ body: version });
        const id = (entry?.response?.etag ?? '').slice(3, -1);
        const vread = await trace(region, { method: 'GET', path: `${plan}/_history/${id}` });
        expect(vread.audit).toMatchObject([{ interaction: 'vread', entities: [{ address: plan, versionId: id }] }]);
        const instance = await trace(region, { method: 'GET', path: `${plan}/_history` });
        expect(instance.audit).toMatchObject([
          { interaction: 'history-instance', type: 'Goal', entities: [{ address: plan, versionId: id }] },
        ]);
        const type = await trace(region, { method: 'GET', path: 'Goal/_history?_count=3' });
        expect(type.audit).toMatchObject([{ interaction: 'history-type', type: 'Goal' }]);
        expect(type.audit[0]?.entities).toHaveLength(3);
        const path = `Goal?_id=${plan.slice('Goal/'.length)}&_include=Goal:subject`;
        const search = await trace(municipality, { method: 'GET', path });
        expect(search.audit).toMatchObject([{ interaction: 'search-type', type: 'Goal', status: 200 }]);
        expect(search.audit[0]?.entities.map(({ address }) => address).toSorted()).toEqual([plan, astrid].toSorted());
        expect(search.audit[0]?.entities.every(({ consent }) => consent?.includes('/_history/'))).toBe(true);
      });

      test('a page names what is on that page only', async () => {
        const first = await trace(region, { method: 'GET', path: 'Goal?_count=2' });
        expect(first.audit[0]?.entities).toHaveLength(2);
        const second = await trace(region, { method: 'GET', path: linkOf(first.answer, 'next') ?? '' });
        expect(second.audit[0]?.entities).toHaveLength(2);
        const addresses = [first, second].flatMap(({ audit }) => audit[0]?.entities.map(({ address }) => address));
        expect(new Set(addresses).size).toBe(4);
      });

      test('nothing is logged as a search without entities', async () => {
        const { audit } = await trace(municipality, { method: 'GET', path: 'Goal?_id=nothing' });
        expect(audit).toMatchObject([{ interaction: 'search-type', outcome: 'success', status: 200, entities: [] }]);
      });
    });

    describe('a refusal', () => {
      test.each<readonly [string, FhirCall, string, number]>([
        ['of what is not there', { method: 'GET', path: `Goal/${never}` }, 'read', 404],
        ['of an unknown parameter', { method: 'GET', path: 'Goal?nonsense=1' }, 'search-type', 400],
        ['of an invalid resource', { method: 'POST', path: 'Goal', body: { resourceType: 'Goal' } }, 'create', 422],
        ['of malformed JSON', { method: 'POST', path: 'Goal', body: '{' }, 'create', 400],
        ['of a change without If-Match', { method: 'PUT', path: `Goal/${never}`, body: {} }, 'update', 428],
        [
          'of a Bundle of another type',
          { method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'collection' } },
          'bundle',
          400,
        ],
      ])('(%s) is logged with who and what, and no resource', async (_name, call, interaction, status) => {
        const { answer, audit, outbox } = await trace(region, call);
        expect(answer.status).toBe(status);
        expect(audit).toEqual([
          {
            at: expect.any(Date),
            clientId: expect.any(String),
            party: await organizationKey(hsa.careCentre),
            interaction,
            outcome: 'refused',
            status,
            type: interaction === 'bundle' ? null : 'Goal',
            entities: [],
          },
        ]);
        expect(outbox).toEqual([]);
      });

      test('of what is hidden leaves the same row as of what is not there', async () => {
        const school = await hub.party(hsa.school);
        const [hidden, absent] = [
          await trace(school, { method: 'GET', path: plan }),
          await trace(school, { method: 'GET', path: `Goal/${never}` }),
        ];
        expect(hidden.answer.status).toBe(404);
        const [one, other] = [hidden.audit[0], absent.audit[0]];
        expect({ ...one, at: undefined }).toEqual({ ...other, at: undefined });
      });

      test('for want of scope is logged with the token’s client', async () => {
        const narrow = await hub.party(hsa.careCentre, 'system/Patient.r');
        const { audit } = await trace(narrow, { method: 'GET', path: plan });
        expect(audit).toMatchObject([{ interaction: 'read', outcome: 'refused', status: 403, entities: [] }]);
      });
    });

    test('no row holds a personal number', async () => {
      await region.call({ method: 'GET', path: `Patient?identifier=${persons.astrid}` });
      const [row] = await asOwner(hub.hub.database).query<{ count: number }>({
        text: `select count(*)::int as count from audit_log a where (to_jsonb(a) - 'hash')::text ~ '(18|19|20)[0-9]{10}'`,
      });
      expect(row?.count).toBe(0);
    });

    describe('where the audit log cannot be written', () => {
      const whileBroken = async (work: () => Promise<void>): Promise<void> => {
        const rename = (from: string, to: string): Promise<unknown> => hub.renameTable(from, to);
        await rename('audit_log', 'audit_log_away');
        try {
          await work();
        } finally {
          await rename('audit_log_away', 'audit_log');
        }
      };

      /** The address of the first file, below the hub's own. */
      const finishExport = async (path: string): Promise<string> => {
        const asked = await region.call({ method: 'GET', path, headers: { prefer: 'respond-async' } });
        expect(asked.status, asked.text).toBe(202);
        const status = (asked.headers.get('content-location') ?? '').slice(`${hub.baseUrl}/`.length);
        for (;;) {
          const { status: code, body } = await region.call({ method: 'GET', path: status });
          if (code === 200) {
            const { output } = body as { readonly output: readonly { readonly url: string }[] };
            return (output[0]?.url ?? '').slice(`${hub.baseUrl}/`.length);
          }
          expect(code).toBe(202);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };

      test('every way of reading answers 503 and gives nothing', async () => {
        const next = linkOf(await region.call({ method: 'GET', path: 'Goal?_count=1' }), 'next') ?? '';
        const etag = (await region.call({ method: 'GET', path: plan })).headers.get('etag') ?? '';
        const version = etag.slice(3, -1);
        const file = await finishExport('$export?_type=Goal');
        const headers = { authorization: `Bearer ${region.token}` };
        expect(await (await fetch(`${hub.baseUrl}/${file}`, { headers })).text()).toContain('Jag vill');
        await whileBroken(async () => {
          const bundle = (type: string): FhirCall => ({
            method: 'POST',
            path: '',
            body: { resourceType: 'Bundle', type, entry: [{ request: { method: 'GET', url: plan } }] },
          });
          const calls: readonly FhirCall[] = [
            { method: 'GET', path: plan },
            { method: 'GET', path: plan, headers: { 'if-none-match': etag } },
            { method: 'GET', path: `${plan}/_history/${version}` },
            { method: 'GET', path: `${plan}/_history` },
            { method: 'GET', path: 'Goal/_history' },
            { method: 'GET', path: 'Goal' },
            { method: 'GET', path: next },
            { method: 'GET', path: 'Goal?_include=Goal:subject&_total=accurate' },
            { method: 'GET', path: `Goal/${never}` },
            { method: 'GET', path: `${astrid}/Goal` },
            { method: 'GET', path: `${astrid}/$everything` },
            { method: 'GET', path: `${plan}/$meta` },
            { method: 'GET', path: `${plan}/$validate` },
            { method: 'GET', path: file },
            bundle('batch'),
            bundle('transaction'),
          ];
          for (const call of calls) {
            const answer = await region.call(call);
            expect([call.path, answer.status]).toEqual([call.path, 503]);
            expect(answer.body).toMatchObject({ issue: [{ details: { coding: [{ code: 'audit-unavailable' }] } }] });
            expect(answer.text).not.toMatch(/Jag vill|Öberg|"total"|audit_log|select|insert/i);
            expect(answer.headers.get('etag')).toBeNull();
          }
        });
        expect((await region.call({ method: 'GET', path: plan })).status).toBe(200);
      });

      test('every way of writing answers 503 and writes nothing', async () => {
        const current = await region.call({ method: 'GET', path: plan });
        const headers = { 'if-match': current.headers.get('etag') ?? '' };
        const before = await hub.countRows();
        await whileBroken(async () => {
          const entry = [{ resource: goal(astrid), request: { method: 'POST', url: 'Goal' } }];
          const calls: readonly FhirCall[] = [
            { method: 'POST', path: 'Goal', body: goal(astrid) },
            { method: 'PUT', path: plan, body: current.body, headers },
            { method: 'DELETE', path: plan, headers },
            { method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'transaction', entry } },
            { method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'batch', entry } },
          ];
          for (const call of calls) {
            const answer = await region.call(call);
            expect([call.method, answer.status]).toEqual([call.method, 503]);
            expect(answer.body).toMatchObject({ issue: [{ details: { coding: [{ code: 'audit-unavailable' }] } }] });
            expect(answer.text).not.toMatch(/Jag vill|audit_log|insert/i);
          }
        });
        expect(await hub.countRows()).toEqual(before);
        expect((await region.call({ method: 'GET', path: plan })).text).toBe(current.text);
      });
    });
  });
}
