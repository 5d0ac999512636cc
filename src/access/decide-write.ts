// May this version follow that one? Decided on what is there and on what would be there (sip.md §4, Write).
// Only what the caller may see reaches this place, so an answer here reveals nothing hidden.
import { problem } from '../core/problem.ts';
import type { Permit } from './permit.ts';

/** What is there, and whether the reader sees all of it. */
export interface WriteTarget {
  readonly type: string;
  readonly custodianKey: number | null;
  readonly personKey: number | null;
  readonly hiddenReferences: readonly string[];
}

/** The custodian key of what this caller writes: its party's, or null for the operator. */
export function custodianOf(permit: Permit): number | null {
  return permit.principal.kind === 'system' ? permit.principal.party.key : null;
}

/**
 * Only the custodian updates or deletes; a whole new body from somebody who saw a reduced view would lose what was hidden.
 * A patch is made to that view (access/reduced-view.ts), and labels are changed in what is stored, so they lose nothing.
 * @throws not-your-resource, reduced-view
 */
export function decideChange(permit: Permit, before: WriteTarget): void {
  if (before.custodianKey !== custodianOf(permit)) throw problem('not-your-resource');
  if (!losesNothing.has(permit.interaction) && before.hiddenReferences.length > 0) throw problem('reduced-view');
}

const losesNothing: ReadonlySet<Permit['interaction']> = new Set(['delete', 'patch', 'meta-add', 'meta-delete']);
