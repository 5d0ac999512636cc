// The parts of the write statement (write-statement.ts) by which a Consent opens and denies, and by which rows get the labels that it may
// deny. Each is a member of the statement's WITH; `w` are the versions that are written.
import { slot, sql } from './sql.ts';
import type { Fragment } from './sql.ts';

/** `stays`: what was confirmed of the version before holds of this one. */
const givenGrants = sql`unnest(${slot('integer[]', 'grantOf')}, ${slot('text[]', 'grantCustodian')}, ${slot('text[]', 'grantRecipient')},
      ${slot('timestamptz[]', 'grantStart')}, ${slot('timestamptz[]', 'grantEnd')}, ${slot('text[]', 'grantKind')},
      ${slot('boolean[]', 'grantStays')}, ${slot('text[]', 'grantPurposes')}) g (n, custodian, recipient, starts_at, ends_at, kind, stays, purposes)`;

/** What earlier versions of the Consents opened and denied, and what custodians had confirmed and must confirm anew. */
export const closing: Fragment = sql`closed as (
    delete from sharing_grant where consent in (select w.key from w where w.type = 'Consent' and w.follows is not null)),
  allowed as (
    delete from sharing_exclusion where consent in (select w.key from w where w.type = 'Consent' and w.follows is not null)),
  unconfirmed as (
    delete from consent_confirmation past using w
    where past.consent = w.follows and w.type = 'Consent' and not exists (
      select from ${givenGrants} left join organization c on c.id = g.custodian
      where g.n = w.n and g.kind = 'when-confirmed' and g.stays and (c.key = past.custodian or past.custodian = 0 and g.custodian = '(individual)')))`;

export const opening: Fragment = sql`opened as (
    insert into sharing_grant (consent, consent_id, consent_version, person, custodian, recipient, starts_at, ends_at, resource, purposes)
    select w.key, w.id, w.version_id, w.person, coalesce(c.key, 0), r.key, g.starts_at, g.ends_at, case when g.kind = 'asking' then w.key end,
      string_to_array(g.purposes, ' ')
    from ${givenGrants}
    join w on w.n = g.n left join organization c on c.id = g.custodian join organization r on r.id = g.recipient
    where (c.key is not null or g.custodian = '(individual)') and (g.kind is distinct from 'when-confirmed' or (g.stays and exists (
      select from consent_confirmation past where past.consent = w.follows and past.custodian = coalesce(c.key, 0)))))`;

/** An organization that is denied and no longer there leaves the condition standing, so that no more is denied than was said. */
export const excluding: Fragment = sql`excluded as (
    insert into sharing_exclusion (consent, consent_id, consent_version, person, recipients, targets, labels, starts_at, ends_at)
    select w.key, w.id, w.version_id, w.person,
      case when x.recipients is not null then array(select o.key from organization o where o.id = any (x.recipients)) end,
      x.targets, x.labels, x.starts_at, x.ends_at
    from jsonb_to_recordset(${slot('jsonb', 'exclusions')})
      x (n integer, recipients text[], targets text[], labels text[], starts_at timestamptz, ends_at timestamptz)
    join w on w.n = x.n)`;

/** The versions before are no longer current; a deletion says nothing new of what was deleted. */
export const unlabelling: Fragment = sql`unlabelled as (
    update resource_label set is_current = false
    where is_current and resource in (select w.follows from w where w.method <> 'DELETE'))`;

export const labelling: Fragment = sql`labelled as (
    insert into resource_label (resource, version_id, label, is_current)
    select w.key, w.version_id, l.label, true
    from unnest(${slot('integer[]', 'labelOf')}, ${slot('text[]', 'label')}) l (n, label) join w on w.n = l.n)`;
