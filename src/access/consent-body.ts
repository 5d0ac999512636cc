// The parts of a Consent that decide what it opens, and how they are read. https://hl7.org/fhir/R4/consent.html
// Read defensively: the validator has seen the shape, this must not depend on it.
import type { Finding } from '../core/problem.ts';
import { parseTimeSpan } from '../fhir/instant.ts';
import { parseReference } from '../fhir/reference.ts';
import type { FhirCoding } from '../fhir/resource.ts';

interface Referring {
  readonly reference?: string;
}

export interface Actor {
  readonly role?: { readonly coding?: readonly ({ readonly system?: string; readonly code?: string } | null)[] };
  readonly reference?: Referring;
}

/** A nested provision. */
export interface Denial {
  readonly type?: string;
  readonly actor?: readonly (Actor | null)[];
  readonly data?: readonly ({ readonly meaning?: string; readonly reference?: Referring } | null)[];
  readonly securityLabel?: readonly (FhirCoding | null)[];
}

export interface ConsentBody {
  readonly extension?: readonly ({ readonly url?: string } | null)[];
  readonly status?: string;
  readonly dateTime?: string;
  readonly organization?: readonly Referring[];
  readonly provision?: {
    readonly type?: string;
    readonly period?: { readonly start?: string; readonly end?: string };
    readonly actor?: readonly (Actor | null)[];
    readonly purpose?: readonly (FhirCoding | null)[];
    readonly provision?: readonly (Denial | null)[];
  } | null;
}

export function asArray<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

export function fault(code: Finding['code'], expression: string, diagnostics?: string): Finding {
  return { code, severity: 'error', expression, diagnostics };
}

/** One finding for each element that is not known. */
export function unsupported(holder: unknown, known: ReadonlySet<string>, path: string): readonly Finding[] {
  if (typeof holder !== 'object' || holder === null) return [];
  return Object.keys(holder)
    .filter((key) => !known.has(key))
    .map((key) =>
      fault('consent-element-unsupported', `${path}.${key}`, `Remove ${path}.${key}: the hub does not enforce it.`),
    );
}

export const referenceElements: ReadonlySet<string> = new Set(['id', 'reference', 'type', 'identifier', 'display']);
const actorElements = new Set(['id', 'role', 'reference']);

const participationType = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';

/** What is wrong with recipients: each has the role IRCP and is an Organization. */
export function findActorFaults(actors: readonly (Actor | null)[], path: string): readonly Finding[] {
  return actors.flatMap((actor, at) => [
    ...unsupported(actor, actorElements, `${path}[${at}]`),
    ...unsupported(actor?.reference, referenceElements, `${path}[${at}].reference`),
    ...(isRecipientRole(actor) && pointsAtOrganization(actor?.reference)
      ? []
      : [
          fault(
            'consent-element-unsupported',
            `${path}[${at}]`,
            'An actor must have role IRCP and refer to an Organization (Organization/id).',
          ),
        ]),
  ]);
}

function isRecipientRole(actor: Actor | null): boolean {
  return asArray(actor?.role?.coding).some((coding) => coding?.code === 'IRCP' && coding.system === participationType);
}

/** Also while the reference is still conditional (`Organization?identifier=…`), as in a Bundle before it is resolved. */
export function pointsAtOrganization(reference: Referring | undefined): boolean {
  if (typeof reference?.reference !== 'string') return false;
  const parsed = parseReference(reference.reference, '');
  return (parsed.kind === 'local' || parsed.kind === 'conditional') && parsed.type === 'Organization';
}

/** The ids of the Organizations referred to, each once. */
export function organizationsIn(references: readonly (Referring | undefined)[]): readonly string[] {
  return [...new Set(references.flatMap((reference) => findOrganization(reference) ?? []))];
}

/** The ids of the Organizations that are to receive, or that are denied. */
export function recipientsIn(actors: readonly (Actor | null)[] | undefined): readonly string[] {
  return organizationsIn(asArray(actors).map((actor) => actor?.reference));
}

function findOrganization(reference: Referring | undefined): string | undefined {
  if (typeof reference?.reference !== 'string') return undefined;
  const parsed = parseReference(reference.reference, '');
  return parsed.kind === 'local' && parsed.type === 'Organization' ? parsed.id : undefined;
}

const purposeElements = new Set(['id', 'system', 'version', 'code', 'display', 'userSelected']);

/** What is wrong with purposes: each has a system and a code, by which it is compared with what a caller says. */
export function findPurposeFaults(purposes: readonly (FhirCoding | null)[] | undefined): readonly Finding[] {
  if (purposes !== undefined && asArray(purposes).length === 0)
    return [fault('consent-element-unsupported', 'Consent.provision.purpose', 'Leave out purpose, or name one.')];
  return asArray(purposes).flatMap((purpose, at) => [
    ...unsupported(purpose, purposeElements, `Consent.provision.purpose[${at}]`),
    ...(toPurpose(purpose) === undefined
      ? [
          fault(
            'consent-element-unsupported',
            `Consent.provision.purpose[${at}]`,
            'A purpose needs a system and a code, such as http://terminology.hl7.org/CodeSystem/v3-ActReason and TREAT.',
          ),
        ]
      : []),
  ]);
}

/** `system|code` of each purpose; undefined where the Consent is for any. */
export function readPurposes(consent: ConsentBody): readonly string[] | undefined {
  const purposes = asArray(consent.provision?.purpose).flatMap((purpose) => toPurpose(purpose) ?? []);
  return purposes.length === 0 ? undefined : [...new Set(purposes)];
}

function toPurpose(purpose: FhirCoding | null): string | undefined {
  const isWord = (text: unknown): boolean => typeof text === 'string' && /^[^\s|]+$/.test(text);
  return isWord(purpose?.system) && isWord(purpose?.code) ? `${purpose?.system}|${purpose?.code}` : undefined;
}

export interface Span {
  /** undefined: from when it was recorded. */
  readonly startsAt: Date | undefined;
  /** undefined: until withdrawn. */
  readonly endsAt: Date | undefined;
}

/** When the Consent holds; undefined where that cannot be read. */
export function readSpan(consent: ConsentBody): Span | undefined {
  const period = consent.provision?.period;
  const start = period?.start ?? consent.dateTime;
  const startSpan = start === undefined ? undefined : parseTimeSpan(start);
  const endSpan = period?.end === undefined ? undefined : parseTimeSpan(period.end);
  if ((start !== undefined && startSpan === undefined) || (period?.end !== undefined && endSpan === undefined))
    return undefined;
  return {
    startsAt: startSpan === undefined ? undefined : new Date(startSpan.lowMs),
    endsAt: endSpan === undefined ? undefined : new Date(endSpan.highMs),
  };
}
