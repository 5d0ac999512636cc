// Who may see and write what, party by party (sip.md §4–5): one registration per party, what a consent opens and for whom, writing,
// the operator, scopes, the audit log, and who is shut out.
import { asOwner } from '../../src/store/row-level-security.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consentTransitions } from '../../src/access/consent-states.ts';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import {
  codesOf,
  consent,
  entriesOf,
  goal,
  organizationOf,
  patient,
  persons,
  personnummerSystem,
} from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt, type Call, differences, withoutNewWords } from './answers.ts';
import { clientIdOf, commandClient, organizationIdOf, thumbprintOf } from './clients.ts';
import {
  change,
  create,
  messageIdSystem,
  open,
  remove,
  secretWord,
  task,
  withdraw,
  type Written,
  reopen,
} from './world.ts';

const ifMatch = (versionId: string): Readonly<Record<string, string>> => ({ 'If-Match': `W/"${versionId}"` });
const sourceOf = (answer: { readonly body: unknown }): string | undefined =>
  (answer.body as FhirResource).meta?.source?.split('#')[1];

export function testSecrecy(name: string, openHub: OpenHub): void {
  describe(`secrecy on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let region: VendorSystem;
    let homeCare: VendorSystem;
    const party = (hsaId: string): Promise<VendorSystem> => hub.party(hsaId);
    const get = (system: VendorSystem, path: string): Promise<Answer> => ask(system, { method: 'GET', path });
    const sees = async (hsaId: string, address: string): Promise<boolean> =>
      (await get(await party(hsaId), address)).status === 200;

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      region = await party(hsa.careCentre);
      homeCare = await party(hsa.homeCare);
    });
    afterAll(() => hub.stop());

    describe('a registration', () => {
      const register = (number: string, headers = {}): Call => ({
        method: 'POST',
        path: 'Patient',
        body: patient(number),
        headers,
      });

      test('of a person others know is answered as one of a person nobody knows', async () => {
        await create(region, patient(persons.tolvan));
        const known = await ask(homeCare, register(persons.tolvan));
        const unknown = await ask(homeCare, register(persons.greta));
        expect(known.status).toBe(201);
        expect(
          differences(withoutNewWords(known), withoutNewWords(unknown), [[persons.tolvan, persons.greta]]),
        ).toEqual([]);
      });

      test('on condition is answered so too', async () => {
        const condition = (number: string): Call =>
          register(number, { 'If-None-Exist': `identifier=${personnummerSystem}|${number}` });
        await create(region, patient(persons.filip));
        const known = await ask(homeCare, condition(persons.filip));
        const unknown = await ask(homeCare, condition(persons.cecilia));
        expect(known.status).toBe(201);
        expect(
          differences(withoutNewWords(known), withoutNewWords(unknown), [[persons.filip, persons.cecilia]]),
        ).toEqual([]);
      });

      test('that is there already is a conflict, and tells nothing of others', async () => {
        const known = await ask(homeCare, register(persons.tolvan));
        const unknown = await ask(homeCare, register(persons.greta));
        expect(codesOf(known)).toEqual(['already-registered']);
        expect(differences(known, unknown, [])).toEqual([]);
      });

      test('has the id of the person, and versions of its own', async () => {
        const regions = await get(region, `Patient?identifier=${personnummerSystem}|${persons.tolvan}`);
        const homeCares = await get(homeCare, `Patient?identifier=${personnummerSystem}|${persons.tolvan}`);
        const [one] = entriesOf(regions);
        const [other] = entriesOf(homeCares);
        expect([entriesOf(regions).length, entriesOf(homeCares).length]).toEqual([1, 1]);
        expect(one?.resource?.id).toBe(other?.resource?.id);
        const address = `Patient/${one?.resource?.id ?? ''}`;
        const version = other?.resource?.meta?.versionId ?? '';
        expect(version).not.toBe(one?.resource?.meta?.versionId);
        const body = { ...patient(persons.tolvan, { birthDate: '1941-03-14' }), id: one?.resource?.id };
        const wrong = await ask(region, { method: 'PUT', path: address, body, headers: ifMatch(version) });
        expect(codesOf(wrong)).toEqual(['version-conflict']);
        await ask(homeCare, { method: 'PUT', path: address, body, headers: ifMatch(version) });
        expect((await get(region, address)).text).not.toContain('1941');
        expect((await get(region, `${address}/_history`)).body?.['total']).toBe(1);
        expect((await get(homeCare, `${address}/_history`)).body?.['total']).toBe(2);
      });

      test('that consent opens is the one that was last updated, for a party without its own', async () => {
        const clinic = await party(hsa.psychosisClinic);
        const school = await party(hsa.school);
        const first = await create(region, patient(persons.eva));
        await create(clinic, patient(persons.eva));
        for (const [by, custodian] of [
          [region, hsa.careCentre],
          [clinic, hsa.psychosisClinic],
        ] as const) {
          await open({ by, person: first.address, custodian, recipient: hsa.school });
        }
        expect(sourceOf(await get(school, first.address))).toBe(hsa.psychosisClinic);
        await change(region, first, { birthDate: '1990-02-23' });
        expect(sourceOf(await get(school, first.address))).toBe(hsa.careCentre);
        expect((await get(school, `Patient?_id=${first.id}&_total=accurate`)).body?.['total']).toBe(1);
        await create(school, patient(persons.eva));
        expect(sourceOf(await get(school, first.address))).toBe(hsa.school);
        expect((await get(school, `${first.address}/_history`)).body?.['total']).toBe(1);
      });
    });

    describe('a consent', () => {
      let david: Written;
      let secret: Written;
      let third: Written;
      const opening = (recipient: string): Parameters<typeof open>[0] => ({
        by: region,
        person: david.address,
        custodian: hsa.careCentre,
        recipient,
      });

      beforeAll(async () => {
        david = await create(region, patient(persons.david));
        secret = await create(region, goal(david.address, { description: { text: secretWord } }));
        const orthopaedics = await party(hsa.orthopaedics);
        await create(orthopaedics, patient(persons.david));
        third = await create(orthopaedics, goal(david.address));
      });

      test('reaches the units below its recipient, not those above or beside it', async () => {
        const given = await open(opening(hsa.elderBoard));
        expect(await sees(hsa.elderBoard, secret.address)).toBe(true);
        expect(await sees(hsa.homeCare, secret.address)).toBe(true);
        expect(await sees(hsa.uppsala, secret.address)).toBe(false);
        expect(await sees(hsa.orthopaedics, secret.address)).toBe(false);
        expect(await sees(hsa.regionUppsala, secret.address)).toBe(false);
        await withdraw(region, given);
        const unit = await open(opening(hsa.homeCare));
        expect(await sees(hsa.homeCare, secret.address)).toBe(true);
        expect(await sees(hsa.elderBoard, secret.address)).toBe(false);
        await withdraw(region, unit);
      });

      test('stops at an authority of its own: the social welfare board and the school board are two', async () => {
        const given = await open(opening(hsa.childUnit));
        expect(await sees(hsa.childUnit, secret.address)).toBe(true);
        expect(await sees(hsa.school, secret.address)).toBe(false);
        await withdraw(region, given);
        const municipality = await open(opening(hsa.uppsala));
        expect(await sees(hsa.uppsala, secret.address)).toBe(true);
        expect(await sees(hsa.homeCare, secret.address)).toBe(false);
        await withdraw(region, municipality);
      });

      test('opens the data of the custodian that recorded it, down to its units and of nobody else', async () => {
        const organization = organizationOf(hsa.orthopaedics);
        const named = consent(david.address, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
        const both = await create(region, {
          ...named,
          organization: [{ reference: organizationOf(hsa.careCentre) }, { reference: organization }],
        });
        expect(await sees(hsa.homeCare, secret.address)).toBe(true);
        expect(await sees(hsa.homeCare, third.address)).toBe(false);
        await withdraw(region, both);
        const above = await open({ ...opening(hsa.homeCare), custodian: hsa.regionUppsala });
        expect(await sees(hsa.homeCare, secret.address)).toBe(false);
        await withdraw(region, above);
        const whole = await party(hsa.regionUppsala);
        await create(whole, patient(persons.david));
        const regions = await open({ ...opening(hsa.homeCare), by: whole, custodian: hsa.regionUppsala });
        expect([await sees(hsa.homeCare, secret.address), await sees(hsa.homeCare, third.address)]).toEqual([
          true,
          true,
        ]);
        await withdraw(whole, regions);
        expect([await sees(hsa.homeCare, secret.address), await sees(hsa.homeCare, third.address)]).toEqual([
          false,
          false,
        ]);
      });

      test('closes when it is withdrawn, entered in error or deleted, and opens when it is given again', async () => {
        for (const status of ['inactive', 'entered-in-error', undefined] as const) {
          const given = await open(opening(hsa.homeCare));
          expect(await sees(hsa.homeCare, secret.address), status).toBe(true);
          if (status === undefined) await remove(region, given);
          else await change(region, given, { status });
          expect(await sees(hsa.homeCare, secret.address), status).toBe(false);
        }
      });

      test('goes on from each status to those of the table, and to no other', async () => {
        const statuses = Object.keys(consentTransitions);
        for (const from of statuses) {
          for (const to of statuses) {
            const given = await open({ ...opening(hsa.homeCare), status: from });
            const answer = await ask(region, {
              method: 'PUT',
              path: given.address,
              body: { ...given.resource, status: to },
              headers: ifMatch(given.versionId),
            });
            const isLawful = from === to || consentTransitions[from]?.includes(to) === true;
            const expected = isLawful ? [200, []] : [422, ['state-transition']];
            expect([from, to, answer.status, codesOf(answer)]).toEqual([from, to, ...expected]);
            const now = (await get(region, given.address)).body as unknown as FhirResource;
            await remove(region, { ...given, versionId: now.meta?.versionId ?? '' });
          }
        }
      });

      test('that names other recipients opens for them alone', async () => {
        const given = await open(opening(hsa.homeCare));
        const moved = consent(david.address, organizationOf(hsa.careCentre), organizationOf(hsa.childUnit));
        const after = await change(region, given, { provision: moved['provision'] });
        expect(await sees(hsa.homeCare, secret.address)).toBe(false);
        expect(await sees(hsa.childUnit, secret.address)).toBe(true);
        await withdraw(region, after);
      });

      test('is itself seen by its recipient only while it opens', async () => {
        const given = await open(opening(hsa.homeCare));
        expect(await sees(hsa.homeCare, given.address)).toBe(true);
        expect(await sees(hsa.childUnit, given.address)).toBe(false);
        await withdraw(region, given);
        expect(await sees(hsa.homeCare, given.address)).toBe(false);
      });

      test('that two give opens until both are withdrawn', async () => {
        const one = await open(opening(hsa.homeCare));
        const other = await open(opening(hsa.elderBoard));
        await withdraw(region, one);
        expect(await sees(hsa.homeCare, secret.address)).toBe(true);
        await withdraw(region, other);
        expect(await sees(hsa.homeCare, secret.address)).toBe(false);
      });
    });

    describe('writing', () => {
      let bo: Written;
      let kept: Written;
      let given: Written;

      beforeAll(async () => {
        bo = await create(region, patient(persons.bo));
        kept = await create(region, goal(bo.address));
        given = await open({ by: region, person: bo.address, custodian: hsa.careCentre, recipient: hsa.homeCare });
      });

      test('is for the custodian alone, also where others see', async () => {
        const put = await ask(homeCare, {
          method: 'PUT',
          path: kept.address,
          body: kept.resource,
          headers: ifMatch(kept.versionId),
        });
        const gone = await ask(homeCare, { method: 'DELETE', path: kept.address, headers: ifMatch(kept.versionId) });
        expect([...codesOf(put), ...codesOf(gone)]).toEqual(['not-your-resource', 'not-your-resource']);
        expect((await get(region, kept.address)).headers['etag']).toBe(`W/"${kept.versionId}"`);
      });

      test('takes nothing of what a client writes about source, version, time and id', async () => {
        const meta = {
          source: 'urn:oid:1.2.752.29.4.19#SE2120003005-2011',
          versionId: 'mine',
          lastUpdated: '2001-01-01T00:00:00Z',
        };
        const made = await create(region, { ...goal(bo.address), id: 'mine', meta });
        expect(made.id).not.toBe('mine');
        for (const written of [made, await change(region, made, { meta })]) {
          expect(written.resource.meta?.source).toBe(`urn:oid:1.2.752.29.4.19#${hsa.careCentre}`);
          expect(written.resource.meta?.versionId).not.toBe('mine');
          expect(written.resource.meta?.lastUpdated).not.toContain('2001');
          expect(await sees(hsa.childUnit, written.address)).toBe(false);
        }
      });

      test('moves no resource to another person, and links no two persons', async () => {
        const other = await create(region, patient(persons.astrid));
        const theirs = await create(region, goal(other.address));
        const moved = await ask(region, {
          method: 'PUT',
          path: kept.address,
          body: { ...kept.resource, subject: { reference: other.address } },
          headers: ifMatch(kept.versionId),
        });
        const linked = await ask(region, {
          method: 'POST',
          path: 'Task',
          body: task(bo.address, hsa.homeCare, theirs.address),
        });
        expect([codesOf(moved), codesOf(linked)]).toEqual([['subject-fixed'], ['subject-mismatch']]);
      });

      test('from a reduced view is refused, also when everything shows again', async () => {
        const own = await create(homeCare, task(bo.address, hsa.homeCare, kept.address));
        given = await withdraw(region, given);
        const reduced = await get(homeCare, own.address);
        expect(reduced.text).not.toContain(kept.id);
        given = await reopen(region, given);
        expect((await get(homeCare, own.address)).text).toContain(kept.id);
        const body = { ...reduced.body, for: { reference: bo.address } };
        const put = await ask(homeCare, { method: 'PUT', path: own.address, body, headers: ifMatch(own.versionId) });
        expect(codesOf(put)).toEqual(['reduced-view']);
      });
    });

    describe('a token', () => {
      const entryOf = (method: string, url: string): Call => ({
        method: 'POST',
        path: '',
        body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method, url } }] },
      });

      test('of the operator opens nothing about persons on any path', async () => {
        const found = await get(region, `Goal?_count=1`);
        const { id = '', meta } = entriesOf(found)[0]?.resource ?? {};
        const calls: readonly Call[] = [
          { method: 'GET', path: `Goal/${id}` },
          { method: 'HEAD', path: `Goal/${id}` },
          { method: 'GET', path: `Goal/${id}/_history/${meta?.versionId ?? ''}` },
          { method: 'GET', path: `Goal/${id}/_history` },
          { method: 'GET', path: 'Goal/_history' },
          { method: 'GET', path: 'Goal' },
          { method: 'GET', path: 'Patient?_count=0' },
          { method: 'DELETE', path: `Goal/${id}`, headers: ifMatch(meta?.versionId ?? '') },
          {
            method: 'PUT',
            path: `Goal/${id}`,
            body: { ...goal('Patient/1'), id },
            headers: ifMatch(meta?.versionId ?? ''),
          },
          { method: 'POST', path: 'Goal', body: goal('Patient/1') },
          { method: 'POST', path: 'Patient', body: patient(persons.astrid) },
        ];
        for (const call of calls) {
          const answer = await ask(hub.operator, call);
          expect([call.method, call.path, answer.status]).toEqual([call.method, call.path, 403]);
        }
        const batch = await ask(hub.operator, entryOf('GET', `Goal/${id}`));
        expect(entriesOf(batch)[0]?.response?.status).toBe('403');
        expect(batch.text).not.toContain('"Goal"');
      });

      test('with a narrower scope includes, chains and looks back no further than it', async () => {
        const goals = await hub.party(hsa.careCentre, 'system/Goal.crs');
        const readOnly = await hub.party(hsa.careCentre, 'system/Goal.r');
        const included = await get(goals, 'Goal?_include=Goal:patient');
        expect(included.status).toBe(200);
        expect(included.text).not.toContain('"resourceType":"Patient"');
        const person = `patient.identifier=${personnummerSystem}|${persons.david}`;
        const asked: readonly (readonly [VendorSystem, Call])[] = [
          [goals, { method: 'GET', path: `Goal?${person}` }],
          [goals, { method: 'GET', path: 'Patient' }],
          [
            goals,
            { method: 'POST', path: 'Goal', body: goal(`Patient?identifier=${personnummerSystem}|${persons.david}`) },
          ],
          [goals, { method: 'POST', path: 'Goal', body: goal('Patient/1'), headers: { 'If-None-Exist': person } }],
          [readOnly, { method: 'GET', path: 'Goal' }],
          [readOnly, { method: 'GET', path: 'Goal/_history' }],
          [readOnly, { method: 'POST', path: 'Goal', body: goal('Patient/1') }],
        ];
        for (const [system, call] of asked) {
          const answer = await ask(system, call);
          expect([call.path, codesOf(answer)]).toEqual([call.path, ['scope-insufficient']]);
        }
        const batch = await ask(goals, entryOf('GET', 'Patient'));
        expect(entriesOf(batch)[0]?.response?.status).toBe('403');
      });

      test('in a condition asks for the scope of each type that a chain leads to', async () => {
        const tasks = await hub.party(hsa.careCentre, 'system/Task.crs system/Goal.rs system/Patient.r');
        const person = `patient.identifier=${personnummerSystem}|${persons.david}`;
        const about = `Patient/${entriesOf(await get(region, `Patient?identifier=${personnummerSystem}|${persons.david}`))[0]?.resource?.id ?? ''}`;
        const owner = { reference: `Organization/${organizationIdOf(region)}` };
        const body = task(about, hsa.careCentre, `Goal?${person}`, { owner });
        const refer = await ask(tasks, { method: 'POST', path: 'Task', body });
        expect([refer.status, codesOf(refer)]).toEqual([403, ['scope-insufficient']]);
      });
    });

    describe('the audit log', () => {
      interface Logged {
        readonly interaction: string;
        readonly outcome: string;
        readonly entities: readonly {
          readonly address: string;
          readonly versionId?: string;
          readonly consent?: string;
        }[];
      }
      const rowsOf = (answer: Answer): Promise<readonly Logged[]> =>
        asOwner(hub.hub.database).query<Logged>({
          text: 'select interaction, outcome, entities::jsonb as entities from audit_log where request_id = $1 order by seq',
          values: [answer.headers['x-request-id']],
        });

      test('names the consent and its version for everything that was shared', async () => {
        const clinic = await party(hsa.childPsychiatry);
        const person = await create(clinic, patient(persons.david));
        const identifier = [{ system: messageIdSystem, value: 'delad' }];
        const shared = await create(clinic, goal(person.address, { identifier }));
        const given = await open({
          by: clinic,
          person: person.address,
          custodian: hsa.childPsychiatry,
          recipient: hsa.childUnit,
        });
        const reader = await party(hsa.childUnit);
        const named = `${given.id}/_history/${given.versionId}`;
        const calls: readonly Call[] = [
          { method: 'GET', path: shared.address },
          { method: 'HEAD', path: shared.address },
          { method: 'GET', path: shared.address, headers: { 'If-None-Match': `W/"${shared.versionId}"` } },
          { method: 'GET', path: `${shared.address}/_history/${shared.versionId}` },
          { method: 'GET', path: `${shared.address}/_history` },
          { method: 'GET', path: `Goal?_id=${shared.id}` },
          {
            method: 'POST',
            path: 'Goal',
            body: goal(person.address),
            headers: { 'If-None-Exist': `identifier=${messageIdSystem}|delad` },
          },
        ];
        for (const call of calls) {
          const answer = await ask(reader, call);
          const entity = { address: shared.address, versionId: shared.versionId, consent: named };
          expect([call.method, call.path, await rowsOf(answer)]).toMatchObject([
            call.method,
            call.path,
            [{ outcome: 'success', entities: [entity] }],
          ]);
        }
        const found = await ask(reader, { method: 'GET', path: `Goal?_id=${shared.id}&_include=Goal:patient` });
        const [row] = await rowsOf(found);
        expect(row?.entities.map(({ address, consent }) => [address, consent])).toEqual([
          [shared.address, named],
          [person.address, named],
        ]);
        const refused = await ask(homeCare, { method: 'GET', path: shared.address });
        expect(await rowsOf(refused)).toMatchObject([{ outcome: 'refused', entities: [] }]);
      });
    });

    describe('who is shut out', () => {
      const paths = ['Organization', 'Goal', 'Goal?_count=0', 'Goal/_history', 'Patient/1', 'Patient/1/_history'];
      const statuses = async (system: VendorSystem): Promise<readonly number[]> => {
        const answers: number[] = [];
        for (const path of paths) answers.push((await get(system, path)).status);
        return [...new Set(answers)];
      };

      test('a client whose key is disabled, with the token it has', async () => {
        const system = await party(hsa.psychosisClinic);
        expect((await get(system, 'Goal')).status).toBe(200);
        await commandClient(hub, {
          kind: 'disable-key',
          clientId: clientIdOf(system),
          thumbprint: thumbprintOf(system),
        });
        expect(await statuses(system)).toEqual([401]);
      });

      test('a client whose organization is made inactive, until it is active again', async () => {
        const system = await party(hsa.housingSupport);
        const address = `Organization/${organizationIdOf(system)}`;
        const setActive = async (active: boolean): Promise<void> => {
          const now = await get(hub.operator, address);
          const headers = { 'If-Match': now.headers['etag'] ?? '' };
          const put = await ask(hub.operator, { method: 'PUT', path: address, body: { ...now.body, active }, headers });
          expect(put.status).toBe(200);
        };
        expect((await get(system, 'Goal')).status).toBe(200);
        await setActive(false);
        expect(await statuses(system)).toEqual([401]);
        await setActive(true);
        expect((await get(system, 'Goal')).status).toBe(200);
      });
    });
  });
}
