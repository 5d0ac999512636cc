// The caller inside SQL: what a Permit becomes in a statement, and the check that client, key and organization are still enabled.
// That check is part of each statement, so that disabling works at once.
import type { Permit } from '../access/permit.ts';
import { problem } from '../core/problem.ts';
import { nothing, slot, sql, value } from './sql.ts';
import type { Expression, Fragment, Slots } from './sql.ts';

/** Who reads, as expressions: parameters in statements, settings of the transaction in row-level security. */
export interface Reader {
  /** The key of the acting party; null for the individual, and for the operator, to whom nothing but the directory is visible. */
  readonly party: Expression;
  /** The key of the individual who reads about himself or herself; null for all others. */
  readonly person: Expression;
  /** Grants are judged at this instant. */
  readonly at: Expression;
  /** What the caller says it asks for, as `system|code`. */
  readonly purposes: Expression;
}

export interface CheckedReader extends Reader {
  readonly client: Expression;
  readonly thumbprint: Expression;
  readonly kind: Expression;
  /** Row-level security is on: the statement sets what the policies read. */
  readonly isProtected: boolean;
}

const partyOf = (permit: Permit): number | null =>
  permit.principal.kind === 'system' ? permit.principal.party.key : null;

const personOf = (permit: Permit): number | null =>
  permit.principal.kind === 'individual' ? permit.principal.person.key : null;

/** The public key that the client signed with; null of an app, which has none. */
const thumbprintOf = (permit: Permit): string | null =>
  permit.principal.kind === 'individual' ? null : permit.principal.keyThumbprint;

const purposesOf = (permit: Permit): readonly string[] =>
  permit.principal.kind === 'system' ? permit.principal.purposes : [];

/** A reader whose values come in with each run: `readerSlots`. */
export const slotReader = (isProtected: boolean): CheckedReader => ({
  party: slot('bigint', 'party'),
  person: slot('bigint', 'reader'),
  at: slot('timestamptz', 'at'),
  purposes: slot('text[]', 'purposes'),
  client: slot('bigint', 'client'),
  thumbprint: slot('text', 'thumbprint'),
  kind: slot('text', 'kind'),
  isProtected,
});

export const readerSlots = (permit: Permit): Slots => ({
  party: partyOf(permit),
  reader: personOf(permit),
  at: permit.at,
  purposes: purposesOf(permit),
  client: permit.principal.clientKey,
  thumbprint: thumbprintOf(permit),
  kind: permit.principal.kind,
});

/** All of a permit that decides what a statement gives, but for its instant: what one caller asks for may share a statement. */
export function callerOf(permit: Permit): string {
  const { party, reader, purposes, client, thumbprint, kind } = readerSlots(permit);
  return JSON.stringify([party, reader, purposes, client, thumbprint, kind]);
}

/** A reader with the values of this permit. */
export const readerOf = (permit: Permit, isProtected: boolean): CheckedReader => ({
  party: value('bigint', partyOf(permit)),
  person: value('bigint', personOf(permit)),
  at: value('timestamptz', permit.at),
  purposes: value('text[]', purposesOf(permit)),
  client: value('bigint', permit.principal.clientKey),
  thumbprint: value('text', thumbprintOf(permit)),
  kind: value('text', permit.principal.kind),
  isProtected,
});

/** What policies of row-level security read (row-level-security.ts), as settings of a whole transaction. */
export const readerSettings = (permit: Permit): Readonly<Record<string, string>> => ({
  'sip_hub.party': String(partyOf(permit) ?? ''),
  'sip_hub.person': String(personOf(permit) ?? ''),
  'sip_hub.at': permit.at.toISOString(),
  // No purpose holds a space.
  'sip_hub.purposes': purposesOf(permit).join(' '),
});

/**
 * `live as (…)`, the first member of a WITH: one row, `ok` says whether client, key and organization are enabled (an app holds no key and
 * acts for no organization). With row-level security it also sets what the policies read, until the transaction ends. Everything that
 * reads protected rows stands behind `(select ok from live)`, so it is evaluated first; were it not, nothing would be visible.
 */
export function liveCheck(reader: CheckedReader): Fragment {
  const settings = reader.isProtected
    ? sql`, set_config('sip_hub.party', coalesce((${reader.party})::text, ''), true) as party,
        set_config('sip_hub.person', coalesce((${reader.person})::text, ''), true) as person,
        set_config('sip_hub.at', (${reader.at})::text, true) as at,
        set_config('sip_hub.purposes', array_to_string(${reader.purposes}, ' '), true) as purposes`
    : nothing;
  return sql`live as materialized (
    select exists (
      select from client c
      left join client_key k on k.client = c.key and k.thumbprint = ${reader.thumbprint}
      where c.key = ${reader.client} and c.enabled and (
        c.kind = 'app' and ${reader.kind} = 'individual' and ${reader.person} is not null and ${reader.party} is null
        or c.kind = ${reader.kind} and ${reader.person} is null and coalesce(k.enabled, c.jwks_uri is not null)
        and (c.kind = 'operator' and ${reader.party} is null or exists (
          select from organization o
          join party_coverage p on p.covered = o.key
          join client_organization l on l.organization_key = p.covering and l.client = c.key
          where o.key = ${reader.party} and o.enabled)))
    ) as ok${settings})`;
}

/** A statement behind a live check gives at least one row; all of them carry `ok`. */
export interface LiveRow {
  readonly ok: boolean;
}

/** @throws client-disabled */
export function requireLive(rows: readonly LiveRow[]): void {
  if (rows[0]?.ok !== true) throw problem('client-disabled');
}
