// A change somebody asks for, understood and validated but not yet decided: what create, update, delete and transaction all become.
import type { Interaction } from '../access/interaction.ts';
import type { Permit } from '../access/permit.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { SearchQuery } from '../search/query.ts';

interface ChangeTarget {
  readonly type: string;
  /** For a create, the id the new resource gets. */
  readonly id: string;
  readonly permit: Permit;
  /** Where findings point: `CarePlan`, or `Bundle.entry[3].resource`. */
  readonly path: string;
}

export interface Create extends ChangeTarget {
  readonly kind: 'create';
  readonly resource: FhirResource;
  /** Conditional create: nothing is written where one match exists. */
  readonly ifNoneExist: SearchQuery | undefined;
}

export interface Update extends ChangeTarget {
  readonly kind: 'update';
  readonly resource: FhirResource;
  readonly ifMatch: string;
}

export interface Delete extends ChangeTarget {
  readonly kind: 'delete';
  readonly ifMatch: string;
}

export type Change = Create | Update | Delete;

/** What became of a change. `body` is the text as stored; undefined for a deletion and for a match that was already there. */
export interface Outcome {
  readonly status: 200 | 201 | 204;
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  readonly lastUpdated: Date | undefined;
  readonly body: string | undefined;
}

export const methods = { create: 'POST', update: 'PUT', delete: 'DELETE' } as const satisfies Record<
  Change['kind'],
  'POST' | 'PUT' | 'DELETE'
>;

export type ChangeInteraction = Extract<
  Interaction['kind'],
  'create' | 'update' | 'delete' | 'transaction' | 'meta-add' | 'meta-delete'
>;
