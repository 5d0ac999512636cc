// What a search for AuditEvents asks, in the log's own words. https://hl7.org/fhir/R4/auditevent.html#search
// Which parameters there are stands in access/compartment.ts; they take no modifier, so no other kind of filter comes here.
import { problem, type Problem } from '../core/problem.ts';
import type { Filter, ReferenceValue, TokenValue } from '../search/query.ts';
import type { AuditEventFilter, AuditEventPlace } from '../store/audit-event.ts';
import type { AuditRow } from '../store/store.ts';
import {
  auditActions,
  auditOutcomes,
  hubOperation,
  hubOperations,
  restInteraction,
  restInteractions,
} from './to-audit-event.ts';

/** `open` gives the place that an id stands for. @throws search-value-invalid */
export function toAuditEventFilters(
  filters: readonly Filter[],
  open: (id: string) => AuditEventPlace | undefined,
): readonly AuditEventFilter[] {
  return filters.map((filter) => toFilter(filter, open));
}

function toFilter(filter: Filter, open: (id: string) => AuditEventPlace | undefined): AuditEventFilter {
  switch (filter.kind) {
    case 'id':
      return { kind: 'place', places: filter.values.flatMap((id) => open(id) ?? []) };
    case 'last-updated':
    case 'date':
      return { kind: 'at', values: filter.values };
    case 'reference':
      return toReferenceFilter(filter.param, filter.values);
    case 'token':
      return toTokenFilter(filter.param, filter.values);
    case 'any': {
      // A compartment: of one parameter, as this type belongs to a patient by one alone.
      const [only, ...others] = filter.filters;
      if (only !== undefined && others.length === 0) return toFilter(only, open);
      throw unknown();
    }
    default:
      throw unknown();
  }
}

const unknown = (): Problem =>
  problem('search-parameter-unknown', { diagnostics: 'AuditEvents are found by what they say themselves.' });

function toReferenceFilter(param: string, values: readonly ReferenceValue[]): AuditEventFilter {
  const idsOf = (type: string): readonly string[] =>
    values.flatMap((value) => (value.type === undefined || value.type === type ? [value.id] : []));
  if (param === 'patient') return { kind: 'patient', ids: idsOf('Patient') };
  if (param === 'agent') return { kind: 'party', organizationIds: idsOf('Organization') };
  const addresses = values.map(({ type, id }) => {
    if (type === undefined) throw problem('search-value-invalid', { diagnostics: 'entity takes Type/id.' });
    return `${type}/${id}`;
  });
  return { kind: 'entity', addresses };
}

function toTokenFilter(param: string, values: readonly TokenValue[]): AuditEventFilter {
  if (param === 'outcome') {
    const asked = (code: string): boolean =>
      values.some((value) => isOf(value, 'http://terminology.hl7.org/CodeSystem/audit-event-outcome', code));
    const outcomes = (Object.entries(auditOutcomes) as [AuditRow['outcome'], string][])
      .filter(([, code]) => asked(code))
      .map(([outcome]) => outcome);
    return { kind: 'outcome', outcomes };
  }
  return param === 'action'
    ? toActionFilter(values)
    : { kind: 'interaction', names: subtypeNames(values), isOther: false };
}

/** E is whatever has no action of its own. */
function toActionFilter(values: readonly TokenValue[]): AuditEventFilter {
  const isAsked = (code: string): boolean =>
    values.some((value) => isOf(value, 'http://terminology.hl7.org/CodeSystem/audit-event-action', code));
  const names = (isWanted: boolean): readonly string[] =>
    Object.entries(auditActions).flatMap(([name, code]) => (isAsked(code) === isWanted ? [name] : []));
  return isAsked('E')
    ? { kind: 'interaction', names: names(false), isOther: true }
    : { kind: 'interaction', names: names(true), isOther: false };
}

function subtypeNames(values: readonly TokenValue[]): readonly string[] {
  const isAsked = (system: string, code: string): boolean => values.some((value) => isOf(value, system, code));
  const isOperation = isAsked(restInteraction, 'operation');
  return [
    ...restInteractions.filter((code) => isAsked(restInteraction, code)),
    ...hubOperations.filter((code) => isOperation || isAsked(hubOperation, code)),
    ...(isOperation ? ['operation'] : []),
  ];
}

function isOf(value: TokenValue, system: string, code: string): boolean {
  return (value.system === undefined || value.system === system) && (value.code === undefined || value.code === code);
}
