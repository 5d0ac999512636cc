// FHIR NPM packages that an operator adds: read from folders and .tgz files once at start, nothing is fetched.
// https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
// Refuses a damaged package, one for another FHIR release, and profiles without a snapshot: they could not be enforced.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FhirResource } from './resource.ts';
import { readTgz } from './tar.ts';

export interface FhirPackage {
  readonly name: string;
  readonly version: string;
  /** Name to version, as package.json says: `{ 'hl7.fhir.r4.core': '4.0.1' }`. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** The definitions in it, by file name; its examples are left out. */
  readonly artifacts: readonly FhirResource[];
  /** The folder or file it came from. */
  readonly location: string;
}

/** A package that cannot be used; the message names it and says what to do. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
}

const limits = { maxBytes: 512 * 1024 * 1024, maxFiles: 50_000 };

/** What the hub itself stands for: R4 and HL7's terminology come with it. */
const held: ReadonlySet<string> = new Set([
  'hl7.fhir.r4.core',
  'hl7.fhir.core',
  'hl7.terminology',
  'hl7.terminology.r4',
  'hl7.fhir.uv.extensions',
  'hl7.fhir.uv.extensions.r4',
]);

/** Definitions; other resources in a package are examples of something. */
const artifactTypes: ReadonlySet<string> = new Set([
  'CapabilityStatement',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'GraphDefinition',
  'ImplementationGuide',
  'MessageDefinition',
  'NamingSystem',
  'OperationDefinition',
  'SearchParameter',
  'StructureDefinition',
  'StructureMap',
  'ValueSet',
]);

/** The packages at the locations, each a `.tgz`, a folder of one package, or a folder that holds several. @throws PackageError */
export function readPackages(locations: readonly string[]): readonly FhirPackage[] {
  const found = locations.flatMap((location) => findPackages(location).map((path) => readPackage(path)));
  const byName = new Map<string, FhirPackage>();
  for (const item of found) {
    const other = byName.get(`${item.name}#${item.version}`);
    if (other !== undefined) {
      throw new PackageError(
        `${item.location} and ${other.location} are both the package ${item.name} ${item.version}. Name it once in SIP_HUB_PACKAGES.`,
      );
    }
    byName.set(`${item.name}#${item.version}`, item);
  }
  return found;
}

/** What the packages ask for and nobody has: `vendor.guide 1.0.0 needs other.guide 2.0.0`. */
export function findMissingDependencies(
  packages: readonly FhirPackage[],
  builtIn: readonly string[],
): readonly string[] {
  const names = new Set([...held, ...builtIn, ...packages.map(({ name }) => name)]);
  return packages.flatMap(({ name, version, dependencies }) =>
    Object.entries(dependencies)
      .filter(([wanted]) => !names.has(wanted))
      .map(([wanted, wantedVersion]) => `${name} ${version} needs ${wanted} ${wantedVersion}`),
  );
}

function findPackages(location: string): readonly string[] {
  if (!existsSync(location)) throw new PackageError(`${location} is not there. Correct SIP_HUB_PACKAGES.`);
  if (!statSync(location).isDirectory()) {
    if (/\.(?:tgz|tar\.gz)$/.test(location)) return [location];
    throw new PackageError(`${location} is neither a folder nor a .tgz file. Correct SIP_HUB_PACKAGES.`);
  }
  if (folderOf(location) !== undefined) return [location];
  const inside = readdirSync(location)
    .toSorted()
    .map((name) => join(location, name))
    .filter((path) => (statSync(path).isDirectory() ? folderOf(path) !== undefined : /\.(?:tgz|tar\.gz)$/.test(path)));
  if (inside.length === 0)
    throw new PackageError(
      `${location} holds no FHIR package: no package.json and no .tgz file. Correct SIP_HUB_PACKAGES.`,
    );
  return inside;
}

/** Where the files of an unpacked package are: `package/` below it, as in the FHIR package cache, or the folder itself. */
function folderOf(folder: string): string | undefined {
  return [join(folder, 'package'), folder].find((candidate) => existsSync(join(candidate, 'package.json')));
}

function readPackage(location: string): FhirPackage {
  const files = statSync(location).isDirectory() ? readFolderFiles(location) : readArchiveFiles(location);
  const manifest = requireManifest(files.get('package.json'), location);
  const artifacts = [...files]
    .filter(([name]) => name.endsWith('.json') && name !== 'package.json' && !name.startsWith('.'))
    .map(([name, text]) => parseFile(text, `${location}, ${name}`))
    .filter(
      (value): value is FhirResource =>
        typeof value['resourceType'] === 'string' && artifactTypes.has(value['resourceType']),
    );
  for (const artifact of artifacts) requireSnapshot(artifact, location);
  return { ...manifest, artifacts, location };
}

function readFolderFiles(location: string): ReadonlyMap<string, string> {
  const folder = folderOf(location) ?? location;
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function readArchiveFiles(location: string): ReadonlyMap<string, string> {
  try {
    const files = readTgz(readFileSync(location), limits);
    const inside = files.filter(({ name }) => /^package\/[^/]+\.json$/.test(name));
    return new Map(
      inside
        .map(({ name, bytes }) => [basename(name), bytes.toString('utf8')] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  } catch (cause) {
    throw new PackageError(
      `${location} cannot be read as a FHIR package: ${cause instanceof Error ? cause.message : 'damaged'}. Fetch it again.`,
      { cause },
    );
  }
}

function parseFile(text: string, place: string): Record<string, unknown> {
  try {
    // Some tools write a byte order mark.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new PackageError(`${place} is not JSON. Fetch the package again.`, { cause });
  }
  throw new PackageError(`${place} is not a JSON object. Fetch the package again.`);
}

function requireManifest(
  text: string | undefined,
  location: string,
): Pick<FhirPackage, 'name' | 'version' | 'dependencies'> {
  if (text === undefined) throw new PackageError(`${location} has no package/package.json, so it is no FHIR package.`);
  const {
    name,
    version,
    dependencies = {},
    fhirVersions,
    'fhir-version-list': olderList,
  } = parseFile(text, `${location}, package.json`);
  if (
    typeof name !== 'string' ||
    typeof version !== 'string' ||
    typeof dependencies !== 'object' ||
    dependencies === null
  ) {
    throw new PackageError(`${location}: package.json lacks a name or a version.`);
  }
  const releases: unknown = fhirVersions ?? olderList;
  if (Array.isArray(releases) && !releases.some((release) => /^4\.0(?:\.|$)/.test(String(release)))) {
    throw new PackageError(
      `${location} is made for FHIR ${releases.join(', ')}; the hub is FHIR 4.0.1. Use the package for R4.`,
    );
  }
  return { name, version, dependencies: dependencies as Record<string, string> };
}

function requireSnapshot(artifact: FhirResource, location: string): void {
  if (artifact.resourceType !== 'StructureDefinition' || artifact['derivation'] !== 'constraint') return;
  const snapshot = artifact['snapshot'] as { readonly element?: unknown } | undefined;
  if (Array.isArray(snapshot?.element) && snapshot.element.length > 0) return;
  throw new PackageError(
    `${location}: ${String(artifact['url'])} has no snapshot, so the hub could not enforce it. Use a package that was published with snapshots.`,
  );
}
