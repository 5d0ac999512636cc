// How much one search may ask for: settings of the hub (config.ts). What asks for more is refused, never cut.

export interface SearchLimits {
  /** Matches per page where `_count` is not given. */
  readonly defaultPageSize: number;
  /** A larger `_count` is brought down to this one. */
  readonly maxPageSize: number;
  /** Most criteria in one search. */
  readonly searchCriteria: number;
  /** Most OR values in one criterion. */
  readonly searchValues: number;
  /** Most steps of one chain, forwards and back. */
  readonly chainSteps: number;
  /** Most `_include` and `_revinclude` in one search, wildcards apart. */
  readonly includes: number;
}
