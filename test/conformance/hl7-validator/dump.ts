// Writes every instance of the conformance tests as a line `name TAB profile TAB JSON`, for Verdicts.java. Use: node dump.ts FILE
import { openSync, writeSync } from 'node:fs';
import { loadDefinitions } from '../../../src/fhir/definitions.ts';
import { definitionFolders, rightInstances, wrongInstances } from '../instances.ts';
import { toLine } from './verdicts.ts';

const definitions = loadDefinitions(definitionFolders);
const file = openSync(process.argv[2] ?? 'instances.tsv', 'w');
for (const list of [rightInstances, wrongInstances])
  for (const instance of list(definitions)) writeSync(file, `${toLine(instance)}\n`);
