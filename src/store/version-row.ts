// A row of `resource` or `resource_history` on its way out: the columns to select, and the StoredVersion made of them.
import { hiddenReferences, isPlaceHidden, openedBy } from './visibility.ts';
import { name, sql } from './sql.ts';
import type { Fragment } from './sql.ts';
import type { Reader } from './reader.ts';
import type { Resolved, StoredVersion } from './store.ts';

/** Null throughout where the statement found nothing (a left join). */
export interface VersionRow {
  readonly key: number;
  readonly type: string | null;
  readonly id: string;
  readonly version_id: string;
  readonly last_updated: Date;
  readonly method: StoredVersion['method'];
  readonly body: string | null;
  readonly directory: boolean;
  readonly custodian: number | null;
  readonly person: number | null;
  readonly hidden: readonly string[] | null;
  readonly place_hidden: boolean;
  readonly opened: readonly string[] | null;
}

/** The columns of VersionRow. The visibility of `alias` is for the statement to ask. */
export function versionColumns(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`${row}.key, ${row}.type, ${row}.id, ${row}.version_id, ${row}.last_updated, ${row}.method, ${row}.body,
    ${row}.directory, ${row}.custodian, ${row}.person,
    ${hiddenReferences(reader, alias)} as hidden, ${isPlaceHidden(reader, alias)} as place_hidden, ${openedBy(reader, alias)} as opened`;
}

export function toStoredVersion(row: VersionRow & { readonly type: string }): StoredVersion {
  return {
    type: row.type,
    id: row.id,
    versionId: row.version_id,
    lastUpdated: row.last_updated,
    method: row.method,
    body: row.body ?? undefined,
    directory: row.directory,
    custodianKey: row.custodian,
    personKey: row.person,
    hiddenReferences: row.hidden ?? [],
    isPlaceHidden: row.place_hidden,
    openedBy: toOpenedBy(row.opened),
  };
}

function toOpenedBy(opened: readonly string[] | null): StoredVersion['openedBy'] {
  const [consentId, versionId] = opened ?? [];
  return consentId === undefined || versionId === undefined ? undefined : { consentId, versionId };
}

/** True of rows that were found. */
export const isFound = <Row extends { readonly type: string | null }>(
  row: Row,
): row is Row & { readonly type: string } => row.type !== null;

export interface ResolvedRow {
  readonly key: number;
  readonly type: string | null;
  readonly id: string;
  readonly version_id: string;
  readonly directory: boolean;
  readonly custodian: number | null;
  readonly person: number | null;
  readonly opened: readonly string[] | null;
}

export function resolvedColumns(reader: Reader, alias: string): Fragment {
  const row = name(alias);
  return sql`${row}.key, ${row}.type, ${row}.id, ${row}.version_id, ${row}.directory, ${row}.custodian, ${row}.person,
    ${openedBy(reader, alias)} as opened`;
}

export function toResolved(row: ResolvedRow & { readonly type: string }): Resolved {
  return {
    key: row.key,
    type: row.type,
    id: row.id,
    versionId: row.version_id,
    directory: row.directory,
    custodianKey: row.custodian,
    personKey: row.person,
    openedBy: toOpenedBy(row.opened),
  };
}
