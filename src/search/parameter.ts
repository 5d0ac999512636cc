// A search parameter as the hub knows it within one resource type. https://hl7.org/fhir/R4/searchparameter.html

export type ParameterKind =
  | 'id'
  | 'last-updated'
  | 'token'
  | 'reference'
  | 'date'
  | 'string'
  | 'number'
  | 'quantity'
  | 'uri'
  | 'composite'
  | 'text'
  | 'unsupported';

export interface Parameter {
  readonly code: string;
  /** The canonical URL of the SearchParameter. */
  readonly url: string;
  /** `unsupported`: R4 knows it, the hub does not search by it. */
  readonly kind: ParameterKind;
  /** R4's own word for the kind: `quantity`, `composite`. */
  readonly type: string;
  /** A reference parameter: the resource types it may lead to. */
  readonly targetTypes: readonly string[];
  /** A token parameter whose values never have a system of their own (`status`, `active`). */
  readonly isSystemImplied: boolean;
  /** A composite parameter: its parts, the first always a token. Empty otherwise. */
  readonly components: readonly Parameter[];
  /** Takes no modifier. */
  readonly isPlain?: true;
  /** Defined by a SearchParameter that the operator has posted. */
  readonly isStored?: true;
}
