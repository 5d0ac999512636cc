// What the hub holds in its hands: a FHIR resource as parsed JSON, and names for its parts.
// https://hl7.org/fhir/R4/resource.html

export interface FhirMeta {
  versionId?: string;
  lastUpdated?: string;
  source?: string;
  profile?: string[];
  security?: FhirCoding[];
  tag?: FhirCoding[];
  [key: string]: unknown;
}

export interface FhirCoding {
  system?: string;
  version?: string;
  code?: string;
  display?: string;
  [key: string]: unknown;
}

/** Any resource. Typed views come from `@medplum/fhirtypes` where a rule reads one type. */
export interface FhirResource {
  resourceType: string;
  id?: string;
  meta?: FhirMeta;
  [key: string]: unknown;
}

/** `Type/id`, the logical address inside this hub. */
export interface ResourceAddress {
  readonly type: string;
  readonly id: string;
}
