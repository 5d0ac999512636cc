// A person's protected identity (sip.md §4): what others than the individual and whoever keeps a resource get of it is without address,
// telecom, photo and contact, without places and remote addresses, and without the names of units and services. Pure.
// Says so with the tag SUBSETTED. Free text that somebody has written stays as it is.
import { canonicalBase } from '../core/canonical.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { markReduced } from './redact.ts';

/** Of HL7 Sweden's SecurityLabel. */
export const protectedIdentityCodes: ReadonlySet<unknown> = new Set(['sekretessmarkering', 'skyddadFolkbokforing']);

/** True of a registration that says that the person's identity is protected. Whatever the code system is called: in doubt it is meant. */
export function isProtectedIdentity({ resourceType, meta }: FhirResource): boolean {
  const security: unknown = meta?.security;
  if (resourceType !== 'Patient' || !Array.isArray(security)) return false;
  return security.some((label: unknown) => protectedIdentityCodes.has(memberOf(label, 'code')));
}

/** The search parameters that persons with protected identity are found by: what says nothing of where and who they are. */
export const plainPersonParameters: ReadonlySet<string> = new Set([
  'identifier',
  'patient',
  'active',
  'relationship',
  '_profile',
  '_security',
  '_source',
  '_tag',
]);

/** What is left out wherever it stands. */
const placeElements: ReadonlySet<string> = new Set([
  'address',
  'contact',
  'destination',
  'location',
  'locationCode',
  'locationReference',
  'origin',
  'photo',
  'telecom',
  'valueAddress',
  'valueContactPoint',
]);
/** Contained, they go as a whole, and the references to them. */
const placeTypes: ReadonlySet<unknown> = new Set(['Location', 'Organization', 'HealthcareService', 'Endpoint']);
const remoteAddress = `${canonicalBase}/StructureDefinition/sip-remote-address`;

/** A copy of the resource without what tells where the person is. */
export function withoutPlaces(resource: FhirResource): FhirResource {
  const contained = findContainedPlaces(resource['contained']);
  const reduce = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const kept = value.map(reduce).filter((item) => item !== undefined);
      return kept.length === 0 && value.length > 0 ? undefined : kept;
    }
    if (typeof value !== 'object' || value === null || Object.hasOwn(value, 'rawJSON')) return value;
    if (isPlace(value, contained)) return undefined;
    const entries = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      if (isLeftOut(value, name)) return [];
      const reduced = reduce(member);
      return reduced === undefined ? [] : [[name, reduced]];
    });
    const isEmptied =
      entries.every(([name]) => name === 'url' || name === 'id') && Object.keys(value).length > entries.length;
    return isEmptied ? undefined : Object.fromEntries(entries);
  };
  return markReduced(reduce(resource) as FhirResource);
}

/** The resource, a Reference or an Extension that is a place itself, or cannot be told from one. */
function isPlace(value: object, contained: ReadonlySet<string>): boolean {
  if (memberOf(value, 'url') === remoteAddress) return true;
  if (placeTypes.has(memberOf(value, 'resourceType'))) return true;
  // Narrative, also inside what is contained.
  if (typeof memberOf(value, 'div') === 'string' && memberOf(value, 'status') !== undefined) return true;
  return isReference(value) && !leadsElsewhere(value, contained);
}

function isReference(value: object): boolean {
  if (Object.hasOwn(value, 'resourceType')) return false;
  const identifier = memberOf(value, 'identifier');
  const isLogical = typeof identifier === 'object' && identifier !== null && !Array.isArray(identifier);
  return typeof memberOf(value, 'reference') === 'string' || isLogical;
}

/** True of a Reference that says of which type its target is, and that this is no place. */
function leadsElsewhere(value: object, contained: ReadonlySet<string>): boolean {
  const [reference, type] = [memberOf(value, 'reference'), memberOf(value, 'type')];
  const said = typeof type === 'string' ? type.slice(type.lastIndexOf('/') + 1) : undefined;
  if (said === 'Location') return false;
  if (typeof reference !== 'string') return said !== undefined;
  if (reference.startsWith('#')) return !contained.has(reference);
  const named = /(?:^|\/)([A-Z][A-Za-z]+)[/?]/.exec(reference)?.[1] ?? said;
  return named !== undefined && named !== 'Location';
}

function isLeftOut(holder: object, name: string): boolean {
  const element = name.replace(/^_/, '');
  if (placeElements.has(element)) return true;
  const value = memberOf(holder, name);
  if (element.startsWith('value') && typeof value === 'string' && /(?:^|\/)Location\//.test(value)) return true;
  // Narrative, at the root and of what is contained.
  if (element === 'text' && Object.hasOwn(holder, 'resourceType')) return true;
  return element === 'display' && isUnitReference(holder);
}

/** A Reference to anything but a person; a Coding has a system or a code. */
function isUnitReference(holder: object): boolean {
  if (Object.hasOwn(holder, 'code') || Object.hasOwn(holder, 'system')) return false;
  const reference = memberOf(holder, 'reference');
  return typeof reference !== 'string' || !/(?:^|\/)(?:Patient|RelatedPerson)\//.test(reference);
}

function findContainedPlaces(contained: unknown): ReadonlySet<string> {
  if (!Array.isArray(contained)) return new Set();
  return new Set(
    contained.flatMap((item: unknown) =>
      placeTypes.has(memberOf(item, 'resourceType')) ? [`#${String(memberOf(item, 'id'))}`] : [],
    ),
  );
}

function memberOf(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
