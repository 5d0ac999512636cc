// Every type and interaction that the CapabilityStatement claims, asked by every relation that a caller can have to a resource
// (sip.md §4). The statement is the source: a type without a sample here, or an interaction without a request, fails the build.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { typePolicies } from '../../src/access/compartment.ts';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { codesOf, entriesOf, patient, persons, readBundle } from '../scenarios/fixtures.ts';
import { hsa, type OpenHub, type TestHub } from '../scenarios/test-hub.ts';
import { type Answer, type Ask, askAt, type Call, differences } from './answers.ts';
import { organizationIdOf } from './clients.ts';
import { change, create, denyActor, openJointly, withdraw, type Written } from './world.ts';

const never = '0199a0b0-0000-7000-8000-0123456789ab';
/** An id of an AuditEvent has another form. */
const neverLogged = '00112233445566778899aabbccddeeff';

/** What the caller is to the custodian's data, and the party or the person that plays it. */
const relations = {
  custodian: hsa.careCentre,
  'recipient of a Consent': hsa.elderBoard,
  'unit below a recipient': hsa.homeCare,
  'unit above a recipient': hsa.uppsala,
  'recipient of a Consent that was withdrawn': hsa.childUnit,
  'recipient of a Consent that has ended': hsa.housingSupport,
  'recipient of a Consent that the custodian has not confirmed': hsa.psychosisClinic,
  'recipient that another Consent denies': hsa.childPsychiatry,
  'unit of the same region': hsa.orthopaedics,
  stranger: hsa.school,
  'individual whom it is about': persons.astrid,
  'individual whom it is not about': persons.cecilia,
  operator: undefined,
} as const;
type Relation = keyof typeof relations;
const individual: Relation = 'individual whom it is about';
const readers: ReadonlySet<Relation> = new Set([
  'custodian',
  'recipient of a Consent',
  'unit below a recipient',
  individual,
]);

interface Sample {
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  readonly body: FhirResource;
}

type ToCall = (sample: Sample) => Call;
const toPatch: Pick<Call, 'method' | 'body'> = {
  method: 'PATCH',
  body: [{ op: 'add', path: '/language', value: 'sv' }],
};
const patchHeaders = { 'content-type': 'application/json-patch+json' };
const ifMatch = ({ versionId }: Sample): Readonly<Record<string, string>> => ({ 'If-Match': `W/"${versionId}"` });

const reading: Readonly<Record<string, ToCall>> = {
  read: ({ type, id }) => ({ method: 'GET', path: `${type}/${id}` }),
  vread: ({ type, id, versionId }) => ({ method: 'GET', path: `${type}/${id}/_history/${versionId}` }),
  'history-instance': ({ type, id }) => ({ method: 'GET', path: `${type}/${id}/_history` }),
  'history-type': ({ type }) => ({ method: 'GET', path: `${type}/_history?_count=1000` }),
  'search-type': ({ type, id }) => ({ method: 'GET', path: `${type}?_id=${id}&_total=accurate` }),
};

const writing: Readonly<Record<string, ToCall>> = {
  update: (sample) => ({
    method: 'PUT',
    path: `${sample.type}/${sample.id}`,
    body: { ...sample.body, id: sample.id },
    headers: ifMatch(sample),
  }),
  patch: (sample) => ({
    ...toPatch,
    path: `${sample.type}/${sample.id}`,
    headers: { ...ifMatch(sample), ...patchHeaders },
  }),
  delete: (sample) => ({ method: 'DELETE', path: `${sample.type}/${sample.id}`, headers: ifMatch(sample) }),
  conditionalUpdate: (sample) => ({
    method: 'PUT',
    path: `${sample.type}?_id=${sample.id}`,
    body: { ...sample.body, id: undefined },
    headers: ifMatch(sample),
  }),
  conditionalDelete: (sample) => ({
    method: 'DELETE',
    path: `${sample.type}?_id=${sample.id}`,
    headers: ifMatch(sample),
  }),
};

