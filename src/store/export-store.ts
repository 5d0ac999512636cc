// Bulk exports as the rest of the hub sees them: jobs that are kept, claimed by one process at a time, and the lines that they list.
// https://hl7.org/fhir/uv/bulkdata/STU2/export.html
import type { Permit } from '../access/permit.ts';
import type { Finding } from '../core/problem.ts';
import type { CursorPosition, SearchQuery } from '../search/query.ts';
import type { StoredVersion } from './store.ts';

/** What a bulk export has to do, step by step: one search each. Kept with the job, so that any process can go on with it. */
export interface ExportWork {
  readonly steps: readonly { readonly type: string; readonly query: string }[];
  /** Patient ids to keep to; undefined: everybody. */
  readonly patients: readonly string[] | undefined;
  /** Elements to keep, by type; `*` for every type. Empty: whole resources. */
  readonly elements: readonly string[];
}

export interface ExportJob {
  readonly id: string;
  /** The address that was asked for. */
  readonly request: string;
  readonly work: ExportWork;
  readonly transactionAt: Date;
  readonly expiresAt: Date;
  readonly state: 'open' | 'done' | 'failed';
  readonly step: number;
  readonly listed: number;
  /** Why it has failed, where that is known. */
  readonly failure: Finding | undefined;
}

/** A job that this process alone works on, until `claimedUntil`. */
export interface ClaimedExport extends ExportJob {
  readonly claim: string;
  /** Of the caller that asked for it, as it was kept: `keepPrincipal`. */
  readonly principal: unknown;
  readonly position: CursorPosition | undefined;
  readonly tries: number;
}

/** A run of lines of one type: those numbered over `after` and up to `until`. */
export interface ExportLinesQuery {
  readonly jobId: string;
  readonly type: string;
  readonly after: number;
  readonly until: number;
}

/** Jobs are seen only by the client and party of the permit that made them. */
export interface ExportStore {
  /** False where the client has `most` jobs of this party already; nothing is made then. */
  readonly create: (
    permit: Permit,
    job: Pick<ExportJob, 'id' | 'request' | 'work' | 'transactionAt' | 'expiresAt'> & {
      readonly principal: unknown;
      readonly most: number;
    },
  ) => Promise<boolean>;
  /** undefined where it is not there, not the caller's, or expired. */
  readonly find: (permit: Permit, id: string) => Promise<ExportJob | undefined>;
  /** The highest line number of each type. */
  readonly countLines: (
    permit: Permit,
    id: string,
  ) => Promise<readonly { readonly type: string; readonly last: number }[]>;
  /** False where there was nothing to remove. */
  readonly remove: (permit: Permit, id: string) => Promise<boolean>;
  /** The lines that may be seen now, in order, as the versions that were listed. */
  readonly lines: (permit: Permit, query: ExportLinesQuery) => Promise<readonly StoredVersion[]>;
  /** An open job that nobody works on; clears away what has expired. For the runner. */
  readonly claim: (input: {
    readonly claim: string;
    readonly at: Date;
    readonly until: Date;
  }) => Promise<ClaimedExport | undefined>;
  /**
   * Lists the next matches of the step; gives where the next page starts, or undefined where there is none. False: the claim is lost.
   * @throws client-disabled, DefinitionsMoved where the generation is another than `generation`, of which the query is; nothing is listed then
   */
  readonly list: (
    permit: Permit,
    input: { readonly job: ClaimedExport; readonly query: SearchQuery; readonly generation: number },
  ) => Promise<{ readonly next: CursorPosition | undefined } | false>;
  /** Writes down how far the job has come; false where the claim is lost. */
  readonly advance: (
    job: Pick<ClaimedExport, 'id' | 'claim'>,
    progress:
      | {
          readonly state: 'open';
          readonly step: number;
          readonly position: CursorPosition | undefined;
          readonly until: Date;
        }
      | { readonly state: 'done' }
      | { readonly state: 'failed'; readonly failure?: Finding },
  ) => Promise<boolean>;
  /** Lets others go on with the job, from an instant on where one is given. The claim does not count as a try. */
  readonly release: (job: Pick<ClaimedExport, 'id' | 'claim'>, from?: Date) => Promise<void>;
}
