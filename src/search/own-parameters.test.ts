// The search parameters of the hub's own (profiles/fsh/search.fsh): known for their type, and found in what the profiles hold.
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadDefinitions } from '../fhir/definitions.ts';
import { createSearchRegistry } from './registry.ts';

const folder = fileURLToPath(new URL('../../profiles/json', import.meta.url));
const registry = createSearchRegistry(loadDefinitions([folder]), 'https://hub.example/fhir');
const base = 'https://siphub.se/fhir/StructureDefinition';

it('finds a plan by its level, its next follow-up and who is responsible for it', () => {
  const { tokens, dates, references } = registry.extract({
    resourceType: 'CarePlan',
    extension: [
      { url: `${base}/sip-coordination-level`, valueCodeableConcept: { coding: [{ system: 'urn:s', code: 'sip' }] } },
      { url: `${base}/sip-next-follow-up`, valueDate: '2026-12-01' },
      { url: `${base}/sip-overall-responsible`, valueReference: { reference: 'Organization/1' } },
      { url: 'https://other.example', valueDate: '2027-01-01' },
    ],
  });
  expect(tokens).toEqual([{ param: 'coordination-level', system: 'urn:s', code: 'sip' }]);
  expect(dates).toEqual([
    {
      param: 'next-follow-up',
      lowMs: Date.parse('2026-12-01T00:00+01:00'),
      highMs: Date.parse('2026-12-02T00:00+01:00'),
    },
  ]);
  expect(references).toEqual([{ param: 'overall-responsible', targetType: 'Organization', targetId: '1' }]);
  expect(registry.parametersOf('Goal').has('coordination-level')).toBe(false);
});
