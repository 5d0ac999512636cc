// The limits of a search are settings, and what asks for more is refused with 400 and the limit named.
// https://hl7.org/fhir/R4/search.html
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { codesOf, entriesOf, goal, issuesOf, patient, persons, put } from './fixtures.ts';
import { hsa, openTestHub, type TestHub } from './test-hub.ts';

let hub: TestHub;
let region: VendorSystem;
let person: string;

beforeAll(async () => {
  hub = await openTestHub({
    maxSearchCriteria: 2,
    maxSearchValues: 2,
    maxChainSteps: 1,
    maxIncludes: 1,
    maxIncluded: 2,
  });
  region = await hub.party(hsa.careCentre);
  person = await put(region, patient(persons.astrid));
  for (let made = 0; made < 2; made += 1) await put(region, goal(person));
});

afterAll(async () => {
  await hub.stop();
});

test('as much as the settings allow is answered', async () => {
  const answer = await region.call({ method: 'GET', path: `${person.replace('/', '?_id=')}&_revinclude=Goal:subject` });
  expect(answer.status).toBe(200);
  expect(entriesOf(answer)).toHaveLength(3);
});

test.each([
  ['criteria', 'Goal?_id=a&_id=b&_id=c', /at most 2 criteria/],
  ['values', 'Goal?_id=a,b,c', /at most 2 values/],
  ['steps of a chain', 'Goal?subject:Patient.general-practitioner:Organization.name=x', /at most 1 steps/],
  ['includes', 'Goal?_include=Goal:subject&_include=Goal:subject:Patient', /at most 1 includes/],
])('too many %s', async (_what, path, words) => {
  const answer = await region.call({ method: 'GET', path });
  expect([answer.status, codesOf(answer)]).toEqual([400, ['too-costly']]);
  expect(issuesOf(answer)[0]?.diagnostics).toMatch(words);
});

test('a page that brings too much with it', async () => {
  await put(region, goal(person));
  const answer = await region.call({ method: 'GET', path: `${person.replace('/', '?_id=')}&_revinclude=Goal:subject` });
  expect([answer.status, codesOf(answer)]).toEqual([400, ['too-costly']]);
  expect(issuesOf(answer)[0]?.diagnostics).toMatch(/More than 2 resources/);
});
