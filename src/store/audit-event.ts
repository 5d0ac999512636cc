// What is asked of the audit log, and how it is told: as events, each about one person. audit-events.ts makes them.
import type { DateValue } from '../search/query.ts';
import type { AccessRule, AuditRow, LoggedStaff } from './store.ts';

/** Which event: the row of the log, and the place of the person among those that the row is about, from 1. */
export interface AuditEventPlace {
  readonly seq: number;
  readonly ordinal: number;
}

/** One row of the audit log as far as it is about one person (or none), as the reader may be told it. */
export interface AuditEvent {
  readonly place: AuditEventPlace;
  readonly at: Date;
  readonly requestId: string;
  readonly clientId: string | undefined;
  /** The party that acted. */
  readonly organizationId: string | undefined;
  readonly organizationName: string | undefined;
  /** The Patient's id of the individual who acted. */
  readonly individualId: string | undefined;
  /** To the party that acted with the person and the roles; to others the purposes alone. */
  readonly staff: LoggedStaff | undefined;
  readonly patientId: string | undefined;
  readonly personKey: number | null;
  readonly interaction: string;
  readonly outcome: AuditRow['outcome'];
  readonly status: number;
  readonly type: string | undefined;
  readonly entities: readonly {
    readonly address: string;
    readonly versionId: string | null;
    /** null of the directory's, and of what the hub makes. */
    readonly custodianId: string | null;
    /** By what right it was given or written. */
    readonly rule: AccessRule | null;
    /** `id/_history/version` of the Consent that opened it; null where none was needed, or the reader is not told of it. */
    readonly consent: string | null;
  }[];
}

/** What an event must meet; inside one filter any value suffices. */
export type AuditEventFilter =
  | { readonly kind: 'place'; readonly places: readonly AuditEventPlace[] }
  | { readonly kind: 'at'; readonly values: readonly DateValue[] }
  | { readonly kind: 'patient'; readonly ids: readonly string[] }
  | { readonly kind: 'party'; readonly organizationIds: readonly string[] }
  | { readonly kind: 'entity'; readonly addresses: readonly string[] }
  /** `isOther`: any but these. */
  | { readonly kind: 'interaction'; readonly names: readonly string[]; readonly isOther: boolean }
  | { readonly kind: 'outcome'; readonly outcomes: readonly AuditRow['outcome'][] };

export interface AuditEventQuery {
  readonly filters: readonly AuditEventFilter[];
  readonly isOldestFirst: boolean;
  /** Nothing later: reading the log adds to it. */
  readonly untilMs: number | undefined;
  readonly count: number;
  readonly total: 'none' | 'accurate';
  readonly after: (AuditEventPlace & { readonly atMs: number }) | undefined;
}

export interface AuditEventPage {
  readonly events: readonly AuditEvent[];
  readonly next: AuditEventQuery['after'];
  readonly total: number | undefined;
}
