// Patient/[id]/$access-log: the log about one person as a page, for the party that is asked "who has seen my plan".
// What events it is told of is shown in secrecy/audit-events.ts; here, that the page holds those and no others.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { type Answer, type Ask, askAt, differences } from '../secrecy/answers.ts';
import { create, open, type Written } from '../secrecy/world.ts';
import { codesOf, goal, patient, persons } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const never = '0199a0b0-0000-7000-8000-0123456789ab';

export function testAccessLog(name: string, openHub: OpenHub): void {
  describe(`the access log as a page, on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let region: VendorSystem;
    let town: VendorSystem;
    let bo: Written;

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      region = await hub.party(hsa.careCentre);
      town = await hub.party(hsa.homeCare);
      bo = await create(region, patient(persons.bo));
      await create(region, patient(persons.cecilia));
      const kept = await create(region, goal(bo.address));
      await open({ by: region, person: bo.address, custodian: hsa.careCentre, recipient: hsa.homeCare });
      await create(town, patient(persons.bo));
      await create(town, goal(bo.address));
      await ask(town, { method: 'GET', path: kept.address });
      await ask(town, { method: 'GET', path: `Goal?patient=${bo.address}` });
    });
    afterAll(() => hub.stop());

    const page = (by: VendorSystem, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
      ask(by, { method: 'GET', path: `${bo.address}/$access-log${query}`, headers });
    const rowsOf = ({ text }: Answer): readonly string[] =>
      [...text.matchAll(/<tr><td>.*<\/tr>/g)].map(([row]) => row.replaceAll(/<[^>]+>/g, '|').replaceAll(/\|+/g, '|'));

    test('names the other party, what it was given of one’s own, and by what right', async () => {
      const answer = await page(region);
      expect([answer.status, answer.headers['content-type'], answer.headers['content-language']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'sv',
      ]);
      const rows = rowsOf(answer);
      expect(rows.filter((row) => row.includes('Hemvården'))).toEqual([
        // Of two Goals the town was given one of the region's.
        expect.stringMatching(/\|Hemvården Ängskullen\|Sökte och fick 1 mål\|den enskildes samtycke\|$/),
        expect.stringMatching(/\|Hemvården Ängskullen\|Läste 1 mål\|den enskildes samtycke\|$/),
      ]);
      expect(rows).toContainEqual(expect.stringMatching(/\|Ängskullens vårdcentral\|Skrev 1 mål\|egna uppgifter\|$/));
      expect(answer.text).toContain(`Gäller Åsa Märta Öberg, ${persons.bo}.`);
      expect(answer.text).not.toContain(persons.cecilia);
      // Newest first, and the taking out of the page is in the next one.
      expect(rowsOf(await page(region))[0]).toMatch(/Tog fram den här sidan: personuppgifter och \d+ loggposter/);
    });

    test('tells the party whose registration names the person on another’s page', async () => {
      const clinic = await hub.party(hsa.orthopaedics);
      await open({ by: region, person: bo.address, custodian: hsa.careCentre, recipient: hsa.orthopaedics });
      const answer = await page(clinic);
      expect(answer.text).toContain(`Gäller Åsa Märta Öberg, ${persons.bo}.`);
      const told = rowsOf(await page(region)).filter((row) => row.includes('Ortoped'));
      expect(told).toEqual([
        expect.stringMatching(/Tog fram den här sidan: personuppgifter\|den enskildes samtycke\|$/),
      ]);
    });

    test('is what a browser asks for, and nothing that JSON clients need', async () => {
      expect((await page(region, '', { Accept: 'text/html,application/xhtml+xml;q=0.9' })).status).toBe(200);
      expect((await page(region, '', { Accept: 'application/pdf' })).status).toBe(406);
      const other = await ask(region, { method: 'GET', path: bo.address, headers: { Accept: 'text/html' } });
      expect(other.status).toBe(406);
    });

    test('takes a span of time', async () => {
      const year = hub.now().getFullYear();
      expect(rowsOf(await page(region, `?start=${year - 3}&end=${year - 2}`))).toEqual([]);
      expect(rowsOf(await page(region, `?start=${year}`)).length).toBeGreaterThan(3);
      const wrong = await page(region, '?start=yesterday');
      expect([wrong.status, codesOf(wrong)]).toEqual([400, ['operation-parameter-invalid']]);
      const unknown = await page(region, '?_count=1');
      expect([unknown.status, codesOf(unknown)]).toEqual([400, ['operation-parameter-invalid']]);
    });

    test('is as absent of a person that the caller does not see', async () => {
      const clinic = await hub.party(hsa.childUnit);
      const hidden = await page(clinic);
      const absent = await ask(clinic, { method: 'GET', path: `Patient/${never}/$access-log` });
      expect([hidden.status, codesOf(hidden)]).toEqual([404, ['not-found']]);
      expect(differences(hidden, absent, [[bo.id, never]])).toEqual([]);
    });

    test.each(['system/Patient.rs', 'system/AuditEvent.rs', 'system/Patient.r system/AuditEvent.r'])(
      'needs more than %s',
      async (scope) => {
        const answer = await page(await hub.party(hsa.careCentre, scope));
        expect([answer.status, codesOf(answer)]).toEqual([403, ['scope-insufficient']]);
      },
    );

    test('is not for the operator', async () => {
      expect((await page(hub.operator)).status).toBe(403);
    });
  });
}
