// What a Consent opens, in the form that the visibility predicate reads: rows of sharing_grant.
// Made by access/consent.ts (pure) from a Consent that is active; none for any other status.

/** One custodian's data about the person, opened to one recipient for a time. Both are `Organization` ids. */
export interface SharingGrant {
  readonly custodianId: string;
  readonly recipientId: string;
  readonly startsAt: Date;
  /** First instant at which it no longer holds; undefined: until withdrawn. */
  readonly endsAt: Date | undefined;
}
