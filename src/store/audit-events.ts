// The audit log read as events: one for each row of the log and person it is about, as it may be told to the party that acted, or to a
// custodian whose data it was about. An event is not opened by a consent and not closed by a withdrawal: what was done was done. What
// names the Consent is told to the party that acted only while it sees that Consent.
import type { DateValue } from '../search/query.ts';
import type { AuditEvent, AuditEventFilter, AuditEventPlace, AuditEventQuery } from './audit-event.ts';
import type { Queryable } from './database.ts';
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { CheckedReader, LiveRow } from './reader.ts';
import { matchesInstant } from './search-comparisons.ts';
import { allOf, anyOf, name, sql, toStatement, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import type { Store } from './store.ts';
import { concernsReader, isToldOfConsent, isToldOfEntity, isToldOfAct } from './visibility.ts';
import type { LoggedEntity } from './visibility.ts';

/** An event of the log, or nulls alone behind `ok`: of none, and of what is not asked for. */
interface AuditEventRow extends LiveRow {
  readonly total: number | null;
  readonly seq: number | null;
  readonly ordinal: number;
  readonly at: Date;
  readonly request_id: string;
  readonly client_id: string | null;
  readonly party: string | null;
  readonly party_name: string | null;
  readonly individual: string | null;
  readonly staff: AuditEvent['staff'] | null;
  readonly patient: string | null;
  /** 0: of none. */
  readonly person: number;
  readonly interaction: string;
  readonly outcome: AuditEvent['outcome'];
  readonly status: number;
  readonly type: string | null;
  readonly entities: AuditEvent['entities'] | null;
}

export function createAuditEvents(database: Queryable, isProtected: boolean): Pick<Store, 'auditEvents'> {
  return {
    auditEvents: async (permit, query) => {
      const rows = await database.query<AuditEventRow>(
        toStatement(eventsStatement(readerOf(permit, isProtected), query)),
      );
      requireLive(rows);
      const found = rows.flatMap((row) => (row.seq === null ? [] : [toEvent(row, row.seq)]));
      const events = found.slice(0, query.count);
      const last = events.at(-1);
      return {
        events,
        next:
          last === undefined || found.length <= query.count ? undefined : { ...last.place, atMs: last.at.getTime() },
        total: rows[0]?.total ?? undefined,
      };
    },
  };
}

function toEvent(row: AuditEventRow, seq: number): AuditEvent {
  return {
    place: { seq, ordinal: row.ordinal },
    at: row.at,
    requestId: row.request_id,
    clientId: row.client_id ?? undefined,
    organizationId: row.party ?? undefined,
    organizationName: row.party_name ?? undefined,
    individualId: row.individual ?? undefined,
    staff: row.staff ?? undefined,
    patientId: row.patient ?? undefined,
    personKey: row.person === 0 ? null : row.person,
    interaction: row.interaction,
    outcome: row.outcome,
    status: row.status,
    type: row.type ?? undefined,
    entities: row.entities ?? [],
  };
}

/** `e` is one of the things that the row `alias` of the log was about. */
const loggedOf = (alias: 'f' | 'a'): LoggedEntity => ({
  acting: sql`coalesce(${name(`${alias}.party`)}, - (${name(`${alias}.staff`)} ->> 'individual')::bigint)`,
  custodian: sql`(e.entity ->> 'custodianKey')::bigint`,
  address: sql`(e.entity ->> 'address')`,
  consent: sql`(e.entity ->> 'consent')`,
});

/** `c` is a row of audit_concern, `a` the row of the log. */
function eventsStatement(reader: CheckedReader, query: AuditEventQuery): Fragment {
  const { after, isOldestFirst, count } = query;
  const seen = sql`from audit_concern c join audit_log a on a.seq = c.seq and a.month = c.month
    where (select ok from live) and ${concernsReader('audit-event', reader, 'c')}
      and ${query.untilMs === undefined ? sql`true` : sql`c.at <= ${value('timestamptz', new Date(query.untilMs))}`}
      and ${allOf(query.filters.map((filter) => matches(reader, filter)))}`;
  const beyond =
    after === undefined
      ? sql`true`
      : sql`(c.at, c.seq, c.ordinal) ${isOldestFirst ? sql`>` : sql`<`} (${value('timestamptz', new Date(after.atMs))}, ${value('bigint', after.seq)}, ${value('integer', after.ordinal)})`;
  const direction = isOldestFirst ? sql`asc` : sql`desc`;
  const total = query.total === 'accurate' ? sql`(select count(*) ${seen})` : sql`null::bigint`;
  return sql`with ${liveCheck(reader)},
    found as materialized (
      select c.seq, c.ordinal, c.at, c.person, c.viewer, a.request_id, a.client_id, a.party, a.staff, a.interaction, a.outcome, a.status, a.type, a.entities,
        ${isToldOfAct('audit-act', reader, loggedOf('a'))} as is_own_act
      ${seen} and ${beyond}
      order by c.at ${direction}, c.seq ${direction}, c.ordinal ${direction} limit ${value('integer', count === 0 ? 0 : count + 1)})
    select live.ok, ${total} as total, f.seq, f.ordinal, f.at, f.request_id, f.client_id, p.id as party, d.body::jsonb ->> 'name' as party_name, s.patient_id as patient, f.person,
      (select i.patient_id from person i where i.key = (f.staff ->> 'individual')::bigint) as individual,
      case when f.staff -> 'purposes' is null then null when f.is_own_act then f.staff
        else jsonb_build_object('roles', '[]'::jsonb, 'purposes', f.staff -> 'purposes') end as staff,
      f.interaction, f.outcome, f.status, case when f.is_own_act then f.type end as type, (
        select jsonb_agg(jsonb_build_object(
          'address', e.entity ->> 'address', 'versionId', e.entity ->> 'versionId', 'custodianId', k.id, 'rule', e.entity ->> 'rule',
          'consent', case when ${isToldOfConsent('audit-consent', reader, loggedOf('f'))} then e.entity ->> 'consent' end) order by e.place)
        from jsonb_array_elements(f.entities) with ordinality e (entity, place)
        left join organization k on k.key = (e.entity ->> 'custodianKey')::bigint
        where coalesce((e.entity ->> 'personKey')::bigint, 0) = f.person
          and ${isToldOfEntity('audit-entity', reader, loggedOf('f'))}) as entities
    from live left join found f on live.ok
      left join organization p on p.key = f.party left join resource d on d.key = f.party and d.directory left join person s on s.key = f.person
    order by f.at ${direction}, f.seq ${direction}, f.ordinal ${direction}`;
}

function matches(reader: CheckedReader, filter: AuditEventFilter): Fragment {
  switch (filter.kind) {
    case 'place':
      return anyOf(filter.places.map(isAt));
    case 'at':
      return anyOf(filter.values.map((given: DateValue) => matchesInstant(given, sql`c.at`, reader)));
    case 'patient':
      return sql`c.person = any (array(select s.key from person s where s.patient_id = any (${value('text[]', filter.ids)})))`;
    case 'party':
      return sql`a.party = any (array(select o.key from organization o where o.id = any (${value('text[]', filter.organizationIds)})))`;
    case 'entity':
      return sql`(c.person = any (array(select s.key from person s where 'Patient/' || s.patient_id = any (${value('text[]', filter.addresses)})))
        or exists (select from jsonb_array_elements(a.entities) e (entity)
        where e.entity ->> 'address' = any (${value('text[]', filter.addresses)}) and coalesce((e.entity ->> 'personKey')::bigint, 0) = c.person
          and ${isToldOfEntity('audit-searched-entity', reader, loggedOf('a'))}))`;
    case 'interaction':
      return filter.isOther
        ? sql`a.interaction <> all (${value('text[]', filter.names)})`
        : sql`a.interaction = any (${value('text[]', filter.names)})`;
    case 'outcome':
      return sql`a.outcome = any (${value('text[]', filter.outcomes)})`;
  }
}

const isAt = ({ seq, ordinal }: AuditEventPlace): Fragment =>
  sql`(c.seq = ${value('bigint', seq)} and c.ordinal = ${value('integer', ordinal)})`;
