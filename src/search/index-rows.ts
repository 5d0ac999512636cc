// What is kept of a resource so that it can be found: plain rows, made by extractors compiled at start.
// https://hl7.org/fhir/R4/search.html

/** `param` is the SearchParameter's code within the resource's type (`status`, `patient`). */
export interface TokenRow {
  readonly param: string;
  /** Empty where the code has no system or the data type implies it (`code`, `boolean`). */
  readonly system: string;
  readonly code: string;
}

/** A local target has type and id; anything else has an empty type and its URL (or urn) as id. */
export interface ReferenceRow {
  readonly param: string;
  readonly targetType: string;
  readonly targetId: string;
}

/** The half-open span of time the value covers, in milliseconds since 1970; open ends are ±8.64e15. */
export interface DateRow {
  readonly param: string;
  readonly lowMs: number;
  readonly highMs: number;
}

/** Normalised for matching (see search/string-value.ts) and as written for `:exact`. */
export interface StringRow {
  readonly param: string;
  readonly normalized: string;
  readonly exact: string;
}

export interface IndexRows {
  readonly tokens: readonly TokenRow[];
  readonly references: readonly ReferenceRow[];
  readonly dates: readonly DateRow[];
  readonly strings: readonly StringRow[];
}
