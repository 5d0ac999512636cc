// Puts FHIR definitions into an NPM package in memory: package/package.json, package/.index.json and one file per artifact.
// https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTgz } from '../src/fhir/tar.ts';

export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly canonical: string;
  readonly title: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** File name to JSON text of every FHIR artifact in the folders. */
export function readArtifactFiles(folders: readonly string[]): ReadonlyMap<string, string> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const),
  );
  return new Map(files.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The bytes of the `.tgz`: the same for the same files. */
export function toPackage(manifest: PackageManifest, files: ReadonlyMap<string, string>): Buffer {
  const packageJson = {
    ...manifest,
    type: 'IG',
    fhirVersions: ['4.0.1'],
    'fhir-version-list': ['4.0.1'],
  };
  const index = { 'index-version': 2, files: [...files].map(([filename, text]) => toIndexEntry(filename, text)) };
  const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const texts = [['package.json', toJson(packageJson)], ['.index.json', toJson(index)], ...files] as const;
  return writeTgz(texts.map(([name, text]) => ({ name: `package/${name}`, bytes: Buffer.from(text, 'utf8') })));
}

function toIndexEntry(filename: string, text: string): object {
  const { resourceType, id, url, version, kind, type, derivation } = JSON.parse(text) as Readonly<
    Record<string, string>
  >;
  return { filename, resourceType, id, url, version, kind, type, derivation };
}
