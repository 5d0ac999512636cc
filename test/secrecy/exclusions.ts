// Nested provisions (sip.md §5): what an active Consent of the person denies, nobody gets by any Consent. By recipient, resource or label.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { entriesOf, goal, issuesOf, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt } from './answers.ts';
import {
  change,
  confirm,
  create,
  denyActor,
  denyData,
  denyLabel,
  openJointly,
  remove,
  task,
  withdraw,
  type Written,
} from './world.ts';

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const sensitivity = 'https://siphub.se/fhir/CodeSystem/sip-sensitivity';

export function testExclusions(name: string, openHub: OpenHub): void {
  describe(`what a consent denies on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let region: VendorSystem;
    let town: VendorSystem;
    let bo: Written;
    let plain: Written;
    let secret: Written;
    const get = (system: VendorSystem, path: string): Promise<Answer> => ask(system, { method: 'GET', path });
    const sees = async (system: VendorSystem, { address }: Written): Promise<boolean> =>
      (await get(system, address)).status === 200;
    /** The town's view of the Goal that nothing is said of, and of the other. */
    const seen = async (): Promise<readonly boolean[]> => [await sees(town, plain), await sees(town, secret)];
    const open = (changes: Partial<Parameters<typeof openJointly>[0]> = {}): Promise<Written> =>
      openJointly({
        by: region,
        person: bo.address,
        custodians: [hsa.careCentre],
        recipients: [hsa.homeCare],
        ...changes,
      });
    const labelled = (system: string, code: string): Partial<FhirResource> => ({
      meta: { security: [{ system, code }] },
    });

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      region = await hub.party(hsa.careCentre);
      town = await hub.party(hsa.homeCare);
      bo = await create(region, patient(persons.bo));
      plain = await create(region, goal(bo.address));
      secret = await create(region, goal(bo.address, labelled(confidentiality, 'R')));
    });
    afterAll(() => hub.stop());

    test('is a resource, on every path, while the Consent is active', async () => {
      const given = await open({ denied: [denyData(secret.address)] });
      const about = await create(region, task(bo.address, hsa.homeCare, secret.address));
      expect(await seen()).toEqual([true, false]);
      const { id, versionId, address } = secret;
      for (const path of [`${address}/_history/${versionId}`, `${address}/_history`, `${address}/$meta`]) {
        expect([path, (await get(town, path)).status]).toEqual([path, 404]);
      }
      const listed = [
        'Goal?_count=1000',
        'Goal/_history?_count=1000',
        `Goal?patient=${bo.address}`,
        'Task?_include=Task:focus',
        `${bo.address}/$everything?_count=1000`,
        about.address,
        given.address,
      ];
      for (const path of listed) {
        const { status, text } = await get(town, path);
        expect([path, status, text.includes(id)]).toEqual([path, 200, false]);
        expect([path, (await get(region, path)).text.includes(id)]).toEqual([path, true]);
      }
      const counted = [
        `Goal?_id=${id}&_total=accurate`,
        `Task?focus=${address}`,
        `Task?focus:Goal.lifecycle-status=active`,
      ];
      for (const path of counted) expect([path, entriesOf(await get(town, path))]).toEqual([path, []]);
      await withdraw(region, given);
      await remove(region, about);
      const without = await open();
      expect(await seen()).toEqual([true, true]);
      await remove(region, without);
    });

    test('is denied by one Consent whatever another opens, until that one is withdrawn, ends or denies no more', async () => {
      const opening = await open();
      expect(await seen()).toEqual([true, true]);
      const deny = () => open({ recipients: [hsa.childUnit], denied: [denyData(secret.address)] });
      for (const status of ['inactive', 'entered-in-error'] as const) {
        const ended = await deny();
        expect(await seen()).toEqual([true, false]);
        await change(region, ended, { status });
        expect([status, await seen()]).toEqual([status, [true, true]]);
      }
      let denying = await deny();
      expect(await seen()).toEqual([true, false]);
      const { provision: _denied, ...provision } = denying.resource['provision'] as Readonly<Record<string, unknown>>;
      denying = await change(region, denying, { provision });
      expect(await seen()).toEqual([true, true]);
      await remove(region, denying);
      const end = new Date(hub.now().getTime() + 60_000).toISOString();
      const ending = await open({ period: { start: '2026-10-07', end }, denied: [denyData(secret.address)] });
      expect(await seen()).toEqual([true, false]);
      hub.advance(120_000);
      expect(await seen()).toEqual([true, true]);
      await remove(region, ending);
      await remove(region, opening);
    });

    test('is denied by whoever records it, and never to the custodian', async () => {
      const opening = await open();
      const clinic = await hub.party(hsa.orthopaedics);
      await create(clinic, patient(persons.bo));
      const denying = await open({
        by: clinic,
        custodians: [hsa.orthopaedics],
        denied: [denyActor(hsa.homeCare), denyActor(hsa.careCentre)],
      });
      expect(await seen()).toEqual([false, false]);
      expect([await sees(region, plain), await sees(region, secret)]).toEqual([true, true]);
      await remove(clinic, denying);
      expect(await seen()).toEqual([true, true]);
      await remove(region, opening);
    });

    test('is what bears a label, and what bears a more confidential one', async () => {
      const given = await open({ denied: [denyLabel(confidentiality, 'R')] });
      const labels = [
        ['N', true],
        ['V', false],
        ['R', false],
        ['U', true],
      ] as const;
      for (const [code, isSeen] of labels) {
        const other = await create(region, goal(bo.address, labelled(confidentiality, code)));
        expect([code, await sees(town, other)]).toEqual([code, isSeen]);
      }
      expect(await seen()).toEqual([true, false]);
      await remove(region, given);
      const sensitive = await create(region, goal(bo.address, labelled(sensitivity, 'violence')));
      const other = await create(region, goal(bo.address, labelled(sensitivity, 'mental-health')));
      const again = await open({ denied: [denyLabel(sensitivity, 'violence')] });
      expect([await sees(town, sensitive), await sees(town, other)]).toEqual([false, true]);
      await remove(region, again);
    });

    test('is a labelled resource with its earlier versions, and an earlier version that was labelled itself', async () => {
      const given = await open({ denied: [denyLabel(sensitivity, 'mental-health')] });
      const first = await create(region, goal(bo.address));
      const at = ({ address, versionId }: Written): Promise<number> =>
        get(town, `${address}/_history/${versionId}`).then(({ status }) => status);
      expect(await at(first)).toBe(200);
      const second = await change(region, first, labelled(sensitivity, 'mental-health'));
      expect([await at(first), await at(second), await sees(town, second)]).toEqual([404, 404, false]);
      const third = await change(region, second, labelled(confidentiality, 'N'));
      expect([await at(first), await at(second), await at(third)]).toEqual([200, 404, 200]);
      expect((await get(town, `${first.address}/_history`)).body?.['total']).toBe(2);
      const added = await ask(region, {
        method: 'POST',
        path: `${first.address}/$meta-add`,
        body: {
          resourceType: 'Parameters',
          parameter: [{ name: 'meta', valueMeta: { security: [{ system: sensitivity, code: 'mental-health' }] } }],
        },
      });
      expect(added.status).toBe(200);
      expect([await at(first), await at(third)]).toEqual([404, 404]);
      const current = (await get(region, first.address)).body as unknown as FhirResource;
      await remove(region, { ...first, versionId: current.meta?.versionId ?? '' });
      expect([await at(first), await at(third)]).toEqual([404, 404]);
      await remove(region, given);
    });

    test('is meant for an actor and the units below it, where one is named, and needs all that one provision says', async () => {
      const child = await hub.party(hsa.childUnit);
      const recipients = [hsa.homeCare, hsa.childUnit];
      const toBoard = await open({ recipients, denied: [denyActor(hsa.elderBoard)] });
      expect([await sees(town, plain), await sees(child, plain)]).toEqual([false, true]);
      await remove(region, toBoard);
      const both = { ...denyActor(hsa.homeCare), ...denyData(secret.address), type: 'deny' };
      const toTown = await open({ recipients, denied: [both] });
      expect([await seen(), await sees(child, secret)]).toEqual([[true, false], true]);
      await remove(region, toTown);
      const either = await open({ recipients, denied: [denyActor(hsa.childUnit), denyData(secret.address)] });
      expect([await seen(), await sees(child, plain)]).toEqual([[true, false], false]);
      await remove(region, either);
    });

    test('is confirmed anew by the custodians of a joint consent when less is denied', async () => {
      const clinic = await hub.party(hsa.orthopaedics);
      const clinics = await create(clinic, goal(bo.address));
      const given = await open({
        custodians: [hsa.careCentre, hsa.orthopaedics],
        denied: [denyData(secret.address)],
      });
      await confirm(clinic, given);
      expect(await sees(town, clinics)).toBe(true);
      const provision = given.resource['provision'] as { readonly provision: readonly object[] };
      const more = [...provision.provision, denyLabel(sensitivity, 'violence')];
      const narrower = await change(region, given, { provision: { ...provision, provision: more } });
      expect(await sees(town, clinics)).toBe(true);
      const wider = await change(region, narrower, { provision: { ...provision, provision: more.slice(1) } });
      expect([await sees(town, clinics), await sees(town, plain)]).toEqual([false, true]);
      await remove(region, wider);
    });

    test('is refused where the hub could not enforce it', async () => {
      const attempt = async (denied: object): Promise<readonly string[]> => {
        const whole = await open({ status: 'draft', denied: [denyData(secret.address)] });
        const provision = whole.resource['provision'] as object;
        const answer = await ask(region, {
          method: 'PUT',
          path: whole.address,
          body: { ...whole.resource, provision: { ...provision, provision: [denied] } },
          headers: { 'If-Match': `W/"${whole.versionId}"` },
        });
        await remove(region, whole);
        return issuesOf(answer).map(({ code, expression }) => `${code} ${expression}`);
      };
      expect(await attempt({ ...denyData(secret.address), purpose: [{ code: 'TREAT' }] })).toEqual([
        'consent-element-unsupported Consent.provision.provision[0].purpose',
      ]);
      expect(await attempt({ type: 'deny' })).toEqual(['consent-element-unsupported Consent.provision.provision[0]']);
      expect(await attempt(denyLabel(confidentiality, 'X'))).toContain(
        'consent-element-unsupported Consent.provision.provision[0].securityLabel[0]',
      );
    });
  });
}
