// What plain mode is loaded with: nine usual resource types of R4, nine resources for each person, 112 persons in a Bundle of 1 000.
// A running number tells type, id and content, so that nothing must be remembered to read, change or delete a resource.
import { makePatient } from './plan.ts';

type Resource = Readonly<Record<string, unknown>>;

export const bundleSize = 1000;

interface Parts {
  readonly id: string;
  readonly person: number;
  /** The other resources of the person that it is about. */
  readonly to: (type: PlainType) => { readonly reference: string };
  /** Something that a change changes. */
  readonly edition: number;
}

const coding = (system: string, code: string, display: string) => ({ coding: [{ system, code, display }] });
const terminology = 'http://terminology.hl7.org/CodeSystem';
const own = (kind: string, { id }: Parts) => [{ system: `https://bench.example/${kind}`, value: id }];

const makers = {
  Patient: ({ person, edition }) => ({
    ...makePatient(person),
    address: [
      { use: 'home', line: [`Provgatan ${edition + 1}`], postalCode: '75320', city: 'Provstad', country: 'SE' },
    ],
  }),
  Practitioner: (parts) => ({
    identifier: own('practitioner', parts),
    active: true,
    name: [{ use: 'official', family: `Provare${parts.person}`, given: ['Legitimerad'] }],
    telecom: [{ system: 'phone', value: `+4670174060${parts.edition % 10}`, use: 'work' }],
    qualification: [{ code: coding(`${terminology}/v2-0360`, 'MD', 'Doctor of Medicine') }],
  }),
  Organization: (parts) => ({
    identifier: own('organization', parts),
    active: true,
    type: [coding(`${terminology}/organization-type`, 'dept', 'Hospital Department')],
    name: `Provmottagning ${parts.person}`,
    telecom: [{ system: 'phone', value: `+4670174061${parts.edition % 10}` }],
    address: [{ line: ['Provvägen 2'], postalCode: '75320', city: 'Provstad', country: 'SE' }],
  }),
  Location: (parts) => ({
    identifier: own('location', parts),
    status: 'active',
    name: `Provrum ${parts.person}`,
    description: `Våning ${parts.edition % 10}`,
    mode: 'instance',
    position: { longitude: 17.64, latitude: 59.86 },
    managingOrganization: parts.to('Organization'),
  }),
  Encounter: (parts) => ({
    identifier: own('encounter', parts),
    status: 'finished',
    class: { system: `${terminology}/v3-ActCode`, code: 'AMB', display: 'ambulatory' },
    subject: parts.to('Patient'),
    participant: [{ individual: parts.to('Practitioner') }],
    period: { start: '2026-10-27T13:00:00+01:00', end: `2026-10-27T13:${10 + (parts.edition % 50)}:00+01:00` },
    location: [{ location: parts.to('Location') }],
    serviceProvider: parts.to('Organization'),
  }),
  Condition: (parts) => ({
    identifier: own('condition', parts),
    clinicalStatus: coding(`${terminology}/condition-clinical`, 'active', 'Active'),
    verificationStatus: coding(`${terminology}/condition-ver-status`, 'confirmed', 'Confirmed'),
    category: [coding(`${terminology}/condition-category`, 'encounter-diagnosis', 'Encounter Diagnosis')],
    code: coding('http://hl7.org/fhir/sid/icd-10', 'I10', 'Essential (primary) hypertension'),
    subject: parts.to('Patient'),
    encounter: parts.to('Encounter'),
    onsetDateTime: '2026-10-27',
    recorder: parts.to('Practitioner'),
    note: [{ text: `Kontrollerat ${parts.edition} gånger.` }],
  }),
  Observation: (parts) => ({
    identifier: own('observation', parts),
    status: 'final',
    category: [coding(`${terminology}/observation-category`, 'vital-signs', 'Vital Signs')],
    code: coding('http://loinc.org', '8867-4', 'Heart rate'),
    subject: parts.to('Patient'),
    encounter: parts.to('Encounter'),
    effectiveDateTime: '2026-10-27T13:05:00+01:00',
    performer: [parts.to('Practitioner')],
    valueQuantity: {
      value: 50 + ((parts.person + parts.edition) % 100),
      unit: '/min',
      system: 'http://unitsofmeasure.org',
      code: '/min',
    },
  }),
  Procedure: (parts) => ({
    identifier: own('procedure', parts),
    status: 'completed',
    code: coding('http://snomed.info/sct', '40701008', 'Echocardiography'),
    subject: parts.to('Patient'),
    encounter: parts.to('Encounter'),
    performedDateTime: `2026-10-27T13:${10 + (parts.edition % 50)}:00+01:00`,
    performer: [{ actor: parts.to('Practitioner') }],
    location: parts.to('Location'),
  }),
  MedicationRequest: (parts) => ({
    identifier: own('medication-request', parts),
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: coding('http://www.whocc.no/atc', 'C07AB02', 'metoprolol'),
    subject: parts.to('Patient'),
    encounter: parts.to('Encounter'),
    authoredOn: '2026-10-27T13:15:00+01:00',
    requester: parts.to('Practitioner'),
    dosageInstruction: [
      {
        text: `${1 + (parts.edition % 3)} tablett på morgonen`,
        timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } },
      },
    ],
  }),
} as const satisfies Readonly<Record<string, (parts: Parts) => Resource>>;

type PlainType = 'Patient' | 'Practitioner' | 'Organization' | 'Location' | 'Encounter';

/** In the order of running numbers; the Patient first, as a person's other resources refer to it. */
export const plainTypes = Object.keys(makers) as readonly (keyof typeof makers)[];

const personsPerBundle = Math.ceil(bundleSize / plainTypes.length);

const personOf = (running: number): number =>
  Math.floor(running / bundleSize) * personsPerBundle + Math.floor((running % bundleSize) / plainTypes.length);

const typeOf = (running: number): keyof typeof makers =>
  plainTypes[(running % bundleSize) % plainTypes.length] ?? 'Patient';

/** Eight letters and a number: the write floors put another word of eight in their place (written-rows.ts). */
const idOf = (person: number): string => `resource-${person}`;

/** `Type/id` of the resource with this running number, another for each. */
export const plainAddress = (running: number): string => `${typeOf(running)}/${idOf(personOf(running))}`;

/** The resource with this running number. It refers to resources of the person that `about` is one of: its own unless said otherwise. */
export function makePlainResource(
  running: number,
  { about = running, edition = 0 }: { readonly about?: number; readonly edition?: number } = {},
): Resource {
  const type = typeOf(running);
  const id = idOf(personOf(running));
  const to = (other: PlainType) => ({ reference: `${other}/${idOf(personOf(about))}` });
  return { resourceType: type, id, ...makers[type]({ id, person: personOf(running), to, edition }) };
}

/** The transaction that puts down the resources from a running number on that begins a Bundle. */
export function makePlainBundle(first: number): Resource {
  const entry = Array.from({ length: bundleSize }, (_, index) => ({
    resource: makePlainResource(first + index),
    request: { method: 'PUT', url: plainAddress(first + index) },
  }));
  return { resourceType: 'Bundle', type: 'transaction', entry };
}
