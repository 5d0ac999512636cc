// $validate over HTTP: judges as the write would, stores nothing, tells nothing that the write would not.
// https://hl7.org/fhir/R4/resource-operation-validate.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { addressOf, codesOf, consent, goal, issuesOf, organizationOf, patient, persons, put } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const never = '00000000-0000-7000-8000-000000000000';
/** Parameters without any. */
const nothing = { resourceType: 'Parameters' };
const r4 = 'http://hl7.org/fhir/StructureDefinition';
const sip = 'https://siphub.se/fhir/StructureDefinition';

const severitiesOf = ({ body }: FhirAnswer): readonly string[] =>
  ((body as { issue?: readonly { severity: string }[] } | undefined)?.issue ?? []).map(({ severity }) => severity);

/** Without what differs between any two answers. */
const outcomeOf = ({ status, body }: FhirAnswer): unknown => ({ status, body });

export function describeValidate(name: string, open: OpenHub): void {
  describe(`$validate on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let stranger: VendorSystem;
    let astrid: string;
    let goalAddress: string;

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      stranger = await hub.party(hsa.school);
      astrid = await put(region, patient(persons.astrid));
      goalAddress = await put(region, goal(astrid));
    });

    afterAll(async () => {
      await hub.stop();
    });

    const ask = (
      path: string,
      body: unknown = nothing,
      by: VendorSystem = region,
      ifMatch?: string,
    ): Promise<FhirAnswer> =>
      by.call({ method: 'POST', path, body, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } });
    const inParameters = (resource: FhirResource, ...rest: readonly object[]): object => ({
      resourceType: 'Parameters',
      parameter: [{ name: 'resource', resource }, ...rest],
    });

    test('says All OK of a valid resource, bare or in Parameters', async () => {
      for (const body of [goal(astrid), inParameters(goal(astrid))]) {
        const answer = await ask('Goal/$validate', body);
        expect(answer.status).toBe(200);
        expect(answer.body).toEqual({
          resourceType: 'OperationOutcome',
          issue: [{ severity: 'information', code: 'informational', details: { text: 'All OK' } }],
        });
      }
    });

    test('answers 200 and names every fault with its place', async () => {
      const answer = await ask(
        'Goal/$validate',
        goal(astrid, { lifecycleStatus: 'nonsense', startDate: '2026-02-30' }),
      );
      expect(answer.status).toBe(200);
      expect(issuesOf(answer).map(({ code, expression }) => `${code} ${expression}`)).toEqual(
        expect.arrayContaining(['code-not-in-value-set Goal.lifecycleStatus', 'invalid-value Goal.start']),
      );
      expect(severitiesOf(answer)).not.toContain('information');
    });

    test('gives warnings beside All OK', async () => {
      const claims = goal(astrid, { meta: { profile: ['https://example.org/StructureDefinition/unheard-of'] } });
      const answer = await ask('Goal/$validate', claims);
      expect(severitiesOf(answer)).toEqual(['warning', 'information']);
      expect(issuesOf(answer)[0]).toMatchObject({ code: 'profile-unknown', expression: 'Goal.meta.profile' });
    });

    test('judges by the profiles that are named, base R4 among them', async () => {
      const plain = { resourceType: 'Patient' };
      expect(codesOf(await ask('Patient/$validate', plain))).toContain('element-required');
      expect(severitiesOf(await ask(`Patient/$validate?profile=${r4}/Patient`, plain))).toEqual(['information']);
      const named = inParameters(plain, { name: 'profile', valueUri: `${sip}/SipPatient` });
      expect(codesOf(await ask('Patient/$validate', named))).toContain('element-required');
      const other = await ask(`Patient/$validate?mode=profile&profile=${sip}/SipGoal`, plain);
      expect(issuesOf(other)[0]).toMatchObject({ code: 'profile-unknown', expression: 'Patient' });
      const foreign = await ask(`Patient/$validate?profile=${sip}/SipCarePlan`, plain);
      expect(issuesOf(foreign)[0]).toMatchObject({ code: 'type-not-allowed', expression: 'Patient' });
    });

    test.each<readonly [string, string, unknown, number, string]>([
      ['no resource', 'Goal/$validate', nothing, 400, 'body-missing'],
      [
        'two resources',
        'Goal/$validate',
        {
          resourceType: 'Parameters',
          parameter: [
            { name: 'resource', resource: goal('Patient/x') },
            { name: 'resource', resource: goal('Patient/x') },
          ],
        },
        400,
        'operation-parameter-invalid',
      ],
      ['another type', 'Goal/$validate', patient(persons.astrid), 400, 'resource-type-mismatch'],
      ['an unknown mode', 'Goal/$validate?mode=guess', goal('Patient/x'), 400, 'operation-parameter-invalid'],
      [
        'mode profile without one',
        'Goal/$validate?mode=profile',
        goal('Patient/x'),
        400,
        'operation-parameter-invalid',
      ],
      ['an unknown parameter', 'Goal/$validate?strict=true', goal('Patient/x'), 400, 'operation-parameter-invalid'],
      ['delete of a type', 'Goal/$validate?mode=delete', nothing, 400, 'body-missing'],
      [
        'create of one resource',
        `Goal/${never}/$validate?mode=create`,
        goal('Patient/x'),
        400,
        'operation-parameter-invalid',
      ],
      ['a type that is not served', 'Basic/$validate', { resourceType: 'Basic' }, 404, 'endpoint-unknown'],
      ['no type at all', '$validate', goal('Patient/x'), 404, 'endpoint-unknown'],
    ])('refuses a call with %s', async (_case, path, ...[body, status, code]) => {
      const answer = await ask(path, body);
      expect([answer.status, codesOf(answer)[0]]).toEqual([status, code]);
    });

    test('mode create says what the create would say of references and rights, and nothing is written', async () => {
      const before = await hub.countRows();
      expect(severitiesOf(await ask('Goal/$validate?mode=create', goal(astrid)))).toEqual(['information']);
      const dangling = await ask('Goal/$validate?mode=create', goal(`Patient/${never}`));
      expect(issuesOf(dangling)[0]).toMatchObject({ code: 'reference-not-found', expression: 'Goal.subject' });
      const reader = await hub.party(hsa.homeCare, 'system/*.r');
      expect(codesOf(await ask('Goal/$validate?mode=create', goal(astrid), reader))).toContain('scope-insufficient');
      expect(
        codesOf(await ask('Organization/$validate?mode=create', { resourceType: 'Organization', name: 'x' })),
      ).toContain('role-forbidden');
      const after = await hub.countRows();
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      expect(changed.filter((table) => !/audit|client|key|token|assertion|authorization/.test(table))).toEqual([]);
    });

    test('a hidden person answers as one that is not there, in every mode', async () => {
      const hidden = await ask('Goal/$validate?mode=create', goal(astrid), stranger);
      const absent = await ask('Goal/$validate?mode=create', goal(`Patient/${never}`), stranger);
      expect(outcomeOf(hidden)).toEqual(outcomeOf(absent));
      const id = goalAddress.split('/')[1] ?? '';
      for (const mode of ['update', 'delete']) {
        const body = (at: string) => (mode === 'update' ? goal(astrid, { id: at }) : undefined);
        const one = await ask(`Goal/${id}/$validate?mode=${mode}`, body(id), stranger);
        const other = await ask(`Goal/${never}/$validate?mode=${mode}`, body(never), stranger);
        expect(outcomeOf(one)).toEqual(outcomeOf(other));
        expect(codesOf(one)).toContain('not-found');
      }
      const [seen, unseen] = [
        await stranger.call({ method: 'GET', path: `Goal/${id}/$validate` }),
        await stranger.call({ method: 'GET', path: `Goal/${never}/$validate` }),
      ];
      expect(outcomeOf(seen)).toEqual(outcomeOf(unseen));
      expect(seen.status).toBe(404);
    });

    test('mode update and delete say what the write would say of the version, the id and the subject', async () => {
      const id = goalAddress.split('/')[1] ?? '';
      expect(severitiesOf(await ask(`Goal/${id}/$validate?mode=update`, goal(astrid, { id })))).toEqual([
        'information',
      ]);
      expect(severitiesOf(await ask('Goal/$validate?mode=update', goal(astrid, { id })))).toEqual(['information']);
      expect(codesOf(await ask(`Goal/${id}/$validate?mode=update`, goal(astrid, { id: never })))).toContain(
        'id-mismatch',
      );
      expect(codesOf(await ask('Goal/$validate?mode=update', goal(astrid)))).toContain('id-mismatch');
      const old = await ask(`Goal/${id}/$validate?mode=update`, goal(astrid, { id }), region, 'W/"old"');
      expect(codesOf(old)).toContain('version-conflict');
      const bo = await put(region, patient(persons.bo));
      expect(codesOf(await ask(`Goal/${id}/$validate?mode=update`, goal(bo, { id })))).toContain('subject-fixed');
      expect(severitiesOf(await ask(`Goal/${id}/$validate?mode=delete`))).toEqual(['information']);
      expect((await region.call({ method: 'GET', path: goalAddress })).status).toBe(200);
    });

    test('mode update tells a party that it may read but not change', async () => {
      const municipality = await hub.party(hsa.homeCare);
      const written = consent(astrid, organizationOf(hsa.careCentre), organizationOf(hsa.homeCare));
      const draft = await ask('Consent/$validate?mode=create', written);
      expect(severitiesOf(draft)).not.toContain('error');
      addressOf(await region.call({ method: 'POST', path: 'Consent', body: written }));
      const id = goalAddress.split('/')[1] ?? '';
      const answer = await ask(`Goal/${id}/$validate?mode=update`, goal(astrid, { id }), municipality);
      expect(codesOf(answer)).toContain('not-your-resource');
    });

    test('judges what is stored, by GET and by POST without a resource', async () => {
      const get = await region.call({ method: 'GET', path: `${goalAddress}/$validate` });
      const post = await ask(`${goalAddress}/$validate`);
      expect([get.status, severitiesOf(get)]).toEqual([200, ['information']]);
      expect(outcomeOf(post)).toEqual(outcomeOf(get));
      const other = await region.call({ method: 'GET', path: `${goalAddress}/$validate?profile=${sip}/SipSubGoal` });
      expect(severitiesOf(other)).toContain('error');
      expect((await region.call({ method: 'GET', path: 'Goal/$validate' })).status).toBe(400);
    });

    test('leaves an audit row that names the client, and no other', async () => {
      const before = (await hub.countRows())['audit_log'];
      await ask('Goal/$validate', goal(astrid));
      const after = (await hub.countRows())['audit_log'];
      expect(before).toBeDefined();
      expect(Number(after) - Number(before)).toBe(1);
    });

    test('is declared for every type in the CapabilityStatement', async () => {
      const { body } = await region.call({ method: 'GET', path: 'metadata' });
      const { rest } = body as {
        rest: readonly { resource: readonly { type: string; operation?: readonly { name: string }[] }[] }[];
      };
      const types = rest[0]?.resource ?? [];
      expect(types.length).toBeGreaterThan(10);
      expect(types.filter(({ operation }) => operation?.some(({ name }) => name === 'validate') !== true)).toEqual([]);
    });
  });
}
