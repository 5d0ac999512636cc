// Writes the reference pages that are made from tables in the code: docs/reference/settings.md, errors.md, operations.md, search.md and rules.md.
// `--check` writes nothing and fails where a page differs from its table; a folder may follow, for the test of the gate.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit, stderr } from 'node:process';
import { errorsPage, operationsPage, rulesPage, searchPage, settingsPage } from './reference-pages.ts';
import { listLimitedParameters, typePolicies } from '../src/access/compartment.ts';
import { problemKinds } from '../src/core/problem.ts';
import { settings } from '../src/config.ts';
import { loadDefinitions } from '../src/fhir/definitions.ts';
import { operations } from '../src/operations/operations.ts';
import { createSearchRegistry } from '../src/search/registry.ts';
import { sipRules } from '../src/sip/rules.ts';

const registry = createSearchRegistry(loadDefinitions([join(import.meta.dirname, '../profiles/json')]), '', {
  limitedTypes: listLimitedParameters(typePolicies),
});

const pages: Readonly<Record<string, string>> = {
  'settings.md': settingsPage(Object.values(settings)),
  'errors.md': errorsPage(Object.entries(problemKinds)),
  'operations.md': operationsPage(operations),
  'rules.md': rulesPage(sipRules, problemKinds, (code) =>
    readdirSync(join(import.meta.dirname, '../test/fixtures/sip', code)).toSorted(),
  ),
  'search.md': searchPage(Object.keys(typePolicies).map((type) => [type, [...registry.parametersOf(type).values()]])),
};

const [mode, folder = join(import.meta.dirname, 'reference')] = argv.slice(2);

const isUpToDate = (name: string, text: string): boolean => {
  try {
    return readFileSync(join(folder, name), 'utf8') === text;
  } catch {
    return false;
  }
};

if (mode === '--check') {
  const stale = Object.entries(pages).filter(([name, text]) => !isUpToDate(name, text));
  for (const [name] of stale) {
    stderr.write(`docs/reference/${name} is not what its table gives. Run npm run build:docs.\n`);
  }
  exit(stale.length > 0 ? 1 : 0);
} else {
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text);
}
