// One whole plan as the transaction Bundle that a vendor's system sends: 11 resources that meet the SIP profiles.
// The persons do not exist: each has a national reserve number (sip.md §3) made up from a running number.
// Interventions lie inside the CarePlan (contained), so that the Bundle has the eleven resources that earlier figures were made with.

export interface PlanParties {
  /** `Organization/<id>` of the custodian and of the other party, which the consent lets in. */
  readonly custodian: string;
  readonly recipient: string;
  /** `PractitionerRole/<id>` of the coordinator. */
  readonly coordinator: string;
  /** `HealthcareService/<id>` that the other party is called by. */
  readonly contactPoint: string;
}

export const reserveSystem = 'http://electronichealth.se/identifier/nationelltReservnummer';
export const planType = { system: 'https://fhir.inera.se/CodeSystem/typeofcareplan-cs', code: 'SIP' } as const;

const letters = 'ABCDEFGHJKLMNPRSTUXYZ';

/** Twelve characters, another for each number below 21³ · 10 · 10 000: a birth date of none, three letters and a digit. */
export function toReserveNumber(running: number): string {
  let rest = running;
  let tail = String(rest % 10);
  rest = Math.floor(rest / 10);
  for (let index = 0; index < 3; index += 1) {
    tail = `${letters[rest % letters.length] ?? ''}${tail}`;
    rest = Math.floor(rest / letters.length);
  }
  return `2200${String(rest + 2040).padStart(4, '0')}${tail}`;
}

const canonical = 'https://siphub.se/fhir';
const coded = (set: string, code: string) => ({ coding: [{ system: `${canonical}/CodeSystem/${set}`, code }] });
const extension = (name: string, value: Readonly<Record<string, unknown>>) => ({
  url: `${canonical}/StructureDefinition/${name}`,
  ...value,
});
const icf = (code: string) => ({ coding: [{ system: 'http://hl7.org/fhir/sid/icf', version: '2017a', code }] });
const reference = (target: string) => ({ reference: target });
const urn = (number: number): string => `urn:uuid:0b5a1c00-0000-4000-8000-${String(number).padStart(12, '0')}`;

const address = {
  patient: urn(1),
  team: urn(2),
  consent: urn(3),
  goal: (index: number) => urn(10 + index),
  plan: urn(4),
  appointment: urn(5),
};

/** A person as one party registers it. */
export function makePatient(running: number): Readonly<Record<string, unknown>> {
  return {
    resourceType: 'Patient',
    identifier: [{ use: 'official', system: reserveSystem, value: toReserveNumber(running) }],
    active: true,
    name: [{ use: 'official', family: `Prov${running}`, given: ['Person'] }],
    telecom: [{ system: 'phone', value: '+46701740610', use: 'mobile' }],
    gender: 'unknown',
    birthDate: '1940-03-14',
    address: [{ use: 'home', line: ['Provgatan 1'], postalCode: '75320', city: 'Provstad', country: 'SE' }],
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'sv' }] }, preferred: true }],
  };
}

const subGoals = [
  ['d450', 'Jag vill gå till bänken vid lekparken med rollator utan att vara rädd för att ramla.'],
  ['d540', 'Jag vill klä på mig själv på morgonen, även strumpor och skor.'],
  ['b280', 'Jag vill sova en hel natt utan att vakna av värken.'],
  ['d640', 'Jag vill laga min egen mat minst tre dagar i veckan.'],
  ['d920', 'Jag vill komma tillbaka till torsdagsgruppen på träffpunkten.'],
] as const;

