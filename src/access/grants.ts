// What a Consent opens, in the form that the visibility predicate reads: rows of sharing_grant and sharing_exclusion.
// Made by access/consent.ts and access/exclusions.ts (pure) from a Consent that is active or proposed; none for any other status.

/** In place of an `Organization` id: of what individuals keep, or recorded by the individual. No id of FHIR's has this form. */
export const byIndividual = '(individual)';

/** One custodian's data about the person, opened to one recipient for a time. Both are `Organization` ids, the custodian or `byIndividual`. */
export interface SharingGrant {
  readonly custodianId: string;
  readonly recipientId: string;
  readonly startsAt: Date;
  /** First instant at which it no longer holds; undefined: until withdrawn. */
  readonly endsAt: Date | undefined;
  /** For these purposes alone, as `system|code`; left out: for any. */
  readonly purposes?: readonly string[];
  /**
   * Left out: all that the custodian keeps about the person, at once. `when-confirmed`: the same, once that custodian has confirmed the
   * Consent. `asking`: the Consent itself and nothing else, to a custodian (the recipient) that is asked to confirm it.
   */
  readonly kind?: 'when-confirmed' | 'asking';
}

/**
 * What an active Consent denies of the person's data, whoever keeps it and whichever Consent opens it. Covers what meets every condition
 * that is made; one that is left out is not made.
 */
export interface SharingExclusion {
  /** `Organization` ids; the units below them as well. */
  readonly recipientIds?: readonly string[];
  /** `Type/id` */
  readonly targets?: readonly string[];
  /** `system|code` */
  readonly labels?: readonly string[];
  readonly startsAt: Date;
  readonly endsAt: Date | undefined;
}
