// AuditEvent (sip.md §4, IHE BALP): who has seen what, told to the party that acted and to the custodian of the data, to each its part.
// That the predicate is asked at each place is in the leak suite. https://hl7.org/fhir/R4/auditevent.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { codesOf, entriesOf, goal, linkOf, patient, persons } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt, type Call, differences } from './answers.ts';
import { clientIdOf, organizationIdOf } from './clients.ts';
import { change, create, open, task, withdraw, type Written } from './world.ts';

const madeUp = '00112233445566778899aabbccddeeff';

interface Coding {
  readonly system: string;
  readonly code: string;
}

interface Event {
  readonly resourceType: 'AuditEvent';
  readonly id: string;
  readonly subtype?: readonly Coding[];
  readonly action: string;
  readonly recorded: string;
  readonly outcome: string;
  readonly agent: readonly {
    readonly type: { readonly coding: readonly Coding[] };
    readonly who: { readonly reference?: string; readonly identifier?: { readonly value?: string } };
    readonly policy?: readonly string[];
  }[];
  readonly entity: readonly {
    readonly what?: { readonly reference?: string; readonly identifier?: { readonly value?: string } };
    readonly type: Coding;
    readonly detail?: readonly { readonly type: string; readonly valueString: string }[];
  }[];
}

