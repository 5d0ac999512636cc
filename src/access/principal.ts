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
  /** The store's key of the client: checked as enabled in each statement. */
  readonly clientKey: number;
  readonly scopes: ScopeSet;
  /** When the token ends (milliseconds since 1970). */
  readonly expiresAtMs: number;
}

/** A client that signs for itself. */
interface SigningIdentity extends ClientIdentity {
  /** The public key it signed with: checked as enabled in each statement. */
  readonly keyThumbprint: string;
}

/** A vendor's system acting for one organization. */
export interface SystemPrincipal extends SigningIdentity {
  readonly kind: 'system';
  readonly party: Party;
  /** What it is asked for; a Consent for certain purposes opens nothing for others. Empty: it was not said. */
  readonly purposes: readonly CodedText[];
  /** undefined: nobody was named. */
  readonly staff: Staff | undefined;
}

/** Who runs the hub: writes organizations, never reads data of a patient. */
export interface OperatorPrincipal extends SigningIdentity {
  readonly kind: 'operator';
}

/** The person that a plan is about, by an app that he or she has logged in to (SMART App Launch). */
export interface IndividualPrincipal extends ClientIdentity {
  readonly kind: 'individual';
  /** `key` is the store's key of the person; `patientId` the id of every registration of the person. */
  readonly person: { readonly key: number; readonly patientId: string };
}

export type Principal = SystemPrincipal | OperatorPrincipal | IndividualPrincipal;
