// The store as the rest of the hub sees it: what may be asked, and what comes back. The only SQL is in this folder.
// Every function that touches data takes a Permit; visibility is decided in the statement that fetches.
import type { Permit } from '../access/permit.ts';
import type { SharingExclusion, SharingGrant } from '../access/grants.ts';
import type { ResourceAddress } from '../fhir/resource.ts';
import type { IndexRows } from '../search/index-rows.ts';
import type { CursorPosition, SearchQuery, TypeParameter } from '../search/query.ts';
import type { AuditEventPage, AuditEventQuery } from './audit-event.ts';
import type { ExportStore } from './export-store.ts';
import type { OrganizationUnit } from './organization-unit.ts';
import type { SearchState, WantedParameters } from './search-state.ts';

/** One version as stored. `body` is the exact JSON text to serve. */
export interface StoredVersion extends ResourceAddress {
  readonly versionId: string;
  readonly lastUpdated: Date;
  /** How this version came to be. */
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** undefined for a deletion. */
  readonly body: string | undefined;
  /** True for what every authenticated client reads (Organization, Practitioner …): see access/compartment.ts. */
  readonly directory: boolean;
  /** The store's key of the custodian's Organization, or `individualCustodian`; null where the operator wrote it. */
  readonly custodianKey: number | null;
  /** The store's key of the person; null where the resource is about none. */
  readonly personKey: number | null;
  /** `Type/id` of referenced resources that this reader may not see: to be taken out before the body leaves. */
  readonly hiddenReferences: readonly string[];
  /** About a person with protected identity, to a reader who is not told where that is. */
  readonly isPlaceHidden: boolean;
  /** The Consent and version that opened it to this reader; undefined where the reader is the custodian. */
  readonly openedBy: { readonly consentId: string; readonly versionId: string } | undefined;
}

export interface SearchPage {
  readonly matches: readonly StoredVersion[];
  readonly included: readonly StoredVersion[];
  /** Where the next page starts; undefined on the last one. */
  readonly next: CursorPosition | undefined;
  /** Where the page before ends; undefined on the first one. */
  readonly previous: CursorPosition | undefined;
  readonly total: number | undefined;
}

export interface HistoryQuery {
  /** One type, or several where the history is of the whole system. */
  readonly type: string | readonly string[];
  /** undefined: history of the whole type. */
  readonly id: string | undefined;
  readonly sinceMs: number | undefined;
  /** Only versions that were current at some moment of this span. */
  readonly at?: { readonly lowMs: number; readonly highMs: number } | undefined;
  readonly count: number;
  /** The (lastUpdated, versionId) the last page ended at. */
  readonly after: { readonly lastUpdatedMs: number; readonly versionId: string } | undefined;
}

export interface HistoryPage {
  readonly versions: readonly StoredVersion[];
  readonly next: { readonly lastUpdatedMs: number; readonly versionId: string } | undefined;
  /** Of one resource; undefined for a type or the system, where counting would read every version there is. */
  readonly total: number | undefined;
}

/** All that is kept about one person, and the directory resources it refers to. */
export interface EverythingQuery {
  readonly patientId: string;
  readonly types: readonly string[];
  readonly sinceMs: number | undefined;
  /** Only what overlaps [startMs, endMs) in its type's clinical date, or has none. */
  readonly dates:
    | {
        readonly startMs: number;
        readonly endMs: number;
        readonly parameters: readonly TypeParameter[];
      }
    | undefined;
  /** Where what is referred to is looked for. */
  readonly references: readonly TypeParameter[];
  readonly count: number;
  readonly after: CursorPosition | undefined;
}

export interface EverythingPage {
  /** The Patient first, then by type and id. */
  readonly versions: readonly StoredVersion[];
  readonly next: CursorPosition | undefined;
  readonly total: number;
}

/** Whose data about whom, seen by whom: ids of Organizations and of a Patient. */
export interface AccessQuery {
  readonly patientId: string;
  readonly custodianId: string;
  readonly recipientId: string;
  /** One resource of the custodian's; undefined: what bears no label and is named by no Consent. */
  readonly resource: ResourceAddress | undefined;
}

