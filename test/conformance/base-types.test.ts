// R4 itself, type by type: instances made from the definitions are valid, and whatever the definitions ask for is refused once it is broken.
// https://hl7.org/fhir/R4/elementdefinition.html · profiles.test.ts does the same for profiles.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/core/problem.ts';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';
import { findBasePlaces } from './base-places.ts';
import { baseRuleBreakers } from './base-rule-breakers.ts';
import { breakRule, isBroken, listBaseRules } from './base-rules.ts';
import { makeBaseSeeds } from './base-seeds.ts';
import { breakPlace } from './base-violations.ts';
import type { Json } from './json.ts';

const definitions = loadDefinitions([]);
const codes = createCodes(definitions);
const validator = createValidator({ definitions, codes, sipProfiles: () => [] });
const errorsOf = (resource: Json): readonly Finding[] =>
  validator.validate(resource as FhirResource, { profiles: [] }).filter(({ severity }) => severity === 'error');
const seeds = makeBaseSeeds({ definitions, codes }, errorsOf);
const seen = seeds.map(({ name, resource }) => ({
  name,
  resource,
  places: [...findBasePlaces(resource, definitions)],
}));

/** Elements that no instance here has, and why. */
const unseen: Readonly<Record<string, string>> = {
  'ExampleScenario.process.step.alternative.step': 'a step inside a step inside a step',
  'MolecularSequence.referenceSeq.referenceSeqString': 'the fourth of four that exclude each other',
  'TestScript.setup.action.assert.compareToSourceId':
    'stands with an expression only, and counts as a second assertion',
  'TestScript.setup.action.assert.compareToSourceExpression': 'as compareToSourceId',
  'TestScript.setup.action.assert.compareToSourcePath': 'as compareToSourceId',
};

/** Value sets that the hub does not hold: what is unknown is never refused. */
const unheldBindings: readonly string[] = ['MolecularSequence.structureVariant.variantType'];

describe('instances made from the definitions', () => {
  it('are there for every type, and more than the least', () => {
    expect(new Set(seeds.map(({ resource }) => resource['resourceType'])).size).toBe(definitions.resourceTypes.size);
    expect(seeds.length).toBeGreaterThan(700);
  });

  it('are valid R4', () => {
    const faults = seeds.flatMap(({ name, resource }) =>
      errorsOf(resource).map(({ code, expression }) => `${name}: ${code} ${expression}`),
    );
    expect(faults).toEqual([]);
  });

  it('hold every element of every type', () => {
    const found = new Set(seen.flatMap(({ places }) => places.map(({ element }) => element.path)));
    const wanted = [...definitions.resourceTypes].flatMap(
      (type) => definitions.typeStructure(type)?.snapshot?.element ?? [],
    );
    const missing = wanted
      .filter(
        ({ path, max }) =>
          max !== '0' &&
          !found.has(path) &&
          !/\.(?:extension|modifierExtension|contained|implicitRules)$|\..*\.id$/.test(path),
      )
      .map(({ path }) => path);
    expect(missing.toSorted()).toEqual(Object.keys(unseen).toSorted());
  });
});

describe('each element', () => {
  it('is refused once its cardinality, type, form, choice, required binding or target is broken', () => {
    const proven = new Set<string>();
    const failed = new Map<string, string>();
    for (const { name, resource, places } of seen) {
      for (const place of places) {
        for (const violation of breakPlace(resource, place, definitions)) {
          const { kind, codes: expected, expression } = violation;
          const key = `${place.element.path} ${kind}${kind === 'form' || kind === 'type' ? ` ${place.type}` : ''}`;
          if (proven.has(key) || (kind === 'binding' && unheldBindings.includes(place.element.path))) continue;
          const findings = errorsOf(violation.make());
          if (
            findings.some(
              (finding) => expected.includes(finding.code) && finding.expression?.startsWith(expression) === true,
            )
          )
            proven.add(key);
          else
            failed.set(
              key,
              `${name}: expected ${expected.join(' or ')} at ${expression}, found ${JSON.stringify(findings.slice(0, 2))}`,
            );
        }
      }
    }
    expect([...failed].filter(([key]) => !proven.has(key))).toEqual([]);
    expect(proven.size).toBeGreaterThan(12_000);
  });
});

describe('each rule between elements', () => {
  const rules = listBaseRules(seen, { definitions, codes });

  it('is found in the definitions', () => {
    expect(rules.length).toBeGreaterThan(190);
  });

  it('is refused once it is broken', () => {
    const unbroken = rules.flatMap((rule) => {
      const { key = '', expression } = rule.constraint;
      const broken = breakRule(rule, errorsOf);
      return broken !== undefined && isBroken(errorsOf(broken), key) ? [] : [`${rule.type} ${key}: ${expression}`];
    });
    expect(unbroken).toEqual([]);
  });

  it('has no instance by hand for a rule that is not there', () => {
    const keys = new Set(rules.flatMap(({ constraint, type }) => [constraint.key ?? '', `${type} ${constraint.key}`]));
    expect(Object.keys(baseRuleBreakers).filter((key) => !keys.has(key))).toEqual([]);
  });
});
