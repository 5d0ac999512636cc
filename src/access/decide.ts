// May this be done at all? From the token and the interaction alone (403), so that the answer tells nothing about the data.
// What may be seen is decided by the permit inside the store's SQL; what may be changed, by access/decide-write.ts.
import { problem } from '../core/problem.ts';
import { findTypePolicy, type FindTypePolicy, type TypePolicy } from './compartment.ts';
import type { Interaction } from './interaction.ts';
import { grantPermit, type Permit } from './permit.ts';
import type { Principal } from './principal.ts';
import { hasScope, type ScopeAction } from './scopes.ts';

/** Decided by the types that are met, not by one. */
type Untyped = 'transaction' | 'batch' | 'validate' | 'history-system';

const scopeActions: Readonly<Record<Exclude<Interaction['kind'], Untyped>, readonly ScopeAction[]>> = {
  read: ['r'],
  vread: ['r'],
  'history-instance': ['r'],
  'history-type': ['r', 's'],
  'search-type': ['s'],
  create: ['c'],
  update: ['u'],
  // The answer holds the resource, and tests in a patch tell what is there.
  patch: ['r', 'u'],
  delete: ['d'],
  everything: ['r'],
  'access-log': ['r'],
  export: ['r', 's'],
  meta: ['r'],
  'meta-add': ['u'],
  'meta-delete': ['u'],
  'explain-access': ['r'],
  // It opens data, and tells that the Consent is there.
  confirm: ['r', 'u'],
};

const writes = new Set<Interaction['kind']>([
  'create',
  'update',
  'patch',
  'delete',
  'meta-add',
  'meta-delete',
  'confirm',
]);

export interface DecideContext {
  readonly principal: Principal;
  readonly at: Date;
  readonly requestId: string;
  /** The types that are served and whose they are; the hub's own table where left out. */
  readonly findTypePolicy?: FindTypePolicy;
}

/**
 * The permit for the interaction. A Bundle gets one that opens nothing of its own: each entry is decided by itself; $validate likewise.
 * @throws scope-insufficient, role-forbidden (403), endpoint-unknown (404) for a type the hub does not serve
 */
export function decide(interaction: Interaction, context: DecideContext): Permit {
  const { principal } = context;
  if ('type' in interaction) {
    const { type } = interaction;
    for (const action of scopeActions[interaction.kind]) requireScope(principal, type, action);
    if (isConditional(interaction)) requireScope(principal, type, 's');
    const find = context.findTypePolicy ?? findTypePolicy;
    const policy = find(type);
    requireRole(principal, { type, policy, interaction: interaction.kind });
    if (policy?.kind === 'log' && interaction.kind !== 'read' && interaction.kind !== 'search-type') {
      throw problem('endpoint-unknown', { diagnostics: `${type} can be read and searched, and nothing else.` });
    }
  }
  return grantPermit({ principal, interaction: interaction.kind, at: context.at, requestId: context.requestId });
}

/** A condition tells what matches it, as a search does. */
function isConditional(interaction: Interaction): boolean {
  if (interaction.kind === 'create') return interaction.ifNoneExist !== undefined;
  const isChange = interaction.kind === 'update' || interaction.kind === 'patch' || interaction.kind === 'delete';
  return isChange && interaction.id === undefined;
}

/** A search by an address inside a Bundle (`Patient?identifier=…`) asks for the same right as a search. */
export function requireScope(principal: Principal, type: string, action: ScopeAction): void {
  if (!hasScope(principal.scopes, type, action)) {
    const context = principal.kind === 'individual' ? 'patient' : 'system';
    throw problem('scope-insufficient', { diagnostics: `This needs the scope ${context}/${type}.${action}.` });
  }
}

/** What parties do among themselves, and what only they write. */
function requireIndividual({
  type,
  policy,
  interaction,
}: {
  readonly type: string;
  readonly policy: TypePolicy;
  readonly interaction: Interaction['kind'];
}): void {
  if (interaction === 'export') throw problem('role-forbidden', { diagnostics: 'This is for the systems of parties.' });
  const mayWrite = policy.kind === 'patient' && policy.isOfIndividual === true;
  if (writes.has(interaction) && !mayWrite)
    throw problem('role-forbidden', { diagnostics: `${type} is written by parties, not by the individual.` });
}

function requireRole(
  principal: Principal,
  {
    type,
    policy,
    interaction,
  }: { readonly type: string; readonly policy: TypePolicy | undefined; readonly interaction: Interaction['kind'] },
): void {
  const isWrite = writes.has(interaction);
  if (policy === undefined)
    throw problem('endpoint-unknown', { diagnostics: 'The hub does not serve this resource type.' });
  if (principal.kind === 'individual') requireIndividual({ type, policy, interaction });
  if (policy.kind !== 'directory') {
    if (principal.kind === 'operator') {
      throw problem('role-forbidden', { diagnostics: 'The operator never reads or writes data about a person.' });
    }
    if (isWrite && policy.kind === 'log')
      throw problem('role-forbidden', { diagnostics: `The hub itself makes every ${type}.` });
    return;
  }
  if (!isWrite) return;
  const isWriter =
    (policy.writer === 'either' && principal.kind !== 'individual') ||
    (policy.writer === 'operator' && principal.kind === 'operator') ||
    (policy.writer === 'party' && principal.kind === 'system');
  if (!isWriter) {
    const writer = {
      operator: 'the operator of the hub',
      party: 'the party that keeps it',
      nobody: 'the hub itself',
      either: 'anybody',
    };
    throw problem('role-forbidden', { diagnostics: `${type} is written by ${writer[policy.writer]}.` });
  }
}