/** Of resources that refer to the sample's person, and to whatever it refers to. */
const making: Readonly<Record<string, ToCall>> = {
  create: ({ type, body }) => ({ method: 'POST', path: type, body: { ...body, id: undefined } }),
  conditionalCreate: ({ type, id, body }) => ({
    method: 'POST',
    path: type,
    body: { ...body, id: undefined },
    headers: { 'If-None-Exist': `_id=${id}` },
  }),
};

interface Claim {
  readonly type: string;
  readonly interaction: readonly { readonly code: string }[];
  readonly conditionalCreate: boolean;
  readonly conditionalUpdate: boolean;
  readonly conditionalDelete: string;
}

export function testMatrix(name: string, openHub: OpenHub): void {
  describe(`type × interaction × relation, on ${name}`, () => {
    let hub: TestHub;
    let ask: Ask;
    let claims: readonly Claim[];
    let person: Written;
    const systems = new Map<Relation, VendorSystem>();
    const samples = new Map<string, Sample>();

    const systemOf = (relation: Relation): VendorSystem => {
      const system = systems.get(relation);
      if (system === undefined) throw new Error(`${relation} has no system`);
      return system;
    };

    beforeAll(async () => {
      hub = await openHub();
      ask = askAt(hub.baseUrl);
      for (const [relation, who] of Object.entries(relations) as [Relation, string | undefined][]) {
        if (who === undefined) systems.set(relation, hub.operator);
        else systems.set(relation, await (who.startsWith('SE') ? hub.party(who) : hub.individual(who)));
      }
      const statement = (await ask(systemOf('stranger'), { method: 'GET', path: 'metadata' })).body;
      const [rest] = (statement?.['rest'] ?? []) as readonly { readonly resource: readonly Claim[] }[];
      claims = rest?.resource ?? [];
      person = await plantPerson(systemOf('custodian'), hub, samples);
      await plantDirectory(systemOf('custodian'), hub.operator, samples);
      await plantConsents({ hub, custodian: systemOf('custodian'), person: person.address, samples });
      await plantEvent(ask, systemOf('custodian'), samples);
    }, 60_000);
    afterAll(() => hub.stop());

    const sampleOf = (type: string): Sample => {
      const sample = samples.get(type);
      if (sample === undefined) throw new Error(`Give a sample of ${type}.`);
      return sample;
    };
    const kindOf = (type: string): string => typePolicies[type]?.kind ?? '';
    /** The requests that are claimed for the type, of one table. */
    const claimedOf = (
      claim: Claim,
      table: Readonly<Record<string, ToCall>>,
    ): readonly (readonly [string, ToCall])[] => {
      const codes = new Set(claim.interaction.map(({ code }) => code));
      if (claim.conditionalCreate) codes.add('conditionalCreate');
      if (claim.conditionalUpdate) codes.add('conditionalUpdate');
      if (claim.conditionalDelete !== 'not-supported') codes.add('conditionalDelete');
      const known = { ...reading, ...writing, ...making };
      for (const code of codes) if (!(code in known)) throw new Error(`Give a request for ${claim.type} ${code}.`);
      return Object.entries(table).filter(([code]) => codes.has(code));
    };
    const isSeen = (type: string, relation: Relation): boolean => {
      if (kindOf(type) === 'directory') return true;
      // What the custodian did with its own is told to nobody else.
      if (kindOf(type) === 'log') return relation === 'custodian' || relation === individual;
      return readers.has(relation);
    };
    /** In what the answer differs from the one about what never was. */
    const toldBy = async (relation: Relation, sample: Sample, toCall: ToCall): Promise<readonly string[]> => {
      const none = kindOf(sample.type) === 'log' ? neverLogged : never;
      const words = [
        [sample.id, none],
        [person.id, never],
      ] as const;
      const absent: Sample = {
        ...sample,
        id: none,
        body: JSON.parse(JSON.stringify(sample.body).replaceAll(person.id, never)) as FhirResource,
      };
      const system = systemOf(relation);
      const [hidden, unknown] = [await ask(system, toCall(sample)), await ask(system, toCall(absent))];
      return [...differences(hidden, unknown, words), ...(hidden.status < 500 ? [] : [`status ${hidden.status}`])];
    };
    const holds = ({ status, text, body }: Answer, { id }: Sample): boolean =>
      status === 200 && text.includes(id) && (body?.['total'] === undefined || body['total'] !== 0);

    test('every type that is claimed has a sample, and every interaction a request', () => {
      expect(claims.map(({ type }) => type).toSorted()).toEqual(Object.keys(typePolicies).toSorted());
      for (const claim of claims) {
        if (claim.type !== 'MeasureReport') expect(sampleOf(claim.type).type).toBe(claim.type);
        claimedOf(claim, {});
      }
    });

    test.each(Object.keys(relations) as Relation[])(
      'the %s is given what it may see, and nothing else',
      async (relation) => {
        const faults: string[] = [];
        for (const claim of claims) {
          if (claim.type === 'MeasureReport') continue;
          const sample = sampleOf(claim.type);
          for (const [code, toCall] of claimedOf(claim, reading)) {
            const place = `${claim.type} ${code}`;
            if (relation === 'operator' && kindOf(claim.type) !== 'directory') {
              const answer = await ask(systemOf(relation), toCall(sample));
              if (answer.status !== 403) faults.push(`${place}: ${answer.status}`);
            } else if (isSeen(claim.type, relation)) {
              const answer = await ask(systemOf(relation), toCall(sample));
              if (!holds(answer, sample)) faults.push(`${place}: ${answer.status}, is not given`);
            } else if (code === 'history-type') {
              const answer = await ask(systemOf(relation), toCall(sample));
              if (answer.status !== 200 || answer.text.includes(sample.id)) faults.push(`${place}: ${answer.status}`);
            } else {
              faults.push(...(await toldBy(relation, sample, toCall)).map((told) => `${place}: ${told}`));
            }
          }
        }
        expect(faults).toEqual([]);
      },
    );

    test.each((Object.keys(relations) as Relation[]).filter((relation) => relation !== 'custodian'))(
      'the %s changes nothing',
      async (relation) => {
        const faults: string[] = [];
        for (const claim of claims.filter(({ type }) => type !== 'MeasureReport')) {
          const sample = sampleOf(claim.type);
          for (const [code, toCall] of claimedOf(claim, writing)) {
            const place = `${claim.type} ${code}`;
            if (isSeen(claim.type, relation) || relation === 'operator') {
              // What the operator keeps is changed by the operator.
              if (relation === 'operator' && kindOf(claim.type) === 'directory') continue;
              const answer = await ask(systemOf(relation), toCall(sample));
              // A registration of its own it has none, or none any more.
              if (claim.type === 'Patient' && relation !== 'operator' && relation !== individual) {
                if (![404, 410].includes(answer.status) && code !== 'conditionalDelete')
                  faults.push(`${place}: ${answer.status}`);
                continue;
              }
              const isRefused = [403, 422].includes(answer.status) && answer.text.includes('OperationOutcome');
              // The individual withdraws a Consent, and changes nothing else of it.
              const lawful = [
                'not-your-resource',
                'role-forbidden',
                ...(relation === individual ? ['not-your-field'] : []),
              ];
              const codes = codesOf(answer).filter((told) => !lawful.includes(told));
              if (!isRefused || codes.length > 0) faults.push(`${place}: ${answer.status} ${codes.join()}`);
            } else {
              faults.push(...(await toldBy(relation, sample, toCall)).map((told) => `${place}: ${told}`));
            }
          }
        }
        expect(faults).toEqual([]);
      },
    );

    test.each((Object.keys(relations) as Relation[]).filter((relation) => !readers.has(relation)))(
      'the %s makes nothing of what it does not see',
      async (relation) => {
        const faults: string[] = [];
        for (const claim of claims) {
          // A registration is one's own, whoever else knows the person (secrecy.ts).
          if (kindOf(claim.type) !== 'patient' || claim.type === 'Patient') continue;
          for (const [code, toCall] of claimedOf(claim, making)) {
            const told = await toldBy(relation, sampleOf(claim.type), toCall);
            faults.push(...told.map((one) => `${claim.type} ${code}: ${one}`));
          }
        }
        expect(faults).toEqual([]);
      },
    );

    test('the custodian changes and deletes what it keeps', async () => {
      const faults: string[] = [];
      const custodian = systemOf('custodian');
      for (const code of ['update', 'patch', 'conditionalUpdate', 'delete'] as const) {
        for (const [type, sample] of samples) {
          const toCall = writing[code];
          if (toCall === undefined) throw new Error(code);
          if (kindOf(type) !== 'patient') continue;
          const answer = await ask(custodian, toCall(sample));
          const versionId = /W\/"(.+)"/.exec(answer.headers['etag'] ?? '')?.[1];
          if (answer.status !== (code === 'delete' ? 204 : 200))
            faults.push(`${type} ${code}: ${answer.status} ${answer.text}`);
          samples.set(type, { ...sample, versionId: versionId ?? sample.versionId });
        }
      }
      expect(faults).toEqual([]);
    });
  });
}

