// $explain-access: whether a party sees what a custodian keeps about a person, and by which Consent (sip.md §5). Asks the predicate itself
// about that party, for one resource or for what bears no label and is not named by any Consent. Tells which Consent it is only where
// the caller sees that Consent. That the caller is one of the two parties is for whoever asks.
import type { Queryable } from './database.ts';
import { liveCheck, readerOf, requireLive } from './reader.ts';
import type { CheckedReader, LiveRow, Reader } from './reader.ts';
import { sql, toStatement, value } from './sql.ts';
import type { Fragment } from './sql.ts';
import type { AccessQuery, Store } from './store.ts';
import { deniedBy, openedBy, ownRegistrationFirst, visibleTo } from './visibility.ts';

interface ExplainedRow extends LiveRow {
  readonly are_parties: boolean;
  readonly person: number | null;
  readonly is_own: boolean | null;
  readonly is_open: boolean | null;
  /** Its id and version. */
  readonly consent: readonly string[] | null;
  readonly is_shown: boolean | null;
}

export function createExplain(database: Queryable, isProtected: boolean): Pick<Store, 'explain'> {
  return {
    explain: async (permit, query) => {
      const rows = await database.query<ExplainedRow>(
        toStatement(explainStatement(readerOf(permit, isProtected), query)),
      );
      requireLive(rows);
      const [row] = rows;
      if (row?.are_parties !== true) return 'party-unknown';
      if (row.person === null) return undefined;
      const [consentId, versionId] = row.consent ?? [];
      const consent = consentId === undefined || versionId === undefined ? undefined : { consentId, versionId };
      return {
        personKey: row.person,
        isOwn: row.is_own === true,
        isOpen: row.is_open === true,
        consent,
        isShown: row.is_shown === true,
      };
    },
  };
}

/** The caller's own where it asks about itself. About another party: whatever a Consent is for, as its purposes are not known. */
const recipientPurposes = (
  reader: Reader,
): Fragment => sql`(select case when p.recipient = ${reader.party} then ${reader.purposes}
  else array(select unnest(g.purposes) from sharing_grant g where g.person = (select s.person from sought s)) end from parties p)`;

function explainStatement(reader: CheckedReader, query: AccessQuery): Fragment {
  const recipient: Reader = {
    party: sql`(select p.recipient from parties p)`,
    person: sql`null::bigint`,
    at: reader.at,
    purposes: recipientPurposes(reader),
  };
  const { resource } = query;
  const asked =
    resource === undefined
      ? sql`select 0::bigint as key, '' as type, '' as id, '' as version_id, p.custodian, s.person, false as directory
        from sought s cross join parties p`
      : sql`select r.key, r.type, r.id, r.version_id, r.custodian, r.person, r.directory
        from sought s cross join parties p join resource r on r.person = s.person and r.custodian = p.custodian
          and r.type = ${value('text', resource.type)} and r.id = ${value('text', resource.id)} and not r.deleted
        -- A party is told of what it keeps or asks for; to the individual, what is not for the patient is not there.
        where (select ok from live) and (${reader.person} is null or ${visibleTo('explain-resource', reader, 'r')})`;
  return sql`with ${liveCheck(reader)},
    parties as materialized (
      select c.key as custodian, r.key as recipient from organization c, organization r
      where (select ok from live) and c.id = ${value('text', query.custodianId)} and r.id = ${value('text', query.recipientId)}),
    sought as materialized (
      select r.person from resource r
      where (select ok from live) and r.type = 'Patient' and r.id = ${value('text', query.patientId)} and not r.deleted
        and ${visibleTo('explain-person', reader, 'r')}
      order by ${ownRegistrationFirst(reader, 'r')} limit 1),
    asked as materialized (${asked}),
    judged as materialized (
      select a.custodian = ${recipient.party} as is_own, ${visibleTo('explain-access', recipient, 'a')} as is_open,
        ${openedBy(recipient, 'a')} as opened,
        -- Of one resource to its custodian alone: to anybody else it is not there.
        case when a.key = 0 or a.custodian = ${reader.party} or ${reader.person} is not null then ${deniedBy(recipient, 'a')} end as denied
      from asked a)
    select live.ok, exists (select from parties) as are_parties, (select person from sought) as person,
      j.is_own, j.is_open, j.consent,
      exists (select from resource c where c.type = 'Consent' and c.id = j.consent[1] and c.version_id = j.consent[2]
        and ${visibleTo('explain-consent', reader, 'c')}) as is_shown
    from live left join (
      select is_own, is_open, case when is_open then opened else denied end as consent from judged) j on live.ok`;
}
