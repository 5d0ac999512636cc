// A custodian confirms a joint Consent (sip.md §5): what it opens of its own and the audit row go down in the caller's transaction,
// which holds the Consent locked. A later version of the Consent takes both over or away (write-statement.ts).
import { custodianOf } from '../access/decide-write.ts';
import type { SharingGrant } from '../access/grants.ts';
import type { Permit } from '../access/permit.ts';
import type { Queryable } from './database.ts';
import { liveCheck, readerSlots, requireLive, slotReader } from './reader.ts';
import type { LiveRow } from './reader.ts';
import { compile, slot, sql } from './sql.ts';
import type { AuditRow, LockedVersion, Store, WriteTransaction } from './store.ts';

interface Confirmation {
  readonly consent: LockedVersion;
  readonly grants: readonly SharingGrant[];
  readonly audit: AuditRow;
}

/** Compiled once per store. */
export function createConfirm(
  isProtected: boolean,
): (inside: Queryable, audit: Store['audit']) => WriteTransaction['confirm'] {
  const reader = slotReader(isProtected);
  const statement = compile(sql`with ${liveCheck(reader)},
  confirmed as (
    insert into consent_confirmation (consent, custodian, confirmed_at)
    select ${slot('bigint', 'consent')}, ${slot('bigint', 'custodian')}, ${reader.at} where (select ok from live)
    on conflict do nothing returning custodian),
  opened as (
    insert into sharing_grant (consent, consent_id, consent_version, person, custodian, recipient, starts_at, ends_at, purposes)
    select ${slot('bigint', 'consent')}, ${slot('text', 'consentId')}, ${slot('text', 'consentVersion')}, ${slot('bigint', 'person')},
      n.custodian, r.key, g.starts_at, g.ends_at, string_to_array(g.purposes, ' ')
    from confirmed n
    cross join unnest(${slot('text[]', 'recipients')}, ${slot('timestamptz[]', 'starts')}, ${slot('timestamptz[]', 'ends')},
      ${slot('text[]', 'grantPurposes')}) g (recipient, starts_at, ends_at, purposes)
    join organization r on r.id = g.recipient)
  select ok from live`);
  return (inside, audit) => async (permit, input) => {
    requireLive(await inside.query<LiveRow>(statement(toSlots(permit, input))));
    await audit([input.audit]);
  };
}

const toSlots = (permit: Permit, { consent, grants }: Confirmation): Parameters<ReturnType<typeof compile>>[0] => ({
  ...readerSlots(permit),
  custodian: custodianOf(permit),
  consent: consent.key,
  consentId: consent.id,
  consentVersion: consent.versionId,
  person: consent.personKey,
  recipients: grants.map(({ recipientId }) => recipientId),
  starts: grants.map(({ startsAt }) => startsAt),
  ends: grants.map(({ endsAt }) => endsAt ?? null),
  grantPurposes: grants.map((grant) => grant.purposes?.join(' ') ?? null),
});
