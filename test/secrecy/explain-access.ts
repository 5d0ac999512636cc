// Consent/$explain-access (sip.md §5): what it says of each way in which data are open or closed. That it tells nothing hidden is in the leak suite.
// https://siphub.se/fhir/OperationDefinition/Consent-explain-access
import { asOwner } from '../../src/store/row-level-security.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { codesOf, goal, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt, differences } from './answers.ts';
import { organizationIdOf } from './clients.ts';
import {
  change,
  confirm,
  create,
  denyActor,
  denyData,
  denyLabel,
  open,
  openJointly,
  withdraw,
  type Written,
} from './world.ts';

const never = '0199a0b0-0000-7000-8000-0123456789ab';
const violence = { system: 'https://siphub.se/fhir/CodeSystem/sip-sensitivity', code: 'violence' };

export function testExplainAccess(name: string, openHub: OpenHub): void {
  describe(`why something is open or closed, on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let region: VendorSystem;
    let clinic: VendorSystem;
    let town: VendorSystem;
    let bo: Written;
    let plain: Written;
    let labelled: Written;

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      region = await hub.party(hsa.careCentre);
      clinic = await hub.party(hsa.orthopaedics);
      town = await hub.party(hsa.homeCare);
      bo = await create(region, patient(persons.bo));
      await create(town, patient(persons.bo));
      await create(clinic, patient(persons.bo));
      plain = await create(region, goal(bo.address));
      labelled = await create(region, goal(bo.address, { meta: { security: [violence] } }));
    });
    afterAll(() => hub.stop());

    const organization = (system: VendorSystem): string => `Organization/${organizationIdOf(system)}`;
    const asked = (parameters: Readonly<Record<string, string>>): string =>
      `Consent/$explain-access?${new URLSearchParams({ patient: bo.address, ...parameters }).toString()}`;
    const get = (system: VendorSystem, parameters: Readonly<Record<string, string>>): Promise<Answer> =>
      ask(system, { method: 'GET', path: asked(parameters) });
    const told = ({ status, text, body }: Answer): readonly unknown[] => {
      if (status !== 200) throw new Error(`${status} ${text}`);
      const parameters = body?.['parameter'] as readonly Readonly<Record<string, unknown>>[];
      const valueOf = (wanted: string): unknown => {
        const found = parameters.find((parameter) => parameter['name'] === wanted);
        return found?.['valueBoolean'] ?? found?.['valueCode'] ?? found?.['valueReference'];
      };
      const consent = valueOf('consent');
      return [valueOf('access'), valueOf('rule'), ...(consent === undefined ? [] : [consent])];
    };
    const at = ({ address, versionId }: Written): object => ({ reference: `${address}/_history/${versionId}` });

    /** As the town asks about the region's data, and as the region asks of the town: alike where both see the Consent. */
    const both = async (more: Readonly<Record<string, string>> = {}): Promise<readonly (readonly unknown[])[]> => [
      told(await get(town, { custodian: organization(region), ...more })),
      told(await get(region, { recipient: organization(town), ...more })),
    ];
    const alike = (answer: readonly unknown[]): readonly (readonly unknown[])[] => [answer, answer];

    test('is for what one keeps oneself that one keeps it', async () => {
      expect(told(await get(region, {}))).toEqual([true, 'own']);
      expect(told(await get(region, { resource: plain.address }))).toEqual([true, 'own']);
      expect(told(await get(region, { resource: `Goal/${never}` }))).toEqual([false, 'no-consent']);
    });

    test('is a Consent in its version, from its commit to its withdrawal', async () => {
      expect(await both()).toEqual(alike([false, 'no-consent']));
      const given = await open({
        by: region,
        person: bo.address,
        custodian: hsa.careCentre,
        recipient: hsa.homeCare,
      });
      expect(await both()).toEqual(alike([true, 'consent', at(given)]));
      expect(await both({ resource: plain.address })).toEqual(alike([true, 'consent', at(given)]));
      const next = await change(region, given, { dateTime: '2026-11-01' });
      expect(await both()).toEqual(alike([true, 'consent', at(next)]));
      // Of the region's data alone, and not to the clinic.
      expect(told(await get(region, { custodian: organization(town) }))).toEqual([false, 'no-consent']);
      expect(told(await get(region, { recipient: organization(clinic) }))).toEqual([false, 'no-consent']);
      // The town keeps no such resource.
      expect(told(await get(town, { recipient: organization(region), resource: plain.address }))).toEqual([
        false,
        'no-consent',
      ]);
      await withdraw(region, next);
      expect(await both({ resource: plain.address })).toEqual(alike([false, 'no-consent']));
    });

    test('is a Consent that denies, for those who see it', async () => {
      const opening = { by: region, person: bo.address, custodians: [hsa.careCentre], recipients: [hsa.homeCare] };
      const given = await openJointly(opening);
      const denying = await openJointly({ ...opening, recipients: [hsa.childUnit], denied: [denyData(plain.address)] });
      const labels = await openJointly({
        ...opening,
        recipients: [hsa.childUnit],
        denied: [denyLabel(violence.system, violence.code)],
      });
      expect(await both()).toEqual(alike([true, 'consent', at(given)]));
      // The custodian is told; to the town such a resource is not there.
      const unseen = [false, 'no-consent'];
      expect(await both({ resource: plain.address })).toEqual([unseen, [false, 'denied', at(denying)]]);
      expect(await both({ resource: labelled.address })).toEqual([unseen, [false, 'denied', at(labels)]]);
      for (const consent of [denying, labels]) await withdraw(region, consent);
      const all = await openJointly({ ...opening, recipients: [hsa.childUnit], denied: [denyActor(hsa.homeCare)] });
      // The town sees nothing of the region's, and so not the Consent that denies it.
      expect(await both()).toEqual([unseen, [false, 'denied', at(all)]]);
      expect(await both({ resource: plain.address })).toEqual([unseen, [false, 'denied', at(all)]]);
      await withdraw(region, all);
      expect(await both({ resource: labelled.address })).toEqual(alike([true, 'consent', at(given)]));
      await withdraw(region, given);
    });

    test('is the custodian’s own yes to a joint Consent', async () => {
      const given = await openJointly({
        by: region,
        person: bo.address,
        custodians: [hsa.careCentre, hsa.orthopaedics],
        recipients: [hsa.homeCare],
      });
      const clinicsData = { recipient: organization(town) };
      expect(told(await get(clinic, clinicsData))).toEqual([false, 'no-consent']);
      expect((await confirm(clinic, given)).status).toBe(200);
      expect(told(await get(clinic, clinicsData))).toEqual([true, 'consent', at(given)]);
      await withdraw(region, given);
      expect(told(await get(clinic, clinicsData))).toEqual([false, 'no-consent']);
    });

    test('is the same by POST, and for addresses that name the hub', async () => {
      const parameter = [
        { name: 'patient', valueString: `${hub.baseUrl}/${bo.address}` },
        { name: 'custodian', valueString: organization(region) },
      ];
      const path = 'Consent/$explain-access';
      const answer = await ask(town, { method: 'POST', path, body: { resourceType: 'Parameters', parameter } });
      expect(told(answer)).toEqual([false, 'no-consent']);
      expect(answer.body?.['parameter']).toEqual(
        expect.arrayContaining([
          { name: 'custodian', valueReference: { reference: organization(region) } },
          { name: 'recipient', valueReference: { reference: organization(town) } },
          { name: 'at', valueInstant: expect.stringMatching(/^\d{4}-/) },
        ]),
      );
    });

    test.each(['transaction', 'batch'])('is the same in a %s', async (type) => {
      const entry = [{ request: { method: 'GET', url: asked({ custodian: organization(region) }) } }];
      const body = { resourceType: 'Bundle', type, entry };
      const answer = await ask(town, { method: 'POST', path: '', body });
      expect(answer.status).toBe(200);
      expect(answer.body?.['entry']).toMatchObject([
        { response: { status: expect.stringMatching(/^200/) }, resource: { resourceType: 'Parameters' } },
      ]);
      expect(answer.text).toContain('no-consent');
    });

    test('of a person that the caller does not know is as of nobody', async () => {
      const child = await hub.party(hsa.childUnit);
      const known = await ask(child, { method: 'GET', path: `Consent/$explain-access?patient=${bo.address}` });
      const unknown = await ask(child, { method: 'GET', path: `Consent/$explain-access?patient=Patient/${never}` });
      expect(known.status).toBe(404);
      expect(differences(known, unknown, [[bo.id, never]])).toEqual([]);
    });

    test('is refused where it is asked of others, of nobody, or of what is no reference', async () => {
      const refused = async (path: string): Promise<readonly unknown[]> => {
        const answer = await ask(town, { method: 'GET', path });
        return [answer.status, ...codesOf(answer)];
      };
      const invalid = [400, 'operation-parameter-invalid'];
      const others = { custodian: organization(region), recipient: organization(clinic) };
      expect(await refused(asked(others))).toEqual(invalid);
      expect(await refused(asked({ custodian: `Organization/${never}` }))).toEqual(invalid);
      expect(await refused(asked({ custodian: 'Patient/1' }))).toEqual(invalid);
      expect(await refused(asked({ custodian: 'x y' }))).toEqual(invalid);
      expect(await refused(asked({ resource: `${plain.address}/_history/1` }))).toEqual(invalid);
      expect(await refused(asked({ other: '1' }))).toEqual(invalid);
      expect(await refused('Consent/$explain-access')).toEqual(invalid);
      expect(await refused(`${asked({})}&patient=Patient/1`)).toEqual(invalid);
      for (const [scope, more] of [
        ['system/Patient.r', {}],
        ['system/Consent.r', {}],
        ['system/Consent.r system/Patient.r', { resource: plain.address }],
      ] as const) {
        const narrow = await hub.party(hsa.homeCare, scope);
        expect((await get(narrow, more)).status, scope).toBe(403);
      }
      expect((await get(hub.operator, {})).status).toBe(403);
    });

    test('leaves a row of the log with the person and the Consent', async () => {
      const given = await open({ by: region, person: bo.address, custodian: hsa.careCentre, recipient: hsa.homeCare });
      await get(town, { custodian: organization(region) });
      const [row] = await asOwner(hub.hub.database).query<Readonly<Record<string, unknown>>>({
        text: `select interaction, outcome, status, entities from audit_log order by seq desc limit 1`,
      });
      expect(row).toMatchObject({
        interaction: 'explain-access',
        outcome: 'success',
        status: 200,
        entities: [{ address: bo.address, consent: `${given.id}/_history/${given.versionId}` }],
      });
      await withdraw(region, given);
    });
  });
}
