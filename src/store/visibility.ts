// Who may see which row: one predicate, written once, in the statement of every path that gives anything of a row.
// sip.md §4. Anything unknown is invisible: no party, no grant in force, a custodian that is no organization.
import { sql, name } from './sql.ts';
import type { Fragment } from './sql.ts';
import type { Reader } from './reader.ts';

/** Every place that asks. A test takes the predicate from each in turn and expects a leak to be found. */
export const visibilityPaths = [
  'read',
  'version-current',
  'version-superseded',
  'history-current',
  'history-superseded',
  'search-match',
  'chain-target',
  'chain-source',
  'hierarchy',
  'include',
  'revinclude',
  'hidden-reference',
  'searched-reference',
  'searched-identifier',
  'registration',
  'resolve',
  'lock',
  'everything-person',
  'everything',
  'export-current',
  'export-superseded',
  'explain-person',
  'explain-access',
  'explain-consent',
  'explain-resource',
  'audit-event',
  'audit-entity',
  'audit-searched-entity',
  'audit-consent',
  'audit-act',
] as const;

export type VisibilityPath = (typeof visibilityPaths)[number];

/** Visible as long as it is directory, the reader's own, about the reader, or opened by a consent. `alias` is a row of `resource`. */
export function visibleTo(_path: VisibilityPath, reader: Reader, alias: string): Fragment {
  return visible(reader, alias);
}

/** The same, or the reader wrote this very version. `alias` is a row of `resource` or `resource_history`. */
export function versionVisibleTo(_path: VisibilityPath, reader: Reader, alias: string): Fragment {
  return sql`(${visible(reader, alias)} or ${name(alias)}.author = ${reader.party})`;
}

/** The predicate itself; row-level security is made from it as well. A scalar subquery stays a probe per row in every plan. */
function visible(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`(${row}.directory or ${row}.custodian = ${reader.party} or ${isAboutReader(reader, row)} or (select true ${openingGrants(reader, alias)} limit 1))`;
}

const ownAliases: ReadonlySet<string> = new Set(['opening', 'above', 'barring', 'said', 'marked', 'past']);

/** As access/sharing-labels.ts has it; the text of a policy takes no parameters. */
const notForPatient = sql`'http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPATIENT'`;

/** As access/sharing-labels.ts has it. */
const holdsAddress = sql`'(hub)|address'`;

/**
 * The individual sees what is about him or her, whoever keeps it, unless a party has marked it as not for the patient. Nothing keeps from the
 * individual what he or she has written, a registration or a Consent: the right to withdraw hangs on them.
 */
function isAboutReader(reader: Reader, row: Fragment): Fragment {
  return sql`case when ${row}.person = ${reader.person} then ${row}.custodian = 0 or ${row}.type in ('Patient', 'Consent') or ${bears(row, sql`said.label = ${notForPatient}`)} is null end`;
}

/** Not null of a row that bears such a label, in this version or in the current one. */
function bears(row: Fragment, isSuch: Fragment): Fragment {
  return sql`(select true from resource_label said
      where said.resource = ${row}.key and ${isSuch} and (said.is_current or said.version_id = ${row}.version_id) limit 1)`;
}

/**
 * FROM and WHERE of the grants in force that open the row: the recipient covers the reader, the custodian covers the row's, and the row does
 * not belong to plans alone that were closed before the Consent began.
 */
function openingGrants(reader: Reader, alias: string): Fragment {
  // An alias that this text uses too would silently mean another table.
  if (ownAliases.has(alias)) throw new Error(`${alias} is taken`);
  const row = name(alias);
  return sql`from sharing_grant opening
    where opening.person = ${row}.person and opening.starts_at <= ${reader.at} and (opening.ends_at is null or opening.ends_at > ${reader.at})
      and ${opensRow(row)} and (opening.purposes is null or opening.purposes && ${reader.purposes})
      and opening.recipient = any (array(select above.covering from party_coverage above where above.covered = ${reader.party}))
      and exists (select from party_coverage above where above.covered = ${row}.custodian and above.covering = opening.custodian)
      and (opening.resource is not null or ${isExcluded(reader, row)} is null)
      and (opening.resource is not null or (select true from closed_member past
        where past.resource = ${row}.key and past.closed_at < opening.starts_at limit 1) is null)
      and (${row}.type <> 'RelatedPerson' or not ${isProtected(row)} or ${bears(row, sql`said.label = ${holdsAddress}`)} is null)`;
}

/** True of what is about a person whose identity is protected by any registration. */
function isProtected(row: Fragment): Fragment {
  return sql`((select true from protected_registration marked where marked.person = ${row}.person limit 1) is not null)`;
}

