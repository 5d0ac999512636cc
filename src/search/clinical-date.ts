// The one date that says when the care took place that a resource tells of: what $everything's start and end are held against.
// https://hl7.org/fhir/R4/patient-operation-everything.html · R4 names no such element, so the search parameters are asked in this order.
import type { Parameter } from './parameter.ts';

/** From when it happened, over when it was planned, to when it was written down. */
const preferred: readonly string[] = [
  'date',
  'occurrence',
  'onset-date',
  'period',
  'effective',
  'started',
  'start-date',
  'service-date',
  'whenhandedover',
  'when',
  'sent',
  'authored',
  'authored-on',
  'authoredon',
  'created',
  'issued',
  'recorded',
];

/** The code of the type's clinical date; undefined where it has none (Patient, RelatedPerson), so that no span leaves it out. */
export function findClinicalDate(parameters: ReadonlyMap<string, Parameter>): string | undefined {
  return preferred.find((code) => parameters.get(code)?.kind === 'date');
}
