// Who stands behind an entry of the directory: a party writes contact points, roles, places and addresses of its own and of the units
// below it (sip.md §4), never in another's name, or calls about a person would go to the wrong receiver.
import type { Permit } from '../access/permit.ts';
import { type Finding, throwIfErrors } from '../core/problem.ts';
import { parseReference } from '../fhir/reference.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { WriteTransaction } from '../store/store.ts';
import type { SettledChange } from './change.ts';
import type { Services } from './services.ts';

interface Keeper {
  readonly organizationId: string;
  readonly path: string;
}

/** @throws not-your-field where an entry names an Organization that the acting party does not cover */
export async function requireOwnKeepers(
  services: Services,
  { transaction, permit }: { readonly transaction: WriteTransaction; readonly permit: Permit },
  resources: ReadonlyMap<SettledChange, FhirResource>,
): Promise<void> {
  const { principal } = permit;
  if (principal.kind !== 'system') return;
  const others = [...resources]
    .flatMap(([change, resource]) => findKeeper(services, change, resource))
    .filter(({ organizationId }) => organizationId !== principal.party.organizationId);
  if (others.length === 0) return;
  const covered = await transaction.covered(
    permit,
    others.map(({ organizationId }) => organizationId),
  );
  throwIfErrors(
    others
      .filter(({ organizationId }) => !covered.has(organizationId))
      .map(({ path }): Finding => ({
        code: 'not-your-field',
        severity: 'error',
        expression: path,
        diagnostics: 'Name your own organization, or a unit below it.',
      })),
  );
}

function findKeeper({ mode, baseUrl }: Services, change: SettledChange, resource: FhirResource): readonly Keeper[] {
  const policy = mode.findTypePolicy(change.type);
  if (policy?.kind !== 'directory' || policy.keeper === undefined) return [];
  const element = resource[policy.keeper] as { readonly reference?: unknown } | undefined;
  if (typeof element?.reference !== 'string') return [];
  const parsed = parseReference(element.reference, baseUrl);
  return parsed.kind === 'local' ? [{ organizationId: parsed.id, path: `${change.path}.${policy.keeper}` }] : [];
}
