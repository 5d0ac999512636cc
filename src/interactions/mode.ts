// What the hub is: the hub of coordinated plans, or a plain FHIR R4 server on the same engine for sandboxes and conformance suites.
// Chosen at start (SIP_HUB_MODE) and asked wherever the two differ; authentication, visibility and audit are the same in both.
// docs/decisions/0018-plain-mode.md
import {
  createPlainPolicies,
  findTypePolicy,
  typePolicies,
  type FindTypePolicy,
  type TypePolicy,
} from '../access/compartment.ts';
import { derivePersonIds } from '../access/person-id.ts';
import type { FindShapes } from '../fhir/element-shapes.ts';
import type { FhirResource } from '../fhir/resource.ts';

export type ModeName = 'hub' | 'plain';

export interface Mode {
  readonly name: ModeName;
  /** The types that are served, and whose they are. */
  readonly policies: Readonly<Record<string, TypePolicy>>;
  readonly findTypePolicy: FindTypePolicy;
  /** A change must name the version it follows (428 without If-Match). */
  readonly requiresIfMatch: boolean;
  /** PUT to an address where nothing is creates a resource there, with the id the client chose. */
  readonly allowsUpdateCreate: boolean;
  /** Every local reference must lead to something the writer sees, and all that refers to a person to the same one. */
  readonly enforcesReferences: boolean;
  /** A Consent that holds what the hub cannot enforce is refused; otherwise it is kept, and opens nothing. */
  readonly refusesConsentFaults: boolean;
  /** The rules of the SIP process hold. */
  readonly appliesSipRules: boolean;
  /** Aliases of identifier and code systems are stored under one name. */
  readonly normalizesSystems: boolean;
  /** Resources of the type have an address per party: the same id with two parties is two resources. */
  readonly isAddressedPerParty: (type: string) => boolean;
  /** A Patient's id means the same person with every party. */
  readonly sharesPersons: boolean;
  /** The ids that a Patient's official identifiers give. None: a Patient has an id like any other resource. */
  readonly derivePersonIds: (patient: FhirResource, hubKey: Buffer) => readonly string[];
}

export const hubMode: Mode = {
  name: 'hub',
  policies: typePolicies,
  findTypePolicy,
  requiresIfMatch: true,
  allowsUpdateCreate: false,
  enforcesReferences: true,
  refusesConsentFaults: true,
  appliesSipRules: true,
  normalizesSystems: true,
  isAddressedPerParty: (type) => type === 'Patient',
  sharesPersons: true,
  derivePersonIds,
};

/** The mode by its name. `resourceTypes`: every concrete type of R4. */
export function createMode(
  name: ModeName,
  knowledge: { readonly resourceTypes: ReadonlySet<string>; readonly shapes: FindShapes },
): Mode {
  if (name === 'hub') return hubMode;
  const policies = createPlainPolicies(knowledge.resourceTypes, (type, element) => knowledge.shapes(type).has(element));
  return {
    name,
    policies,
    findTypePolicy: (type) => (Object.hasOwn(policies, type) ? policies[type] : undefined),
    requiresIfMatch: false,
    allowsUpdateCreate: true,
    enforcesReferences: false,
    refusesConsentFaults: false,
    appliesSipRules: false,
    normalizesSystems: false,
    isAddressedPerParty: () => true,
    sharesPersons: false,
    derivePersonIds: () => [],
  };
}
