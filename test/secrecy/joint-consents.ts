// A Consent that names several custodians (sip.md §5): each other than the recorder is asked, sees the Consent while it is, and opens its
// own data by confirming it with $confirm. https://siphub.se/fhir/OperationDefinition/Consent-confirm
import { asOwner } from '../../src/store/row-level-security.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { codesOf, consent, entriesOf, goal, organizationOf, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt, differences } from './answers.ts';
import { organizationIdOf } from './clients.ts';
import { change, confirm, confirmCall, create, openJointly, remove, withdraw, type Written, reopen } from './world.ts';

const never = '0199a0b0-0000-7000-8000-0123456789ab';

export function testJointConsents(name: string, openHub: OpenHub): void {
  describe(`a joint consent on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let region: VendorSystem;
    let clinic: VendorSystem;
    let town: VendorSystem;
    let bo: Written;
    let regions: Written;
    let clinics: Written;
    const get = (system: VendorSystem, path: string): Promise<Answer> => ask(system, { method: 'GET', path });
    const sees = async (system: VendorSystem, { address }: Written): Promise<boolean> =>
      (await get(system, address)).status === 200;
    /** The region records it, the town is to receive, the clinic is asked. */
    const record = (changes: Partial<Parameters<typeof openJointly>[0]> = {}): Promise<Written> =>
      openJointly({
        by: region,
        person: bo.address,
        custodians: [hsa.careCentre, hsa.orthopaedics],
        recipients: [hsa.homeCare],
        ...changes,
      });

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      region = await hub.party(hsa.careCentre);
      clinic = await hub.party(hsa.orthopaedics);
      town = await hub.party(hsa.homeCare);
      bo = await create(region, patient(persons.bo));
      await create(clinic, patient(persons.bo));
      regions = await create(region, goal(bo.address));
      clinics = await create(clinic, goal(bo.address));
    });
    afterAll(() => hub.stop());

    test('opens the data of each custodian from when that one has confirmed it, until it is withdrawn', async () => {
      const given = await record();
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([true, false]);
      const answer = await confirm(clinic, given);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('etag')).toBe(`W/"${given.versionId}"`);
      expect(answer.body).toEqual({
        resourceType: 'Parameters',
        parameter: [
          { name: 'consent', valueReference: { reference: `${given.address}/_history/${given.versionId}` } },
          { name: 'custodian', valueReference: { reference: `Organization/${organizationIdOf(clinic)}` } },
          { name: 'confirmed', valueInstant: expect.stringMatching(/^\d{4}-/) },
        ],
      });
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([true, true]);
      const { resource } = given;
      expect((await get(region, given.address)).body).toEqual(resource);
      const withdrawn = await withdraw(region, given);
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([false, false]);
      const again = await reopen(region, withdrawn);
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([true, false]);
      await remove(region, again);
    });

    test('opens by the confirmation of one custodian its data alone, also where the recorder opens none', async () => {
      const given = await record({ custodians: [hsa.orthopaedics] });
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([false, false]);
      await confirm(clinic, given);
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([false, true]);
      await remove(region, given);
      expect(await sees(town, clinics)).toBe(false);
    });

    test('is confirmed again without harm, and each time is in the audit log', async () => {
      const given = await record();
      for (let round = 0; round < 2; round += 1) expect((await confirm(clinic, given)).status).toBe(200);
      const rows = await asOwner(hub.hub.database).query<{ entities: unknown; outcome: string }>({
        text: `select entities, outcome from audit_log where interaction = 'confirm' and entities::text like '%' || $1 || '%'`,
        values: [given.id],
      });
      const entity = {
        address: given.address,
        versionId: given.versionId,
        consent: `${given.id}/_history/${given.versionId}`,
        personKey: expect.any(Number),
        custodianKey: expect.any(Number),
        rule: 'consent',
      };
      expect(rows).toEqual([
        { outcome: 'success', entities: [entity] },
        { outcome: 'success', entities: [entity] },
      ]);
      await remove(region, given);
    });

    test('that is changed stays confirmed as long as it opens no more', async () => {
      let given = await record({
        recipients: [hsa.homeCare, hsa.childUnit],
        period: { start: '2026-10-07', end: '2027-12-31' },
      });
      await confirm(clinic, given);
      const child = await hub.party(hsa.childUnit);
      const provision = given.resource['provision'] as { readonly actor: readonly object[] };
      expect(await sees(child, clinics)).toBe(true);
      given = await change(region, given, { language: 'sv' });
      expect([await sees(town, clinics), await sees(child, clinics)]).toEqual([true, true]);
      const narrower = {
        ...provision,
        actor: provision.actor.slice(0, 1),
        period: { start: '2026-10-08', end: '2027-11-30' },
      };
      given = await change(region, given, { provision: narrower });
      expect([await sees(town, clinics), await sees(child, clinics)]).toEqual([true, false]);
      expect([await sees(town, regions), await sees(child, regions)]).toEqual([true, false]);
      const wider = [
        { ...narrower, actor: provision.actor },
        { ...narrower, period: { start: '2026-10-07', end: '2027-11-30' } },
        { ...narrower, period: { start: '2026-10-08', end: '2027-12-01' } },
        { ...narrower, period: { start: '2026-10-08' } },
      ];
      for (const wide of wider) {
        given = await change(region, given, { provision: wide });
        expect([await sees(town, regions), await sees(town, clinics)]).toEqual([true, false]);
        given = await change(region, given, { provision: narrower });
        expect([await sees(town, regions), await sees(town, clinics)]).toEqual([true, false]);
        await confirm(clinic, given);
        expect(await sees(town, clinics)).toBe(true);
      }
      const { organization } = given.resource as unknown as { readonly organization: readonly object[] };
      given = await change(region, given, { organization: organization.slice(0, 1) });
      given = await change(region, given, { organization });
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([true, false]);
      await remove(region, given);
    });

    test('is seen by the custodian that it asks while it is active or proposed, and by none other', async () => {
      const school = await hub.party(hsa.school);
      const looks = async (system: VendorSystem, { address, id }: Written): Promise<readonly boolean[]> => [
        (await get(system, address)).status === 200,
        entriesOf(await get(system, `Consent?_id=${id}`)).length === 1,
        entriesOf(await get(system, 'Consent?_count=1000')).some(({ resource }) => resource?.id === id),
        entriesOf(await get(system, `Consent?patient=${bo.address}`)).some(({ resource }) => resource?.id === id),
      ];
      for (const [first, ...next] of [
        ['proposed', 'active', 'inactive', 'entered-in-error'],
        ['draft', 'proposed', 'rejected'],
      ]) {
        let asking = await record({ status: first });
        for (const status of [first, ...next]) {
          if (status !== asking.resource['status']) asking = await change(region, asking, { status });
          const isSeen = status === 'active' || status === 'proposed';
          expect([status, await looks(clinic, asking)]).toEqual([status, [isSeen, isSeen, isSeen, isSeen]]);
          expect([status, await looks(school, asking)]).toEqual([status, [false, false, false, false]]);
        }
        await remove(region, asking);
      }
      let given = await record();
      expect((await get(clinic, `${given.address}/_history`)).body?.['total']).toBe(1);
      given = await change(region, given, { organization: given.resource['organization'], language: 'sv' });
      expect((await get(clinic, `${given.address}/_history`)).body?.['total']).toBe(1);
      await remove(region, given);
      expect((await get(clinic, given.address)).status).toBe(404);
    });

    test('that has ended asks nobody', async () => {
      const end = new Date(hub.now().getTime() + 60_000).toISOString();
      const given = await record({ period: { start: '2026-10-07', end } });
      expect(await sees(clinic, given)).toBe(true);
      hub.advance(120_000);
      expect(await sees(clinic, given)).toBe(false);
      expect(codesOf(await confirm(clinic, given))).toEqual(['not-found']);
    });

    test('shows a custodian that does not know the person neither who it is about nor anything else', async () => {
      const cecilia = await create(region, patient(persons.cecilia));
      const given = await record({ person: cecilia.address });
      const { text, status } = await get(clinic, given.address);
      expect([status, text.includes(cecilia.id), text.includes('SUBSETTED')]).toEqual([200, false, true]);
      expect(entriesOf(await get(clinic, `Consent?patient=${cecilia.address}`))).toEqual([]);
      expect(entriesOf(await get(clinic, `Consent?_id=${given.id}&_include=Consent:patient`))).toHaveLength(1);
      expect((await get(clinic, cecilia.address)).status).toBe(404);
      await remove(region, given);
    });

    test('is confirmed by nobody else', async () => {
      const given = await record();
      const whole = await hub.party(hsa.regionUppsala);
      const named = await record({ custodians: [hsa.regionUppsala] });
      expect(codesOf(await confirm(region, given))).toEqual(['consent-not-asked']);
      expect(codesOf(await confirm(town, given))).toEqual(['consent-not-asked']);
      // A unit below sees what its huvudman is asked, and does not answer for it.
      expect(codesOf(await confirm(clinic, named))).toEqual(['consent-not-asked']);
      expect(await sees(town, clinics)).toBe(false);
      expect(codesOf(await confirm(hub.operator, given))).toEqual(['role-forbidden']);
      const scoped = await hub.party(hsa.orthopaedics, 'system/Consent.rs');
      expect(codesOf(await confirm(scoped, given))).toEqual(['scope-insufficient']);
      await create(whole, patient(persons.bo));
      await confirm(whole, named);
      expect([await sees(town, regions), await sees(town, clinics)]).toEqual([true, true]);
      await remove(region, given);
      await remove(region, named);
    });

    test('is confirmed only while active, in the version that was read', async () => {
      const given = await record({ status: 'proposed' });
      expect(codesOf(await confirm(clinic, given))).toEqual(['consent-not-active']);
      const active = await change(region, given, { status: 'active' });
      expect(codesOf(await confirm(clinic, given))).toEqual(['version-conflict']);
      expect(codesOf(await ask(clinic, { ...confirmCall(active), headers: {} }))).toEqual(['if-match-required']);
      const parameters = { resourceType: 'Parameters', parameter: [{ name: 'custodian', valueString: 'other' }] };
      expect(codesOf(await ask(clinic, { ...confirmCall(active), body: parameters }))).toEqual([
        'operation-parameter-invalid',
      ]);
      expect(await sees(town, clinics)).toBe(false);
      expect((await confirm(clinic, active)).status).toBe(200);
      expect(await sees(town, clinics)).toBe(true);
      await remove(region, active);
    });

    test('that is hidden is answered as one that is not there', async () => {
      const given = await record();
      const school = await hub.party(hsa.school);
      const hidden = await ask(school, confirmCall(given));
      const absent = await ask(school, confirmCall({ ...given, address: `Consent/${never}` }));
      expect(hidden.status).toBe(404);
      expect(differences(hidden, absent, [[given.id, never]])).toEqual([]);
      await remove(region, given);
    });

    test('that is changed by its recorder while it is confirmed opens no more than the version that was confirmed', async () => {
      for (let round = 0; round < 8; round += 1) {
        const given = await record({ recipients: [hsa.childUnit] });
        const wider = { provision: consent(bo.address, '', organizationOf(hsa.homeCare))['provision'] };
        const [confirmed, changed] = await Promise.all([confirm(clinic, given), change(region, given, wider)]);
        expect([200, 412]).toContain(confirmed.status);
        expect(await sees(town, clinics)).toBe(false);
        await remove(region, changed);
      }
    });
  });
}
