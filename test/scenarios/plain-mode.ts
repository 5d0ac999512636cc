// Plain mode: the same engine as a general FHIR R4 server. What differs from the hub, and what must not.
// docs/decisions/0018-plain-mode.md
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { addressOf, codesOf, consent, entriesOf, organizationOf, put } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const jsonPatch = { 'content-type': 'application/json-patch+json' };

const observation = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Längd' },
  ...changes,
});

export function describePlainMode(name: string, open: OpenHub): void {
  describe(`plain mode on ${name}`, () => {
    let hub: TestHub;
    let one: VendorSystem;
    let other: VendorSystem;

    beforeAll(async () => {
      hub = await open({ mode: 'plain' });
      one = await hub.party(hsa.careCentre);
      other = await hub.party(hsa.homeCare);
    });

    afterAll(async () => {
      await hub.stop();
    });

    const get = (path: string, system = one): Promise<FhirAnswer> => system.call({ method: 'GET', path });
    const putAt = (
      path: string,
      body: unknown,
      {
        system = one,
        headers = {},
      }: { readonly system?: VendorSystem; readonly headers?: Readonly<Record<string, string>> } = {},
    ): Promise<FhirAnswer> => system.call({ method: 'PUT', path, body, headers });

    describe('PUT', () => {
      test('creates under the id that the client chose, then updates, with and without If-Match', async () => {
        const created = await putAt('Observation/mine', observation({ id: 'mine' }));
        expect([created.status, addressOf(created)]).toEqual([201, 'Observation/mine']);
        const updated = await putAt('Observation/mine', observation({ id: 'mine', code: { text: 'Vikt' } }));
        expect(updated.status).toBe(200);
        const stale = await putAt('Observation/mine', observation({ id: 'mine' }), {
          headers: { 'if-match': created.headers.get('etag') ?? '' },
        });
        expect([stale.status, codesOf(stale)]).toEqual([412, ['version-conflict']]);
        const current = await putAt('Observation/mine', observation({ id: 'mine' }), {
          headers: { 'if-match': updated.headers.get('etag') ?? '' },
        });
        expect(current.status).toBe(200);
        const history = entriesOf(await get('Observation/mine/_history'));
        expect(history.map(({ request }) => request?.method)).toEqual(['PUT', 'PUT', 'PUT']);
      });

      test('to where nothing is with If-Match is refused', async () => {
        const answer = await putAt('Observation/absent', observation({ id: 'absent' }), {
          headers: { 'if-match': 'W/"1"' },
        });
        expect([answer.status, codesOf(answer)]).toEqual([412, ['version-conflict']]);
      });

      test('brings back what was deleted', async () => {
        await putAt('Observation/back', observation({ id: 'back' }));
        expect((await one.call({ method: 'DELETE', path: 'Observation/back' })).status).toBe(204);
        expect((await get('Observation/back')).status).toBe(410);
        expect((await one.call({ method: 'DELETE', path: 'Observation/back' })).status).toBe(204);
        expect((await putAt('Observation/back', observation({ id: 'back' }))).status).toBe(201);
        expect((await get('Observation/back')).status).toBe(200);
      });

      test('of many at once to one new address creates once and updates after', async () => {
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, at) =>
            putAt('Observation/race', observation({ id: 'race', code: { text: `${at}` } })),
          ),
        );
        const statuses = answers.map(({ status }) => status);
        expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 19 }, () => 200), 201]);
        expect(entriesOf(await get('Observation/race/_history'))).toHaveLength(20);
      });

      test('with a condition creates where nothing matches, once of many at once', async () => {
        const body = observation({ identifier: [{ system: 'urn:x', value: 'cond' }] });
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => putAt('Observation?identifier=urn:x|cond', body)),
        );
        expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
          ...Array.from({ length: 9 }, () => 200),
          201,
        ]);
        expect(new Set(answers.map(addressOf)).size).toBe(1);
        const named = await putAt(
          'Observation?identifier=urn:x|named',
          observation({ id: 'named', identifier: [{ system: 'urn:x', value: 'named' }] }),
        );
        expect([named.status, addressOf(named)]).toEqual([201, 'Observation/named']);
      });
    });

    describe('two parties', () => {
      test('with one id have two resources, and neither sees the other’s', async () => {
        await putAt('Patient/p', { resourceType: 'Patient', id: 'p', name: [{ text: 'Ett' }] });
        const answer = await putAt(
          'Patient/p',
          { resourceType: 'Patient', id: 'p', name: [{ text: 'Två' }] },
          { system: other },
        );
        expect(answer.status).toBe(201);
        expect((await get('Patient/p')).body).toMatchObject({ name: [{ text: 'Ett' }] });
        expect((await get('Patient/p', other)).body).toMatchObject({ name: [{ text: 'Två' }] });
        for (const system of [one, other]) {
          expect(entriesOf(await get('Patient?_id=p', system))).toHaveLength(1);
          expect(entriesOf(await get('Patient/p/_history', system))).toHaveLength(1);
          expect(
            entriesOf(await get('_history?_count=1000', system)).filter(({ fullUrl }) =>
              fullUrl?.endsWith('/Patient/p'),
            ),
          ).toHaveLength(1);
        }
        const removed = await other.call({ method: 'DELETE', path: 'Patient/p' });
        expect(removed.status).toBe(204);
        expect((await get('Patient/p')).status).toBe(200);
      });

      test('do not see each other’s resources of any kind, also of the kinds that are directory in the hub', async () => {
        for (const resource of [
          observation({ id: 'secret' }),
          { resourceType: 'Organization', id: 'secret', name: 'Hemlig' },
          { resourceType: 'Questionnaire', id: 'secret', status: 'draft' },
        ]) {
          const { resourceType: type } = resource as { readonly resourceType: string };
          expect((await putAt(`${type}/secret`, resource)).status).toBe(201);
          const hidden = await get(`${type}/secret`, other);
          const absent = await get(`${type}/never`, other);
          expect([type, hidden.status, hidden.text]).toEqual([type, 404, absent.text]);
          expect((await get(`${type}?_id=secret`, other)).body).not.toHaveProperty('entry');
        }
      });

      test('share by consent as in the hub, until it is withdrawn', async () => {
        await putAt('Patient/shared', { resourceType: 'Patient', id: 'shared' });
        await putAt('Observation/shared', observation({ id: 'shared', subject: { reference: 'Patient/shared' } }));
        await putAt('Observation/private', observation({ id: 'private' }));
        const opening = consent('Patient/shared', organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
        const address = await put(one, opening);
        expect((await get('Observation/shared', other)).status).toBe(200);
        expect((await get('Observation/private', other)).status).toBe(404);
        // The other party's own resource of the same id is the one it means from now on.
        expect(
          (await putAt('Observation/shared', observation({ id: 'shared', code: { text: 'Egen' } }), { system: other }))
            .status,
        ).toBe(201);
        expect((await get('Observation/shared', other)).body).toMatchObject({ code: { text: 'Egen' } });
        expect(entriesOf(await get('Observation?_id=shared', other))).toHaveLength(1);
        expect((await get('Observation/shared')).body).toMatchObject({ code: { text: 'Längd' } });
        await one.call({ method: 'DELETE', path: address });
        expect((await get('Patient/shared', other)).status).toBe(404);
      });

      test('a Consent that cannot be enforced is kept and opens nothing', async () => {
        await putAt('Patient/closed', { resourceType: 'Patient', id: 'closed' });
        const opening = consent('Patient/closed', organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
        const provision = { ...(opening['provision'] as object), class: [{ code: 'Observation' }] };
        const answer = await one.call({ method: 'POST', path: 'Consent', body: { ...opening, provision } });
        expect(answer.status, answer.text).toBe(201);
        expect((await get('Patient/closed', other)).status).toBe(404);
      });

      test('a Consent about a person who is kept elsewhere is kept and opens nothing', async () => {
        const elsewhere = 'https://other.example/fhir/Patient/1';
        const opening = consent(elsewhere, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
        const before = await hub.countRows();
        const answer = await one.call({ method: 'POST', path: 'Consent', body: opening });
        expect(answer.status, answer.text).toBe(201);
        expect((await hub.countRows())['sharing_grant']).toBe(before['sharing_grant']);
      });

      test('a patch keeps what it refers to and does not see, as hidden as before', async () => {
        await putAt('Patient/theirs', { resourceType: 'Patient', id: 'theirs' }, { system: other });
        const opening = consent('Patient/theirs', organizationOf(hsa.homeCare), organizationOf(hsa.careCentre));
        const consentAddress = await put(other, opening);
        const address = await put(one, {
          resourceType: 'List',
          status: 'current',
          mode: 'working',
          entry: [{ item: { reference: 'Patient/theirs' } }],
        });
        expect((await get(address)).text).toContain('Patient/theirs');
        await other.call({ method: 'DELETE', path: consentAddress });
        expect((await get(address)).text).not.toContain('Patient/theirs');
        const patch = [{ op: 'add', path: '/title', value: 'Ändrad' }];
        const patched = await one.call({ method: 'PATCH', path: address, body: patch, headers: jsonPatch });
        expect(patched.status, patched.text).toBe(200);
        const after = await get(address);
        expect(after.body).toMatchObject({ title: 'Ändrad' });
        expect(after.text).not.toContain('Patient/theirs');
      });

      test('an Organization that a party writes is no party, and covers nobody', async () => {
        const [hub1] = entriesOf(await get(`Organization?identifier=urn:oid:1.2.752.29.4.19|${hsa.homeCare}`));
        const identifier = [{ system: 'urn:oid:1.2.752.29.4.19', value: hsa.homeCare }];
        const before = await hub.countRows();
        const partOf = { reference: `Organization/${hub1?.resource?.id}` };
        expect(
          (
            await one.call({
              method: 'POST',
              path: 'Organization',
              body: { resourceType: 'Organization', identifier, partOf },
            })
          ).status,
        ).toBe(201);
        const after = await hub.countRows();
        expect([after['organization'], after['party_coverage']]).toEqual([
          before['organization'],
          before['party_coverage'],
        ]);
        // Tokens are still given for the one that the operator wrote.
        await expect(hub.party(hsa.homeCare, 'system/Observation.rs')).resolves.toBeDefined();
      });
    });

    describe('resources', () => {
      test('of every type of R4 but Parameters are served, the others are not', async () => {
        const statement = (await get('metadata')).body as {
          rest: { resource: { type: string; updateCreate: boolean }[] }[];
        };
        const types = statement.rest[0]?.resource.map(({ type }) => type) ?? [];
        expect(types.length).toBeGreaterThanOrEqual(140);
        expect(types).toContain('MolecularSequence');
        expect(types).not.toContain('Parameters');
        for (const type of ['Parameters', 'Plan', 'DomainResource']) {
          expect([type, (await get(`${type}/1`)).status]).toEqual([type, 404]);
        }
      });

      test('are held to R4 alone: neither SIP profiles nor process rules, but everything of the base', async () => {
        const plan = {
          resourceType: 'CarePlan',
          status: 'active',
          intent: 'plan',
          subject: { reference: 'Patient/nobody' },
        };
        expect((await one.call({ method: 'POST', path: 'CarePlan', body: plan })).status).toBe(201);
        const wrong = await one.call({ method: 'POST', path: 'CarePlan', body: { ...plan, status: 'nonsense' } });
        expect([wrong.status, codesOf(wrong)]).toEqual([422, ['code-not-in-value-set']]);
        const missing = await one.call({ method: 'POST', path: 'Observation', body: { resourceType: 'Observation' } });
        expect([missing.status, new Set(codesOf(missing))]).toEqual([422, new Set(['element-required'])]);
      });

      test('may refer to what is not there, and come back as they were sent', async () => {
        const body = observation({
          subject: { reference: 'Patient/elsewhere' },
          performer: [
            { reference: 'Practitioner/none' },
            { reference: 'urn:uuid:00000000-0000-4000-8000-000000000009' },
          ],
          identifier: [{ system: 'urn:oid:1.2.752.129.2.1.3.1', value: '189002029800' }],
          contained: [{ resourceType: 'Basic', id: 'b', code: { text: 'x' } }],
          focus: [{ reference: '#b' }],
        });
        const answer = await one.call({ method: 'POST', path: 'Observation', body });
        expect(answer.status, answer.text).toBe(201);
        expect((await get(addressOf(answer))).body).toEqual({
          ...body,
          id: expect.anything(),
          meta: expect.anything(),
        });
        const found = entriesOf(await get('Observation?subject=Patient/elsewhere'));
        expect(found.map(({ fullUrl }) => fullUrl)).toEqual([`${hub.baseUrl}/${addressOf(answer)}`]);
      });

      test('a Patient has an id like any other resource, whatever its identifier', async () => {
        const body = {
          resourceType: 'Patient',
          identifier: [{ system: 'http://electronichealth.se/identifier/personnummer', value: '189002029800' }],
        };
        const addresses = [await put(one, body), await put(one, body)];
        expect(new Set(addresses).size).toBe(2);
      });

      test('a Bundle at its own address is a resource', async () => {
        const body = {
          resourceType: 'Bundle',
          type: 'collection',
          entry: [
            {
              fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
              resource: { resourceType: 'Basic', code: { text: 'x' } },
            },
          ],
        };
        const answer = await one.call({ method: 'POST', path: 'Bundle', body });
        expect(answer.status, answer.text).toBe(201);
        expect((await get(addressOf(answer))).body).toMatchObject(body);
      });

      test('are patched and deleted without If-Match', async () => {
        const address = await put(one, observation() as never);
        const patched = await one.call({
          method: 'PATCH',
          path: address,
          body: [{ op: 'replace', path: '/code/text', value: 'Vikt' }],
          headers: jsonPatch,
        });
        expect([patched.status, (patched.body as { code: unknown }).code]).toEqual([200, { text: 'Vikt' }]);
        expect((await one.call({ method: 'DELETE', path: address })).status).toBe(204);
      });

      test('keep to one person: the subject never moves to another', async () => {
        await putAt('Patient/a', { resourceType: 'Patient', id: 'a' });
        await putAt('Patient/b', { resourceType: 'Patient', id: 'b' });
        await putAt('Observation/about', observation({ id: 'about', subject: { reference: 'Patient/a' } }));
        const answer = await putAt(
          'Observation/about',
          observation({ id: 'about', subject: { reference: 'Patient/b' } }),
        );
        expect([answer.status, codesOf(answer)]).toEqual([422, ['subject-fixed']]);
      });
    });

    test('a transaction takes ids that clients choose, and links between its entries in any element', async () => {
      const urn = 'urn:uuid:00000000-0000-4000-8000-000000000002';
      const answer = await one.call({
        method: 'POST',
        path: '',
        body: {
          resourceType: 'Bundle',
          type: 'transaction',
          entry: [
            {
              fullUrl: 'http://other.example/fhir/Patient/x1',
              resource: { resourceType: 'Patient', id: 'x1' },
              request: { method: 'PUT', url: 'Patient/x1' },
            },
            {
              fullUrl: urn,
              resource: { resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' },
              request: { method: 'POST', url: 'Binary' },
            },
            {
              fullUrl: 'http://other.example/fhir/DocumentReference/d1',
              resource: {
                resourceType: 'DocumentReference',
                status: 'current',
                subject: { reference: 'Patient/x1' },
                author: [{ reference: 'http://other.example/fhir/Patient/x1' }],
                identifier: [{ system: 'urn:ietf:rfc:3986', value: urn }],
                content: [{ attachment: { url: urn } }],
              },
              request: { method: 'POST', url: 'DocumentReference' },
            },
          ],
        },
      });
      expect(answer.status, answer.text).toBe(200);
      const locations = entriesOf(answer).map(
        ({ response }) => /fhir\/([^/]+\/[^/]+)\//.exec(response?.location ?? '')?.[1] ?? '',
      );
      expect(locations[0]).toBe('Patient/x1');
      expect((await get(locations[2] ?? '')).body).toMatchObject({
        subject: { reference: 'Patient/x1' },
        author: [{ reference: 'Patient/x1' }],
        identifier: [{ value: urn }],
        content: [{ attachment: { url: locations[1] } }],
      });
    });

    test('authentication, scopes and audit are as in the hub', async () => {
      expect((await fetch(`${hub.baseUrl}/Observation`)).status).toBe(401);
      const narrow = await hub.party(hsa.careCentre, 'system/Observation.r');
      const answer = await narrow.call({ method: 'PUT', path: 'Observation/n', body: observation({ id: 'n' }) });
      expect([answer.status, codesOf(answer)]).toEqual([403, ['scope-insufficient']]);
      const operator = await hub.operator.call({ method: 'GET', path: 'Observation/mine' });
      expect([operator.status, codesOf(operator)]).toEqual([403, ['role-forbidden']]);
      const before = (await hub.countRows())['audit_log'] ?? 0;
      await get('Observation/mine');
      expect((await hub.countRows())['audit_log']).toBe(before + 1);
    });
  });
}
