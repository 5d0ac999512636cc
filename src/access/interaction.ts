// What a caller asks for, as a value: made by http/ from URL and headers, or by a Bundle entry.
// https://hl7.org/fhir/R4/http.html

export type Interaction =
  | { readonly kind: 'read'; readonly type: string; readonly id: string }
  | { readonly kind: 'vread'; readonly type: string; readonly id: string; readonly versionId: string }
  /** Without an id: the one that matches a condition. */
  | { readonly kind: 'update' | 'patch' | 'delete'; readonly type: string; readonly id: string | undefined }
  | { readonly kind: 'create'; readonly type: string; readonly ifNoneExist?: string }
  | { readonly kind: 'history-instance'; readonly type: string; readonly id: string }
  | { readonly kind: 'history-type'; readonly type: string }
  /** Of the types that the caller may read and search. */
  | { readonly kind: 'history-system' }
  | { readonly kind: 'search-type'; readonly type: string }
  | {
      readonly kind: 'everything' | 'access-log' | 'meta' | 'meta-add' | 'meta-delete';
      readonly type: string;
      readonly id: string;
    }
  /** A custodian's yes to a Consent that another party has recorded. */
  | { readonly kind: 'confirm'; readonly type: 'Consent'; readonly id: string }
  /** Whether a party sees what another keeps, and by which Consent. */
  | { readonly kind: 'explain-access'; readonly type: 'Consent' }
  /** One type of a bulk export. */
  | { readonly kind: 'export'; readonly type: string }
  /** Judges what the caller sends; opens nothing. */
  | { readonly kind: 'validate' }
  | { readonly kind: 'transaction' }
  | { readonly kind: 'batch' };

export type InteractionKind = Interaction['kind'];