function makeGoals(): readonly Readonly<Record<string, unknown>>[] {
  const common = {
    lifecycleStatus: 'active',
    achievementStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/goal-achievement', code: 'in-progress' }],
    },
    subject: reference(address.patient),
    startDate: '2026-10-27',
    target: [{ dueDate: '2027-01-19' }],
    expressedBy: reference(address.patient),
  };
  const main = {
    resourceType: 'Goal',
    category: [coded('sip-goal-kind', 'main-goal')],
    description: { text: 'Jag vill bo kvar i min lägenhet och kunna ta hand om mina blommor.' },
    ...common,
  };
  const partOf = {
    url: 'http://hl7.org/fhir/StructureDefinition/goal-relationship',
    extension: [
      { url: 'type', valueCodeableConcept: coded('sip-goal-relation', 'part-of') },
      { url: 'target', valueReference: reference(address.goal(0)) },
    ],
  };
  return [
    main,
    ...subGoals.map(([code, text]) => ({
      resourceType: 'Goal',
      extension: [partOf],
      category: [coded('sip-goal-kind', 'sub-goal'), icf(code)],
      description: { text },
      ...common,
    })),
  ];
}

const interventions = [
  [
    'Träning hemma med fysioterapeut, två gånger i veckan',
    'Du tränar balans och benstyrka hemma. Fysioterapeuten visar och skriver ned övningarna.',
    'region',
  ],
  ['Läkemedelsgenomgång', 'Läkaren går igenom dina läkemedel med dig, särskilt det du tar mot värk.', 'region'],
  ['Hjälp på morgonen', 'Hemvården hjälper dig att klä på dig tills du klarar det själv.', 'municipality'],
  ['Följe till träffpunkten', 'Någon går med dig dit på torsdagar de första fyra veckorna.', 'municipality'],
] as const;

function makeInterventions(parties: PlanParties): readonly Readonly<Record<string, unknown>>[] {
  return interventions.map(([text, patientInstruction, responsibility], index) => ({
    resourceType: 'ServiceRequest',
    id: `insats-${index + 1}`,
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal',
        valueReference: reference(address.goal(index + 1)),
      },
    ],
    basedOn: [reference('#')],
    status: 'active',
    intent: 'plan',
    code: { text },
    subject: reference(address.patient),
    occurrencePeriod: { start: '2026-10-28', end: '2027-01-19' },
    performerType: coded('sip-responsibility', responsibility),
    performer: [reference(responsibility === 'region' ? parties.custodian : parties.recipient)],
    patientInstruction,
  }));
}

function makeCarePlan(parties: PlanParties): Readonly<Record<string, unknown>> {
  const contained = makeInterventions(parties);
  const inWords = (name: string, text: string, code: string) =>
    extension(name, {
      extension: [
        { url: 'text', valueString: text },
        { url: 'code', valueCodeableConcept: icf(code) },
      ],
    });
  return {
    resourceType: 'CarePlan',
    contained,
    extension: [
      inWords('sip-need', 'Jag är svag i benet och rädd för att ramla igen.', 'd450'),
      inWords('sip-need', 'Jag orkar inte klä på mig själv än.', 'd540'),
      inWords('sip-strength', 'Jag har alltid gått mycket och vill träna.', 'b130'),
      extension('sip-overall-responsible', { valueReference: reference(parties.custodian) }),
      extension('sip-next-follow-up', { valueDate: '2027-01-19' }),
      extension('sip-coordination-level', { valueCodeableConcept: coded('sip-coordination-level', 'sip') }),
      extension('sip-participation', { valueCodeableConcept: coded('sip-participation', 'took-part') }),
    ],
    status: 'active',
    intent: 'plan',
    category: [{ coding: [planType] }],
    title: 'Samordnad individuell plan',
    description: 'Jag vill klara mig själv så långt det går och veta vem jag ska ringa när det inte går.',
    subject: reference(address.patient),
    period: { start: '2026-10-27' },
    created: '2026-10-27',
    author: reference(parties.coordinator),
    careTeam: [reference(address.team)],
    goal: [0, 1, 2, 3, 4, 5].map((index) => reference(address.goal(index))),
    activity: [
      ...contained.map(({ id }) => ({ reference: reference(`#${String(id)}`) })),
      { reference: reference(address.appointment) },
    ],
  };
}

