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

/**
 * What several columns must meet at once: a number, a quantity with its unit, or one pairing of the parts of a composite parameter
 * within one element. Spans are closed; open ends are ±`Number.MAX_VALUE`, and null where the part is no number.
 */
export interface ValueRow {
  readonly param: string;
  /** The token that is the first part of a composite; both empty for a number or quantity alone. */
  readonly keyCode: string;
  readonly keySystem: string;
  readonly low: number | null;
  readonly high: number | null;
  /** The unit's code and system, or a composite's second part that is a token, a reference or a (normalised) string. */
  readonly code: string;
  /** `code` is a text that is asked for its beginning, and so must be kept whole. */
  readonly isText?: true;
  readonly system: string;
  /** The unit in words. */
  readonly unit: string;
  /** A composite's third part, always a number. */
  readonly low2: number | null;
  readonly high2: number | null;
}

/** The words of a resource: `_text` asks the narrative, `_content` everything. */
export interface TextRow {
  readonly language: TextLanguage;
  /** Plain text; empty where there is no narrative. */
  readonly narrative: string;
  readonly content: string;
}

/** How words are brought to their stems; `simple`: not at all. */
export type TextLanguage = 'swedish' | 'english' | 'simple';

export interface IndexRows {
  readonly tokens: readonly TokenRow[];
  readonly references: readonly ReferenceRow[];
  readonly dates: readonly DateRow[];
  readonly strings: readonly StringRow[];
  readonly values?: readonly ValueRow[];
  readonly text?: TextRow;
}
