// What of a Consent the rules about who gives it look at. https://hl7.org/fhir/R4/consent.html
import { canonicalBase } from '../core/canonical.ts';
import { parseTimeSpan } from '../fhir/instant.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { SipContext } from './rule.ts';

interface Coded {
  readonly coding?: readonly ({ readonly system?: string; readonly code?: string } | null)[];
}

interface ExtensionParts {
  readonly url?: string;
  readonly valueCodeableConcept?: Coded;
  readonly valueReference?: { readonly reference?: string };
  readonly extension?: readonly ExtensionParts[];
}

interface ConsentParts {
  readonly status?: string;
  readonly dateTime?: string;
  readonly patient?: { readonly reference?: string };
  readonly performer?: readonly { readonly reference?: string }[];
  readonly organization?: readonly { readonly reference?: string }[];
  readonly extension?: readonly ExtensionParts[];
}

export const toConsentParts = (consent: FhirResource): ConsentParts => consent as ConsentParts;

const codesOf = (concept: Coded | undefined, system: string): readonly string[] =>
  (concept?.coding ?? []).flatMap((coding) =>
    coding?.system === `${canonicalBase}/CodeSystem/${system}` && coding.code !== undefined ? [coding.code] : [],
  );

/** The extensions of the hub's own with this name (`sip-consent-basis`). */
export function extensionsOf({ extension }: ConsentParts, name: string): readonly ExtensionParts[] {
  return (extension ?? []).filter(({ url }) => url === `${canonicalBase}/StructureDefinition/${name}`);
}

export function basisOf(consent: ConsentParts): string | undefined {
  return codesOf(extensionsOf(consent, 'sip-consent-basis')[0]?.valueCodeableConcept, 'sip-consent-basis')[0];
}

/** A yes: before it is one, and after it has ended, nobody need have given it. */
export const isYes = ({ status }: ConsentParts): boolean => status === 'active';

export const referencesOf = (list: readonly { readonly reference?: string }[] | undefined): readonly string[] =>
  (list ?? []).flatMap(({ reference }) => (reference === undefined ? [] : [reference]));

/** What the rules about who gives a Consent look at. */
export function needsOfGivers(consent: FhirResource): readonly string[] {
  const { patient, performer } = toConsentParts(consent);
  return referencesOf([...(patient === undefined ? [] : [patient]), ...(performer ?? [])]);
}

/** The time at which it was said; now where that cannot be read. */
export function saidAt({ dateTime }: ConsentParts, { at }: SipContext): number {
  return (dateTime === undefined ? undefined : parseTimeSpan(dateTime))?.lowMs ?? at.getTime();
}

/** Age in whole years at the time, at the least and at the most: a birth date may be a month or a year. undefined where there is none. */
export function ageAt(
  patient: FhirResource | undefined,
  atMs: number,
): { readonly least: number; readonly most: number } | undefined {
  const born = patient?.['birthDate'];
  const span = typeof born === 'string' ? parseTimeSpan(born) : undefined;
  if (span === undefined) return undefined;
  // The last instant of the day it may be: the day begins when it ends.
  return { least: yearsBetween(span.highMs - 1, atMs), most: yearsBetween(span.lowMs, atMs) };
}

const dayFormat = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm', dateStyle: 'short' });

function yearsBetween(fromMs: number, toMs: number): number {
  const [from = '', to = ''] = [fromMs, toMs].map((ms) => dayFormat.format(new Date(ms)));
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  return to.slice(5) < from.slice(5) ? years - 1 : years;
}

interface RelatedParts {
  readonly resourceType: string;
  readonly active?: boolean;
  readonly relationship?: readonly Coded[];
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly extension?: readonly ExtensionParts[];
}

/** True of a RelatedPerson that stands in one of these relations to the person at the time. */
export function standsInRelation(
  related: FhirResource | undefined,
  codes: readonly string[],
  atMs: number,
): related is FhirResource {
  if (related?.resourceType !== 'RelatedPerson') return false;
  const { active, relationship = [], period } = related as RelatedParts;
  const start = period?.start === undefined ? undefined : parseTimeSpan(period.start);
  const end = period?.end === undefined ? undefined : parseTimeSpan(period.end);
  const isInTime = (start === undefined || start.lowMs <= atMs) && (end === undefined || atMs < end.highMs);
  const isReadable =
    (period?.start === undefined) === (start === undefined) && (period?.end === undefined) === (end === undefined);
  const isRelated = relationship.some((concept) =>
    codesOf(concept, 'sip-relationship').some((code) => codes.includes(code)),
  );
  return active !== false && isInTime && isReadable && isRelated;
}

/** True of a representative whose mandate covers this. */
export function hasMandate(related: FhirResource, code: string): boolean {
  const mandates = extensionsOf(related as ConsentParts, 'sip-mandate');
  return mandates.some(({ valueCodeableConcept }) => codesOf(valueCodeableConcept, 'sip-mandate').includes(code));
}

export const adultAge = 18;
