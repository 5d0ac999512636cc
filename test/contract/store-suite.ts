// What every store must do, whichever database it stands on. Each block works on persons of its own, so the order does not matter.
import { asOwner } from '../../src/store/row-level-security.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import type { Permit } from '../../src/access/permit.ts';
import type { Filter, SearchQuery, SortKey } from '../../src/search/query.ts';
import type { StoredVersion } from '../../src/store/store.ts';
import { outboxStart, readOutbox } from '../../src/store/outbox.ts';
import { readOrCreateSecret } from '../../src/store/secrets.ts';
import { findLeaks, leakChecks, plantSecret } from './leak-checks.ts';
import { outboxSettled } from './outbox-settled.ts';
import {
  auditRow,
  change,
  consent,
  minutesAfterNoon,
  openWorld,
  organizationTree,
  organizationWrite,
  put,
  query,
  toWrite,
} from './store-world.ts';
import type { OpenDatabase, OrganizationId, World } from './store-world.ts';

const idsOf = (versions: readonly Pick<StoredVersion, 'id'>[]): readonly string[] => versions.map(({ id }) => id);
const token = (param: string, ...codes: readonly string[]): Filter => ({
  kind: 'token',
  param,
  values: codes.map((code) => ({ system: undefined, code })),
});

export function describeStore(name: string, open: OpenDatabase): void {
  describe(`store on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld(open);
    });
    afterAll(() => world.close());

    const readAs = (party: OrganizationId, type: string, id: string, at?: Date) =>
      world.store.read(world.permit(party, at), { type, id });
    const sees = async (party: OrganizationId, type: string, id: string, at?: Date) =>
      (await readAs(party, type, id, at)) !== undefined;
    const find = (party: OrganizationId, asked: SearchQuery) => world.store.search(world.permit(party), asked);

    describe('a resource', () => {
      test('comes back byte for byte', async () => {
        const body =
          '{"resourceType":"Observation", "valueQuantity":{"value":1.00,"x":[1e3,-0.0,12345678901234567890]},"å":"\\u00e5 \\/ 👩‍👩‍👧"}';
        await put(world, { type: 'CarePlan', id: 'bytes', custodian: 'region', patient: 'bytes', body });
        expect((await readAs('region', 'CarePlan', 'bytes'))?.body).toBe(body);
      });

      test('keeps each version, and is gone for reading once deleted', async () => {
        const [first] = await put(world, {
          type: 'CarePlan',
          id: 'kept',
          custodian: 'region',
          patient: 'kept',
          body: '{"n":1}',
        });
        const second = await change(world, {
          type: 'CarePlan',
          id: 'kept',
          custodian: 'region',
          patient: 'kept',
          body: '{"n":2}',
        });
        const last = await change(world, {
          type: 'CarePlan',
          id: 'kept',
          custodian: 'region',
          patient: 'kept',
          method: 'DELETE',
          at: minutesAfterNoon(-5),
        });
        const permit = world.permit('region');
        expect(await readAs('region', 'CarePlan', 'kept')).toMatchObject({
          versionId: last.versionId,
          method: 'DELETE',
          body: undefined,
        });
        const version = (versionId = '') =>
          world.store.readVersion(permit, { type: 'CarePlan', id: 'kept', versionId });
        expect(await version(first?.versionId)).toMatchObject({ body: '{"n":1}', method: 'POST' });
        expect(await version(second.versionId)).toMatchObject({ body: '{"n":2}', method: 'PUT' });
        expect(await version('never')).toBeUndefined();
        const page = await world.store.history(permit, {
          type: 'CarePlan',
          id: 'kept',
          sinceMs: undefined,
          count: 2,
          after: undefined,
        });
        expect(page.versions.map(({ versionId }) => versionId)).toEqual([last.versionId, second.versionId]);
        expect(page.total).toBe(3);
        const rest = await world.store.history(permit, {
          type: 'CarePlan',
          id: 'kept',
          sinceMs: undefined,
          count: 2,
          after: page.next,
        });
        expect(rest.versions.map(({ versionId }) => versionId)).toEqual([first?.versionId]);
        expect(rest.next).toBeUndefined();
        const since = await world.store.history(permit, {
          type: 'CarePlan',
          id: 'kept',
          sinceMs: last.lastUpdated.getTime(),
          count: 9,
          after: undefined,
        });
        expect(since.versions.map(({ versionId }) => versionId)).toEqual([last.versionId]);
      });

      test('is found by nothing once deleted', async () => {
        await put(world, {
          type: 'CarePlan',
          id: 'lost',
          custodian: 'region',
          patient: 'lost',
          tokens: [['status', 'lost']],
        });
        expect((await find('region', query('CarePlan', [token('status', 'lost')]))).total).toBe(1);
        await change(world, { type: 'CarePlan', id: 'lost', custodian: 'region', patient: 'lost', method: 'DELETE' });
        expect((await find('region', query('CarePlan', [token('status', 'lost')]))).total).toBe(0);
        expect((await find('region', query('CarePlan', [{ kind: 'id', values: ['lost'] }]))).matches).toEqual([]);
      });
    });

    describe('consent', () => {
      test('opens to the recipient and the units below it, from the moment it is written', async () => {
        await put(world, { type: 'CarePlan', id: 'open', custodian: 'region', patient: 'open' });
        expect(await sees('town', 'CarePlan', 'open')).toBe(false);
        const [written] = await put(world, consent('region', 'board', 'open'));
        expect(await readAs('board', 'CarePlan', 'open')).toMatchObject({
          openedBy: { consentId: written?.id, versionId: written?.versionId },
        });
        expect(await sees('unit', 'CarePlan', 'open')).toBe(true);
        expect(await sees('other', 'CarePlan', 'open')).toBe(false);
        expect((await readAs('region', 'CarePlan', 'open'))?.openedBy).toBeUndefined();
      });

      test('never opens to the unit above, nor past an authority of its own', async () => {
        await put(
          world,
          { type: 'CarePlan', id: 'tree', custodian: 'region', patient: 'tree' },
          consent('region', 'board', 'tree'),
        );
        expect(await sees('town', 'CarePlan', 'tree')).toBe(false);
        await put(
          world,
          { type: 'CarePlan', id: 'tree2', custodian: 'region', patient: 'tree2' },
          consent('region', 'town', 'tree2'),
        );
        expect(await sees('town', 'CarePlan', 'tree2')).toBe(true);
        expect(await sees('board', 'CarePlan', 'tree2')).toBe(false);
        expect(await sees('unit', 'CarePlan', 'tree2')).toBe(false);
      });

      test('that names a custodian opens the data of the units below it, not of those above', async () => {
        await put(world, consent('region', 'town', 'below'));
        await put(world, { type: 'CarePlan', id: 'below', custodian: 'clinic', patient: 'below' });
        expect(await sees('town', 'CarePlan', 'below')).toBe(true);
        await put(world, { ...consent('clinic', 'town', 'above') });
        await put(world, { type: 'CarePlan', id: 'above', custodian: 'region', patient: 'above' });
        expect(await sees('town', 'CarePlan', 'above')).toBe(false);
      });

      test('holds from its first instant to the one before its last', async () => {
        const period = { startsAt: minutesAfterNoon(0), endsAt: minutesAfterNoon(10) };
        await put(
          world,
          { type: 'CarePlan', id: 'period', custodian: 'region', patient: 'period' },
          consent('region', 'board', 'period', period),
        );
        const at = (ms: number) => sees('board', 'CarePlan', 'period', new Date(minutesAfterNoon(0).getTime() + ms));
        expect([await at(-1), await at(0), await at(599_999), await at(600_000)]).toEqual([false, true, true, false]);
      });

      test('that is withdrawn closes every path, also for a page and a version known before', async () => {
        const about = query(
          'CarePlan',
          [{ kind: 'reference', param: 'patient', values: [{ type: 'Patient', id: 'gone' }] }],
          { count: 1 },
        );
        const [, one] = await put(
          world,
          { type: 'Patient', id: 'gone', custodian: 'region', patient: 'gone' },
          { type: 'CarePlan', id: 'gone1', custodian: 'region', patient: 'gone' },
          { type: 'CarePlan', id: 'gone2', custodian: 'region', patient: 'gone' },
          consent('region', 'board', 'gone'),
        );
        const page = await find('board', about);
        expect(page.next).toBeDefined();
        expect(page.total).toBe(2);
        await change(world, { ...consent('region', 'board', 'gone'), grants: [] });
        const permit = world.permit('board');
        expect(await find('board', { ...about, after: page.next })).toEqual({
          matches: [],
          included: [],
          next: undefined,
          total: 0,
        });
        expect(
          await world.store.readVersion(permit, { type: 'CarePlan', id: 'gone1', versionId: one?.versionId ?? '' }),
        ).toBeUndefined();
        await world.store.transaction(permit, async (inside) => {
          expect(await inside.lockCurrent(permit, [{ type: 'CarePlan', id: 'gone1' }])).toEqual([]);
          expect(await inside.resolve(permit, [{ type: 'CarePlan', id: 'gone1' }])).toEqual([]);
          expect(await inside.match(permit, [about], 2)).toEqual([[]]);
        });
      });

      test('that is deleted closes as well', async () => {
        await put(
          world,
          { type: 'CarePlan', id: 'cut', custodian: 'region', patient: 'cut' },
          consent('region', 'board', 'cut'),
        );
        expect(await sees('board', 'CarePlan', 'cut')).toBe(true);
        const { grants, ...draft } = consent('region', 'board', 'cut');
        expect(grants).toHaveLength(1);
        await change(world, { ...draft, method: 'DELETE' });
        expect(await sees('board', 'CarePlan', 'cut')).toBe(false);
      });

      test('leaves a party the versions it wrote itself, and no others', async () => {
        const [first] = await put(
          world,
          { type: 'CarePlan', id: 'wrote', custodian: 'region', patient: 'wrote' },
          consent('region', 'board', 'wrote'),
        );
        const mine = await change(world, {
          type: 'CarePlan',
          id: 'wrote',
          custodian: 'region',
          patient: 'wrote',
          author: 'board',
        });
        await change(world, {
          type: 'CarePlan',
          id: 'wrote',
          custodian: 'region',
          patient: 'wrote',
          at: minutesAfterNoon(-20),
        });
        await change(world, { ...consent('region', 'board', 'wrote'), grants: [] });
        const permit = world.permit('board');
        expect(await sees('board', 'CarePlan', 'wrote')).toBe(false);
        const page = await world.store.history(permit, {
          type: 'CarePlan',
          id: 'wrote',
          sinceMs: undefined,
          count: 9,
          after: undefined,
        });
        expect(page.versions.map(({ versionId }) => versionId)).toEqual([mine.versionId]);
        const version = (versionId = '') =>
          world.store.readVersion(permit, { type: 'CarePlan', id: 'wrote', versionId });
        expect(await version(mine.versionId)).toMatchObject({ hiddenReferences: ['Patient/wrote'] });
        expect(await version(first?.versionId)).toBeUndefined();
      });

      test('hides nothing that the same consent opens, and every reference that it does not', async () => {
        await put(
          world,
          { type: 'Patient', id: 'refs', custodian: 'region', patient: 'refs' },
          { type: 'Goal', id: 'refs-goal', custodian: 'region', patient: 'refs' },
          consent('region', 'board', 'refs'),
        );
        await put(
          world,
          { type: 'Task', id: 'refs-task', custodian: 'town', patient: 'refs' },
          consent('town', 'region', 'refs'),
        );
        const refersTo = [
          ['goal', 'Goal/refs-goal'],
          ['subject', 'Patient/refs'],
          ['task', 'Task/refs-task'],
        ] as const;
        await put(world, { type: 'CarePlan', id: 'refs-plan', custodian: 'region', patient: 'refs', refersTo });
        expect((await readAs('board', 'CarePlan', 'refs-plan'))?.hiddenReferences).toEqual(['Task/refs-task']);
        expect((await readAs('region', 'CarePlan', 'refs-plan'))?.hiddenReferences).toEqual([]);
        await change(world, { ...consent('town', 'region', 'refs'), grants: [] });
        expect((await readAs('region', 'CarePlan', 'refs-plan'))?.hiddenReferences).toEqual(['Task/refs-task']);
      });
    });

    describe('who may read', () => {
      test('nothing about a person is visible to the operator, the directory is', async () => {
        await put(world, { type: 'CarePlan', id: 'operator', custodian: 'region', patient: 'operator' });
        expect(await world.store.read(world.operator, { type: 'CarePlan', id: 'operator' })).toBeUndefined();
        expect(await world.store.read(world.operator, { type: 'Organization', id: 'region' })).toBeDefined();
        expect(await sees('other', 'Organization', 'region')).toBe(true);
      });

      test('what is neither directory nor about a person is visible to its custodian alone', async () => {
        await put(world, { type: 'Basic', id: 'alone', custodian: 'region' });
        expect([
          await sees('region', 'Basic', 'alone'),
          await sees('clinic', 'Basic', 'alone'),
          await sees('town', 'Basic', 'alone'),
        ]).toEqual([true, false, false]);
      });

      const everyPath: Readonly<Record<string, (permit: Permit) => Promise<unknown>>> = {
        read: (permit) => world.store.read(permit, { type: 'Organization', id: 'region' }),
        vread: (permit) => world.store.readVersion(permit, { type: 'Organization', id: 'region', versionId: 'x' }),
        history: (permit) =>
          world.store.history(permit, {
            type: 'Organization',
            id: undefined,
            sinceMs: undefined,
            count: 1,
            after: undefined,
          }),
        search: (permit) => world.store.search(permit, query('Organization')),
        lockCurrent: (permit) =>
          world.store.transaction(permit, (inside) => inside.lockCurrent(permit, [{ type: 'CarePlan', id: 'x' }])),
        resolve: (permit) =>
          world.store.transaction(permit, (inside) => inside.resolve(permit, [{ type: 'CarePlan', id: 'x' }])),
        match: (permit) => world.store.transaction(permit, (inside) => inside.match(permit, [query('CarePlan')], 1)),
        matchAfter: (permit) =>
          world.store.transaction(permit, (inside) =>
            inside.matchAfter(permit, { writes: [], queries: [query('CarePlan')], limit: 1 }),
          ),
        apply: (permit) =>
          world.store.transaction(permit, (inside) =>
            inside.apply(
              permit,
              [toWrite(world, { type: 'CarePlan', id: 'refused', custodian: 'region', patient: 'refused' })],
              auditRow(),
            ),
          ),
      };
      const switches: Readonly<Record<string, readonly [off: string, on: string]>> = {
        'the client': [
          'update client set enabled = false where client_id = $1',
          'update client set enabled = true where client_id = $1',
        ],
        'its key': [
          'update client_key set enabled = false where client = (select key from client where client_id = $1)',
          'update client_key set enabled = true where client = (select key from client where client_id = $1)',
        ],
        'its organization': [
          `update organization set enabled = false where id = 'region' and $1 <> ''`,
          `update organization set enabled = true where id = 'region' and $1 <> ''`,
        ],
        'its right to act for it': [
          `update client_organization set organization_key = -organization_key where organization_key = (select key from organization where id = 'region') and $1 <> ''`,
          `update client_organization set organization_key = -organization_key where organization_key = -(select key from organization where id = 'region') and $1 <> ''`,
        ],
      };

      test.each(Object.keys(switches))('every path stops at once when %s is disabled', async (which) => {
        const [off, on] = switches[which] ?? ['', ''];
        const permit = world.permit('region');
        for (const [path, use] of Object.entries(everyPath)) {
          await world.database.query({ text: off, values: ['vendor'] });
          const refusal: unknown = await use(permit).then(
            () => `${path} went through`,
            (error: unknown) => error,
          );
          await world.database.query({ text: on, values: ['vendor'] });
          expect(refusal).toBeInstanceOf(Problem);
          expect(refusal).toMatchObject({ findings: [{ code: 'client-disabled' }] });
          if (path !== 'apply') await use(permit);
        }
        expect(await sees('region', 'CarePlan', 'refused')).toBe(false);
      });

      test('an organization whose resource says active false stops acting', async () => {
        const permit = world.operator;
        const save = (body: string) =>
          world.store.transaction(permit, async (inside) => {
            const [locked] = await inside.lockCurrent(permit, [{ type: 'Organization', id: 'other' }]);
            await inside.apply(
              permit,
              [{ ...organizationWrite(organizationTree[5]), follows: locked?.key, method: 'PUT', body }],
              auditRow(),
            );
          });
        await save('{"resourceType":"Organization","active":false}');
        await expect(readAs('other', 'Organization', 'region')).rejects.toMatchObject({
          findings: [{ code: 'client-disabled' }],
        });
        await save('{"resourceType":"Organization","active":true}');
        expect(await sees('other', 'Organization', 'region')).toBe(true);
      });

      test('an unknown key of a client with a JWKS address passes, of another does not', async () => {
        const stranger = { ...world.permit('region').principal, keyThumbprint: 'new-key' };
        const permit: Permit = { ...world.permit('region'), principal: stranger };
        const read = () => world.store.read(permit, { type: 'Organization', id: 'region' });
        await expect(read()).rejects.toMatchObject({ findings: [{ code: 'client-disabled' }] });
        await world.database.query({
          text: `update client set jwks_uri = 'https://vendor.example/jwks' where client_id = 'vendor'`,
        });
        expect(await read()).toBeDefined();
        await world.database.query({ text: `update client set jwks_uri = null where client_id = 'vendor'` });
      });
    });

    describe('registrations of one person', () => {
      test('each party reads its own, else the latest that consent opens', async () => {
        const register = (custodian: OrganizationId, at: number) => ({
          type: 'Patient',
          id: 'regs',
          custodian,
          patient: 'regs',
          at: minutesAfterNoon(at),
          body: `{"by":"${custodian}"}`,
        });
        await put(world, register('region', -50), consent('region', 'other', 'regs'));
        await put(world, register('town', -40), consent('town', 'other', 'regs'));
        await put(world, register('board', -30));
        const bodyFor = async (party: OrganizationId) => (await readAs(party, 'Patient', 'regs'))?.body;
        expect(await bodyFor('region')).toBe('{"by":"region"}');
        expect(await bodyFor('town')).toBe('{"by":"town"}');
        expect(await bodyFor('other')).toBe('{"by":"town"}');
        expect(await bodyFor('clinic')).toBeUndefined();
        const page = await find('other', query('Patient', [{ kind: 'id', values: ['regs'] }]));
        expect([page.matches.map(({ body }) => body), page.total]).toEqual([['{"by":"town"}'], 1]);
        const history = await world.store.history(world.permit('other'), {
          type: 'Patient',
          id: 'regs',
          sinceMs: undefined,
          count: 9,
          after: undefined,
        });
        expect(history.versions.map(({ body }) => body)).toEqual(['{"by":"town"}']);
        await put(world, register('other', -60));
        expect(await bodyFor('other')).toBe('{"by":"other"}');
        await change(world, { ...register('other', -1), method: 'DELETE' });
        expect(await bodyFor('other')).toBe('{"by":"town"}');
      });

      test('share one person, and a second of the same party is refused', async () => {
        await put(world, { type: 'Patient', id: 'twice', custodian: 'region', patient: 'twice' });
        await put(world, { type: 'Patient', id: 'twice', custodian: 'town', patient: 'twice' });
        const [a, b] = [await readAs('region', 'Patient', 'twice'), await readAs('town', 'Patient', 'twice')];
        expect(a?.personKey).toBe(b?.personKey);
        await expect(
          put(world, { type: 'Patient', id: 'twice', custodian: 'town', patient: 'twice' }),
        ).rejects.toMatchObject({ findings: [{ code: 'already-registered' }] });
      });

      test('only its own is locked for a change', async () => {
        await put(
          world,
          { type: 'Patient', id: 'mine', custodian: 'region', patient: 'mine' },
          consent('region', 'board', 'mine'),
        );
        const permit = world.permit('board');
        expect(await sees('board', 'Patient', 'mine')).toBe(true);
        expect(
          await world.store.transaction(permit, (inside) =>
            inside.lockCurrent(permit, [{ type: 'Patient', id: 'mine' }]),
          ),
        ).toEqual([]);
      });
    });

    describe('search', () => {
      const day = 86_400_000;
      const at = Date.UTC(2026, 4, 10);
      const newest: readonly SortKey[] = [{ param: '_lastUpdated', kind: 'last-updated', descending: true }];
      beforeAll(async () => {
        await put(
          world,
          {
            type: 'Patient',
            id: 's1',
            custodian: 'clinic',
            patient: 's1',
            tokens: [['identifier', '191212121212', 'pnr']],
            strings: [{ param: 'name', normalized: 'tolvan tolvansson', exact: 'Tolvan Tolvansson' }],
          },
          {
            type: 'Appointment',
            id: 'a1',
            custodian: 'clinic',
            patient: 's1',
            at: minutesAfterNoon(-9),
            tokens: [
              ['status', 'booked', 'st'],
              ['category', 'x'],
            ],
            dates: [{ param: 'date', lowMs: at, highMs: at + day }],
          },
          {
            type: 'Appointment',
            id: 'a2',
            custodian: 'clinic',
            patient: 's1',
            at: minutesAfterNoon(-8),
            tokens: [
              ['status', 'booked', 'st'],
              ['status', 'booked', 'other'],
              ['category', 'y'],
            ],
            dates: [{ param: 'date', lowMs: at + day, highMs: at + 2 * day }],
          },
          {
            type: 'Appointment',
            id: 'a3',
            custodian: 'clinic',
            patient: 's1',
            at: minutesAfterNoon(-7),
            tokens: [['status', 'fulfilled', 'st']],
            dates: [{ param: 'date', lowMs: at + 2 * day, highMs: 8.64e15 }],
          },
          {
            type: 'Appointment',
            id: 'a4',
            custodian: 'clinic',
            patient: 's1',
            at: minutesAfterNoon(-6),
            tokens: [['identifier', 'x'.repeat(5000), 'long']],
          },
        );
      });

      const found = async (...filters: readonly Filter[]) => {
        const page = await find('clinic', query('Appointment', filters));
        expect(page.total).toBe(page.matches.length);
        return idsOf(page.matches);
      };
      const date = (prefix: 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap', days = 1): Filter => ({
        kind: 'date',
        param: 'date',
        values: [{ prefix, lowMs: at + days * day, highMs: at + (days + 1) * day }],
      });

      test('by token: code, system and code, system alone, any of several, each match once', async () => {
        expect(await found(token('status', 'booked'))).toEqual(['a2', 'a1']);
        expect(await found(token('status', 'booked', 'fulfilled'))).toEqual(['a3', 'a2', 'a1']);
        const given = (system: string | undefined, code: string | undefined): Filter => ({
          kind: 'token',
          param: 'status',
          values: [{ system, code }],
        });
        expect(await found(given('other', 'booked'))).toEqual(['a2']);
        expect(await found(given('st', undefined))).toEqual(['a3', 'a2', 'a1']);
        expect(await found(given('', 'booked'))).toEqual([]);
        expect(await found(given('other', 'booked'), given('st', 'booked'))).toEqual(['a2']);
        expect(await found(token('category', 'x'), token('status', 'booked'))).toEqual(['a1']);
        expect(await found(token('identifier', 'x'.repeat(5000)))).toEqual(['a4']);
        expect(await found(token('identifier', 'x'.repeat(4999)))).toEqual([]);
      });

      test('by date, with every prefix, on half-open spans', async () => {
        expect(await found(date('eq'))).toEqual(['a2']);
        expect(await found(date('ne'))).toEqual(['a3', 'a1']);
        expect(await found(date('gt'))).toEqual(['a3']);
        expect(await found(date('ge'))).toEqual(['a3', 'a2']);
        expect(await found(date('lt'))).toEqual(['a1']);
        expect(await found(date('le'))).toEqual(['a2', 'a1']);
        expect(await found(date('sa'))).toEqual(['a3']);
        expect(await found(date('eb'))).toEqual(['a1']);
        // A tenth of the time since 1970, on either side.
        expect(await found(date('ap', 0))).toEqual(['a3', 'a2', 'a1']);
      });

      test('by _id and _lastUpdated', async () => {
        const updated = (prefix: 'ge' | 'lt' | 'eq'): Filter => ({
          kind: 'last-updated',
          values: [{ prefix, lowMs: minutesAfterNoon(-8).getTime(), highMs: minutesAfterNoon(-8).getTime() + 1 }],
        });
        expect(await found({ kind: 'id', values: ['a1', 'a3', 'a1'] })).toEqual(['a3', 'a1']);
        expect(await found(updated('ge'))).toEqual(['a4', 'a3', 'a2']);
        expect(await found(updated('lt'))).toEqual(['a1']);
        expect(await found(updated('eq'))).toEqual(['a2']);
      });

      test('by string: beginning, exact, part', async () => {
        const named = async (match: 'starts' | 'exact' | 'contains', text: string) =>
          idsOf(
            (await find('clinic', query('Patient', [{ kind: 'string', param: 'name', match, values: [text] }])))
              .matches,
          );
        expect(await named('starts', 'tolvan')).toEqual(['s1']);
        expect(await named('starts', 'tolvansson')).toEqual([]);
        expect(await named('contains', 'tolvanss')).toEqual(['s1']);
        expect(await named('exact', 'Tolvan Tolvansson')).toEqual(['s1']);
        expect(await named('exact', 'tolvan tolvansson')).toEqual([]);
        expect(await named('contains', '%')).toEqual([]);
      });

      test('by reference and by chain', async () => {
        const patient = (filter: Filter): Filter => ({
          kind: 'chain',
          param: 'patient',
          targetTypes: ['Patient'],
          filter,
        });
        expect(
          await found(
            { kind: 'reference', param: 'patient', values: [{ type: undefined, id: 's1' }] },
            token('category', 'x'),
          ),
        ).toEqual(['a1']);
        expect(await found({ kind: 'reference', param: 'patient', values: [{ type: 'Group', id: 's1' }] })).toEqual([]);
        expect(await found(patient(token('identifier', '191212121212')), token('category', 'y'))).toEqual(['a2']);
        expect(await found(patient(token('identifier', '190000000000')))).toEqual([]);
        expect(
          await found(
            token('category', 'y'),
            patient({ kind: 'string', param: 'name', match: 'contains', values: ['tolv'] }),
          ),
        ).toEqual(['a2']);
      });

      test('gives pages that never repeat or skip, in any order, while others write', async () => {
        const orders: readonly (readonly SortKey[])[] = [
          newest,
          [{ param: '_lastUpdated', kind: 'last-updated', descending: false }],
          [
            { param: 'date', kind: 'date', descending: true },
            { param: '_id', kind: 'id', descending: false },
          ],
          [{ param: 'category', kind: 'token', descending: false }],
          [
            { param: 'category', kind: 'token', descending: true },
            { param: '_lastUpdated', kind: 'last-updated', descending: true },
          ],
        ];
        for (const [index, sort] of orders.entries()) {
          const filters: readonly Filter[] = [{ kind: 'id', values: ['a1', 'a2', 'a3', 'a4', `late${index}`] }];
          const whole = await find('clinic', query('Appointment', filters, { sort }));
          const seen: string[] = [];
          let after: SearchQuery['after'];
          do {
            const page = await find('clinic', query('Appointment', filters, { sort, count: 1, after, total: 'none' }));
            expect(page.total).toBeUndefined();
            seen.push(...idsOf(page.matches));
            after = page.next;
            if (seen.length === 2 && index === 0)
              await put(world, {
                type: 'Appointment',
                id: `late${index}`,
                custodian: 'clinic',
                patient: 's1',
                at: minutesAfterNoon(0),
              });
          } while (after !== undefined);
          expect(seen).toEqual(idsOf(whole.matches));
        }
      });

      test('orders by value, with what has none last', async () => {
        const ordered = async (sort: SortKey) =>
          idsOf(
            (
              await find(
                'clinic',
                query('Appointment', [{ kind: 'id', values: ['a1', 'a2', 'a3', 'a4'] }], { sort: [sort] }),
              )
            ).matches,
          );
        expect(await ordered({ param: 'date', kind: 'date', descending: true })).toEqual(['a3', 'a2', 'a1', 'a4']);
        expect(await ordered({ param: 'date', kind: 'date', descending: false })).toEqual(['a1', 'a2', 'a3', 'a4']);
        expect(await ordered({ param: 'category', kind: 'token', descending: true })).toEqual(['a2', 'a1', 'a3', 'a4']);
        expect(await ordered({ param: '_id', kind: 'id', descending: true })).toEqual(['a4', 'a3', 'a2', 'a1']);
      });

      test('includes what the page points at, once, and does not count it', async () => {
        const page = await find(
          'clinic',
          query('Appointment', [token('status', 'booked')], {
            includes: [
              { param: 'patient', targetType: 'Patient' },
              { param: 'patient', targetType: undefined },
            ],
            count: 1,
          }),
        );
        expect([idsOf(page.matches), page.included.map(({ type, id }) => `${type}/${id}`), page.total]).toEqual([
          ['a2'],
          ['Patient/s1'],
          2,
        ]);
        const none = await find(
          'clinic',
          query('Appointment', [token('status', 'booked')], { includes: [{ param: 'patient', targetType: 'Group' }] }),
        );
        expect(none.included).toEqual([]);
        const empty = await find('clinic', query('Appointment', [token('status', 'booked')], { count: 0 }));
        expect(empty).toEqual({ matches: [], included: [], next: undefined, total: 2 });
      });

      test('answers values that PostgreSQL cannot hold with a problem of the caller', async () => {
        await expect(find('clinic', query('Appointment', [token('status', 'a\u0000b')]))).rejects.toMatchObject({
          status: 400,
          findings: [{ code: 'invalid-value' }],
        });
        const far = (prefix: 'ge' | 'gt'): Filter => ({
          kind: 'last-updated',
          values: [{ prefix, lowMs: -8.64e15, highMs: 8.64e15 }],
        });
        expect((await find('clinic', query('Appointment', [far('ge')]))).matches.length).toBeGreaterThan(3);
        expect((await find('clinic', query('Appointment', [far('gt')]))).matches).toEqual([]);
      });
    });

    describe('searches that come in together', () => {
      const patients = Array.from({ length: 12 }, (_, n) => `together-${n}`);
      const about = (id: string, changes: Partial<SearchQuery> = {}) =>
        query('CareTeam', [{ kind: 'reference', param: 'patient', values: [{ type: 'Patient', id }] }], {
          total: 'none',
          ...changes,
        });
      const idsOf = ({ matches }: { readonly matches: readonly { readonly id: string }[] }) =>
        matches.map(({ id }) => id).toSorted();
      beforeAll(async () => {
        for (const [n, patient] of patients.entries()) {
          const teams = Array.from({ length: (n % 3) + 1 }, (_, k) => `team-${n}-${k}`);
          const drafts = [['Patient', patient] as const, ...teams.map((id) => ['CareTeam', id] as const)];
          await put(world, ...drafts.map(([type, id]) => ({ type, id, custodian: 'region' as const, patient })));
        }
        await put(world, consent('region', 'other', 'together-1'));
      });

      test('each get their own page, of what their party sees', async () => {
        const asked = patients.flatMap((patient, n) => [
          { party: 'region' as const, patient, expected: (n % 3) + 1 },
          { party: 'other' as const, patient, expected: n === 1 ? 2 : 0 },
        ]);
        const pages = await Promise.all(asked.map(({ party, patient }) => find(party, about(patient))));
        pages.forEach((page, at) => {
          const { patient = '', expected = 0 } = asked[at] ?? {};
          const n = patient.slice('together-'.length);
          expect(idsOf(page)).toEqual(Array.from({ length: expected }, (_, k) => `team-${n}-${k}`));
          expect(page.next).toBeUndefined();
        });
      });

      test('each get their own length and position', async () => {
        const pages = await Promise.all(patients.map((patient) => find('region', about(patient, { count: 1 }))));
        expect(pages.map(({ matches, next }) => [matches.length, next !== undefined])).toEqual(
          patients.map((_, n) => [1, n % 3 > 0]),
        );
        const rest = await Promise.all(
          pages.map(({ next }, n) => find('region', about(`together-${n}`, { count: 9, after: next }))),
        );
        expect(rest.map(({ matches }) => matches.length)).toEqual(patients.map((_, n) => (n % 3 > 0 ? n % 3 : 1)));
      });

      test('do not fail for one of them', async () => {
        const all = await Promise.allSettled(
          [...patients, 'not \u0000 text'].map((patient) => find('region', about(patient))),
        );
        expect(all.map(({ status }) => status)).toEqual([...patients.map(() => 'fulfilled'), 'rejected']);
      });

      test('hold any text', async () => {
        const odd = ['{"a",b}', "back\\slash'", 'NULL', '', ' ', '$1', 'å👩‍👧'];
        await put(
          world,
          ...odd.map((code, n) => ({
            type: 'CareTeam',
            id: `odd-${n}`,
            custodian: 'region' as const,
            patient: 'odd',
            tokens: [['identifier', code] as const],
          })),
        );
        const pages = await Promise.all(
          odd.map((code) =>
            find(
              'region',
              query('CareTeam', [{ kind: 'token', param: 'identifier', values: [{ system: undefined, code }] }], {
                total: 'none',
              }),
            ),
          ),
        );
        expect(pages.map(idsOf)).toEqual(odd.map((_, n) => [`odd-${n}`]));
        const both = await find(
          'region',
          query('CareTeam', [{ kind: 'id', values: odd.map((_, n) => `odd-${n}`) }], { total: 'none' }),
        );
        expect(both.matches).toHaveLength(odd.length);
      });
    });

    describe('what is hidden', () => {
      test('shows by no path', async () => {
        const secret = await plantSecret(world);
        expect(Object.keys(leakChecks).length).toBeGreaterThan(20);
        expect(await findLeaks(world.store, secret)).toEqual([]);
      });

      test('is like what is absent', async () => {
        await put(world, { type: 'CarePlan', id: 'hidden', custodian: 'region', patient: 'hidden' });
        expect(await readAs('town', 'CarePlan', 'hidden')).toEqual(await readAs('town', 'CarePlan', 'absent'));
        const asked = (id: string) =>
          find('town', query('CarePlan', [{ kind: 'reference', param: 'patient', values: [{ type: 'Patient', id }] }]));
        expect(await asked('hidden')).toEqual(await asked('absent'));
      });
    });

    describe('a transaction', () => {
      const tables = [
        'resource',
        'resource_history',
        'search_token',
        'search_reference',
        'search_date',
        'search_string',
        'sharing_grant',
        'outbox',
        'audit_log',
        'audit_concern',
        'person',
        'party_coverage',
      ];
      const countRows = async () => {
        const permit = world.permit('region');
        return world.database.transaction(
          async (inside) => {
            const counts: Record<string, number> = {};
            for (const table of tables)
              counts[table] =
                (await inside.query<{ n: number }>({ text: `select count(*) as n from ${table}` }))[0]?.n ?? -1;
            return counts;
          },
          { settings: { 'sip_hub.party': String(world.keyOf('region')), 'sip_hub.at': permit.at.toISOString() } },
        );
      };

      test('that fails leaves nothing in any table', async () => {
        const before = await countRows();
        const permit = world.permit('region');
        const drafts = [
          { type: 'Patient', id: 'undone', custodian: 'region', patient: 'undone', tokens: [['identifier', 'undone']] },
          consent('region', 'town', 'undone'),
          { type: 'CarePlan', id: 'undone', custodian: 'region', patient: 'undone' },
        ] as const;
        const work = world.store.transaction(permit, async (inside) => {
          await inside.apply(
            permit,
            drafts.map((draft) => toWrite(world, draft)),
            auditRow(),
          );
          throw new Error('the caller changed its mind');
        });
        await expect(work).rejects.toThrow('changed its mind');
        expect(await countRows()).toEqual(before);
        const bad = { ...toWrite(world, drafts[2]), body: 'a\u0000b' };
        await expect(
          world.store.transaction(permit, (inside) =>
            inside.apply(permit, [toWrite(world, drafts[0]), bad], auditRow()),
          ),
        ).rejects.toMatchObject({ findings: [{ code: 'invalid-value' }] });
        expect(await countRows()).toEqual(before);
      });

      test('that only asks what would match then leaves nothing, and goes on', async () => {
        const permit = world.permit('region');
        const about = { custodian: 'region', patient: 'asked' } as const;
        await put(world, { type: 'Patient', id: 'asked', ...about }, { type: 'CarePlan', id: 'asked', ...about });
        const ofId = (id: string) => query('CarePlan', [{ kind: 'id', values: [id] }]);
        const queries = ['asked', 'new'].map(ofId);
        const before = await countRows();
        await world.store.transaction(permit, async (inside) => {
          const [locked] = await inside.lockCurrent(permit, [{ type: 'CarePlan', id: 'asked' }]);
          const writes = [
            toWrite(world, { type: 'CarePlan', id: 'asked', ...about, follows: locked?.key ?? 0, method: 'DELETE' }),
            toWrite(world, { type: 'CarePlan', id: 'new', ...about }),
          ];
          expect(await inside.matchAfter(permit, { writes, queries, limit: 2 })).toEqual([
            [],
            [{ type: 'CarePlan', id: 'new' }],
          ]);
          expect(await inside.match(permit, queries, 2)).toMatchObject([[{ type: 'CarePlan', id: 'asked' }], []]);
        });
        expect(await countRows()).toEqual(before);
      });

      test('writes one outbox row per version and one audit row that names the person', async () => {
        await outboxSettled(world.database);
        const [last] = (await readOutbox(world.database, outboxStart, 10_000)).slice(-1);
        const permit = world.permit('region');
        const writes = [
          toWrite(world, { type: 'Patient', id: 'told', custodian: 'region', patient: 'told' }),
          toWrite(world, { type: 'CarePlan', id: 'told', custodian: 'region', patient: 'told' }),
        ];
        const entities = writes.map(({ type, id, versionId }) => ({
          address: `${type}/${id}`,
          versionId,
          personKey: null,
          custodianKey: world.keyOf('region'),
          consent: undefined,
        }));
        await world.store.transaction(permit, (inside) =>
          inside.apply(permit, writes, auditRow({ requestId: 'told', entities })),
        );
        await outboxSettled(world.database);
        const rows = await readOutbox(world.database, last?.position ?? outboxStart, 100);
        expect(rows.map(({ action, type, id }) => `${action} ${type}/${id}`)).toEqual([
          'create Patient/told',
          'create CarePlan/told',
        ]);
        const person = (await readAs('region', 'Patient', 'told'))?.personKey;
        const logged = await asOwner(world.database).query<{ entities: unknown }>({
          text: `select entities from audit_log where request_id = 'told'`,
        });
        expect(logged).toEqual([
          {
            entities: entities.map(({ address, versionId, custodianKey }) => ({
              address,
              versionId,
              personKey: person,
              custodianKey,
            })),
          },
        ]);
      });

      test('that meets an id already taken conflicts', async () => {
        await put(world, { type: 'CarePlan', id: 'taken', custodian: 'region', patient: 'taken' });
        await expect(
          put(world, { type: 'CarePlan', id: 'taken', custodian: 'town', patient: 'taken' }),
        ).rejects.toMatchObject({ findings: [{ code: 'version-conflict' }] });
      });

      test('that makes what is not there under a lock on its name is one of twenty', async () => {
        const permit = world.permit('region');
        const asked = query('Patient', [token('identifier', 'only-one')], { total: 'none' });
        const create = (n: number) =>
          world.store.transaction(permit, async (inside) => {
            await inside.lockNames(['Patient?identifier=only-one', 'another']);
            const [found = []] = await inside.match(permit, [asked], 2);
            if (found.length > 0) return 'found';
            const write = toWrite(world, {
              type: 'Patient',
              id: `only-${n}`,
              custodian: 'region',
              patient: `only-${n}`,
              tokens: [['identifier', 'only-one']],
            });
            await inside.apply(permit, [write], auditRow());
            return 'created';
          });
        const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => create(n)));
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      });

      test('that changes what another is changing waits, and then sees that change', async () => {
        await put(world, { type: 'CarePlan', id: 'counter', custodian: 'region', patient: 'counter', body: '0' });
        const permit = world.permit('region');
        const increase = () =>
          world.store.transaction(permit, async (inside) => {
            const [locked] = await inside.lockCurrent(permit, [{ type: 'CarePlan', id: 'counter' }]);
            const write = toWrite(world, {
              type: 'CarePlan',
              id: 'counter',
              custodian: 'region',
              patient: 'counter',
              follows: locked?.key ?? 0,
              body: String(Number(locked?.body) + 1),
            });
            await inside.apply(permit, [write], auditRow());
          });
        await Promise.all(Array.from({ length: 10 }, increase));
        expect((await readAs('region', 'CarePlan', 'counter'))?.body).toBe('10');
      });
    });

    describe('the audit log', () => {
      test('commits the rows of concurrent calls in groups, and resolves none before', async () => {
        const log = asOwner(world.database);
        const statements = await log.query<{ seq: number }>({
          text: 'select coalesce(max(seq), 0) as seq from audit_log',
        });
        await Promise.all(
          Array.from({ length: 50 }, async (_, n) => {
            await world.store.audit([auditRow({ requestId: `group-${n}` })]);
            const rows = await log.query({
              text: 'select 1 from audit_log where request_id = $1',
              values: [`group-${n}`],
            });
            expect(rows).toHaveLength(1);
          }),
        );
        const commits = await log.query<{ n: number }>({
          text: 'select count(distinct xmin::text) as n from audit_log where seq > $1',
          values: [statements[0]?.seq ?? 0],
        });
        expect(commits[0]?.n).toBeLessThan(10);
      });

      test('rejects every call of a group that cannot be written, and goes on', async () => {
        const good = world.store.audit([auditRow({ requestId: 'before-bad' })]);
        const bad = await Promise.allSettled([
          world.store.audit([auditRow({ requestId: 'with-bad' })]),
          world.store.audit([auditRow({ requestId: 'bad\u0000' })]),
        ]);
        await good;
        expect(bad.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
        await world.store.audit([auditRow({ requestId: 'after-bad' })]);
        const rows = await asOwner(world.database).query<{ id: string }>({
          text: `select request_id as id from audit_log where request_id like '%-bad' order by seq`,
        });
        expect(rows.map(({ id }) => id)).toEqual(['before-bad', 'after-bad']);
      });
    });

    describe('the outbox', () => {
      test('is read in parts without losing a row', async () => {
        await outboxSettled(world.database);
        const all = await readOutbox(world.database, outboxStart, 10_000);
        const parts = [];
        let position = outboxStart;
        for (;;) {
          const part = await readOutbox(world.database, position, 7);
          const last = part.at(-1);
          if (last === undefined) break;
          parts.push(...part);
          position = last.position;
        }
        expect(all.length).toBeGreaterThan(10);
        expect(parts).toEqual(all);
      });
    });

    test('a secret is made once, however many ask', async () => {
      const made = await Promise.all(
        Array.from({ length: 8 }, () => readOrCreateSecret(world.database, 'test-secret', 32)),
      );
      expect(made[0]).toHaveLength(32);
      expect(new Set(made.map((secret) => secret.toString('hex'))).size).toBe(1);
    });

    test('the store answers a ping', async () => {
      await expect(world.store.ping()).resolves.toBeUndefined();
    });
  });
}
