// What a uri parameter is found by: the address as it is written, kept beside the references that lead out of the hub.
// https://hl7.org/fhir/R4/search.html#uri
import type { ReferenceRow } from '../index-rows.ts';
import { toIndexable } from '../string-value.ts';

type UriPart = Pick<ReferenceRow, 'targetType' | 'targetId'>;
type UriRule = (value: unknown) => readonly UriPart[];

const uri: UriRule = (value) =>
  typeof value === 'string' && value !== '' ? [{ targetType: '', targetId: toIndexable(value) }] : [];

export const uriRules: Readonly<Record<string, UriRule>> = {
  uri,
  url: uri,
  canonical: uri,
  oid: uri,
  uuid: uri,
};
