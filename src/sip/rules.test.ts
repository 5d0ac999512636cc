// The golden folders: each case of a rule says what is there, what would be, and what the rule finds.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { FhirResource } from '../fhir/resource.ts';
import { findRuleFaults, needsOf, sipRules } from './rules.ts';

const folder = fileURLToPath(new URL('../../test/fixtures/sip', import.meta.url));

interface GoldenContext {
  readonly at: string;
  readonly actingOrganization?: string;
  readonly resources: readonly FhirResource[];
}

const readGolden = (place: string): unknown => JSON.parse(readFileSync(`${folder}/${place}.json`, 'utf8'));

test('every rule has golden cases, both where it finds something and where it finds nothing', () => {
  expect(readdirSync(folder).toSorted()).toEqual(sipRules.map(({ code }) => code).toSorted());
  for (const { code } of sipRules) {
    const found = readdirSync(`${folder}/${code}`).map(
      (name) => (readGolden(`${code}/${name}/expected`) as readonly object[]).length > 0,
    );
    expect([code, new Set(found).size]).toEqual([code, 2]);
  }
});

describe.each(sipRules.map(({ code }) => code))('%s', (code) => {
  test.each(readdirSync(`${folder}/${code}`))('%s', (name) => {
    const place = `${code}/${name}`;
    const { at, actingOrganization, resources } = readGolden(`${place}/context`) as GoldenContext;
    const after = readGolden(`${place}/after`) as FhirResource;
    const before = existsSync(`${folder}/${place}/before.json`)
      ? (readGolden(`${place}/before`) as FhirResource)
      : undefined;
    const needed = needsOf({ before, after });
    const findings = findRuleFaults(
      { before, after },
      {
        at: new Date(at),
        actingOrganization,
        find: (address) =>
          needed.includes(address)
            ? resources.find(({ resourceType, id }) => `${resourceType}/${String(id)}` === address)
            : undefined,
        childViewAge: 13,
      },
    );
    const found = findings.map((finding) => ({ code: finding.code, expression: finding.expression }));
    expect(found.filter((finding) => finding.code === code)).toEqual(readGolden(`${place}/expected`));
    for (const finding of findings) expect(finding.diagnostics).toMatch(/\.$/);
  });
});
