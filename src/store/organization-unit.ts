// What a written Organization says of the tree that coverage goes by (sip.md §4).

export interface OrganizationUnit {
  /** The id of the Organization that it is a part of. */
  readonly partOf: string | undefined;
  /** Coverage from above ends here. */
  readonly isAuthority: boolean;
  /** Where the request says `partOf`: that is where a circle is refused. */
  readonly path: string;
}
