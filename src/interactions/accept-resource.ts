// A body becomes a resource the hub can work with: read as JSON, of the right type, in the hub's own systems, valid.
// https://hl7.org/fhir/R4/validation.html · Refuses with 400 (not understood) and 422 (understood, but against a profile).
import { findConsentFaults } from '../access/consent.ts';
import { type Finding, problem, throwIfErrors } from '../core/problem.ts';
import { parseJson } from '../fhir/json.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { Services } from './services.ts';

/** The JSON object of a body. @throws body-missing, json-…, wrong-type, resource-type-unknown */
export function parseResource(text: string, services: Services): FhirResource {
  if (text.trim() === '') throw problem('body-missing');
  return requireResource(parseJson(text, { maxDepth: services.limits.jsonDepth }), undefined);
}

/** @throws wrong-type, resource-type-unknown where `value` is no resource. `path` is where it stands in a Bundle. */
export function requireResource(value: unknown, path: string | undefined): FhirResource {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem('wrong-type', { expression: path, diagnostics: 'A resource is a JSON object.' });
  }
  const { resourceType } = value as { readonly resourceType?: unknown };
  if (typeof resourceType !== 'string' || !/^[A-Z][A-Za-z]{1,63}$/.test(resourceType)) {
    const expression = path === undefined ? 'resourceType' : `${path}.resourceType`;
    throw problem('resource-type-unknown', { expression });
  }
  return value as FhirResource;
}

/** @throws resource-type-mismatch unless the resource is of the type in the address */
export function requireType(resource: FhirResource, type: string, path: string): void {
  if (resource.resourceType !== type) {
    throw problem('resource-type-mismatch', {
      expression: `${path}.resourceType`,
      diagnostics: `The address says ${type}.`,
    });
  }
}

/** @throws id-mismatch unless Resource.id is that of the address */
export function requireId(resource: FhirResource, id: string, path: string): void {
  if (resource.id !== id) throw problem('id-mismatch', { expression: `${path}.id` });
}

/** Normalises systems in place and validates. @throws one Problem with every finding, its expressions below `path` */
export function requireValid(resource: FhirResource, path: string, services: Services): void {
  throwIfErrors(findFaults(resource, path, services));
}

/**
 * The same, but for a Consent that is withdrawn, which may be no more than that: what is wrong with it is given back, to be judged beside the
 * version it follows (carry-out.ts). A rule that has come since must not keep it open.
 */
export function requireValidUpdate(resource: FhirResource, path: string, services: Services): readonly Finding[] {
  const faults = findFaults(resource, path, services);
  if (!mayBeWithdrawal(resource, services)) throwIfErrors(faults);
  return faults;
}

export function mayBeWithdrawal(resource: FhirResource, { mode }: Services): boolean {
  return mode.refusesConsentFaults && resource.resourceType === 'Consent' && resource['status'] === 'inactive';
}

/** All that is wrong with the resource by itself; nothing that depends on what is stored. */
export function findFaults(resource: FhirResource, path: string, services: Services): readonly Finding[] {
  services.normalizeSystems(resource);
  const findings = [
    ...services.validator.validate(resource),
    ...(resource.resourceType === 'Consent' && services.mode.refusesConsentFaults ? findConsentFaults(resource) : []),
  ];
  const type = resource.resourceType;
  return path === type
    ? findings
    : findings.map((finding) => ({ ...finding, expression: movePath(finding.expression, type, path) }));
}

function movePath(expression: string | undefined, type: string, path: string): string {
  if (expression === undefined) return path;
  return expression === type || expression.startsWith(`${type}.`)
    ? `${path}${expression.slice(type.length)}`
    : `${path}.${expression}`;
}
