// The person whom a plan is about, by an app that he or she has logged in to (sip.md §4, §5): sees everything about himself or herself
// that is not marked as not for the patient, and who has seen it; writes messages, answers and Consents; withdraws any Consent.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import {
  codesOf,
  consent,
  entriesOf,
  goal,
  issuesOf,
  organizationOf,
  patient,
  persons,
} from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { organizationIdOf } from './clients.ts';
import {
  change,
  confirm,
  create,
  denyData,
  message,
  open,
  openJointly,
  remove,
  withdraw,
  type Written,
} from './world.ts';

export function testIndividuals(name: string, openHub: OpenHub): void {
  describe(`the individual on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let municipality: VendorSystem;
    let school: VendorSystem;
    let bo: VendorSystem;
    let cecilia: VendorSystem;
    let registered: Written;
    let kept: Written;
    let theirs: Written;

    beforeAll(async () => {
      hub = await openHub();
      region = await hub.party(hsa.careCentre);
      municipality = await hub.party(hsa.homeCare);
      school = await hub.party(hsa.childUnit);
      registered = await create(region, patient(persons.bo, { name: [{ family: 'Ek', given: ['Bo'] }] }));
      await create(municipality, patient(persons.bo, { name: [{ family: 'Ek', given: ['Bosse'] }] }));
      await create(municipality, patient(persons.cecilia));
      kept = await create(region, goal(registered.address));
      theirs = await create(municipality, goal(registered.address, { description: { text: 'Jag vill laga mat.' } }));
      bo = await hub.individual(persons.bo);
      cecilia = await hub.individual(persons.cecilia);
    });
    afterAll(() => hub.stop());

    const get = (by: VendorSystem, path: string): Promise<FhirAnswer> => by.call({ method: 'GET', path });
    const statusOf = async (by: VendorSystem, { address }: Written): Promise<number> => (await get(by, address)).status;
    const totalOf = async (by: VendorSystem, path: string): Promise<unknown> =>
      (await get(by, `${path}${path.includes('?') ? '&' : '?'}_total=accurate`)).body?.['total'];
    const ownMessage = (changes: object = {}): FhirResource =>
      message(registered.address, hsa.homeCare, { sender: { reference: registered.address }, ...changes });
    const givenByBo = (custodians: readonly string[], recipients: readonly string[]): Promise<Written> =>
      openJointly({ by: bo, person: registered.address, custodians, recipients });

    test('sees what every party keeps about him, with no consent, and nothing about anybody else', async () => {
      expect([await statusOf(bo, kept), await statusOf(bo, theirs)]).toEqual([200, 200]);
      expect(await totalOf(bo, 'Goal')).toBe(2);
      expect(await totalOf(cecilia, 'Goal')).toBe(0);
      expect([await statusOf(cecilia, kept), await statusOf(cecilia, registered)]).toEqual([404, 404]);
      expect(await totalOf(bo, 'Patient')).toBe(1);
      const everything = await get(bo, `${registered.address}/$everything`);
      expect(entriesOf(everything).map(({ resource }) => resource?.resourceType)).toEqual(
        expect.arrayContaining(['Patient', 'Goal', 'Goal']),
      );
      expect((await get(cecilia, `${registered.address}/$everything`)).status).toBe(404);
    });

    test('sees the latest registration, and the history of all', async () => {
      const { body } = await get(bo, registered.address);
      expect(body?.['name']).toEqual([{ family: 'Ek', given: ['Bosse'] }]);
      const history = await get(bo, `${registered.address}/_history`);
      expect(history.status).toBe(200);
    });

    test('sees Organizations, and no export of anything', async () => {
      expect(await totalOf(bo, `Organization?_id=${organizationIdOf(region)}`)).toBe(1);
      const asked = await bo.call({ method: 'GET', path: '$export', headers: { Prefer: 'respond-async' } });
      expect([asked.status, codesOf(asked)]).toEqual([403, ['role-forbidden']]);
    });

    test('writes what is his to write, and no plan, no registration and nothing about another', async () => {
      const written = await create(bo, ownMessage());
      expect(written.resource.meta?.source).toBe(`${hub.baseUrl}/${registered.address}`);
      const changed = await change(bo, written, { payload: [{ contentString: 'Kan vi höras på fredag?' }] });
      await remove(bo, changed);
      for (const resource of [goal(registered.address), patient(persons.bo)]) {
        const refused = await bo.call({ method: 'POST', path: resource.resourceType, body: resource });
        expect([refused.status, codesOf(refused)]).toEqual([403, ['role-forbidden']]);
      }
      const foreign = await cecilia.call({ method: 'POST', path: 'Communication', body: ownMessage() });
      expect(foreign.status).toBe(422);
      const changing = await bo.call({
        method: 'PUT',
        path: kept.address,
        body: kept.resource,
        headers: { 'If-Match': `W/"${kept.versionId}"` },
      });
      expect([changing.status, codesOf(changing)]).toEqual([403, ['role-forbidden']]);
    });

    test('asks for no more than the app was given', async () => {
      const reading = await hub.individual(persons.bo, 'patient/Goal.r');
      expect(await statusOf(reading, kept)).toBe(200);
      const refused = await get(reading, 'Goal');
      expect([refused.status, codesOf(refused)]).toEqual([403, ['scope-insufficient']]);
      expect(issuesOf(refused)[0]?.diagnostics).toContain('patient/Goal.s');
    });

    test('what he writes is seen by the recipients of a Consent that he confirms, and by nobody else', async () => {
      const written = await create(bo, ownMessage());
      expect([await statusOf(municipality, written), await statusOf(region, written)]).toEqual([404, 404]);
      // No party opens it by its own word.
      const own = await open({
        by: municipality,
        person: registered.address,
        custodian: hsa.homeCare,
        recipient: hsa.homeCare,
      });
      const given = await open({
        by: region,
        person: registered.address,
        custodian: hsa.careCentre,
        recipient: hsa.homeCare,
      });
      expect(await statusOf(municipality, written)).toBe(404);
      expect((await confirm(cecilia, given)).status).toBe(404);
      const confirmed = await confirm(bo, given);
      expect(confirmed.status).toBe(200);
      expect(confirmed.text).toContain(registered.address);
      await withdraw(municipality, own);
      expect([await statusOf(municipality, written), await statusOf(region, written)]).toEqual([200, 404]);
      expect(await totalOf(municipality, `Communication?_id=${written.id}`)).toBe(1);
      const refused = await municipality.call({
        method: 'DELETE',
        path: written.address,
        headers: { 'If-Match': `W/"${written.versionId}"` },
      });
      expect([refused.status, codesOf(refused)]).toEqual([422, ['not-your-resource']]);
      await withdraw(region, given);
      expect(await statusOf(municipality, written)).toBe(404);
      expect(await statusOf(bo, written)).toBe(200);
    });

    test('a Consent that he records opens what every custodian it names keeps, with nothing to confirm', async () => {
      const given = await givenByBo([hsa.careCentre, hsa.homeCare], [hsa.childUnit]);
      expect([await statusOf(school, kept), await statusOf(school, theirs)]).toEqual([200, 200]);
      // The custodians are shown what opens their data; they neither confirm nor change it.
      expect([await statusOf(region, given), await statusOf(municipality, given)]).toEqual([200, 200]);
      const confirmed = await confirm(region, given);
      expect([confirmed.status, codesOf(confirmed)]).toEqual([422, ['consent-not-asked']]);
      const taken = await region.call({
        method: 'PUT',
        path: given.address,
        body: { ...given.resource, status: 'inactive' },
        headers: { 'If-Match': `W/"${given.versionId}"` },
      });
      expect([taken.status, codesOf(taken)]).toEqual([422, ['not-your-resource']]);
      await withdraw(bo, given);
      expect([await statusOf(school, kept), await statusOf(school, theirs)]).toEqual([404, 404]);
      expect([await statusOf(region, given), await statusOf(municipality, given)]).toEqual([404, 404]);
    });

    test('a Consent shows to those whom it opens something to, and not to whom another does', async () => {
      const ofBo = await givenByBo([hsa.careCentre], [hsa.childUnit]);
      const ofRegion = await open({
        by: region,
        person: registered.address,
        custodian: hsa.careCentre,
        recipient: hsa.homeCare,
      });
      expect((await confirm(bo, ofRegion)).status).toBe(200);
      expect([await statusOf(school, ofBo), await statusOf(municipality, ofRegion)]).toEqual([200, 200]);
      expect([await statusOf(school, ofRegion), await statusOf(municipality, ofBo)]).toEqual([404, 404]);
      expect(await totalOf(municipality, `Consent?_id=${ofBo.id},${ofRegion.id}`)).toBe(1);
      await withdraw(bo, ofBo);
      expect((await get(municipality, `${ofBo.address}/_history`)).status).toBe(404);
      await withdraw(region, ofRegion);
    });

    test('nothing that he may withdraw or has written is kept from him', async () => {
      const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPATIENT' };
      const meta = { security: [label] };
      const resource = consent(registered.address, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
      const own = await create(bo, ownMessage());
      const refused = [
        await region.call({ method: 'POST', path: 'Consent', body: { ...resource, meta } }),
        await region.call({ method: 'POST', path: 'Patient', body: patient(persons.cecilia, { meta }) }),
        await bo.call({ method: 'POST', path: 'Communication', body: ownMessage({ meta }) }),
        await bo.call({
          method: 'POST',
          path: `${own.address}/$meta-add`,
          body: { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: meta }] },
          headers: { 'If-Match': `W/"${own.versionId}"` },
        }),
      ];
      expect(refused.map(({ status }) => status)).toEqual([422, 422, 422, 422]);
      for (const answer of refused) expect(codesOf(answer)).toContain('label-not-allowed');
    });

    test('a Consent that he has only proposed opens nothing', async () => {
      const resource = consent(registered.address, organizationOf(hsa.careCentre), organizationOf(hsa.childUnit));
      const proposed = await create(bo, { ...resource, status: 'proposed' });
      expect(await statusOf(school, kept)).toBe(404);
      await withdraw(bo, proposed);
    });

    describe('withdraws a Consent that a party has recorded', () => {
      let given: Written;
      beforeAll(async () => {
        given = await open({
          by: region,
          person: registered.address,
          custodian: hsa.careCentre,
          recipient: hsa.homeCare,
        });
      });
      const put = (changes: object): Promise<FhirAnswer> =>
        bo.call({
          method: 'PUT',
          path: given.address,
          body: { ...given.resource, ...changes },
          headers: { 'If-Match': `W/"${given.versionId}"` },
        });

      test.each<[string, object]>([
        ['more is changed than the status', { status: 'inactive', dateTime: '2020-01-01' }],
        ['the status is another', { status: 'rejected' }],
        ['it is opened to more', { organization: [{ reference: organizationOf(hsa.homeCare) }] }],
        ['nothing is changed', {}],
        [
          'labels are taken away',
          { status: 'inactive', meta: { tag: [{ system: 'https://example.org', code: 'x' }] } },
        ],
      ])('not where %s', async (_case, changes) => {
        const refused = await put(changes);
        expect([refused.status, codesOf(refused)]).toEqual([422, ['not-your-field']]);
        expect(await statusOf(municipality, kept)).toBe(200);
      });

      test('not by deleting it', async () => {
        const headers = { 'If-Match': `W/"${given.versionId}"` };
        const refused = await bo.call({ method: 'DELETE', path: given.address, headers });
        expect([refused.status, codesOf(refused)]).toEqual([422, ['not-your-resource']]);
      });

      test('and it works at once; the Consent stays the party’s', async () => {
        const withdrawn = await put({ status: 'inactive' });
        expect(withdrawn.status).toBe(200);
        expect(await statusOf(municipality, kept)).toBe(404);
        const source = (withdrawn.body as unknown as FhirResource).meta?.source;
        expect(source).toBe(given.resource.meta?.source);
        expect(await statusOf(region, given)).toBe(200);
        // Nobody opens it again, neither he nor the party that recorded it.
        for (const [by, code] of [
          [bo, 'not-your-field'],
          [region, 'state-transition'],
        ] as const) {
          const again = await by.call({
            method: 'PUT',
            path: given.address,
            body: { ...(withdrawn.body as object), status: 'active' },
            headers: { 'If-Match': withdrawn.headers.get('etag') ?? '' },
          });
          expect([again.status, codesOf(again)]).toEqual([422, [code]]);
        }
        expect(await statusOf(municipality, kept)).toBe(404);
      });

      test.each(['PUT', 'PATCH'] as const)('also where what it refers to is gone, by %s', async (method) => {
        const denied = await create(region, goal(registered.address));
        const opened = await openJointly({
          by: region,
          person: registered.address,
          custodians: [hsa.careCentre],
          recipients: [hsa.homeCare],
          denied: [denyData(denied.address)],
        });
        await remove(region, denied);
        expect(await statusOf(municipality, kept)).toBe(200);
        const { status } = await bo.call({
          method,
          path: opened.address,
          body:
            method === 'PUT'
              ? { ...opened.resource, status: 'inactive' }
              : [{ op: 'replace', path: '/status', value: 'inactive' }],
          headers: {
            'If-Match': `W/"${opened.versionId}"`,
            ...(method === 'PATCH' ? { 'content-type': 'application/json-patch+json' } : {}),
          },
        });
        expect(status).toBe(200);
        expect(await statusOf(municipality, kept)).toBe(404);
      });

      test('by a patch, and in a transaction', async () => {
        for (const how of ['patch', 'transaction'] as const) {
          const opened = await open({
            by: region,
            person: registered.address,
            custodian: hsa.careCentre,
            recipient: hsa.homeCare,
          });
          const ifMatch = `W/"${opened.versionId}"`;
          const request = { method: 'PUT', url: opened.address, ifMatch };
          const answer = await (how === 'patch'
            ? bo.call({
                method: 'PATCH',
                path: opened.address,
                body: [{ op: 'replace', path: '/status', value: 'inactive' }],
                headers: { 'If-Match': ifMatch, 'content-type': 'application/json-patch+json' },
              })
            : bo.call({
                method: 'POST',
                path: '',
                body: {
                  resourceType: 'Bundle',
                  type: 'transaction',
                  entry: [{ resource: { ...opened.resource, status: 'inactive' }, request }],
                },
              }));
          expect(answer.status).toBe(200);
          expect(await statusOf(municipality, kept)).toBe(404);
        }
      });
    });

    test('is told who has had what, and by which Consent, and not who was at work there', async () => {
      const staffed = await hub.party(hsa.homeCare, 'system/*.cruds', { staffId: 'SE2120003005-P001' });
      const given = await open({
        by: region,
        person: registered.address,
        custodian: hsa.careCentre,
        recipient: hsa.homeCare,
      });
      expect(await statusOf(staffed, kept)).toBe(200);
      await withdraw(bo, given);
      const log = await get(bo, `AuditEvent?entity=${kept.address}&agent=Organization/${organizationIdOf(staffed)}`);
      expect(log.text).toContain(`Consent/${given.id}/_history/`);
      expect(log.text).toContain(`Organization/${organizationIdOf(region)}`);
      expect(log.text).not.toContain('SE2120003005-P001');
      expect(await totalOf(cecilia, `AuditEvent?entity=${kept.address}`)).toBe(0);
      const page = await fetch(`${hub.baseUrl}/${registered.address}/$access-log`, {
        headers: { authorization: `Bearer ${bo.token}`, accept: 'text/html' },
      });
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('uppgifter om dig')]);
    });

    test('what he does stands in the log as his, for him and for the party whose data it was', async () => {
      const asked = await create(region, goal(registered.address));
      expect(await statusOf(bo, asked)).toBe(200);
      for (const by of [bo, region]) {
        const log = await get(by, `AuditEvent?entity=${asked.address}&action=R`);
        const agents = entriesOf(log).map(({ resource }) => resource?.['agent']);
        expect(agents).toEqual([
          expect.arrayContaining([expect.objectContaining({ who: { reference: registered.address } })]),
        ]);
      }
      expect(await totalOf(municipality, `AuditEvent?entity=${asked.address}`)).toBe(0);
      const refused = await get(bo, 'Goal/0199a0b0-0000-7000-8000-0123456789ab');
      expect(refused.status).toBe(404);
      const own = await get(bo, 'AuditEvent?outcome=4&_count=1');
      expect(own.text).toContain(refused.headers.get('x-request-id'));
      expect((await get(cecilia, 'AuditEvent?outcome=4&_count=1')).text).not.toContain(
        refused.headers.get('x-request-id'),
      );
    });

    test('has access between any two parties explained', async () => {
      const given = await open({
        by: region,
        person: registered.address,
        custodian: hsa.careCentre,
        recipient: hsa.homeCare,
      });
      const [custodian, recipient] = [region, municipality].map((party) => `Organization/${organizationIdOf(party)}`);
      const ask = (from?: string, to?: string): Promise<FhirAnswer> =>
        get(
          bo,
          `Consent/$explain-access?patient=${registered.address}${from === undefined ? '' : `&custodian=${from}`}${to === undefined ? '' : `&recipient=${to}`}`,
        );
      expect((await ask(custodian, recipient)).body?.['parameter']).toEqual(
        expect.arrayContaining([
          { name: 'access', valueBoolean: true },
          { name: 'consent', valueReference: { reference: `Consent/${given.id}/_history/${given.versionId}` } },
        ]),
      );
      expect((await ask(recipient, custodian)).body?.['parameter']).toEqual(
        expect.arrayContaining([{ name: 'rule', valueCode: 'no-consent' }]),
      );
      expect(codesOf(await ask(custodian))).toEqual(['operation-parameter-invalid']);
      await withdraw(bo, given);
    });
  });
}