/** True of what is about a person with protected identity, unless the reader is that person or keeps it: where the person is, is not told. */
export function isPlaceHidden(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`case when ${row}.directory or ${row}.custodian = ${reader.party} or ${row}.person = ${reader.person} then false
    else ${isProtected(row)} end`;
}

/** False of an index row `entry` of search_reference that leads to a place which is not told of the row, or to what may be one elsewhere. */
export function showsPlace(reader: Reader, alias: string, entry: string): Fragment {
  return sql`(${name(entry)}.target_type not in ('Location', '') or not ${isPlaceHidden(reader, alias)})`;
}

/**
 * Not null of what an active consent of the person denies the reader, whichever consent opens it. Asked of what is opened already, and
 * the person's exclusions are found by index: mostly there are none.
 */
function isExcluded(reader: Reader, row: Fragment): Fragment {
  return sql`(select true ${exclusions(reader, row)}
      limit 1)`;
}

/** FROM and WHERE of the exclusions in force that keep the row from the reader. */
function exclusions(reader: Reader, row: Fragment): Fragment {
  return sql`from sharing_exclusion barring
      where barring.person = ${row}.person and barring.starts_at <= ${reader.at} and (barring.ends_at is null or barring.ends_at > ${reader.at})
        and (barring.recipients is null
          or barring.recipients && array(select above.covering from party_coverage above where above.covered = ${reader.party}))
        and (barring.targets is null or ${row}.type || '/' || ${row}.id = any (barring.targets))
        and (barring.labels is null or ${bears(row, sql`said.label = any (barring.labels)`)} is not null)`;
}

/**
 * A grant is of all that the custodian keeps about the person, or of one resource as it is now. Of Consents it is the one that gives it alone: the
 * others say who else knows the person.
 */
function opensRow(row: Fragment): Fragment {
  return sql`(opening.resource is null and (${row}.type <> 'Consent' or opening.consent = ${row}.key)
      or (opening.resource = ${row}.key and opening.consent_version = ${row}.version_id))`;
}

/** The Consent and version that opened the row, as text[]; null where none was needed. */
export function openedBy(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`case when not ${row}.directory and ${row}.custodian is distinct from ${reader.party} then
    (select array[opening.consent_id, opening.consent_version] ${openingGrants(reader, alias)} order by opening.consent_id limit 1) end`;
}

/** A Consent and version that denies the row to the reader, whatever opens it, as text[]; null where none does. */
export function deniedBy(reader: Reader, alias: string): Fragment {
  return sql`(select array[barring.consent_id, barring.consent_version] ${exclusions(reader, name(alias))} order by barring.consent_id limit 1)`;
}

/**
 * The references of the row whose target the reader may not see, as text[]; null where there are none. Targets with the row's own
 * custodian and person are as visible as the row, unless they are Consents, the reader sees it only as the author of that version or as
 * asked to confirm it, or something about the person is excluded, protected or closed.
 */
export function hiddenReferences(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`case when cardinality(${row}.refs) > 0 then (
    select array_agg(f.ref) from unnest(${hideableReferences(reader, alias)}) f (ref)
    where not ${hasTarget(addressIn('f.ref'), visibleTo('hidden-reference', reader, 't'))}) end`;
}

export interface Address {
  readonly type: Fragment;
  readonly id: Fragment;
}

/** The type and the id that a text `Type/id` is made of. */
export function addressIn(column: string): Address {
  return { type: sql`split_part(${name(column)}, '/', 1)`, id: sql`split_part(${name(column)}, '/', 2)` };
}

/**
 * True where a row `t` of `resource` with this address meets the condition. EXISTS says the same, but of that the planner makes a join
 * or a hash of every row; a scalar subquery stays a probe.
 */
export function hasTarget({ type, id }: Address, condition: Fragment): Fragment {
  return sql`((select true from resource t where t.type = ${type} and t.id = ${id} and ${condition} limit 1) is not null)`;
}

/**
 * Those of the row's references that can be hidden from somebody who sees the row, as text[]. A Consent may be seen by a custodian that is
 * asked to confirm it and sees nothing else; where anything about the person is excluded, and for the individual, each target is judged
 * by itself.
 */
export function hideableReferences(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`case when ${row}.custodian is distinct from ${reader.party} and (${row}.author = ${reader.party} or ${row}.type = 'Consent'
      or ${reader.person} is not null or ${isProtected(row)}
      or (select true from closed_member past where past.person = ${row}.person limit 1) is not null or (select true from sharing_exclusion barring where barring.person = ${row}.person limit 1) is not null)
    then ${row}.refs else ${row}.foreign_refs end`;
}

