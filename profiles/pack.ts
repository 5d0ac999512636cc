// npm run package: our profiles and terminology as the FHIR package dist/siphub.fhir-<version>.tgz, for guides that build on them and for other servers.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stdout } from 'node:process';
import packageJson from '../package.json' with { type: 'json' };
import { canonicalBase } from '../src/core/canonical.ts';
import { readArtifactFiles, toPackage } from './to-package.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist');
const name = 'siphub.fhir';
const bytes = toPackage(
  {
    name,
    version: packageJson.version,
    canonical: canonicalBase,
    title: 'SIP on FHIR: profiles and terminology of the Swedish coordinated individual plan',
    license: packageJson.license,
    dependencies: { 'hl7.fhir.r4.core': '4.0.1', 'hl7se.fhir.base': '1.1.0' },
  },
  readArtifactFiles([join(root, 'profiles/json'), join(root, 'terminology/json')]),
);
mkdirSync(folder, { recursive: true });
const file = join(folder, `${name}-${packageJson.version}.tgz`);
writeFileSync(file, bytes);
stdout.write(`${file} (${bytes.length} bytes)\n`);
