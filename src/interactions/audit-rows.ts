// What the audit log says of reads and refusals. A read's row is committed before any byte of it leaves (architecture, decision 9);
// the row of a change goes down in the change's own transaction (carry-out.ts).
import type { Permit } from '../access/permit.ts';
import type { Principal } from '../access/principal.ts';
import type { AuditRow, StoredVersion } from '../store/store.ts';
import type { RequestContext, Services } from './services.ts';

/** Resolves when the row is committed. `versions` are those about to be given; 304 where the caller has them already. */
export async function auditRead(
  services: Services,
  permit: Permit,
  given: {
    readonly type: string | undefined;
    readonly versions: readonly StoredVersion[];
    readonly status?: 200 | 304;
  },
): Promise<void> {
  const { type, versions, status = 200 } = given;
  const entities = versions.map((version) => toEntity(permit, version));
  await services.store.audit([toSuccessRow(permit, services.clock(), { type, status, entities })]);
}

type Seen = Pick<StoredVersion, 'type' | 'id' | 'versionId' | 'personKey' | 'custodianKey' | 'directory' | 'openedBy'>;

/** A version that the caller is given, with whose it is, by what right it is given and by which Consent. */
export function toEntity({ principal }: Permit, seen: Seen): AuditRow['entities'][number] {
  const { type, id, versionId, personKey, custodianKey, directory, openedBy } = seen;
  const isOwn = principal.kind === 'system' && custodianKey === principal.party.key;
  const isIndividual = principal.kind === 'individual' && personKey === principal.person.key;
  const ofOthers = openedBy === undefined ? 'author' : 'consent';
  return {
    address: `${type}/${id}`,
    versionId,
    personKey,
    custodianKey: directory ? null : custodianKey,
    consent: toConsentText(openedBy),
    rule: directory ? 'directory' : isOwn ? 'own' : isIndividual ? 'individual' : ofOthers,
  };
}

/** A request that was answered as it was asked. */
export function toSuccessRow(
  permit: Permit,
  at: Date,
  answered: Pick<AuditRow, 'type' | 'status' | 'entities'>,
): AuditRow {
  return {
    at,
    requestId: permit.requestId,
    ...whoOf(permit.principal),
    interaction: permit.interaction,
    outcome: 'success',
    ...answered,
  };
}

/** A request that was answered with an error: who tried what. Says nothing of what is or is not there. */
export function toRefusedRow(
  context: Pick<RequestContext, 'principal' | 'requestId'>,
  at: Date,
  refusal: { readonly interaction: string; readonly type: string | undefined; readonly status: number },
): AuditRow {
  return {
    at,
    requestId: context.requestId,
    ...whoOf(context.principal),
    // One word for one thing, whether it went well or not.
    interaction: refusal.interaction === 'search' ? 'search-type' : refusal.interaction,
    outcome: refusal.status >= 500 ? 'failed' : 'refused',
    status: refusal.status,
    type: refusal.type,
    entities: [],
  };
}

/** The client, and the individual or the party it acts for and who is at work there, as the log names them. */
function whoOf(principal: Principal): Pick<AuditRow, 'clientId' | 'partyKey' | 'individualKey' | 'staff'> {
  const { clientId } = principal;
  if (principal.kind === 'individual')
    return { clientId, partyKey: undefined, individualKey: principal.person.key, staff: undefined };
  if (principal.kind !== 'system') return { clientId, partyKey: undefined, staff: undefined };
  const { staff, purposes } = principal;
  const isSaid = staff !== undefined || purposes.length > 0;
  const said = { hsaId: staff?.hsaId, roles: staff?.roles ?? [], purposes };
  return { clientId, partyKey: principal.party.key, staff: isSaid ? said : undefined };
}

/** The Consent and version that opened something, as the log names them; undefined where none was needed. */
export function toConsentText(openedBy: StoredVersion['openedBy']): string | undefined {
  return openedBy === undefined ? undefined : `${openedBy.consentId}/_history/${openedBy.versionId}`;
}
