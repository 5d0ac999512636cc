// Which resource types the hub takes, whose they are, and which one element says what person a resource is about
// (sip.md §4: one subject element per type, also where R4's compartment definition knows several or none).
// https://hl7.org/fhir/R4/compartmentdefinition-patient.html
import type { FhirResource } from '../fhir/resource.ts';

/** `directory`: every authenticated client reads. `patient`: visible by custodian and consent. */
export type TypePolicy =
  | {
      readonly kind: 'directory';
      /**
       * Who may write it; `operator` alone, or a party what it keeps itself. `nobody`: loaded at start or made by the hub.
       * `either`: what the operator writes is directory, what a party writes is visible to that party alone.
       */
      readonly writer: 'operator' | 'party' | 'nobody' | 'either';
      /** The element that says whose it is: a party writes it for itself and for the units below it. */
      readonly keeper?: string;
    }
  | {
      readonly kind: 'patient';
      /** The element that names the person; a reference in it to anything but a Patient leads to that resource's person. */
      readonly subject: string;
      /** It may be about nobody; it is then visible to its custodian alone. */
      readonly isSubjectOptional?: true;
      /** The individual writes some, too (sip.md §4); of what parties keep, only a Consent is withdrawn. */
      readonly isOfIndividual?: true;
    }
  /** Made of the hub's own log when somebody reads it: visible to the party that acted, and to those whose data were concerned. */
  | {
      readonly kind: 'log';
      /** The search parameters it is found by. */
      readonly searchedBy: readonly string[];
    };

/** The closed table. A type that is not here is not served. */
export const typePolicies: Readonly<Record<string, TypePolicy>> = {
  Patient: { kind: 'patient', subject: 'Patient' },
  RelatedPerson: { kind: 'patient', subject: 'patient' },
  CarePlan: { kind: 'patient', subject: 'subject' },
  Goal: { kind: 'patient', subject: 'subject' },
  ServiceRequest: { kind: 'patient', subject: 'subject' },
  Task: { kind: 'patient', subject: 'for', isOfIndividual: true },
  Consent: { kind: 'patient', subject: 'patient', isOfIndividual: true },
  CareTeam: { kind: 'patient', subject: 'subject' },
  Appointment: { kind: 'patient', subject: 'participant.actor' },
  AppointmentResponse: { kind: 'patient', subject: 'appointment', isOfIndividual: true },
  Communication: { kind: 'patient', subject: 'subject', isOfIndividual: true },
  Encounter: { kind: 'patient', subject: 'subject' },
  QuestionnaireResponse: { kind: 'patient', subject: 'subject', isOfIndividual: true },
  Provenance: { kind: 'patient', subject: 'target' },
  AuditEvent: {
    kind: 'log',
    searchedBy: ['_id', '_lastUpdated', 'action', 'agent', 'date', 'entity', 'outcome', 'patient', 'subtype'],
  },
  Organization: { kind: 'directory', writer: 'operator' },
  Practitioner: { kind: 'directory', writer: 'party' },
  PractitionerRole: { kind: 'directory', writer: 'party', keeper: 'organization' },
  HealthcareService: { kind: 'directory', writer: 'party', keeper: 'providedBy' },
  Location: { kind: 'directory', writer: 'party', keeper: 'managingOrganization' },
  Endpoint: { kind: 'directory', writer: 'party', keeper: 'managingOrganization' },
  Questionnaire: { kind: 'directory', writer: 'operator' },
  Measure: { kind: 'directory', writer: 'operator' },
  MeasureReport: { kind: 'directory', writer: 'nobody' },
  SearchParameter: { kind: 'directory', writer: 'operator' },
};

/** The types whose resources are kept; the others are made when they are read. */
export function listStoredTypes(policies: Readonly<Record<string, TypePolicy>>): readonly string[] {
  return Object.entries(policies).flatMap(([type, { kind }]) => (kind === 'log' ? [] : [type]));
}

/** The search parameters of types that are not found by all that FHIR defines. */
export function listLimitedParameters(
  policies: Readonly<Record<string, TypePolicy>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(policies).flatMap(([type, policy]) =>
      policy.kind === 'log' ? [[type, new Set(policy.searchedBy)] as const] : [],
    ),
  );
}

/** The policy of a type; undefined where it is not served. */
export type FindTypePolicy = (type: string) => TypePolicy | undefined;

/** The policy of a type, or undefined where the hub does not serve it. */
export function findTypePolicy(type: string): TypePolicy | undefined {
  return Object.hasOwn(typePolicies, type) ? typePolicies[type] : undefined;
}

/**
 * Plain mode's table: every type of R4 that can stand alone is served. Whose a resource is and who sees it is decided as in the hub;
 * a type that the hub does not know is about the person its `subject` or `patient` names, if any.
 */
export function createPlainPolicies(
  types: Iterable<string>,
  hasElement: (type: string, element: string) => boolean,
): Readonly<Record<string, TypePolicy>> {
  const subjectOf = (type: string): string =>
    ['subject', 'patient', 'beneficiary', 'individual'].find((element) => hasElement(type, element)) ?? 'subject';
  const policyOf = (type: string): TypePolicy => {
    const known = findTypePolicy(type);
    if (known?.kind === 'directory') return { kind: 'directory', writer: 'either' };
    // A plain server keeps its clients' AuditEvents; its own log is not among them.
    const subject = known?.kind === 'patient' ? known.subject : known === undefined ? subjectOf(type) : 'entity.what';
    return { kind: 'patient', subject, isSubjectOptional: true };
  };
  // Parameters is only ever sent and answered with.
  return Object.fromEntries([...types].filter((type) => type !== 'Parameters').map((type) => [type, policyOf(type)]));
}

/**
 * The literal references in the subject element of a patient-compartment resource, in order, without repeats. A well-formed resource
 * has exactly one; none or several is for the caller to refuse. A Patient gives none: it is its own subject.
 */
export function findSubjectReferences(
  resource: FhirResource,
  find: FindTypePolicy = findTypePolicy,
): readonly string[] {
  const policy = find(resource.resourceType);
  if (policy?.kind !== 'patient' || resource.resourceType === 'Patient') return [];
  const references = collect(resource, policy.subject.split('.'));
  if (policy.subject === 'participant.actor') return references.filter((reference) => isPatientReference(reference));
  return references;
}

function isPatientReference(reference: string): boolean {
  return /^Patient[/?]/.test(reference);
}

function collect(root: unknown, path: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const walk = (node: unknown, depth: number): void => {
    if (Array.isArray(node)) {
      for (const item of node) walk(item, depth);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const key = path[depth];
    const holder = node as Readonly<Record<string, unknown>>;
    if (key !== undefined) walk(holder[key], depth + 1);
    else if (typeof holder['reference'] === 'string') found.add(holder['reference']);
  };
  walk(root, 0);
  return [...found];
}
