// May this version follow that one? Decided on what is there and on what would be there (sip.md §4, Write).
// Only what the caller may see reaches this place, so an answer here reveals nothing hidden.
import { problem } from '../core/problem.ts';
import { type ConsentVersions, isWithdrawal } from './consent-states.ts';
import type { Permit } from './permit.ts';
import type { Principal } from './principal.ts';

/** What is there, and whether the reader sees all of it. */
export interface WriteTarget {
  readonly type: string;
  readonly custodianKey: number | null;
  readonly personKey: number | null;
  readonly hiddenReferences: readonly string[];
  /** Without what tells where a person with protected identity is. */
  readonly isPlaceHidden: boolean;
}

/** The custodian key of what individuals write. No Organization has it. */
export const individualCustodian = 0;

/** The custodian key of what this caller writes: its party's, that of all individuals, or null for the operator. */
export function custodianOf({ principal }: Permit): number | null {
  if (principal.kind === 'individual') return individualCustodian;
  return principal.kind === 'system' ? principal.party.key : null;
}

/** One caller from all others, whichever clients it uses: for what is its own. */
export function writerOf(principal: Principal): string {
  if (principal.kind === 'individual') return `individual ${principal.person.key}`;
  return principal.kind === 'system' ? String(principal.party.key) : 'operator';
}

/**
 * Only the custodian updates or deletes, but the individual withdraws any Consent of his or her own (`decideWithdrawal` judges the rest); a whole new body from somebody who saw a reduced view would lose what was hidden.
 * A patch is made to that view (access/reduced-view.ts), and labels are changed in what is stored, so they lose nothing.
 * @throws not-your-resource, reduced-view
 */
export function decideChange(permit: Permit, before: WriteTarget): void {
  const isOwn = before.custodianKey === custodianOf(permit);
  if (!isOwn && !mayWithdraw(permit, before)) throw problem('not-your-resource');
  // Whoever keeps it and the individual see all of it: a change to less would lose or tell what was left out.
  if (before.isPlaceHidden) throw problem('reduced-view');
  if (!losesNothing.has(permit.interaction) && before.hiddenReferences.length > 0) throw problem('reduced-view');
}

const losesNothing: ReadonlySet<Permit['interaction']> = new Set(['delete', 'patch', 'meta-add', 'meta-delete']);

function mayWithdraw({ principal, interaction }: Permit, { type }: WriteTarget): boolean {
  return principal.kind === 'individual' && type === 'Consent' && (interaction === 'update' || interaction === 'patch');
}

/**
 * An individual changes nothing of a Consent that a party has recorded but its status, to `inactive` (sip.md §5).
 * @throws not-your-field
 */
export function decideWithdrawal(permit: Permit, target: WriteTarget, versions: ConsentVersions): void {
  if (target.custodianKey === custodianOf(permit) || isWithdrawal(versions)) return;
  throw problem('not-your-field', {
    expression: 'Consent',
    diagnostics:
      'Of a Consent that somebody else has recorded, set the status from active to inactive, and leave all else as it is.',
  });
}