export interface ExplainedAccess {
  readonly personKey: number;
  /** The recipient is the custodian. */
  readonly isOwn: boolean;
  readonly isOpen: boolean;
  /** What opens it, or what denies it where it is not open. */
  readonly consent: StoredVersion['openedBy'];
  /** The reader sees that Consent. */
  readonly isShown: boolean;
}

/** By what right a party is given something: everybody is, it keeps it, it wrote that version, or a Consent opens it. */
export type AccessRule = 'directory' | 'own' | 'individual' | 'author' | 'consent';

/** Who was at work and why, as far as it was said. `system|code` each. */
export interface LoggedStaff {
  readonly hsaId: string | undefined;
  readonly roles: readonly string[];
  readonly purposes: readonly string[];
}

/** One row of the audit log: who did what, where, when, and how it ended. Never holds a personal number. */
export interface AuditRow {
  readonly at: Date;
  readonly requestId: string;
  readonly clientId: string | undefined;
  readonly partyKey: number | undefined;
  /** The store's key of the person who acted; left out where a party or the operator did. */
  readonly individualKey?: number | undefined;
  readonly staff: LoggedStaff | undefined;
  readonly interaction: string;
  readonly outcome: 'success' | 'refused' | 'failed';
  readonly status: number;
  readonly type: string | undefined;
  /** The resources concerned, with the person each is about and the consent that opened it. */
  readonly entities: readonly {
    readonly address: string;
    readonly versionId: string | undefined;
    readonly personKey: number | null;
    /** The store's key of the Organization whose data it is; null of the directory's, and of what the hub makes. */
    readonly custodianKey: number | null;
    readonly consent: string | undefined;
    readonly rule?: AccessRule | undefined;
  }[];
}

/** What a write must know of a resource that is already there. */
export interface Resolved extends ResourceAddress {
  readonly key: number;
  readonly versionId: string;
  readonly directory: boolean;
  readonly personKey: number | null;
  readonly custodianKey: number | null;
  readonly openedBy: StoredVersion['openedBy'];
}

/** A resource about to be changed, locked until the transaction ends. */
export interface LockedVersion extends StoredVersion {
  readonly key: number;
}

/** A version to be written. Everything is decided; the store only puts it down. */
export interface ResourceWrite extends ResourceAddress {
  /** undefined: a new resource. Otherwise the key of the locked version it follows. */
  readonly follows: number | undefined;
  readonly versionId: string;
  readonly lastUpdated: Date;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body: string | undefined;
  /** Decided by type (access/compartment.ts). False and no person: only its custodian sees it. */
  readonly directory: boolean;
  /** null: the operator. */
  readonly custodianKey: number | null;
  /**
   * The address is one of this party's own: the same id with another party is another resource. 0: one for all.
   * Left out: the custodian of a Patient, 0 for every other type.
   */
  readonly registrantKey?: number;
  /** A known person, a person made in this same write (by the Patient's id), or none (directory). */
  readonly person: { readonly key: number } | { readonly patientId: string } | null;
  readonly index: IndexRows;
  /** `Type/id` of compartment resources that this body refers to. */
  readonly references: readonly string[];
  /** For a Consent: what it opens now (replaces what its earlier version opened). */
  readonly grants: readonly SharingGrant[] | undefined;
  /** For a Consent: who has confirmed the version before has confirmed this one, too. Left out: nobody has. */
  readonly keepsConfirmations?: boolean;
  /** For a Consent: what it denies now (replaces what its earlier version denied). */
  readonly exclusions?: readonly SharingExclusion[];
  /** For a Patient that says that the person's identity is protected: the ids that its official identifiers give. Left out: it does not. */
  readonly protectedIds?: readonly string[];
  /** For a CarePlan that is closed: since when, as far as this version says. Left out: it is open. */
  readonly planClosedAt?: Date | undefined;
  /** The labels, as `system|code`, that decide who sees it: this version's, and whether the one before may have had any. Left out: none. */
  readonly labels?: { readonly now: readonly string[]; readonly mayHaveHad: boolean };
  readonly organization: OrganizationUnit | undefined;
}