function keep(samples: Map<string, Sample>, { id, versionId, resource }: Written): void {
  const type = resource.resourceType;
  if (!samples.has(type)) samples.set(type, { type, id, versionId, body: resource });
}

/** A plan of the examples without its Consent, and what the plan of the examples lacks. */
async function plantPerson(custodian: VendorSystem, hub: TestHub, samples: Map<string, Sample>): Promise<Written> {
  const bundle = readBundle('hip-fracture/1-region.json');
  const entry = bundle.entry.filter(({ resource }) => resource.resourceType !== 'Consent');
  const answer = await custodian.call({ method: 'POST', path: '', body: { ...bundle, entry } });
  if (answer.status !== 200) throw new Error(answer.text);
  for (const { response } of entriesOf(answer)) {
    const [, type = '', id = ''] = /([A-Z]\w+)\/([^/]+)\/_history/.exec(response?.location ?? '') ?? [];
    const { body } = await custodian.call({ method: 'GET', path: `${type}/${id}` });
    const resource = body as unknown as FhirResource;
    keep(samples, { address: `${type}/${id}`, id, versionId: resource.meta?.versionId ?? '', resource });
  }
  const at = (type: string): string => `${type}/${samples.get(type)?.id ?? ''}`;
  const made: readonly FhirResource[] = [
    {
      resourceType: 'AppointmentResponse',
      appointment: { reference: at('Appointment') },
      actor: { reference: at('HealthcareService') },
      participantStatus: 'tentative',
    },
    {
      resourceType: 'QuestionnaireResponse',
      questionnaire: 'https://siphub.se/fhir/Questionnaire/sip-self-report',
      status: 'completed',
      subject: { reference: at('Patient') },
      authored: '2026-11-01T18:00:00+01:00',
      source: { reference: at('Patient') },
      item: [{ linkId: '1', answer: [{ valueInteger: 6 }] }],
    },
    {
      resourceType: 'Provenance',
      target: [{ reference: at('CarePlan') }],
      recorded: '2026-11-01T13:00:00+01:00',
      activity: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation', code: 'CREATE' }] },
      agent: [
        {
          type: {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'author' }],
          },
          who: { reference: `Organization/${organizationIdOf(custodian)}` },
        },
      ],
    },
  ];
  for (const resource of made) keep(samples, await create(custodian, resource));
  const organization = await hub.operator.call({ method: 'GET', path: `Organization/${organizationIdOf(custodian)}` });
  const resource = organization.body as unknown as FhirResource;
  keep(samples, { address: '', id: resource.id ?? '', versionId: resource.meta?.versionId ?? '', resource });
  const { id = '', versionId = '', body: registered } = samples.get('Patient') ?? {};
  return { address: at('Patient'), id, versionId, resource: registered ?? { resourceType: 'Patient' } };
}

