// The rules of the SIP process on what is about to be written: they see the whole Bundle, and else what the writer sees (sip.md §6).
import type { Permit } from '../access/permit.ts';
import { type Finding, throwIfErrors } from '../core/problem.ts';
import { parseJson } from '../fhir/json.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { findRuleFaults, hasRules, needsOf } from '../sip/rules.ts';
import type { SipChange, SipContext } from '../sip/rule.ts';
import type { LockedVersion, WriteTransaction } from '../store/store.ts';
import type { SettledChange } from './change.ts';
import type { Services } from './services.ts';

interface RulesInput {
  readonly transaction: WriteTransaction;
  readonly permit: Permit;
  readonly changes: readonly SettledChange[];
  readonly locked: ReadonlyMap<SettledChange, LockedVersion>;
  /** The bodies with every local reference as `Type/id`. */
  readonly resources: ReadonlyMap<SettledChange, FhirResource>;
}

/** @throws guardian-needed, child-view, consent-giver, harm-assessment-own */
export async function applyRules(services: Services, input: RulesInput): Promise<void> {
  if (!services.mode.appliesSipRules) return;
  const { changes, locked, resources } = input;
  const judged = changes.flatMap((change): (readonly [SettledChange, SipChange])[] => {
    const after = resources.get(change);
    // A withdrawal hangs on nothing.
    if (after === undefined || !hasRules(change.type) || (change.kind === 'update' && change.isWithdrawal === true))
      return [];
    const body = locked.get(change)?.body;
    return [[change, { before: body === undefined ? undefined : parse(services, body), after }]];
  });
  const find = await findNeeded(services, input, [...new Set(judged.flatMap(([, change]) => needsOf(change)))]);
  const { principal, at } = input.permit;
  const context: SipContext = {
    at,
    actingOrganization: principal.kind === 'system' ? `Organization/${principal.party.organizationId}` : undefined,
    find,
    childViewAge: services.limits.childViewAge,
  };
  throwIfErrors(
    judged.flatMap(([{ type, path }, change]) =>
      findRuleFaults(change, context).map((finding): Finding => ({
        ...finding,
        expression: finding.expression?.replace(new RegExp(`^${type}`), path),
      })),
    ),
  );
}

/** What is written here, or what the writer sees of what is there. */
async function findNeeded(
  services: Services,
  { transaction, permit, resources }: RulesInput,
  needed: readonly string[],
): Promise<SipContext['find']> {
  const found = new Map<string, FhirResource>();
  for (const [{ type, id }, resource] of resources) found.set(`${type}/${id}`, resource);
  const { read } = transaction.reading();
  for (const address of needed.filter((one) => !found.has(one))) {
    const [type = '', id = ''] = address.split('/');
    const body = (await read(permit, { type, id }))?.body;
    if (body !== undefined) found.set(address, parse(services, body));
  }
  return (address) => found.get(address);
}

const parse = ({ limits }: Services, body: string): FhirResource =>
  parseJson(body, { maxDepth: limits.jsonDepth }) as FhirResource;
