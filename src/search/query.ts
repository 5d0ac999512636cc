// A search as a value: what search/parse-query.ts makes of a URL and store/search.ts turns into SQL.
// https://hl7.org/fhir/R4/search.html

export type DatePrefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

/** `system` undefined: any system; '' : explicitly none. `code` undefined: any code of the system. */
export interface TokenValue {
  readonly system: string | undefined;
  readonly code: string | undefined;
}

/** `type` undefined: any of the parameter's target types. A URL target has type ''. */
export interface ReferenceValue {
  readonly type: string | undefined;
  readonly id: string;
}

/** The half-open span that the written date covers, in milliseconds since 1970. */
export interface DateValue {
  readonly prefix: DatePrefix;
  readonly lowMs: number;
  readonly highMs: number;
}

/** All filters must hold (AND); inside one filter any value suffices (OR). */
export type Filter =
  | { readonly kind: 'id'; readonly values: readonly string[] }
  | { readonly kind: 'last-updated'; readonly values: readonly DateValue[] }
  | { readonly kind: 'token'; readonly param: string; readonly values: readonly TokenValue[] }
  | { readonly kind: 'reference'; readonly param: string; readonly values: readonly ReferenceValue[] }
  | { readonly kind: 'date'; readonly param: string; readonly values: readonly DateValue[] }
  | {
      readonly kind: 'string';
      readonly param: string;
      readonly match: 'starts' | 'exact' | 'contains';
      /** Ready to compare: normalised (search/string-value.ts) for `starts` and `contains`, as written for `exact`. */
      readonly values: readonly string[];
    }
  /** `patient.identifier=…`: the target must itself be visible and match. */
  | {
      readonly kind: 'chain';
      readonly param: string;
      readonly targetTypes: readonly string[];
      readonly filter: Filter;
    };

export interface SortKey {
  /** `_lastUpdated`, `_id`, or the code of a date, string or token parameter of the type. */
  readonly param: string;
  readonly kind: 'last-updated' | 'id' | 'date' | 'string' | 'token';
  readonly descending: boolean;
}

export interface Include {
  readonly param: string;
  /** Only targets of this type, where given. */
  readonly targetType: string | undefined;
}

/** Where the last page ended: the sort values of its last match, and its id as tie-breaker. */
export interface CursorPosition {
  readonly values: readonly (string | number | null)[];
  readonly id: string;
}

export interface SearchQuery {
  readonly type: string;
  readonly filters: readonly Filter[];
  /** Never empty; newest first where the caller did not say. */
  readonly sort: readonly SortKey[];
  readonly count: number;
  readonly total: 'none' | 'accurate';
  readonly includes: readonly Include[];
  readonly after: CursorPosition | undefined;
}
