// The tables that resources are found by. https://hl7.org/fhir/R4/search.html · docs/decisions/0014-search-index-layout.md

/** Each row of theirs belongs to a row of `resource`. */
export const indexTables = [
  'search_token',
  'search_reference',
  'search_date',
  'search_string',
  'search_value',
  'search_text',
] as const;

export type IndexTable = (typeof indexTables)[number];
