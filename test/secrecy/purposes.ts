// The purposes of a Consent (sip.md §5): it opens to a caller that says one of them, and to no other. Said in the assertion that the client
// signs (IUA purpose_of_use), with who is at work; both stand in the log.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { codesOf, consent, entriesOf, goal, organizationOf, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt } from './answers.ts';
import { organizationIdOf } from './clients.ts';
import { change, confirm, create, type Written } from './world.ts';

const system = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const scope = 'system/*.cruds';

export function testPurposes(name: string, openHub: OpenHub): void {
  describe(`the purposes of a Consent on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let region: VendorSystem;
    let silent: VendorSystem;
    let treating: VendorSystem;
    let coordinating: VendorSystem;
    let bo: Written;
    let kept: Written;

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      region = await hub.party(hsa.careCentre);
      silent = await hub.party(hsa.homeCare);
      treating = await hub.party(hsa.homeCare, scope, {
        staffId: 'SE2120003005-P001',
        roles: ['urn:oid:1.2.752.29.23.1.6|SS'],
        purposes: [`${system}|TREAT`],
      });
      coordinating = await hub.party(hsa.homeCare, scope, { purposes: [`${system}|COC`, `${system}|HOPERAT`] });
      bo = await create(region, patient(persons.bo));
      kept = await create(region, goal(bo.address));
    });
    afterAll(() => hub.stop());

    const toConsent = (purposes: readonly object[], custodian: string = hsa.careCentre) => {
      const resource = consent(bo.address, organizationOf(custodian), organizationOf(hsa.homeCare));
      return { ...resource, provision: { ...(resource['provision'] as object), purpose: purposes } };
    };
    const purpose = (...codes: readonly string[]): readonly object[] => codes.map((code) => ({ system, code }));
    const record = (...codes: readonly string[]): Promise<Written> => create(region, toConsent(purpose(...codes)));
    const read = (by: VendorSystem): Promise<Answer> => ask(by, { method: 'GET', path: kept.address });
    /** What each of the three is answered: by address, and by search. */
    const seenBy = async (): Promise<readonly (readonly unknown[])[]> =>
      Promise.all(
        [silent, treating, coordinating].map(async (by) => {
          const found = await ask(by, { method: 'GET', path: `Goal?_id=${kept.id}&_total=accurate` });
          const history = await ask(by, { method: 'GET', path: `${kept.address}/_history` });
          return [(await read(by)).status, entriesOf(found).length, found.body?.['total'], history.status];
        }),
      );
    const seen = [200, 1, 1, 200];
    const unseen = [404, 0, 0, 404];

    test('open to who says one of them, and to no other', async () => {
      expect(await seenBy()).toEqual([unseen, unseen, unseen]);
      const given = await record('TREAT');
      expect(await seenBy()).toEqual([unseen, seen, unseen]);
      const more = await change(region, given, toConsent(purpose('COC', 'TREAT')));
      expect(await seenBy()).toEqual([unseen, seen, seen]);
      const other = await change(region, more, toConsent(purpose('HRESCH')));
      expect(await seenBy()).toEqual([unseen, unseen, unseen]);
      // Of another system, and so another purpose.
      const strange = await change(
        region,
        other,
        toConsent([{ system: 'https://example.org/purposes', code: 'TREAT' }]),
      );
      expect(await seenBy()).toEqual([unseen, unseen, unseen]);
      const { purpose: _purpose, ...any } = toConsent([]).provision as { readonly purpose: unknown };
      const open = await change(region, strange, { provision: any });
      expect(await seenBy()).toEqual([seen, seen, seen]);
      await change(region, open, { status: 'inactive' });
      expect(await seenBy()).toEqual([unseen, unseen, unseen]);
    });

    test('are those of the Consent that opens: another one may be for others', async () => {
      const given = [await record('TREAT'), await record('COC')];
      expect(await seenBy()).toEqual([unseen, seen, seen]);
      for (const one of given) await change(region, one, { status: 'inactive' });
    });

    test('count for what a custodian confirms, and more of them must be confirmed anew', async () => {
      const town = await hub.party(hsa.childUnit);
      const registered = await create(town, patient(persons.bo));
      const given = await create(town, toConsent(purpose('TREAT')));
      expect(registered.address).toBe(bo.address);
      expect(await seenBy()).toEqual([unseen, unseen, unseen]);
      expect((await confirm(region, given)).status).toBe(200);
      expect(await seenBy()).toEqual([unseen, seen, unseen]);
      const more = await change(town, given, toConsent(purpose('TREAT', 'COC')));
      expect(await seenBy()).toEqual([unseen, unseen, unseen]);
      expect((await confirm(region, more)).status).toBe(200);
      expect(await seenBy()).toEqual([unseen, seen, seen]);
      const fewer = await change(town, more, toConsent(purpose('COC')));
      expect(await seenBy()).toEqual([unseen, unseen, seen]);
      await change(town, fewer, { status: 'inactive' });
    });

    test.each([
      ['without a system', { code: 'TREAT' }],
      ['without a code', { system }],
      ['with a space', { system: 'https://example.org/p', code: 'TREAT COC' }],
    ])('are refused %s', async (_what, coding) => {
      const answer = await ask(region, { method: 'POST', path: 'Consent', body: toConsent([coding]) });
      expect([answer.status, codesOf(answer)]).toEqual([422, ['consent-element-unsupported']]);
    });

    test('explain what is open: to a caller by what it says itself', async () => {
      await create(silent, patient(persons.bo));
      const given = await record('TREAT');
      const path = `Consent/$explain-access?patient=${bo.address}&custodian=Organization/${organizationIdOf(region)}`;
      const toldTo = async (by: VendorSystem): Promise<unknown> => {
        const { body } = await ask(by, { method: 'GET', path });
        const told = (body?.['parameter'] ?? []) as readonly { readonly valueBoolean?: boolean }[];
        return told[0]?.valueBoolean;
      };
      expect([await toldTo(silent), await toldTo(treating), await toldTo(coordinating)]).toEqual([false, true, false]);
      // The custodian is told that it is open to the town, for what the Consent is for.
      const about = `Consent/$explain-access?patient=${bo.address}&recipient=Organization/${organizationIdOf(silent)}`;
      const toCustodian = await ask(region, { method: 'GET', path: about });
      expect(toCustodian.text).toContain('"valueBoolean":true');
      expect(toCustodian.text).toContain(given.id);
      await change(region, given, { status: 'inactive' });
    });

    test('stand in the log with who was at work, who is named to the own party alone', async () => {
      const given = await record('TREAT');
      const requestId = (await read(treating)).headers['x-request-id'] ?? '';
      const eventOf = async (by: VendorSystem): Promise<string> => {
        const { body } = await ask(by, { method: 'GET', path: `AuditEvent?patient=${bo.address}&_count=100` });
        const found = entriesOf({ body }).map(({ resource }) => JSON.stringify(resource));
        return found.find((text) => text.includes(requestId)) ?? '';
      };
      const [own, told] = [await eventOf(silent), await eventOf(region)];
      for (const text of [own, told]) {
        expect(text).toContain(`"purposeOfUse":[{"coding":[{"system":"${system}","code":"TREAT"}]}]`);
      }
      expect(own).toContain('"value":"SE2120003005-P001"');
      expect(own).toContain('"code":"SS"');
      expect(told).not.toContain('P001');
      expect(told).not.toContain('"code":"SS"');
      for (const text of [own, told]) {
        const verdict = await ask(region, { method: 'POST', path: 'AuditEvent/$validate', body: text });
        const issues = (verdict.body?.['issue'] ?? []) as readonly { readonly severity: string }[];
        expect(issues.filter(({ severity }) => severity !== 'information')).toEqual([]);
      }
      await change(region, given, { status: 'inactive' });
    });
  });
}
