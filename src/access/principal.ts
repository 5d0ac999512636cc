// Who is calling, as told by the token and by nothing else.
import type { ScopeSet } from './scopes.ts';

/** The organization a caller acts for. `key` is the store's key of the Organization; `source` is what `meta.source` shows. */
export interface Party {
  readonly key: number;
  readonly organizationId: string;
  /** `urn:oid:1.2.752.29.4.19#<HSA-id>` or `urn:oid:2.5.4.97#<organisationsnummer>`. */
  readonly source: string;
}

/** `system|code` */
export type CodedText = `${string}|${string}`;

/** Who is at work at the party, as its client said in the assertion it signed. */
export interface Staff {
  readonly hsaId: string;
  readonly roles: readonly CodedText[];
}

interface ClientIdentity {
  readonly clientId: string;
  /** The store's keys of the client and of the public key it signed with: checked as enabled in each statement. */
  readonly clientKey: number;
  readonly keyThumbprint: string;
  readonly scopes: ScopeSet;
  /** When the token ends (milliseconds since 1970). */
  readonly expiresAtMs: number;
}

/** A vendor's system acting for one organization. */
export interface SystemPrincipal extends ClientIdentity {
  readonly kind: 'system';
  readonly party: Party;
  /** What it is asked for; a Consent for certain purposes opens nothing for others. Empty: it was not said. */
  readonly purposes: readonly CodedText[];
  /** undefined: nobody was named. */
  readonly staff: Staff | undefined;
}

/** Who runs the hub: writes organizations, never reads data of a patient. */
export interface OperatorPrincipal extends ClientIdentity {
  readonly kind: 'operator';
}

export type Principal = SystemPrincipal | OperatorPrincipal;