async function plantDirectory(
  custodian: VendorSystem,
  operator: VendorSystem,
  samples: Map<string, Sample>,
): Promise<void> {
  const managingOrganization = { reference: `Organization/${organizationIdOf(custodian)}` };
  const kept: readonly FhirResource[] = [
    { resourceType: 'Location', status: 'active', name: 'Rum 3', managingOrganization },
    {
      resourceType: 'Endpoint',
      status: 'active',
      connectionType: {
        system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type',
        code: 'hl7-fhir-rest',
      },
      managingOrganization,
      payloadType: [{ text: 'plan' }],
      address: 'https://vendor.example/fhir',
    },
  ];
  const operated: readonly FhirResource[] = [
    { resourceType: 'Questionnaire', url: 'https://example.org/Questionnaire/q', status: 'active' },
    { resourceType: 'Measure', url: 'https://example.org/Measure/m', status: 'active' },
    {
      resourceType: 'SearchParameter',
      url: 'https://example.org/SearchParameter/note',
      name: 'GoalNote',
      status: 'active',
      description: 'Words of a note.',
      code: 'note-text',
      base: ['Goal'],
      type: 'string',
      expression: 'Goal.note.text',
    },
  ];
  for (const resource of kept) keep(samples, await create(custodian, resource));
  for (const resource of operated) keep(samples, await create(operator, resource));
}

