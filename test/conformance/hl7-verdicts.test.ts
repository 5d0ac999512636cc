// HL7's own validator is the yardstick: what it says of every instance that the conformance tests make or hold stands in hl7-validator/verdicts.json,
// as far as it differs from the hub; each difference must have its reason here. docs/decisions/0021-hl7-validator-as-yardstick.md
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import { createJudge, definitionFolders, rightInstances, wrongInstances } from './instances.ts';
import { digestOf, type Verdicts } from './hl7-validator/verdicts.ts';

const verdicts = JSON.parse(readFileSync(join(import.meta.dirname, 'hl7-validator/verdicts.json'), 'utf8')) as Verdicts;

/** What HL7's validator asks beyond the definitions of R4, by the id of its message, and why the hub does not. */
const askedByHl7Only: Readonly<Record<string, string>> = {};

/** What the hub refuses and HL7's validator does not, by the name of the instance, and why. */
const refusedByHubOnly: readonly { readonly name: RegExp; readonly reason: string }[] = [];

const definitions = loadDefinitions(definitionFolders);
const errorsOf = createJudge(definitions);
const right = [...rightInstances(definitions)];
const wrong = [...wrongInstances(definitions)];

describe("HL7's validator", () => {
  it('was asked about these very instances: else ask it anew as test/conformance/hl7-validator/README.md says', () => {
    expect(digestOf([...right, ...wrong])).toEqual({ instances: verdicts.instances, digest: verdicts.digest });
    expect(wrong.length).toBeGreaterThan(13_000);
  });

  it('agrees with the hub about what is right, but for rules of its own that are listed', () => {
    expect(right.filter((instance) => errorsOf(instance).length > 0).map(({ name }) => name)).toEqual([]);
    const ids = new Set(Object.values(verdicts.refusedByHl7).flat());
    expect([...ids].toSorted()).toEqual(Object.keys(askedByHl7Only).toSorted());
  });

  it('agrees with the hub about what is wrong, but for what is listed', () => {
    expect(wrong.filter((instance) => errorsOf(instance).length === 0).map(({ name }) => name)).toEqual([]);
    const unexplained = verdicts.refusedByHubOnly.filter(
      (name) => !refusedByHubOnly.some((known) => known.name.test(name)),
    );
    expect(unexplained).toEqual([]);
    const unused = refusedByHubOnly.filter((known) => !verdicts.refusedByHubOnly.some((name) => known.name.test(name)));
    expect(unused).toEqual([]);
  });
});
