// Writes every instance as a line `name TAB profile TAB JSON` for Verdicts.java.
import { createWriteStream } from 'node:fs';
import { loadDefinitions } from '../../../src/fhir/definitions.ts';
import { definitionFolders, rightInstances, wrongInstances } from '../instances.ts';
const definitions = loadDefinitions(definitionFolders);
const out = createWriteStream(process.argv[2] ?? 'instances.tsv');
for (const make of [rightInstances, wrongInstances])
  for (const { name, profile = '', resource } of make(definitions))
    out.write(`${name}\t${profile}\t${JSON.stringify(resource)}\n`);
out.end();