function makeCareTeam(parties: PlanParties): Readonly<Record<string, unknown>> {
  const member = (role: string, target: string) => ({
    role: [coded('sip-team-role', role)],
    member: reference(target),
  });
  return {
    resourceType: 'CareTeam',
    status: 'active',
    name: 'Vårdlag',
    subject: reference(address.patient),
    period: { start: '2026-10-07' },
    participant: [
      member('individual', address.patient),
      { ...member('coordinator', parties.coordinator), period: { start: '2026-10-07' } },
      member('participant', parties.recipient),
    ],
    managingOrganization: [reference(parties.custodian)],
  };
}

function makeConsent(parties: PlanParties): Readonly<Record<string, unknown>> {
  return {
    resourceType: 'Consent',
    extension: [
      extension('sip-consent-basis', { valueCodeableConcept: coded('sip-consent-basis', 'own-consent') }),
      extension('sip-consent-evidence', { valueCodeableConcept: coded('sip-consent-evidence', 'spoken') }),
    ],
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: reference(address.patient),
    dateTime: '2026-10-07T10:30:00+02:00',
    performer: [reference(address.patient)],
    organization: [reference(parties.custodian)],
    policy: [{ uri: `${canonical}/policy/lag-2017-612-4-2` }],
    provision: {
      type: 'permit',
      period: { start: '2026-10-07' },
      actor: [
        {
          role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
          reference: reference(parties.recipient),
        },
      ],
    },
  };
}

function makeAppointment(parties: PlanParties): Readonly<Record<string, unknown>> {
  const called = (role: string, target: string, status: string) => ({
    type: [coded('sip-team-role', role)],
    actor: reference(target),
    required: 'required',
    status,
  });
  return {
    resourceType: 'Appointment',
    extension: [
      extension('sip-meeting-form', { valueCodeableConcept: coded('sip-meeting-form', 'room') }),
      extension('sip-meeting-question', {
        valueString: 'Vad behövs för att bo kvar hemma, och vem gör vad den första månaden?',
      }),
    ],
    status: 'booked',
    appointmentType: coded('sip-appointment-type', 'follow-up'),
    description: 'Uppföljning av planen hemma',
    start: '2027-01-19T13:00:00+01:00',
    end: '2027-01-19T13:45:00+01:00',
    minutesDuration: 45,
    created: '2026-10-27T14:40:00+01:00',
    comment: 'Samordnaren leder mötet och skriver.',
    participant: [
      // The type is said: until the Bundle is put down, the reference alone does not tell that this is the individual.
      {
        ...called('individual', address.patient, 'accepted'),
        actor: { ...reference(address.patient), type: 'Patient' },
      },
      called('coordinator', parties.coordinator, 'accepted'),
      called('participant', parties.contactPoint, 'needs-action'),
    ],
  };
}

/** The Bundle for the person with this running number. */
export function makePlanBundle(running: number, parties: PlanParties): Readonly<Record<string, unknown>> {
  const post = (
    fullUrl: string,
    resource: Readonly<Record<string, unknown>>,
    condition: Readonly<Record<string, string>> = {},
  ) => ({
    fullUrl,
    resource,
    request: { method: 'POST', url: String(resource['resourceType']), ...condition },
  });
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      post(address.patient, makePatient(running), {
        ifNoneExist: `identifier=${reserveSystem}|${toReserveNumber(running)}`,
      }),
      post(address.team, makeCareTeam(parties)),
      post(address.consent, makeConsent(parties)),
      ...makeGoals().map((goal, index) => post(address.goal(index), goal)),
      post(address.plan, makeCarePlan(parties)),
      post(address.appointment, makeAppointment(parties)),
    ],
  };
}

/** The same Bundle as text, made once and filled in per person: a load driver must not spend its time on writing JSON. */
export function compilePlanText(parties: PlanParties): (running: number) => string {
  const sample = 7_777_777;
  const text = JSON.stringify(makePlanBundle(sample, parties));
  const parts = text.split(new RegExp(`(${toReserveNumber(sample)}|Prov${sample})`));
  return (running) =>
    parts
      .map((part, index) =>
        index % 2 === 0 ? part : part.startsWith('Prov') ? `Prov${running}` : toReserveNumber(running),
      )
      .join('');
}
