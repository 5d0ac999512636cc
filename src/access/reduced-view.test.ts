import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromTree, toTree, type TreeObject } from '../fhir/exact-numbers.ts';
import { applyJsonPatch, parseJsonPatch } from '../fhir/json-patch.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { cutHidden, restoreHidden } from './reduced-view.ts';
import { redactReferences } from './redact.ts';

const hidden = new Set(['Goal/h', 'Goal/h2']);
const isHidden = (reference: string): boolean => hidden.has(reference);
const limits = { patchOperations: 20, jsonDepth: 20 };

const plan = {
  resourceType: 'CarePlan',
  meta: { versionId: '1', tag: [{ code: 'own' }] },
  goal: [{ reference: 'Goal/h' }, { reference: 'Goal/a' }, { reference: 'Goal/h2' }, { reference: 'Goal/b' }],
  addresses: [{ reference: 'Goal/h' }],
  activity: [
    { reference: { reference: 'Goal/h' }, progress: [{ text: 'seen' }] },
    { extension: [{ url: 'http://x', valueReference: { reference: 'Goal/h' } }] },
  ],
  encounter: { reference: 'Goal/h' },
};

/** The stored resource after a patch by a reader who does not see all of it; undefined where it is refused. */
function patch(resource: FhirResource, operations: unknown): unknown {
  const root = toTree(resource) as TreeObject;
  const cuts = cutHidden(root, isHidden);
  const patched = applyJsonPatch(root, parseJsonPatch(operations, limits), limits) as TreeObject;
  return restoreHidden(patched, cuts) ? fromTree(patched) : undefined;
}

describe('a change of a reduced view', () => {
  test('starts from exactly what the reader got', () => {
    const root = toTree(plan) as TreeObject;
    cutHidden(root, isHidden);
    expect(fromTree(root)).toEqual(redactReferences(plan, hidden, 'https://hub'));
  });

  test('that changes nothing gives back what is stored', () => {
    expect(patch(plan, [])).toEqual(plan);
  });

  test('counts positions as the reader sees them, and keeps what was hidden where it was', () => {
    expect(
      patch(plan, [
        { op: 'test', path: '/goal/0/reference', value: 'Goal/a' },
        { op: 'remove', path: '/goal/0' },
      ]),
    ).toEqual({
      ...plan,
      goal: [{ reference: 'Goal/h' }, { reference: 'Goal/b' }, { reference: 'Goal/h2' }],
    });
    expect(patch(plan, [{ op: 'add', path: '/goal/1', value: { reference: 'Goal/c' } }])).toEqual({
      ...plan,
      goal: [
        { reference: 'Goal/h' },
        { reference: 'Goal/a' },
        { reference: 'Goal/h2' },
        { reference: 'Goal/c' },
        { reference: 'Goal/b' },
      ],
    });
  });

  test('keeps the hidden items of a list that the reader empties, removes or begins anew', () => {
    const kept = { ...plan, goal: [{ reference: 'Goal/h' }, { reference: 'Goal/h2' }] };
    expect(patch(plan, [{ op: 'remove', path: '/goal' }])).toEqual(kept);
    expect(
      patch(plan, [
        { op: 'remove', path: '/goal/1' },
        { op: 'remove', path: '/goal/0' },
      ]),
    ).toEqual(kept);
    expect(patch(plan, [{ op: 'add', path: '/addresses', value: [{ reference: 'Goal/a' }] }])).toEqual({
      ...plan,
      addresses: [{ reference: 'Goal/h' }, { reference: 'Goal/a' }],
    });
  });

  test('finds nothing hidden by test, move or copy', () => {
    for (const path of ['/encounter', '/addresses', '/goal/2', '/activity/1', '/activity/0/reference']) {
      expect(() => patch(plan, [{ op: 'copy', from: path, path: '/note' }]), path).toThrow(/nothing at/);
      expect(() => patch(plan, [{ op: 'test', path, value: { reference: 'Goal/h' } }]), path).toThrow(
        /another, or there is none/,
      );
    }
  });

  test('is refused where it takes or fills the place of something hidden', () => {
    expect(patch(plan, [{ op: 'remove', path: '/activity/0' }])).toBeUndefined();
    expect(patch(plan, [{ op: 'add', path: '/encounter', value: { reference: 'Encounter/a' } }])).toBeUndefined();
  });
});

test('cutting out and putting back loses nothing, whatever is hidden', () => {
  const reference = fc.constantFrom('Goal/h', 'Goal/h2', 'Goal/a', 'Goal/b').map((text) => ({ reference: text }));
  const item = fc.oneof(
    reference,
    fc.record({ inner: fc.array(reference, { minLength: 1, maxLength: 3 }), id: fc.constant('i') }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 4 }))),
      (body) => {
        const resource: FhirResource = { resourceType: 'Basic', meta: { versionId: '1' }, ...body };
        const root = toTree(resource) as TreeObject;
        const cuts = cutHidden(root, isHidden);
        expect(fromTree(root)).toEqual(redactReferences(resource, hidden, 'https://hub'));
        expect(restoreHidden(root, cuts)).toBe(true);
        expect(fromTree(root)).toEqual(resource);
      },
    ),
  );
});
