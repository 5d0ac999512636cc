// A change somebody asks for, understood and validated but not yet decided: what create, update, patch, delete and transaction all become.
import type { Interaction } from '../access/interaction.ts';
import type { Permit } from '../access/permit.ts';
import type { Finding } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { SearchQuery } from '../search/query.ts';
import type { ParsedPatch } from './parse-patch.ts';

interface ChangeTarget {
  readonly type: string;
  /** For a create, the id the new resource gets; with a condition, the id it gets if nothing matches. */
  readonly id: string;
  readonly permit: Permit;
  /** Where findings point: `CarePlan`, or `Bundle.entry[3].resource`. */
  readonly path: string;
}

interface ChangeOfExisting extends ChangeTarget {
  /** The version it must follow; undefined where the mode does not ask for one and none was said. */
  readonly ifMatch: string | undefined;
  /** Of the resource that matches this, instead of the one with the id. */
  readonly condition?: SearchQuery | undefined;
}

export interface Create extends ChangeTarget {
  readonly kind: 'create';
  readonly resource: FhirResource;
  /** Conditional create: nothing is written where one match exists. */
  readonly ifNoneExist: SearchQuery | undefined;
  /** PUT where it was an update of something that was not there. */
  readonly method?: 'POST' | 'PUT';
}

export interface Update extends ChangeOfExisting {
  readonly kind: 'update';
  readonly resource: FhirResource;
  readonly method?: 'PUT' | 'PATCH';
  /** `Type/id` of what the body refers to and the writer may not see: there before, and kept. */
  readonly hiddenReferences?: ReadonlySet<string>;
  /** What is wrong with it, where that may not matter: `requireValidUpdate`. */
  readonly faults?: readonly Finding[];
  /** A Consent is withdrawn and nothing else is changed: it refers to what it referred to before. */
  readonly isWithdrawal?: boolean;
}

export interface Patch extends ChangeOfExisting {
  readonly kind: 'patch';
  readonly patch: ParsedPatch;
}

export interface Delete extends ChangeOfExisting {
  readonly kind: 'delete';
}

/** What is asked for. */
export type Change = Create | Update | Patch | Delete;

/** A change whose conditions are settled and whose body is known. */
export type SettledChange = Create | Update | Delete;

/** What became of a change. `body` is the text to serve; undefined for a deletion and for a match that was already there. */
export interface Outcome {
  readonly status: 200 | 201 | 204;
  readonly type: string;
  readonly id: string;
  /** undefined where a conditional deletion found nothing. */
  readonly versionId: string | undefined;
  readonly lastUpdated: Date | undefined;
  readonly body: string | undefined;
}

/** The HTTP method that the version was made by. */
export function methodOf(change: SettledChange): 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  if (change.kind === 'delete') return 'DELETE';
  return change.method ?? (change.kind === 'create' ? 'POST' : 'PUT');
}

export type ChangeInteraction = Extract<
  Interaction['kind'],
  'create' | 'update' | 'patch' | 'delete' | 'transaction' | 'meta-add' | 'meta-delete'
>;