/** Inside one database transaction. Nothing but these is awaited in it. */
export interface WriteTransaction {
  /** Waits until no other transaction holds any of these names; taken in sorted order, held to the end. */
  readonly lockNames: (names: readonly string[]) => Promise<void>;
  /** Locks and returns the visible current versions among `addresses` (the party's own where an address is per party). Absent and hidden are both left out. */
  readonly lockCurrent: (permit: Permit, addresses: readonly ResourceAddress[]) => Promise<readonly LockedVersion[]>;
  /** Which of `addresses` exist and are visible, not deleted. */
  readonly resolve: (permit: Permit, addresses: readonly ResourceAddress[]) => Promise<readonly Resolved[]>;
  /** The ids among `organizationIds` that the acting party covers: its own, and those of units below it. */
  readonly covered: (permit: Permit, organizationIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** At most `limit` visible matches of each query, in the order of the queries. */
  readonly match: (
    permit: Permit,
    queries: readonly SearchQuery[],
    limit: number,
  ) => Promise<readonly (readonly Resolved[])[]>;
  /** The same, as it would be with these writes. They are put down for the question and taken back after it. */
  readonly matchAfter: (
    permit: Permit,
    input: Readonly<{ writes: readonly ResourceWrite[]; queries: readonly SearchQuery[]; limit: number }>,
  ) => Promise<readonly (readonly ResourceAddress[])[]>;
  /** Reading inside this transaction: sees what it has written. */
  readonly reading: () => Pick<
    Store,
    'read' | 'readVersion' | 'history' | 'search' | 'everything' | 'explain' | 'auditEvents' | 'audit'
  >;
  /** Puts down versions, index, grants and outbox rows in one statement; the audit row follows with the commit. */
  readonly apply: (permit: Permit, writes: readonly ResourceWrite[], audit: AuditRow) => Promise<void>;
  /**
   * Puts down that the acting party has confirmed the locked Consent as it is, what that opens, and the audit row. A party that has
   * confirmed it already gets no more by it.
   */
  readonly confirm: (
    permit: Permit,
    input: Readonly<{ consent: LockedVersion; grants: readonly SharingGrant[]; audit: AuditRow }>,
  ) => Promise<void>;
  /** Says what index rows are to be made by from the commit on; only in a transaction that is defining. */
  readonly define: (wanted: WantedParameters) => Promise<void>;
}

/** What a transaction is begun with. */
export interface TransactionStart {
  /** Of the definitions that index rows will be made by. */
  readonly generation: number;
  /** It may change definitions: no other transaction writes at the same time. */
  readonly isDefining: boolean;
}

export interface Store {
  readonly kind: 'pglite' | 'postgres';
  /** The current version if visible (with `body` undefined if deleted), else undefined. @throws client-disabled */
  readonly read: (permit: Permit, address: ResourceAddress) => Promise<StoredVersion | undefined>;
  readonly readVersion: (
    permit: Permit,
    address: ResourceAddress & { readonly versionId: string },
  ) => Promise<StoredVersion | undefined>;
  readonly history: (permit: Permit, query: HistoryQuery) => Promise<HistoryPage>;
  readonly search: (permit: Permit, query: SearchQuery) => Promise<SearchPage>;
  /** undefined where the reader sees no registration of the person. @throws client-disabled */
  readonly everything: (permit: Permit, query: EverythingQuery) => Promise<EverythingPage | undefined>;
  /** undefined where the reader sees no registration of the person. @throws client-disabled */
  readonly explain: (permit: Permit, query: AccessQuery) => Promise<ExplainedAccess | 'party-unknown' | undefined>;
  /** The events of the audit log that the reader may be told of. @throws client-disabled */
  readonly auditEvents: (permit: Permit, query: AuditEventQuery) => Promise<AuditEventPage>;
  readonly exports: ExportStore;
  readonly searchState: SearchState;
  /**
   * Runs `work` in one transaction (READ COMMITTED) and commits, or rolls back when it throws. `start` may be left out only where
   * nothing is written. @throws client-disabled, DefinitionsMoved where the generation is another than that of `start`
   */
  readonly transaction: <T>(
    permit: Permit,
    work: (transaction: WriteTransaction) => Promise<T>,
    start?: TransactionStart,
  ) => Promise<T>;
  /** Resolves when the rows are committed. Concurrent calls share a commit. */
  readonly audit: (rows: readonly AuditRow[]) => Promise<void>;
  /** Answers when the database does. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}
