// Which profile of the hub a resource must meet, by its type and, where a type has several, by what the resource says it is.
// Specification: sip.md §3. A type without an entry is checked against R4 alone.
import type { FhirResource } from '../fhir/resource.ts';
import { isObject } from './walk.ts';

/** The canonical URLs of the profiles that a resource must meet. */
export type SipProfiles = (resource: FhirResource) => readonly string[];

type Choice = string | ((resource: FhirResource) => string);

/** Reads freely: called before the structure is known to be sound. */
const codesAt = (value: unknown, system: string): readonly unknown[] => {
  const concepts = Array.isArray(value) ? value : [value];
  return concepts
    .filter(isObject)
    .flatMap((concept) => (Array.isArray(concept['coding']) ? concept['coding'].filter(isObject) : []))
    .filter((coding) => coding['system'] === system)
    .map((coding) => coding['code']);
};

const pointsAt = (value: unknown, type: string): boolean =>
  isObject(value) &&
  (value['type'] === type ||
    (typeof value['reference'] === 'string' && new RegExp(`(?:^|/)${type}[/?]`).test(value['reference'])));

/** Codes of value set sip-work-item. */
const workItems: ReadonlySet<unknown> = new Set([
  'acknowledge-call',
  'hold-follow-up',
  'obtain-consent',
  'renew-consent',
  'post-letter',
  'review-deviation',
  'offer-sip',
  'transfer-coordination',
  'join-plans',
]);

const choices = (base: string): Readonly<Record<string, Choice>> => ({
  Appointment: 'SipAppointment',
  AppointmentResponse: 'SipAppointmentResponse',
  AuditEvent: 'SipAuditEvent',
  CarePlan: 'SipCarePlan',
  CareTeam: 'SipCareTeam',
  Communication: 'SipCommunication',
  Consent: 'SipConsent',
  Encounter: 'SipEncounter',
  // A goal that does not say its kind is held to the rules of a main goal, and told that the kind is missing.
  Goal: (goal) =>
    codesAt(goal['category'], `${base}/CodeSystem/sip-goal-kind`).includes('sub-goal') ? 'SipSubGoal' : 'SipMainGoal',
  HealthcareService: 'SipHealthcareService',
  MeasureReport: 'SipMeasureReport',
  Organization: 'SipOrganization',
  Patient: 'SipPatient',
  Practitioner: 'SipPractitioner',
  PractitionerRole: 'SipPractitionerRole',
  Provenance: 'SipProvenance',
  // The survey is anonymous: an answer about a person is a self-report.
  QuestionnaireResponse: (answers) => (answers['subject'] === undefined ? 'SipSurveyResponse' : 'SipSelfReport'),
  RelatedPerson: 'SipRelatedPerson',
  ServiceRequest: 'SipIntervention',
  Task: (task) => {
    const codes = codesAt(task['code'], `${base}/CodeSystem/sip-task-code`);
    if (codes.includes('commitment')) return 'SipCommitment';
    if (codes.some((code) => workItems.has(code))) return 'SipWorkItem';
    return pointsAt(task['focus'], 'ServiceRequest') ? 'SipCommitment' : 'SipTask';
  },
});

/** The table for a canonical base such as `https://siphub.se/fhir`. */
export function createSipProfiles(base: string): SipProfiles {
  const table = choices(base);
  return (resource) => {
    const choice = Object.hasOwn(table, resource.resourceType) ? table[resource.resourceType] : undefined;
    if (choice === undefined) return [];
    return [`${base}/StructureDefinition/${typeof choice === 'string' ? choice : choice(resource)}`];
  };
}
