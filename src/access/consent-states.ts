// From which status a Consent goes on to which (sip.md §5), as data. A withdrawal is the end of it: a new yes is a new Consent, so that
// nobody's copy of the old one opens it again. https://hl7.org/fhir/R4/valueset-consent-state-codes.html
import { problem } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';

/** Besides, every status stays as it is. */
export const consentTransitions: Readonly<Record<string, readonly string[]>> = {
  draft: ['proposed', 'active', 'rejected', 'inactive', 'entered-in-error'],
  proposed: ['draft', 'active', 'rejected', 'inactive', 'entered-in-error'],
  active: ['inactive', 'entered-in-error'],
  rejected: ['entered-in-error'],
  inactive: ['entered-in-error'],
  'entered-in-error': [],
};

export interface ConsentVersions {
  readonly before: FhirResource;
  readonly after: FhirResource;
}

/** @throws state-transition */
export function decideConsentStatus({ before, after }: ConsentVersions): void {
  const [from, to] = [String(before['status']), String(after['status'])];
  if (from === to) return;
  const next = Object.hasOwn(consentTransitions, from) ? (consentTransitions[from] ?? []) : [];
  if (next.includes(to)) return;
  throw problem('state-transition', {
    expression: 'Consent.status',
    diagnostics: `A Consent that is ${from} does not become ${to}. ${next.length === 0 ? 'Record a new one.' : `It becomes ${next.join(' or ')}; otherwise record a new one.`}`,
  });
}

const withdrawable: ReadonlySet<unknown> = new Set(['active', 'proposed', 'draft']);

/** True where nothing is changed but the status, to `inactive`: closing must hang on nothing else. */
export function isWithdrawal({ before, after }: ConsentVersions): boolean {
  return (
    before.resourceType === 'Consent' &&
    withdrawable.has(before['status']) &&
    after['status'] === 'inactive' &&
    (after.meta === undefined || (typeof after.meta === 'object' && after.meta !== null)) &&
    comparable(before) === comparable(after)
  );
}

/** The words of a Consent without its status and the hub's own in meta. */
function comparable({ status: _status, meta = {}, ...rest }: FhirResource): string {
  const { versionId: _version, lastUpdated: _updated, source: _source, ...kept } = meta;
  return JSON.stringify(sorted({ ...rest, meta: kept }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || Object.hasOwn(value, 'rawJSON')) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
