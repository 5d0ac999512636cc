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

/** A number as it was asked for; `low` and `high` bound what rounds to it: [low, high). */
export interface NumberValue {
  readonly prefix: DatePrefix;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Of a quantity. `system` undefined: the code or the words of the unit, of any system. */
  readonly unit: { readonly system: string | undefined; readonly code: string } | undefined;
}

/** The second part of a composite, by its kind; `exact` never applies: a composite takes no modifier. */
export type CompositePart =
  | { readonly kind: 'token'; readonly value: TokenValue }
  | { readonly kind: 'number'; readonly value: NumberValue }
  | { readonly kind: 'date'; readonly value: DateValue }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'reference'; readonly value: ReferenceValue };

export interface CompositeValue {
  readonly key: TokenValue;
  readonly second: CompositePart;
  readonly third: NumberValue | undefined;
}

/** Which of the index tables holds the rows of a parameter. */
export type IndexKind = 'token' | 'reference' | 'date' | 'string' | 'value';

/** All filters must hold (AND); inside one filter any value suffices (OR). */
export type Filter =
  | { readonly kind: 'id'; readonly values: readonly string[] }
  | { readonly kind: 'last-updated'; readonly values: readonly DateValue[] }
  | { readonly kind: 'token'; readonly param: string; readonly values: readonly TokenValue[] }
  | {
      readonly kind: 'reference';
      readonly param: string;
      readonly values: readonly ReferenceValue[];
      /** Of several types that are searched, those whose parameter is meant; left out: all. */
      readonly types?: readonly string[];
    }
  | { readonly kind: 'date'; readonly param: string; readonly values: readonly DateValue[] }
  | {
      readonly kind: 'string';
      readonly param: string;
      readonly match: 'starts' | 'exact' | 'contains';
      /** Ready to compare: normalised (search/string-value.ts) for `starts` and `contains`, as written for `exact`. */
      readonly values: readonly string[];
    }
  /** A number or a quantity. */
  | { readonly kind: 'number'; readonly param: string; readonly values: readonly NumberValue[] }
  | { readonly kind: 'composite'; readonly param: string; readonly values: readonly CompositeValue[] }
  /** `location:below=…`: a reference to one of these or, along the parameter `step` of its type, to what is above or below it. */
  | {
      readonly kind: 'hierarchy';
      readonly param: string;
      readonly direction: 'above' | 'below';
      readonly targetType: string;
      readonly step: string;
      readonly ids: readonly string[];
    }
  /** `url:below=…`: addresses that begin so, at the end of a step. */
  | { readonly kind: 'uri-below'; readonly param: string; readonly values: readonly string[] }
  /** `subject:identifier=…` on References that have a literal target as well, and are found only while none is hidden. */
  | { readonly kind: 'identified'; readonly param: string; readonly values: readonly TokenValue[] }
  /** `_text` and `_content`, as a person writes to a search engine. */
  | { readonly kind: 'text'; readonly part: 'narrative' | 'content'; readonly values: readonly string[] }
  | { readonly kind: 'missing'; readonly param: string; readonly index: IndexKind; readonly isMissing: boolean }
  /** True of a resource without a match, also of one without a value. */
  | { readonly kind: 'not'; readonly filter: Filter }
  /** Any of them; none of none. */
  | { readonly kind: 'any'; readonly filters: readonly Filter[] }
  /** `_has:Task:focus:status=…`: a visible resource of `sourceType` that refers to this one and matches. */
  | { readonly kind: 'has'; readonly sourceType: string; readonly param: string; readonly filter: Filter }
  /** `patient.identifier=…`: the target must itself be visible and match. */
  | {
      readonly kind: 'chain';
      readonly param: string;
      readonly targetTypes: readonly string[];
      readonly filter: Filter;
    };

export interface SortKey {
  /** `_lastUpdated`, `_id`, or the code of a parameter of the type that has an order. */
  readonly param: string;
  readonly kind: 'last-updated' | 'id' | 'date' | 'string' | 'token' | 'number' | 'uri';
  readonly descending: boolean;
}

/** A search parameter, by its code, of one resource type. */
export interface TypeParameter {
  readonly type: string;
  readonly param: string;
}

export interface Include {
  /** The type whose parameter it is; left out, the type that is searched (or, of every parameter, any type). */
  readonly sourceType?: string;
  /** undefined: every one of `references`. Always given of a reverse one. */
  readonly param: string | undefined;
  /** What `*` stands for: rows of parameters that are no more may still be there. */
  readonly references?: readonly TypeParameter[];
  /** Only targets of this type, where given. */
  readonly targetType: string | undefined;
  /** `_revinclude`: what refers to the match, not what it refers to. */
  readonly isReverse?: boolean;
  /** Goes on from what was included. */
  readonly isIterated?: boolean;
  /** Made of `*`, so its types were not named. */
  readonly isWildcard?: boolean;
}

/** Where the last page ended: the sort values of its last match, and its id as tie-breaker. */
export interface CursorPosition {
  readonly values: readonly (string | number | null)[];
  /** `Type/id` where several types are searched. */
  readonly id: string;
  /** The page ends before this position, and does not start after it. */
  readonly isBackward?: true;
}

export interface SearchQuery {
  /** The type that is searched; the first of them where there are several. */
  readonly type: string;
  /** All types of a search of the system or of a compartment; left out: `type` alone. */
  readonly types?: readonly string[];
  readonly filters: readonly Filter[];
  /** Never empty; newest first where the caller did not say. */
  readonly sort: readonly SortKey[];
  readonly count: number;
  readonly total: 'none' | 'accurate';
  readonly includes: readonly Include[];
  /** Only these types are included, or led through; undefined: all. */
  readonly includeTypes?: readonly string[] | undefined;
  readonly after: CursorPosition | undefined;
  /** Only what the caller has registered itself: for types of which each party has its own. Left out: all that it sees. */
  readonly isOwn?: boolean;
}
