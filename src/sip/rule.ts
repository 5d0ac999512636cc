// What a rule of the SIP process is (sip.md §6): pure, on what was there and what would be there. One rule per file; rules.ts lists them.
import type { Finding, ProblemCode } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';

export interface SipChange {
  /** undefined: the resource is new. */
  readonly before: FhirResource | undefined;
  /** With every reference as `Type/id`. */
  readonly after: FhirResource;
}

/** What a rule may know beside the change. */
export interface SipContext {
  readonly at: Date;
  /** `Organization/id` of the party that writes; undefined: the individual does. */
  readonly actingOrganization: string | undefined;
  /** The resource at an address, as it is after this write; undefined where the writer sees none. */
  readonly find: (address: string) => FhirResource | undefined;
  /** From this age a child's own view is recorded (years). */
  readonly childViewAge: number;
}

export interface SipRule {
  /** Its error, and the name of its golden folder. */
  readonly code: ProblemCode;
  readonly type: string;
  /** What must hold, in a sentence. */
  readonly sentence: string;
  /** The law or routine it comes from. */
  readonly source: string;
  /** `Type/id` of what it looks at. */
  readonly needs: (after: FhirResource) => readonly string[];
  /** Expressions begin with the resource's type. */
  readonly check: (change: SipChange, context: SipContext) => readonly Finding[];
}
