// The plans under examples/, read for tests: each folder's Bundles in posting order, with placeholders and conditional references
// resolved among themselves as the hub does it. Nothing here knows the hub.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FhirResource } from '../../src/fhir/resource.ts';

export const examplesFolder = fileURLToPath(new URL('../../examples/', import.meta.url));

export interface ExampleEntry {
  readonly fullUrl: string;
  readonly resource: FhirResource;
  readonly request: { readonly method: string; readonly url: string; readonly ifNoneExist?: string };
}

export interface ExampleBundle {
  readonly name: string;
  readonly entries: readonly ExampleEntry[];
}

export interface ExamplePlan {
  readonly folder: string;
  readonly bundles: readonly ExampleBundle[];
}

export function readBundle(name: string): ExampleBundle {
  const bundle = JSON.parse(readFileSync(join(examplesFolder, name), 'utf8')) as {
    readonly entry: readonly ExampleEntry[];
  };
  return { name, entries: bundle.entry };
}

export const directory = readBundle('directory.json');

export const plans: readonly ExamplePlan[] = ['hip-fracture', 'school-boy', 'psychosis'].map((folder) => ({
  folder,
  bundles: readdirSync(join(examplesFolder, folder))
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => readBundle(`${folder}/${name}`)),
}));

export interface ReferenceElement {
  readonly reference?: string;
  readonly type?: string;
  readonly identifier?: { readonly system?: string; readonly value?: string };
}

/** Every Reference in a value, literal or by identifier. */
export function referencesIn(value: unknown): readonly ReferenceElement[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  const isLogical =
    'identifier' in value && 'type' in value && !('resourceType' in value) && !Array.isArray(value.identifier);
  if (('reference' in value && typeof value.reference === 'string') || isLogical) return [value as ReferenceElement];
  return Object.values(value).flatMap(referencesIn);
}

interface WithIdentifiers {
  readonly identifier?: readonly { readonly system?: string; readonly value?: string }[];
}

function findByIdentifier(type: string, token: string, entries: readonly ExampleEntry[]): readonly ExampleEntry[] {
  return entries.filter(
    ({ resource }) =>
      resource.resourceType === type &&
      ((resource as WithIdentifiers).identifier ?? []).some(({ system, value }) => `${system}|${value}` === token),
  );
}

/** The entries that a reference in a Bundle leads to, given all that has been posted until then. */
export function resolve(
  element: ReferenceElement,
  bundle: ExampleBundle,
  posted: readonly ExampleEntry[],
): readonly ExampleEntry[] {
  const { reference, type, identifier } = element;
  if (reference === undefined)
    return findByIdentifier(type ?? '', `${identifier?.system}|${identifier?.value}`, posted);
  if (reference.startsWith('urn:uuid:')) return bundle.entries.filter(({ fullUrl }) => fullUrl === reference);
  const [, conditionalType = '', token = ''] = /^([A-Z][A-Za-z]+)\?identifier=(.+)$/.exec(reference) ?? [];
  return findByIdentifier(conditionalType, token, posted);
}
