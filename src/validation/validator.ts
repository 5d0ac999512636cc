// The contract of validation: a resource in, findings out. Pure.
import type { Finding } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';

export interface Validator {
  /**
   * All that is wrong with the resource against base R4, the SIP profiles its type must meet (unless `profiles` is given: then
   * exactly those), and every profile it claims in `meta.profile` that is loaded. Never throws for bad input. Each finding has a FHIRPath expression
   * (`CarePlan.activity[0].reference`) and says what to do.
   */
  readonly validate: (
    resource: FhirResource,
    options?: { readonly profiles?: readonly string[] },
  ) => readonly Finding[];
}
