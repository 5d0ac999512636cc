// The written forms of an organization's identity that clients and operators use: HSA-id or organisationsnummer.
// IUA, https://profiles.ihe.net/ITI/IUA/ (subject_organization_id) · sip.md §3, table of systems
// Refuses any other system, a wrong shape and a wrong check digit.
import { canonicalSystem } from '../terminology/system-aliases.ts';
import { findIdentifierFault } from '../validation/identifiers.ts';

/** In the order in which an organization is named: HSA-id before organisationsnummer. */
const systems = ['urn:oid:1.2.752.29.4.19', 'urn:oid:2.5.4.97'] as const;

export interface OrganizationIdentifier {
  readonly system: string;
  readonly value: string;
}

/** `SE…-…`, ten digits (also 212000-0001), `system#value` or `system|value`; undefined for anything else. */
export function parseOrganizationIdentifier(text: string): OrganizationIdentifier | undefined {
  const [, prefix, bare] = /^(?:([^#|]+)[#|])?([^#|]+)$/.exec(text) ?? [];
  if (bare === undefined) return undefined;
  const value = bare.replace(/^(\d{6})-(\d{4})$/, '$1$2');
  const system = systems.find(
    (candidate) =>
      (prefix === undefined || canonicalSystem(prefix) === candidate) &&
      findIdentifierFault(candidate, value) === undefined,
  );
  return system === undefined ? undefined : { system, value };
}

/** How an Organization is named in tokens and `meta.source`, `system#value`; undefined if it has neither identifier. */
export function findSource(
  identifiers: readonly { readonly system?: string; readonly value?: string }[],
): string | undefined {
  const parsed = identifiers.map(({ system, value }) => parseOrganizationIdentifier(`${system ?? ''}|${value ?? ''}`));
  const [first] = systems.flatMap((system) => parsed.filter((one) => one?.system === system).slice(0, 1));
  return first === undefined ? undefined : `${first.system}#${first.value}`;
}
