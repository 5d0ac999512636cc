// What an operation is: a name, where it may be called, and what it does. Each is one file in operations/. https://hl7.org/fhir/R4/operations.html
import type { Answer, RequestContext, Services } from './services.ts';

export interface OperationRequest {
  /** With its dollar sign: `$validate`. */
  readonly name: string;
  readonly type: string | undefined;
  readonly id: string | undefined;
  /** True for GET and HEAD. */
  readonly isRead: boolean;
  readonly isDelete: boolean;
  readonly parameters: URLSearchParams;
  /** JSON text: a Parameters resource, or the one resource the operation takes; empty for GET. */
  readonly body: string;
  /** The If-Match header, as it stands. */
  readonly ifMatch: string | undefined;
}

export type OperationLevel = 'system' | 'type' | 'instance';

export interface Operation {
  readonly name: string;
  /** What it does and takes, in a sentence or two: docs/reference/operations.md is made from it. */
  readonly summary: string;
  /** The canonical URL of its OperationDefinition; undefined: an address that another operation leads to, and no operation of FHIR's. */
  readonly definition: string | undefined;
  readonly levels: readonly OperationLevel[];
  /** Resource types it may be called on; undefined: any that is served. */
  readonly types: readonly string[] | undefined;
  /** Not on types that are made of the log: it is about what is kept. */
  readonly isOfStored?: true;
  /** True where it may be called with GET. */
  readonly allowsGet: boolean;
  /** True where it may be called with DELETE. */
  readonly allowsDelete?: true;
  readonly run: (services: Services, context: RequestContext, request: OperationRequest) => Promise<Answer>;
}
