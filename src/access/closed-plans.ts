// Since when a plan is closed: a Consent that began later does not open it (docs/decisions/0032-the-time-of-a-consent.md). Pure.
// https://hl7.org/fhir/R4/careplan-definitions.html#CarePlan.status
import { parseTimeSpan } from '../fhir/instant.ts';
import type { FhirResource } from '../fhir/resource.ts';

const closed: ReadonlySet<unknown> = new Set(['completed', 'revoked', 'entered-in-error']);

/** From the end of its period, where that is earlier than this version. undefined of an open plan, and of what is no plan. */
export function findPlanClosing(resource: FhirResource, lastUpdated: Date): Date | undefined {
  if (resource.resourceType !== 'CarePlan' || !closed.has(resource['status'])) return undefined;
  const { end }: { readonly end?: unknown } = (resource['period'] as object | undefined) ?? {};
  const endMs = typeof end === 'string' ? parseTimeSpan(end)?.highMs : undefined;
  return new Date(Math.min(endMs ?? Infinity, lastUpdated.getTime()));
}