export function testAuditEvents(name: string, openHub: OpenHub): void {
  describe(`who has seen what, on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let region: VendorSystem;
    let clinic: VendorSystem;
    let town: VendorSystem;
    let bo: Written;
    let regions: Written;
    let towns: Written;
    let given: Written;

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      region = await hub.party(hsa.careCentre);
      clinic = await hub.party(hsa.orthopaedics);
      town = await hub.party(hsa.homeCare);
      bo = await create(region, patient(persons.bo));
      await create(town, patient(persons.bo));
      regions = await create(region, goal(bo.address));
      towns = await create(town, goal(bo.address));
      given = await open({ by: region, person: bo.address, custodian: hsa.careCentre, recipient: hsa.homeCare });
    });
    afterAll(() => hub.stop());

    const organization = (system: VendorSystem): string => `Organization/${organizationIdOf(system)}`;

    /** One request; its answer, and the id by which the log knows it. */
    const asks = async (
      system: VendorSystem,
      call: Call,
    ): Promise<{ readonly answer: Answer; readonly id: string }> => {
      const answer = await ask(system, call);
      return { answer, id: answer.headers['x-request-id'] ?? '' };
    };
    const get = (system: VendorSystem, path: string) => asks(system, { method: 'GET', path });
    const find = async (system: VendorSystem, query = ''): Promise<readonly Event[]> => {
      const { answer } = await get(system, `AuditEvent?${query}`);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      return entriesOf(answer).map(({ resource }) => resource as unknown as Event);
    };
    const requestOf = ({ entity }: Event): string | undefined =>
      entity.find(({ type }) => type.code === 'XrequestId')?.what?.identifier?.value;
    /** The events of one request, as the system is told them. */
    const eventsOf = async (system: VendorSystem, requestId: string): Promise<readonly Event[]> =>
      (await find(system, '_count=100')).filter((event) => requestOf(event) === requestId);
    const eventOf = async (system: VendorSystem, requestId: string): Promise<Event> => {
      const [event, ...others] = await eventsOf(system, requestId);
      if (event === undefined || others.length > 0) throw new Error(`${others.length + 1} events of ${requestId}`);
      return event;
    };
    /** What the event was about: address, then what is said of it. */
    const aboutOf = ({ entity }: Event): readonly unknown[] =>
      entity
        .filter(({ type, what }) => type.code === '2' && what !== undefined)
        .map(({ what, detail = [] }) => [
          what?.reference,
          Object.fromEntries(detail.map(({ type, valueString }) => [type, valueString])),
        ]);
    const patientsOf = ({ entity }: Event): readonly unknown[] =>
      entity.filter(({ type }) => type.code === '1').map(({ what }) => what?.reference);
    const faultsOf = ({ body }: Answer): readonly unknown[] =>
      ((body?.['issue'] ?? []) as readonly { readonly severity: string }[]).filter(
        ({ severity }) => severity !== 'information',
      );
    const consentAt = (consent: Written): string => `${consent.address}/_history/${consent.versionId}`;
    const versionOf = ({ headers }: Answer): string => /W\/"(.+)"/.exec(headers['etag'] ?? '')?.[1] ?? '';

    test('a read by consent is told to the custodian: by whom, about whom, and by which Consent', async () => {
      const { answer, id } = await get(town, regions.address);
      const event = await eventOf(region, id);
      expect(event).toMatchObject({
        action: 'R',
        outcome: '0',
        subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
      });
      const [party, client] = event.agent;
      expect(party).toMatchObject({
        who: { reference: organization(town) },
        policy: [`${hub.baseUrl}/${consentAt(given)}`],
      });
      expect(party?.type.coding[0]?.code).toBe('IRCP');
      expect(client?.who.identifier?.value).toBe(clientIdOf(town));
      expect(patientsOf(event)).toEqual([bo.address]);
      expect(aboutOf(event)).toEqual([
        [
          `${regions.address}/_history/${versionOf(answer)}`,
          { custodian: organization(region), rule: 'consent', consent: consentAt(given) },
        ],
      ]);
      // The party that read is told the same, and nobody else anything.
      expect(await eventOf(town, id)).toEqual(event);
      expect(await eventsOf(clinic, id)).toEqual([]);
      // Alone it reads the same.
      const alone = await ask(region, { method: 'GET', path: `AuditEvent/${event.id}` });
      expect([alone.status, alone.body]).toEqual([200, event]);
      expect(alone.headers['last-modified']).toBe(new Date(event.recorded).toUTCString());
    });

    test('each custodian is told of its own part of an answer alone', async () => {
      const { answer, id } = await get(town, `Goal?patient=${bo.id}`);
      expect(entriesOf(answer)).toHaveLength(2);
      const both = aboutOf(await eventOf(town, id));
      expect(both.map((about) => (about as readonly unknown[])[1])).toContainEqual({
        custodian: organization(town),
        rule: 'own',
      });
      expect(both).toHaveLength(2);
      const event = await eventOf(region, id);
      expect(event.action).toBe('E');
      expect(aboutOf(event)).toEqual([
        [
          `${regions.address}/_history/${regions.versionId}`,
          { custodian: organization(region), rule: 'consent', consent: consentAt(given) },
        ],
      ]);
      expect(JSON.stringify(event)).not.toContain(towns.id);
    });

    test('an answer about two persons is two events, each about one of them', async () => {
      const cecilia = await create(region, patient(persons.cecilia));
      const hers = await create(region, goal(cecilia.address));
      const { id } = await get(region, 'Goal?_count=50');
      const events = await eventsOf(region, id);
      expect(new Set(events.flatMap(patientsOf))).toEqual(new Set([bo.address, cecilia.address]));
      expect(events).toHaveLength(2);
      for (const event of events) {
        const isHers = patientsOf(event)[0] === cecilia.address;
        expect(JSON.stringify(aboutOf(event)).includes(hers.id)).toBe(isHers);
        expect(JSON.stringify(event).includes(regions.id)).toBe(!isHers);
      }
      // The region alone keeps something of Cecilia.
      expect(await find(town, `patient=${cecilia.id}`)).toEqual([]);
    });

    test('what was refused is told to the party that tried, and to nobody else', async () => {
      const { answer, id } = await get(clinic, regions.address);
      expect(answer.status).toBe(404);
      const event = await eventOf(clinic, id);
      expect(event).toMatchObject({ action: 'R', outcome: '4', outcomeDesc: 'HTTP 404' });
      expect([patientsOf(event), aboutOf(event)]).toEqual([[], []]);
      expect(JSON.stringify(event)).not.toContain(regions.id);
      for (const system of [region, town]) expect(await eventsOf(system, id)).toEqual([]);
    });

    test('a change is told to its custodian as a change', async () => {
      const made = await asks(town, { method: 'POST', path: 'Goal', body: goal(bo.address) });
      const event = await eventOf(town, made.id);
      expect(event).toMatchObject({ action: 'C', subtype: [{ code: 'create' }] });
      expect(event.agent[0]?.type.coding[0]?.code).toBe('AUT');
      expect(aboutOf(event)).toEqual([
        [expect.stringMatching(/^Goal\/.+\/_history\/.+$/), { custodian: organization(town), rule: 'own' }],
      ]);
    });

    test('is told after a withdrawal as before it, but for the name of a Consent that is no longer seen', async () => {
      const eva = await create(region, patient(persons.eva));
      const hers = await create(region, goal(eva.address));
      const consent = await open({
        by: region,
        person: eva.address,
        custodian: hsa.careCentre,
        recipient: hsa.homeCare,
      });
      const { id } = await get(town, hers.address);
      const before = await eventOf(region, id);
      expect(await eventOf(town, id)).toEqual(before);
      await withdraw(region, consent);
      expect((await get(town, hers.address)).answer.status).toBe(404);
      expect(await eventOf(region, id)).toEqual(before);
      const told = await eventOf(town, id);
      expect(aboutOf(told)).toEqual([
        [`${hers.address}/_history/${hers.versionId}`, { custodian: organization(region), rule: 'consent' }],
      ]);
      expect(JSON.stringify(told)).not.toContain(consent.id);
    });

    test('one that is not told is answered as one that is not there', async () => {
      const { id } = await get(region, regions.address);
      const event = await eventOf(region, id);
      const hidden = await ask(clinic, { method: 'GET', path: `AuditEvent/${event.id}` });
      expect([hidden.status, codesOf(hidden)]).toEqual([404, ['not-found']]);
      for (const path of [`AuditEvent/${madeUp}`, 'AuditEvent/1']) {
        const absent = await ask(clinic, { method: 'GET', path });
        expect(differences(hidden, absent, [[event.id, path.slice(11)]])).toEqual([]);
      }
      expect(await find(clinic, `_id=${event.id},${madeUp}`)).toEqual([]);
      expect((await find(region, `_id=${event.id},${madeUp}`)).map((found) => found.id)).toEqual([event.id]);
    });

    test('is found by what it says', async () => {
      const read = await get(town, regions.address);
      const found = async (query: string): Promise<boolean> =>
        (await find(region, `_count=100&${query}`)).some((event) => requestOf(event) === read.id);
      const { recorded } = await eventOf(region, read.id);
      const day = recorded.slice(0, 10);
      for (const query of [
        `patient=${bo.id}`,
        `patient=${bo.address}`,
        `agent=${organization(town)}`,
        `entity=${regions.address}`,
        'action=R',
        'action=C,R',
        'action=http://terminology.hl7.org/CodeSystem/audit-event-action|R',
        'outcome=0',
        'subtype=read',
        'subtype=http://hl7.org/fhir/restful-interaction|read',
        `date=${recorded}`,
        `date=ge${day}`,
        `_lastUpdated=${recorded}`,
        `patient=${bo.id}&agent=${organization(town)}&action=R&outcome=0`,
      ]) {
        expect([query, await found(query)]).toEqual([query, true]);
      }
      for (const query of [
        'patient=nobody',
        `agent=${organization(region)}`,
        `agent=Practitioner/${organizationIdOf(town)}`,
        `entity=${towns.address}`,
        'action=E',
        'action=C',
        'subtype=http://example.org|read',
        'outcome=4',
        'outcome=8',
        'subtype=search-type',
        'subtype=operation',
        `date=lt${day}`,
        `date=gt${recorded}`,
        `_lastUpdated=sa${recorded}`,
      ]) {
        expect([query, await found(query)]).toEqual([query, false]);
      }
    });

    test('an operation is found by its name', async () => {
      const { id } = await get(region, `Patient/${bo.id}/$everything`);
      const event = await eventOf(region, id);
      expect(event.subtype?.map(({ code }) => code)).toEqual(['operation', 'everything']);
      const system = 'https://siphub.se/fhir/CodeSystem/sip-operation';
      for (const subtype of ['operation', 'everything', `${system}|everything`]) {
        const found = await find(region, `_count=100&subtype=${encodeURIComponent(subtype)}`);
        expect(found.map((one) => one.id)).toContain(event.id);
      }
      expect(await find(region, `subtype=${encodeURIComponent(`${system}|read`)}`)).toEqual([]);
    });

    test('a list in pages gives each event once, newest or oldest first, and a link opens nothing to another', async () => {
      const walk = async (query: string): Promise<readonly Event[]> => {
        const found: Event[] = [];
        let path: string | undefined = `AuditEvent?${query}`;
        while (path !== undefined) {
          const { answer } = await get(region, path);
          found.push(...entriesOf(answer).map(({ resource }) => resource as unknown as Event));
          path = linkOf(answer, 'next');
        }
        return found;
      };
      // What the walk itself adds to the log is later.
      const until = `date=le${new Date(hub.now().getTime()).toISOString()}`;
      hub.advance(1000);
      const whole = await find(region, `patient=${bo.id}&_count=1000&${until}`);
      expect(whole.length).toBeGreaterThan(10);
      const ids = (events: readonly Event[]): readonly string[] => events.map((event) => event.id);
      expect(ids(await walk(`patient=${bo.id}&_count=3&${until}`))).toEqual(ids(whole));
      expect(ids(await walk(`patient=${bo.id}&_count=4&_sort=date&${until}`))).toEqual(ids(whole).toReversed());
      const times = whole.map(({ recorded }) => recorded);
      expect(times).toEqual(times.toSorted().toReversed());
      const { answer } = await get(region, `AuditEvent?patient=${bo.id}&_count=1&${until}`);
      const next = linkOf(answer, 'next') ?? '';
      const told = await find(clinic, `patient=${bo.id}`);
      expect(entriesOf((await get(clinic, next)).answer)).toHaveLength(0);
      expect(told).toEqual([]);
      const total = await get(region, `AuditEvent?patient=${bo.id}&_summary=count&${until}`);
      expect(total.answer.body).toMatchObject({ total: whole.length });
      expect((await get(clinic, `AuditEvent?patient=${bo.id}&_total=accurate`)).answer.body).toMatchObject({
        total: 0,
      });
      // The same by the person's compartment.
      const compartment = await get(region, `${bo.address}/AuditEvent?_count=1000&${until}`);
      expect(entriesOf(compartment.answer).map(({ resource }) => resource?.['id'])).toEqual(ids(whole));
    });

    test('a list in pages ends, oldest first as well, though reading it adds to the log', async () => {
      let path: string | undefined = `AuditEvent?patient=${bo.id}&_count=5&_sort=date`;
      let pages = 0;
      for (; path !== undefined; pages += 1) path = linkOf((await get(region, path)).answer, 'next');
      expect(pages).toBeGreaterThan(2);
    });

    test('a unit whose data a unit above it has opened is told that a Consent did, and not which', async () => {
      const board = await hub.party(hsa.elderBoard);
      await create(board, patient(persons.bo));
      const opened = await open({
        by: board,
        person: bo.address,
        custodian: hsa.elderBoard,
        recipient: hsa.careCentre,
      });
      const { answer, id } = await get(region, towns.address);
      expect(answer.status).toBe(200);
      expect((await get(town, opened.address)).answer.status).toBe(404);
      const event = await eventOf(town, id);
      expect(aboutOf(event)).toEqual([
        [`${towns.address}/_history/${towns.versionId}`, { custodian: organization(town), rule: 'consent' }],
      ]);
      expect(JSON.stringify(event)).not.toContain(opened.id);
      await withdraw(board, opened);
    });

    test('what stands in the directory is nobody’s', async () => {
      const practitioner = await create(region, {
        resourceType: 'Practitioner',
        active: true,
        name: [{ text: 'Bo Ek' }],
      });
      const { answer, id } = await get(town, practitioner.address);
      expect(answer.status).toBe(200);
      expect(aboutOf(await eventOf(town, id))).toEqual([
        [`${practitioner.address}/_history/${practitioner.versionId}`, { rule: 'directory' }],
      ]);
      expect(await eventsOf(region, id)).toEqual([]);
    });

    test('a search is told to a custodian without what was searched for', async () => {
      const leading = await create(town, task(bo.address, hsa.homeCare, regions.address));
      const { id } = await get(town, `Task?_id=${leading.id}&_include=Task:focus`);
      const event = await eventOf(region, id);
      expect(aboutOf(event)).toHaveLength(1);
      expect(JSON.stringify(event)).not.toContain('Task');
      expect(JSON.stringify(await eventOf(town, id))).toContain('"description":"Task"');
    });

    test('an operation that was refused is found by its name', async () => {
      const { answer, id } = await get(clinic, `Patient/${bo.id}/$everything`);
      expect(answer.status).toBe(404);
      const found = await find(clinic, 'subtype=everything&outcome=4');
      expect(found.map(requestOf)).toContain(id);
    });

    test('reading the log is logged, and told to who read it alone', async () => {
      const { id } = await get(town, `AuditEvent?patient=${bo.id}&_count=2`);
      const event = await eventOf(town, id);
      expect([patientsOf(event), event.subtype?.[0]?.code]).toEqual([[bo.address], 'search-type']);
      expect(aboutOf(event)).toHaveLength(2);
      expect(await eventsOf(region, id)).toEqual([]);
    });

    test('is as its profile says', async () => {
      await asks(town, { method: 'POST', path: 'Task', body: task(bo.address, hsa.homeCare, towns.address) });
      await change(region, regions, { startDate: '2026-10-28' });
      await get(clinic, 'CarePlan/nothing');
      await get(region, `${regions.address}/_history`);
      await get(region, 'Goal?nonsense=1');
      await get(town, 'Organization?_count=2');
      await ask(town, { method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'batch' } });
      const events = [region, town, clinic].map((system) => find(system, '_count=200'));
      const kinds = new Map(
        (await Promise.all(events)).flat().map((event) => [JSON.stringify([event.subtype, event.outcome]), event]),
      );
      expect(kinds.size).toBeGreaterThan(7);
      for (const event of kinds.values()) {
        const verdict = await ask(region, { method: 'POST', path: 'AuditEvent/$validate', body: event });
        expect([event, faultsOf(verdict)]).toEqual([event, []]);
      }
    });

    test.each<readonly [string, Call, number, string]>([
      ['made', { method: 'POST', path: 'AuditEvent', body: { resourceType: 'AuditEvent' } }, 403, 'role-forbidden'],
      [
        'changed',
        { method: 'PUT', path: `AuditEvent/${madeUp}`, body: { resourceType: 'AuditEvent', id: madeUp } },
        403,
        'role-forbidden',
      ],
      [
        'deleted',
        { method: 'DELETE', path: `AuditEvent/${madeUp}`, headers: { 'If-Match': 'W/"1"' } },
        403,
        'role-forbidden',
      ],
      ['asked for its history', { method: 'GET', path: `AuditEvent/${madeUp}/_history` }, 404, 'endpoint-unknown'],
      ['asked for the history of all', { method: 'GET', path: 'AuditEvent/_history' }, 404, 'endpoint-unknown'],
      ['asked for a version', { method: 'GET', path: `AuditEvent/${madeUp}/_history/1` }, 404, 'endpoint-unknown'],
      ['asked for its labels', { method: 'GET', path: `AuditEvent/${madeUp}/$meta` }, 404, 'endpoint-unknown'],
      ['found by a name', { method: 'GET', path: 'AuditEvent?agent-name=x' }, 400, 'search-parameter-unknown'],
      [
        'found along a chain',
        { method: 'GET', path: 'AuditEvent?patient.identifier=1' },
        400,
        'search-modifier-unsupported',
      ],
      ['found by a modifier', { method: 'GET', path: 'AuditEvent?action:not=R' }, 400, 'search-modifier-unsupported'],
      [
        'found by what refers to it',
        { method: 'GET', path: 'AuditEvent?_has:Task:focus:status=ready' },
        400,
        'search-parameter-unknown',
      ],
      ['found by half an address', { method: 'GET', path: 'AuditEvent?entity=1' }, 400, 'search-value-invalid'],
      [
        'given with others',
        { method: 'GET', path: 'AuditEvent?_include=AuditEvent:patient' },
        400,
        'search-parameter-unknown',
      ],
      ['put in another order', { method: 'GET', path: 'AuditEvent?_sort=action' }, 400, 'search-value-invalid'],
      ['searched among other types', { method: 'GET', path: '?_type=AuditEvent' }, 400, 'search-value-invalid'],
      [
        'asked back from a Patient',
        { method: 'GET', path: 'Patient?_has:AuditEvent:patient:action=R' },
        400,
        'search-parameter-unknown',
      ],
      [
        'given with a Patient',
        { method: 'GET', path: 'Patient?_revinclude=AuditEvent:patient' },
        400,
        'search-value-invalid',
      ],
    ])('is not %s', async (_what, call, status, code) => {
      const { answer } = await asks(region, call);
      expect([answer.status, codesOf(answer)]).toEqual([status, [code]]);
    });

    test('is not read by the operator', async () => {
      for (const path of ['AuditEvent', `AuditEvent/${madeUp}`]) {
        const answer = await ask(hub.operator, { method: 'GET', path });
        expect([answer.status, codesOf(answer)]).toEqual([403, ['role-forbidden']]);
      }
    });

    test('needs scopes of its own', async () => {
      const narrow = await hub.party(hsa.careCentre, 'system/Goal.rs');
      for (const path of ['AuditEvent', `AuditEvent/${madeUp}`]) {
        const answer = await ask(narrow, { method: 'GET', path });
        expect([answer.status, codesOf(answer)]).toEqual([403, ['scope-insufficient']]);
      }
    });
  });
}