/**
 * True of an index row `entry` of search_reference unless it is of a reference that is taken out of what this reader gets of the
 * row: a match would tell that it is there.
 */
export function showsReference(reader: Reader, alias: string, entry: string): Fragment {
  const found = name(entry);
  const target = { type: sql`${found}.target_type`, id: sql`${found}.target_id` };
  return sql`((${found}.target_type || '/' || ${found}.target_id <> all (${hideableReferences(reader, alias)})
    or ${hasTarget(target, visibleTo('searched-reference', reader, 't'))}) and ${showsPlace(reader, alias, entry)})`;
}

/** True of a row from which nothing is taken out for this reader: what stands inside a Reference may be asked for. */
export function showsEveryReference(reader: Reader, alias: string): Fragment {
  return sql`not exists (
    select from unnest(${hideableReferences(reader, alias)}) f (ref)
    where not ${hasTarget(addressIn('f.ref'), visibleTo('searched-identifier', reader, 't'))})
    and not ${isPlaceHidden(reader, alias)}`;
}

/** ORDER BY of one address's rows: a Patient's first is the reader's registration. Its own, else the latest; deleted ones last. */
export function ownRegistrationFirst(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`${row}.deleted, (${row}.registrant is not distinct from ${reader.party}) desc, ${row}.last_updated desc`;
}

/** True of every row but those of an address per party (a person's registrations) that the reader is not to see. For paths that meet rows one by one. */
export function isReadersRegistration(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`(${row}.registrant = 0 or ${row}.key = (
    select e.key from resource e where e.type = ${row}.type and e.id = ${row}.id and ${visibleTo('registration', reader, 'e')}
    order by ${ownRegistrationFirst(reader, 'e')} limit 1))`;
}

/** True of what the reader has registered itself, where each party has its own. Not a right to see: that is asked besides. */
export function isOfReader(reader: Reader, alias: string): Fragment {
  return sql`${name(alias)}.registrant = coalesce(${reader.party}, 0)`;
}

/**
 * Of an event of the audit log: the party that acted, those whose data were concerned, and the individual, who stands there as the
 * negative of the person's key. `alias` is a row of `audit_concern`.
 */
export function concernsReader(_path: VisibilityPath, reader: Reader, alias: string): Fragment {
  return concerns(reader, alias);
}

const concerns = (reader: Reader, alias: string): Fragment =>
  sql`${name(alias)}.viewer = coalesce(${reader.party}, - ${reader.person})`;

/** What an event was about, as expressions: who acted and whose it was (`viewer` of audit_concern), `Type/id`, `id/_history/version` of a Consent. */
export interface LoggedEntity {
  readonly acting: Fragment;
  readonly custodian: Fragment;
  readonly address: Fragment;
  readonly consent: Fragment;
}

/**
 * Of what an event was about, a party is told what it asked for itself, and what it keeps: not what others keep. The individual is told of
 * what he or she sees.
 */
export function isToldOfEntity(_path: VisibilityPath, reader: Reader, entity: LoggedEntity): Fragment {
  const address = {
    type: sql`split_part(${entity.address}, '/', 1)`,
    id: sql`split_part(${entity.address}, '/', 2)`,
  };
  return sql`(${entity.acting} = ${reader.party} or ${entity.custodian} = ${reader.party}
    or case when ${reader.person} is not null then ${hasTarget(address, visible(reader, 't'))} end)`;
}

/** A Consent is named to whoever sees it: also a custodian may have its data opened by one that a unit above it has recorded. */
export function isToldOfConsent(path: 'audit-consent', reader: Reader, { consent }: LoggedEntity): Fragment {
  return hasTarget({ type: sql`'Consent'`, id: sql`split_part(${consent}, '/', 1)` }, visibleTo(path, reader, 't'));
}

/** Who was at work at the party that acted, and what it searched for, is told to whoever acted: a type may tell what others keep. */
export function isToldOfAct(_path: VisibilityPath, reader: Reader, entity: LoggedEntity): Fragment {
  return sql`${entity.acting} = coalesce(${reader.party}, - ${reader.person})`;
}

/** USING of the policy on `audit_concern`, and through it of the one on `audit_log`. */
export const concernPolicyPredicate = concerns;

/** USING of the policies: the widest of the above, so that the second line never hides what the first shows. */
export function policyPredicate(reader: Reader, alias: string): Fragment {
  return sql`(${visible(reader, alias)} or ${name(alias)}.author = ${reader.party})`;
}