interface Planting {
  readonly hub: TestHub;
  readonly custodian: VendorSystem;
  readonly person: string;
  readonly samples: Map<string, Sample>;
}

async function plantConsents({ hub, custodian, person, samples }: Planting): Promise<void> {
  const opening = { by: custodian, person, custodians: [hsa.careCentre] };
  const of = (relation: Relation): readonly string[] => [relations[relation] ?? ''];
  keep(samples, await openJointly({ ...opening, recipients: of('recipient of a Consent') }));
  await withdraw(
    custodian,
    await openJointly({ ...opening, recipients: of('recipient of a Consent that was withdrawn') }),
  );
  const period = { start: '2026-01-01', end: '2026-02-01' };
  await openJointly({ ...opening, recipients: of('recipient of a Consent that has ended'), period });
  const denied = of('recipient that another Consent denies');
  await openJointly({ ...opening, recipients: denied });
  const recipients = of('recipient of a Consent');
  await openJointly({ ...opening, recipients, denied: denied.map(denyActor) });
  // Recorded by a party that knows the person as well.
  const recorder = await hub.party(hsa.homeCare);
  const registered = await create(recorder, patient(persons.astrid));
  const unconfirmed = 'recipient of a Consent that the custodian has not confirmed';
  await openJointly({ ...opening, by: recorder, person: registered.address, recipients: of(unconfirmed) });
  const recorded = await change(recorder, registered, { active: true });
  await recorder.call({
    method: 'DELETE',
    path: registered.address,
    headers: { 'If-Match': `W/"${recorded.versionId}"` },
  });
}

/** An event of the log: the custodian has read its own. */
async function plantEvent(ask: Ask, custodian: VendorSystem, samples: Map<string, Sample>): Promise<void> {
  const plan = samples.get('CarePlan')?.id ?? '';
  await ask(custodian, { method: 'GET', path: `CarePlan/${plan}` });
  const found = await ask(custodian, { method: 'GET', path: `AuditEvent?action=R&entity=CarePlan/${plan}&_count=1` });
  const [resource] = entriesOf(found).map((one) => one.resource);
  if (resource?.id === undefined) throw new Error(found.text);
  samples.set('AuditEvent', { type: 'AuditEvent', id: resource.id, versionId: '1', body: resource });
}
