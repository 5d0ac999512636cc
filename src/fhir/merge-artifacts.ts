// The project's own definitions and those of packages as one list: which one counts where several have the same canonical URL.
// https://hl7.org/fhir/R4/references.html#canonical · Refuses two different definitions of one URL and version.
import { canonicalBase } from '../core/canonical.ts';
import { PackageError } from './packages.ts';
import type { FhirResource } from './resource.ts';

export interface LocatedArtifact {
  readonly artifact: FhirResource;
  readonly location: string;
}

/**
 * One list without repeats, and the artifacts by `Type url` (the newest) and `Type url|version`. The same definition twice counts once.
 * R4's own types stay as they are. @throws PackageError where two definitions share URL and version, or one takes the place of the hub's own
 */
export function mergeArtifacts(
  located: readonly LocatedArtifact[],
  baseKeys: ReadonlySet<string>,
): { readonly project: readonly FhirResource[]; readonly byKey: ReadonlyMap<string, FhirResource> } {
  const project: FhirResource[] = [];
  const byKey = new Map<string, FhirResource>();
  const byVersion = new Map<string, LocatedArtifact>();
  for (const item of located) {
    const { artifact } = item;
    const { resourceType, url, version } = artifact;
    if (typeof url !== 'string') {
      project.push(artifact);
      continue;
    }
    const key = `${resourceType} ${url}`;
    const isBaseType =
      resourceType === 'StructureDefinition' && artifact['derivation'] !== 'constraint' && baseKeys.has(key);
    if (isBaseType) continue;
    const exact = `${key}|${typeof version === 'string' ? version : ''}`;
    const twin = byVersion.get(exact);
    if (twin !== undefined) {
      if (JSON.stringify(twin.artifact) === JSON.stringify(artifact)) continue;
      const name = typeof version === 'string' ? `${url}|${version}` : url;
      throw new PackageError(
        `${item.location} defines ${name} otherwise than ${twin.location} does. Load one of them.`,
      );
    }
    const newest = byKey.get(key);
    if (newest !== undefined && url.startsWith(`${canonicalBase}/`)) {
      throw new PackageError(
        `${item.location} brings another version of ${url}, which comes with the hub. Leave that package out.`,
      );
    }
    byVersion.set(exact, item);
    byKey.set(exact, artifact);
    if (newest === undefined || compareVersions(version, newest['version']) > 0) byKey.set(key, artifact);
    project.push(artifact);
  }
  return { project, byKey };
}

/** As numbers where they are numbers; without a version is older than any. */
function compareVersions(one: unknown, other: unknown): number {
  const [first, second] = [one, other].map((version) => (typeof version === 'string' ? version : ''));
  return (first ?? '').localeCompare(second ?? '', 'en', { numeric: true });
}
